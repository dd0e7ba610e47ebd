"""Forms of the votes: a transfer, a carry-over, payment credits, the close of a year; and the filters of the ledger."""

from typing import Any
from uuid import uuid4

from django import forms
from django.utils import timezone

from common.money import MoneyField, euros
from common.widgets import DateInput
from fund.models import BudgetLine, Envelope
from fund.states import MOVEMENTS, Account


class ActForm(forms.Form):
    """What every vote says: its deliberation and the day of it."""

    deliberation = forms.CharField(
        label="Délibération",
        max_length=120,
        help_text="Numéro de l’acte, par exemple : CM-2026-118.",
        error_messages={"required": "Il manque le numéro de la délibération : sans elle, aucun crédit ne bouge."},
    )
    voted_on = forms.DateField(
        label="Votée le",
        widget=DateInput(),
        error_messages={"required": "Il manque la date de la délibération."},
    )

    def clean_voted_on(self) -> Any:
        day = self.cleaned_data["voted_on"]
        if day and day > timezone.localdate():
            raise forms.ValidationError("La date d’une délibération ne peut pas être à venir.")
        return day


class KeyedForm(ActForm):
    """`key` makes two posts of the same page one act."""

    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {}).setdefault("key", uuid4())
        super().__init__(*args, **kwargs)


class TransferForm(KeyedForm):
    source = forms.ModelChoiceField(label="Prendre sur", queryset=BudgetLine.objects.none())
    target = forms.ModelChoiceField(label="Donner à", queryset=BudgetLine.objects.none())
    cents = MoneyField(label="Montant", min_cents=1)
    label = forms.CharField(label="Objet", max_length=160, required=False)
    field_order = ("source", "target", "cents", "deliberation", "voted_on", "label", "key")

    def __init__(self, *args: Any, sources: Any, targets: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, lines in (("source", sources), ("target", targets)):
            field = self.fields[name]
            field.queryset = lines  # type: ignore[attr-defined]
            field.label_from_instance = self.named  # type: ignore[attr-defined]

    @staticmethod
    def named(line: BudgetLine) -> str:
        return f"{line.label}, {line.budget.year} ({euros(line.amount_cents)})"

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("source") and data.get("source") == data.get("target"):
            self.add_error("target", "Choisissez une autre ligne que celle qui donne.")
        return data


class PaymentCreditForm(KeyedForm):
    way = forms.ChoiceField(
        label="Ce vote",
        choices=[("more", "ajoute des crédits de paiement"), ("less", "en retire")],
        widget=forms.RadioSelect,
        initial="more",
    )
    cents = MoneyField(label="Montant", min_cents=1)
    field_order = ("way", "cents", "deliberation", "voted_on", "key")

    @property
    def signed_cents(self) -> int:
        cents: int = self.cleaned_data["cents"]
        return cents if self.cleaned_data["way"] == "more" else -cents


class CloseForm(forms.Form):
    sure = forms.BooleanField(
        label="J’ai vérifié : plus aucun euro de cet exercice n’est attendu",
        error_messages={"required": "Cochez la case : un exercice clos ne se rouvre pas."},
    )


class LedgerForm(forms.Form):
    """What is shown of the ledger; all of it may be left empty."""

    ligne = forms.ModelChoiceField(label="Ligne", required=False, queryset=Envelope.objects.none())
    compte = forms.ChoiceField(label="Compte", required=False, choices=[("", "Tous"), *Account.choices])
    mouvement = forms.ChoiceField(label="Mouvement", required=False)
    dossier = forms.CharField(label="Dossier", required=False, max_length=60)
    du = forms.DateField(label="Du", required=False, widget=DateInput())
    au = forms.DateField(label="Au", required=False, widget=DateInput())

    def __init__(self, *args: Any, words: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        lines = self.fields["ligne"]
        lines.queryset = Envelope.objects.select_related("line__budget").order_by("-line__budget__year")  # type: ignore[attr-defined]
        lines.label_from_instance = lambda one: f"{one.line.label}, {one.year}"  # type: ignore[attr-defined]
        lines.empty_label = "Toutes"  # type: ignore[attr-defined]
        self.fields["mouvement"].choices = [("", "Tous"), *((verb, words[verb]) for verb in MOVEMENTS)]  # type: ignore[attr-defined]
