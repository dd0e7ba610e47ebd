"""What people type about payments. Rules that need the database are in the services."""

from typing import Any
from uuid import uuid4

from django import forms
from django.http import QueryDict

from common.errors import DomainError
from payments import bank_checks


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


class BankForm(forms.Form):
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
    note = forms.CharField(
        label="Qui avez-vous rappelé, à quel numéro, et d’où tenez-vous ce numéro ?",
        help_text="Par exemple : Mme Roustan, directrice des finances, standard de la mairie (annuaire du service public), "
        "le 22 novembre à 10 h. N’appelez jamais le numéro donné avec le RIB.",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Il manque le compte rendu de l’appel : sans lui, rien ne prouve la vérification."},
    )
    compared = forms.BooleanField(
        label="J’ai comparé l’IBAN et le titulaire avec le RIB",
        error_messages={"required": "Comparez l’IBAN et le titulaire avec le RIB, puis cochez cette case."},
    )


class SealForm(VersionForm):
    """`key` makes two posts of the same page one act."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    compared = forms.BooleanField(
        label="J’ai contrôlé le total et chaque ligne",
        error_messages={"required": "Contrôlez le total et les lignes, puis cochez cette case."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {}).setdefault("key", uuid4())
        super().__init__(*args, **kwargs)


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
