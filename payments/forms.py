"""What people type about payments. Rules that need the database are in the services."""

from typing import Any
from uuid import uuid4

from django import forms
from django.http import QueryDict

from common.clock import database_now
from common.dates import local
from common.errors import DomainError
from common.money import MoneyField
from common.widgets import DateInput
from payments import bank_checks
from payments.known_numbers import NONE_KNOWN, known_number
from payments.models import BankVersion
from payments.states import ActKind, PaperKind


class VersionForm(forms.Form):
    """Every act carries the version that was on the screen."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)


class ReasonForm(VersionForm):
    reason = forms.CharField(
        label="Motif du renvoi",
        help_text="La personne qui reçoit le renvoi lit cette phrase. Elle est écrite au journal.",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Il manque le motif : dites ce qui doit être corrigé."},
    )


class RefusalForm(VersionForm):
    reason = forms.CharField(
        label="Motif du refus",
        help_text="La commune lit cette phrase dans le courriel qui part.",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Il manque le motif : dites à la commune ce qui ne va pas."},
    )


class KeyedForm(forms.Form):
    """`key` makes two posts of the same page one act."""

    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {"key": uuid4(), **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)


class BankForm(KeyedForm):
    iban = forms.CharField(
        label="IBAN",
        help_text="Il commence par FR et se trouve sur le RIB. Les espaces ne gênent pas.",
        max_length=50,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": "Il manque l’IBAN."},
    )
    bic = forms.CharField(
        label="BIC",
        help_text="Laissez vide si le RIB ne le donne pas : nous le retrouvons pour les banques françaises.",
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    holder = forms.CharField(
        label="Titulaire du compte",
        help_text="Comme sur le RIB, par exemple « Trésorerie d’Aubagne » ou « Commune d’Aubagne ».",
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Il manque le titulaire du compte."},
    )
    rib = forms.FileField(
        label="RIB",
        help_text="Le document remis par le comptable public, en PDF, JPEG ou PNG.",
        error_messages={"required": "Joignez le RIB."},
    )

    previous_rib = forms.FileField(
        label="RIB du compte actuel",
        help_text="Un changement de compte se demande avec l’ancien RIB.",
        error_messages={"required": "Joignez le RIB du compte actuel."},
    )

    def __init__(self, *args: Any, current: BankVersion | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if current is None:
            del self.fields["previous_rib"]

    def clean_iban(self) -> str:
        return self._said_by(bank_checks.read_iban, self.cleaned_data["iban"])

    def clean_bic(self) -> str:
        number = self.cleaned_data.get("iban")
        if not number:
            return str(self.cleaned_data["bic"])
        return self._said_by(bank_checks.read_bic, self.cleaned_data["bic"], bank_checks.read_iban(number))

    @staticmethod
    def _said_by(check: Any, *values: Any) -> str:
        try:
            return str(check(*values))
        except DomainError as error:
            raise forms.ValidationError(str(error)) from error


class VerifyForm(VersionForm):
    """The call, at the number known before: it is shown, never typed. Warnings are read one by one."""

    person = forms.CharField(
        label="Qui vous a répondu",
        help_text="Nom et fonction, par exemple : Mme Roustan, directrice des finances.",
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Il manque la personne qui a répondu : sans elle, rien ne prouve la vérification."},
    )
    number = forms.ChoiceField(
        label="Numéro appelé",
        widget=forms.RadioSelect,
        error_messages={"required": "Dites que vous avez appelé ce numéro, et aucun autre."},
    )
    called_on = forms.DateField(
        label="Date de l’appel",
        widget=DateInput(),
        error_messages={"required": "Il manque la date de l’appel."},
    )
    note = forms.CharField(
        label="Ce qui a été dit",
        required=False,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    compared = forms.BooleanField(
        label="J’ai comparé l’IBAN et le titulaire avec le RIB",
        error_messages={"required": "Comparez l’IBAN et le titulaire avec le RIB, puis cochez cette case."},
    )
    seen = forms.BooleanField(
        label="J’ai lu les alertes et la commune les a expliquées",
        error_messages={"required": "Lisez les alertes ci-dessus et demandez-en la raison à la commune."},
    )

    def __init__(self, *args: Any, bank: BankVersion, warnings: list[Any], **kwargs: Any) -> None:
        kwargs.setdefault("initial", {}).setdefault("called_on", local(database_now()).date())
        super().__init__(*args, **kwargs)
        known = known_number(bank)
        number = self.fields["number"]
        assert isinstance(number, forms.ChoiceField)  # noqa: S101 - for the type checker
        number.choices = [(known, f"{known}, connu avant la déclaration")] if known else []
        if not known:
            number.help_text = NONE_KNOWN
        if not warnings:
            del self.fields["seen"]

    def act(self) -> dict[str, Any]:
        """What `verify_bank` takes."""
        return {name: self.cleaned_data[name] for name in ("person", "number", "called_on", "note", "version")}


class RulesForm(forms.Form):
    cooling_hours = forms.IntegerField(
        label="Attente d’un compte changé, en heures",
        help_text="De 24 à 2 160. Un compte changé ne reçoit rien pendant ce temps, compté depuis sa vérification.",
        min_value=24,
        max_value=2160,
    )
    visa_from_cents = MoneyField(
        label="Visa du chef de service à partir de",
        help_text="Laissez vide pour ne pas demander de visa, 0 pour le demander toujours.",
        required=False,
        min_cents=0,
    )
    lapse_days = forms.IntegerField(
        label="Durée de vie d’une aide, en jours",
        help_text="De 90 à 3 650, à partir de l’acte. Les aides déjà signées gardent la leur ; un acte la prolonge.",
        min_value=90,
        max_value=3650,
    )
    warned_days = forms.IntegerField(
        label="La commune est avertie, en jours avant la caducité", min_value=1, max_value=365
    )


class SealForm(VersionForm, KeyedForm):
    compared = forms.BooleanField(
        label="J’ai contrôlé le total et chaque ligne",
        error_messages={"required": "Contrôlez le total et les lignes, puis cochez cette case."},
    )


class ChosenForm(VersionForm):
    """The lines ticked in a table."""

    ids = forms.TypedMultipleChoiceField(coerce=int)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        posted = self.data.getlist("ids") if isinstance(self.data, QueryDict) else []
        ids = self.fields["ids"]
        assert isinstance(ids, forms.TypedMultipleChoiceField)  # noqa: S101 - for the type checker
        ids.choices = [(one, one) for one in posted if one.isascii() and one.isdigit() and len(one) < 19]
        ids.error_messages["required"] = "Choisissez au moins un versement."


class PaperForm(KeyedForm):
    """A document joined to a payment."""

    kind = forms.ChoiceField(choices=[(one.value, one.label) for one in PaperKind if one != PaperKind.STATEMENT])
    reference = forms.CharField(label="Numéro", required=False, max_length=60)
    file = forms.FileField(
        label="Document",
        help_text="PDF, JPEG ou PNG.",
        error_messages={"required": "Choisissez le document à joindre."},
    )


class IssueForm(VersionForm):
    number = forms.CharField(
        label="Numéro du titre de recettes",
        max_length=40,
        error_messages={"required": "Il manque le numéro du titre de recettes."},
    )
    title_date = forms.DateField(
        label="Date du titre", widget=DateInput(), error_messages={"required": "Il manque la date du titre."}
    )


class ReceiveForm(VersionForm):
    received_on = forms.DateField(
        label="Encaissé le", widget=DateInput(), error_messages={"required": "Il manque la date de l’encaissement."}
    )
    reference = forms.CharField(label="Référence de l’encaissement", required=False, max_length=60)


class CancelRecoveryForm(VersionForm):
    reason = forms.CharField(
        label="Motif de l’abandon",
        help_text="La commune lit cette phrase. Elle est écrite au journal.",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Il manque le motif : il est écrit au journal."},
    )


class ActForm(forms.Form):
    kind = forms.ChoiceField(label="Acte", choices=ActKind.choices, widget=forms.RadioSelect, initial=ActKind.EXTENSION)
    until = forms.DateField(
        label="Nouvelle date de caducité", required=False, widget=DateInput(), help_text="Pour une prolongation."
    )
    award_cents = MoneyField(
        label="Montant de l’aide après l’acte", required=False, min_cents=1, help_text="Pour une réduction."
    )
    reason = forms.CharField(
        label="Motifs",
        help_text="La commune les lit dans la lettre.",
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=2000,
        error_messages={"required": "Il manque les motifs : la commune les lit dans la lettre."},
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("kind") == ActKind.EXTENSION and not data.get("until") and "until" not in self.errors:
            self.add_error("until", "Une prolongation dit jusqu’à quand.")
        if data.get("kind") == ActKind.REDUCTION and not data.get("award_cents") and "award_cents" not in self.errors:
            self.add_error("award_cents", "Une réduction dit ce qui reste de l’aide.")
        return data


class SignActForm(VersionForm):
    act_number = forms.CharField(label="Numéro de l’acte", max_length=60)
    act_date = forms.DateField(label="Date de l’acte", widget=DateInput())
    field_order = ("act_number", "act_date", "version")
