"""Forms of accounts, colleagues and the directory of communes."""

import re
from typing import Any

from django import forms
from django.contrib.auth.password_validation import password_validators_help_texts, validate_password
from stdnum.fr import siret

from accounts import policies
from accounts.domains import FREE_PROVIDERS, is_domain
from accounts.models import Invitation, Organisation, User
from accounts.states import STAFF_ROLES, PlanStatus, Role
from common.history import mark
from common.telephone import PhoneField
from common.widgets import DateInput

ROLE_HINTS = {
    Role.READER: "Lit les dossiers de la commune, ne change rien.",
    Role.DRAFTER: "Écrit les dossiers, joint les pièces, répond aux demandes.",
    Role.SIGNATORY: "Engage la commune : relit et envoie le dossier, demande les versements.",
    Role.INSTRUCTOR: "Vérifie les dossiers, demande les pièces, donne un avis.",
    Role.FUND_MANAGER: "Prépare le budget et les appels, enregistre les décisions.",
    Role.HEAD_OF_SERVICE: "Signe les décisions.",
    Role.EVALUATOR: "Note les dossiers qui lui sont confiés.",
    Role.FINANCE_PREPARER: "Prépare et scelle les lots de paiement.",
    Role.FINANCE_APPROVER: "Approuve les versements préparés par un autre.",
    Role.AUDITOR: "Lit tout, y compris le journal ; ne change rien.",
    Role.ADMINISTRATOR: "Ouvre et ferme les comptes ; ne voit ni ne décide aucun dossier.",
}


class SiretField(forms.CharField):
    """Typed with or without spaces, kept without."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            **{"label": "SIRET", "required": False, "help_text": "14 chiffres, avec ou sans espaces.", **kwargs}
        )
        self.widget.attrs["inputmode"] = "numeric"

    def to_python(self, value: Any) -> str:
        return "".join((super().to_python(value) or "").split())

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value and not (re.fullmatch("[0-9]{14}", value) and siret.is_valid(value)):
            raise forms.ValidationError("Ce SIRET ne passe pas le contrôle de clé : vérifiez ses 14 chiffres.")


class RoleField(forms.ChoiceField):
    def __init__(self, roles: Any, **kwargs: Any) -> None:
        super().__init__(
            label="Rôle",
            choices=[(role.value, role.label) for role in roles],
            widget=forms.RadioSelect,
            **kwargs,
        )
        self.widget.hints = ROLE_HINTS


class InviteForm(forms.Form):
    """Only the roles that this person may give are proposed."""

    email = forms.EmailField(label="Adresse électronique professionnelle", max_length=254)

    def __init__(self, *args: Any, by: User, organisation: Organisation | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].widget.attrs["autocomplete"] = "off"
        self.fields["role"] = RoleField(policies.grantable_roles(by, organisation.pk if organisation else None))
        if organisation and policies.can_administer(by, organisation.pk):
            self.fields["as_administrator"] = forms.BooleanField(
                label="Administre l’espace de la commune",
                help_text="Répond à qui demande à entrer, donne et retire les rôles.",
                required=False,
            )


class GrantForm(forms.Form):
    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"] = RoleField(STAFF_ROLES)


class AcceptForm(forms.Form):
    first_name = forms.CharField(label="Prénom", max_length=80)
    last_name = forms.CharField(label="Nom", max_length=80)
    job = forms.CharField(label="Fonction", max_length=120, required=False)
    password = forms.CharField(label="Mot de passe", widget=forms.PasswordInput, strip=False, max_length=200)

    def __init__(self, *args: Any, invitation: Invitation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.invitation = invitation
        for name, token in {
            "first_name": "given-name",
            "last_name": "family-name",
            "job": "organization-title",
            "password": "new-password",
        }.items():
            self.fields[name].widget.attrs["autocomplete"] = token
        self.fields["password"].help_text = password_validators_help_texts()[1]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if "password" in data:
            user = User(
                email=self.invitation.email, first_name=data.get("first_name", ""), last_name=data.get("last_name", "")
            )
            user.joins_staff = self.invitation.organisation_id is None  # type: ignore[attr-defined]
            try:
                validate_password(data["password"], user)
            except forms.ValidationError as error:
                self.add_error("password", error)
        return data


class ReasonForm(forms.Form):
    reason = forms.CharField(label="Motif", max_length=300, help_text="Inscrit au journal.")


class ProfileForm(forms.ModelForm):
    phone = PhoneField()

    class Meta:
        model = User
        fields = ["first_name", "last_name", "job", "phone"]


class AccountFilters(forms.Form):
    q = forms.CharField(label="Nom ou adresse", required=False)
    role = forms.ChoiceField(label="Rôle", required=False, choices=[("", "Tous"), *Role.choices])
    etat = forms.ChoiceField(
        label="État", required=False, choices=[("", "Tous"), ("ouvert", "Ouvert"), ("ferme", "Fermé")]
    )


class CommuneFilters(forms.Form):
    q = forms.CharField(label="Commune", required=False)
    plan = forms.ChoiceField(label="Plan local", required=False, choices=[("", "Tous"), *PlanStatus.choices])


class SeenForm(forms.ModelForm):
    """Carries what the person saw, so that two savers do not erase each other."""

    seen = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["seen"].initial = mark(self.instance)


class PlanForm(SeenForm):
    class Meta:
        model = Organisation
        fields = ["plan_status", "plan_adopted_on", "plan_reference"]
        widgets = {"plan_adopted_on": DateInput(), "plan_status": forms.RadioSelect()}
        help_texts = {"plan_reference": "Numéro et objet de l’acte qui le prouve, par exemple : délibération 2026-014."}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("plan_status") in (PlanStatus.ADOPTED, PlanStatus.LAPSED):
            for name, sentence in (
                ("plan_adopted_on", "Il manque la date d’adoption du plan."),
                ("plan_reference", "Il manque la délibération qui adopte le plan."),
            ):
                if not data.get(name):
                    self.add_error(name, sentence)
        return data


class DomainsField(forms.CharField):
    """Domains of mail, separated by commas or lines, kept as a list."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(label="Domaines de messagerie de la mairie", required=False, max_length=500, **kwargs)
        self.help_text = "Par exemple : ville-aubagne.fr. Séparés par des virgules. Ils ne donnent aucun droit."

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        found = [word.removeprefix("@").lower() for word in (value or "").replace(",", " ").split()]
        return list(dict.fromkeys(found))

    def validate(self, value: Any) -> None:
        for domain in value:
            if not is_domain(domain):
                raise forms.ValidationError(f"« {domain} » n’est pas un domaine de messagerie.")
            if domain in FREE_PROVIDERS:
                raise forms.ValidationError(f"« {domain} » est ouvert à tout le monde : il ne dit rien de la mairie.")

    def run_validators(self, value: Any) -> None:
        """A list has no length to check."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool((initial or []) != self.to_python(data))


class OwnContactsForm(SeenForm):
    """What the commune's own administrator may correct."""

    address = forms.CharField(label="Adresse", required=False, max_length=300, widget=forms.Textarea(attrs={"rows": 3}))
    phone = PhoneField()
    siret = SiretField()

    class Meta:
        model = Organisation
        fields = ["address", "phone", "siret"]

    def clean_siret(self) -> str:
        value: str = self.cleaned_data["siret"]
        if value and not value.startswith(self.instance.siren):
            raise forms.ValidationError(
                f"Ce SIRET n’est pas celui de la commune : il commence par {self.instance.siren}."
            )
        return value


class ContactsForm(OwnContactsForm):
    email_domains = DomainsField()

    class Meta(OwnContactsForm.Meta):
        fields = ["address", "email", "email_domains", "phone", "siret", "siret_checked"]
        labels = {"siret_checked": "Ce SIRET a été vérifié dans l’annuaire officiel"}


class ImportForm(forms.Form):
    file = forms.FileField(
        label="Fichier CSV des communes", help_text="UTF-8, colonnes séparées par des virgules, 1 Mo au plus."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].widget.attrs["accept"] = ".csv,text/csv"
