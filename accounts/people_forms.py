"""Forms of those who ask to join a commune, of those who answer, and of a commune's people."""

from typing import Any
from uuid import uuid4

from django import forms

from accounts import policies
from accounts.forms import ROLE_HINTS, RoleField
from accounts.models import Membership, Organisation, User
from accounts.states import FILE_ROLES, ORGANISATION_ROLES, Role
from common.search import sort_key

ADMIN_LABEL = "Administre l’espace de la commune"
ADMIN_HINT = "Répond à qui demande à entrer, donne et retire les rôles, passe la main à un autre."
BY_MAIL = "mail"


class JoinForm(forms.Form):
    """Who asks, and for which commune: typed, with the names proposed by the browser."""

    use_required_attribute = False
    commune = forms.CharField(label="Votre commune", max_length=120, help_text="Commencez à taper son nom.")
    first_name = forms.CharField(label="Prénom", max_length=80)
    last_name = forms.CharField(label="Nom", max_length=80)
    job = forms.CharField(
        label="Fonction", max_length=120, help_text="Par exemple : directrice générale des services, élu à la ville."
    )
    email = forms.EmailField(
        label="Adresse électronique professionnelle",
        max_length=254,
        help_text="Celle de la mairie si vous en avez une : la réponse ira plus vite.",
    )
    key = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {"key": uuid4(), **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)
        tokens = {"commune": "off", "first_name": "given-name", "last_name": "family-name"}
        tokens |= {"job": "organization-title", "email": "email"}
        for name, token in tokens.items():
            self.fields[name].widget.attrs["autocomplete"] = token
        self.fields["commune"].widget.attrs["list"] = "communes"

    def clean_commune(self) -> Organisation:
        name = self.cleaned_data["commune"]
        commune = Organisation.objects.communes().filter(sort_name=sort_key(name)).first()
        if commune is None:
            raise forms.ValidationError(
                "Nous ne trouvons pas cette commune parmi celles de la Métropole. Choisissez-la dans la liste proposée."
            )
        return commune

    @property
    def who(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in ("first_name", "last_name", "job")}

    @property
    def token(self) -> Any:
        return self.cleaned_data["key"] or uuid4()


class KnownJoinForm(JoinForm):
    """The same for somebody whose address is proven already: it is not typed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["email"]


class AcceptJoinForm(forms.Form):
    use_required_attribute = False
    as_administrator = forms.BooleanField(label=ADMIN_LABEL, help_text=ADMIN_HINT, required=False)
    checked_by_phone = forms.BooleanField(
        label="Vérifié par téléphone au numéro connu de la mairie", required=False, help_text="Inscrit au journal."
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields = {"role": RoleField(FILE_ROLES, initial=Role.DRAFTER), **self.fields}
        if not policies.can_keep_accounts_of_communes(by):
            del self.fields["checked_by_phone"]


class RefuseJoinForm(forms.Form):
    use_required_attribute = False
    reason = forms.CharField(
        label="Motif",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="La personne le lira dans son courriel.",
    )
    version = forms.IntegerField(widget=forms.HiddenInput)


class RolesForm(forms.Form):
    """Only the roles that this person may give and take are proposed; the others stay as they are."""

    use_required_attribute = False
    roles = forms.MultipleChoiceField(
        label="Rôles",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Gardez au moins un rôle, ou retirez la personne de la commune."},
    )

    def __init__(self, *args: Any, by: User, organisation: Organisation, held: list[Membership], **kwargs: Any) -> None:
        mine = {membership.role for membership in held}
        super().__init__(*args, **{"initial": {"roles": sorted(mine)}, **kwargs})
        proposed = [
            role
            for role in ORGANISATION_ROLES
            if role in policies.grantable_roles(by, organisation.pk)
            or (role == Role.ORGANISATION_ADMIN and policies.can_administer(by, organisation.pk))
        ]
        self.untouched = mine - set(proposed)
        field = self.fields["roles"]
        field.choices = [(role.value, role.label) for role in proposed]  # type: ignore[attr-defined]
        field.required = not self.untouched
        field.widget.hints = {**ROLE_HINTS, Role.ORGANISATION_ADMIN: ADMIN_HINT}

    @property
    def wanted(self) -> set[str]:
        return set(self.cleaned_data["roles"]) | self.untouched


class HandOverForm(forms.Form):
    """A colleague, or somebody new invited by mail; what changes is said beside it."""

    use_required_attribute = False
    to = forms.ChoiceField(label="Qui prend la suite ?", widget=forms.RadioSelect)
    email = forms.EmailField(
        label="Son adresse électronique professionnelle",
        max_length=254,
        required=False,
        help_text="Seulement si la personne n’est pas dans la liste.",
    )
    leaves = forms.BooleanField(
        label="Je quitte aussi la commune",
        help_text="Tous vos rôles dans cette commune s’arrêtent. Ce que vous avez écrit y reste.",
        required=False,
    )

    def __init__(self, *args: Any, colleagues: list[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        someone_new = "Une personne qui n’a pas encore de compte ici"
        choices = [*((str(one.pk), f"{one}, {one.email}") for one in colleagues), (BY_MAIL, someone_new)]
        self.fields["to"].choices = choices  # type: ignore[attr-defined]
        self.fields["role"] = RoleField(FILE_ROLES, initial=Role.DRAFTER, required=False)
        self.fields["role"].help_text = "Pour une personne nouvelle : ce qu’elle fera aussi avec les dossiers."
        self.order_fields(["to", "email", "role", "leaves"])
        self.fields["email"].widget.attrs["autocomplete"] = "off"

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("to") == BY_MAIL:
            if not data.get("email") and "email" not in self.errors:
                self.add_error("email", "Il manque l’adresse de la personne à inviter.")
            if not data.get("role") and "role" not in self.errors:
                self.add_error("role", "Choisissez ce que cette personne fera avec les dossiers.")
        return data

    @property
    def by_mail(self) -> bool:
        return bool(self.cleaned_data["to"] == BY_MAIL)
