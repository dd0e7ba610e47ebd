"""Forms of the year's budget and of the fund's settings."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from django import forms
from django.utils import timezone

from accounts.forms import SiretField
from common.money import MoneyField
from common.telephone import PhoneField
from fund.forms.votes import ActForm, KeyedForm
from fund.models import Budget, BudgetLine, Fund
from fund.states import FIRST_LINES

ACCOUNTS = Path(__file__).resolve().parent.parent / "data" / "m57_comptes_utiles.json"
CHOOSE_LATER = [("", "À préciser avec les finances")]


@cache
def account_choices(part: str) -> list[tuple[str, str]]:
    """« 65734 : Subventions… » of the M57 file, part `natures` or `fonctions`."""
    lines = json.loads(ACCOUNTS.read_text(encoding="utf-8"))[part]
    return CHOOSE_LATER + [(line["code"], f"{line['code']}\u202f: {line['libelle']}") for line in lines]


class BudgetForm(ActForm):
    year = forms.IntegerField(label="Exercice", min_value=2000, max_value=2100)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for kind in FIRST_LINES:
            self.fields[f"amount_{kind}"] = MoneyField(label=kind.label)
        last = Budget.objects.order_by("-year").first()
        self.fields["year"].initial = last.year + 1 if last else timezone.localdate().year

    def clean_year(self) -> int:
        year: int = self.cleaned_data["year"]
        if Budget.objects.filter(year=year).exists():
            raise forms.ValidationError(f"Le budget {year} existe déjà. Modifiez plutôt ses lignes.")
        return year

    def amount_fields(self) -> list[Any]:
        return [self[f"amount_{kind}"] for kind in FIRST_LINES]

    def lines(self) -> list[dict[str, Any]]:
        return [
            {"kind": kind, "label": kind.label, "amount_cents": self.cleaned_data[f"amount_{kind}"]}
            for kind in FIRST_LINES
        ]


class AmendForm(ActForm):
    cents = MoneyField(label="Nouveau montant de la ligne")
    label = forms.CharField(
        label="Objet", max_length=160, required=False, help_text="Par exemple : décision modificative no 1."
    )
    field_order = ("cents", "deliberation", "voted_on", "label")
    seen_cents = forms.IntegerField(widget=forms.HiddenInput)


class AccountsForm(forms.Form):
    nature_account = forms.ChoiceField(
        label="Compte par nature", required=False, choices=lambda: account_choices("natures")
    )
    function_account = forms.ChoiceField(label="Fonction", required=False, choices=lambda: account_choices("fonctions"))


class NewLineForm(AccountsForm, KeyedForm):
    """A line of its own; voted at once when an amount is given, or opened empty for a transfer to come."""

    label = forms.CharField(label="Intitulé", max_length=120)
    operation = forms.CharField(
        label="Opération",
        max_length=30,
        required=False,
        help_text="Numéro d’opération du budget, si la métropole en tient.",
    )
    cents = MoneyField(
        label="Montant voté", required=False, help_text="Laissez vide pour une ligne qui recevra un virement."
    )
    field_order = (
        "label", "nature_account", "function_account", "operation", "cents", "deliberation", "voted_on", "key"
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["deliberation"].required = self.fields["voted_on"].required = False

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("cents"):
            for name in ("deliberation", "voted_on"):
                if not data.get(name) and name not in self.errors:
                    self.add_error(name, self.fields[name].error_messages["required"])
        return data


class LineForm(AccountsForm, forms.ModelForm):
    class Meta:
        model = BudgetLine
        fields = ["label", "nature_account", "function_account", "operation"]
        help_texts = {"operation": "Numéro d’opération du budget, si la métropole en tient."}


class FundForm(forms.ModelForm):
    authority_siret = SiretField(label="SIRET de la collectivité")
    contact_phone = PhoneField(label="Téléphone du service")
    seen = forms.CharField(widget=forms.HiddenInput)

    class Meta:
        model = Fund
        fields = [
            "name",
            "authority_name",
            "authority_siret",
            "service_name",
            "address",
            "contact_email",
            "contact_phone",
            "signatory_title",
            "court",
            "credit_mode",
            "legal_mentions",
            "privacy_notice",
            "accessibility_statement",
        ]
        widgets = {"address": forms.Textarea(attrs={"rows": 3})}
        help_texts = {
            "signatory_title": "Écrite sous les lettres, par exemple : Pour la Présidente et par délégation.",
            "court": "Celui que les lettres indiquent comme voie de recours.",
            "credit_mode": "En AE/CP, les lots d’une année ne passent pas ses crédits de paiement.",
            "legal_mentions": "Éditeur, directeur de la publication, hébergeur.",
            "privacy_notice": "Finalités, base légale, durées, délégué à la protection des données.",
            "accessibility_statement": "Complète la déclaration publiée en bas de chaque page.",
        }
