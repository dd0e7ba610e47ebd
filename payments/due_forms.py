"""What a list of dues is asked for."""

from datetime import date
from typing import Any

from django import forms

from accounts.models import Organisation
from fund.models import BudgetLine
from payments.dues import AGES, STAGES, Wanted, wanted_rows


class DueForm(forms.Form):
    """All of it may be left empty; a wrong value is said, and nothing is filtered by it."""

    etape = forms.ChoiceField(
        label="Étape",
        required=False,
        choices=[
            ("", "Toutes"),
            ("a-payer", "Tout ce qui n’est pas payé"),
            ("a-ordonnancer", "Tout ce qui n’est pas ordonnancé"),
            ("en-cours", "Demandé, pas encore payé"),
            *STAGES.items(),
        ],
    )
    quand = forms.ChoiceField(
        label="Dû",
        required=False,
        choices=[("", "Quand que ce soit"), ("semaine", "Cette semaine"), ("mois", "Ce mois-ci")],
    )
    mois = forms.RegexField(
        label="Mois attendu",
        required=False,
        regex=r"^20[0-9]{2}-(0[1-9]|1[0-2])$",
        widget=forms.TextInput(attrs={"type": "month", "placeholder": "2026-12"}),
        error_messages={"invalid": "Écrivez l’année et le mois : 2026-12."},
    )
    commune = forms.ModelChoiceField(
        label="Commune", required=False, empty_label="Toutes", queryset=Organisation.objects.none()
    )
    ligne = forms.ModelChoiceField(
        label="Ligne de budget", required=False, empty_label="Toutes", queryset=BudgetLine.objects.none()
    )
    depuis = forms.ChoiceField(
        label="Dans cette étape depuis",
        required=False,
        choices=[("", "Peu importe"), *((code, words) for code, (_, _, words) in AGES.items())],
    )
    q = forms.CharField(label="N° de dossier ou commune", required=False, max_length=80)
    retard = forms.BooleanField(required=False, widget=forms.HiddenInput())
    annee = forms.IntegerField(required=False, min_value=2000, max_value=2100, widget=forms.HiddenInput())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        communes = Organisation.objects.filter(instalments__isnull=False).distinct().order_by("sort_name")
        self.fields["commune"].queryset = communes  # type: ignore[attr-defined]
        lines = (
            BudgetLine.objects.filter(envelope__isnull=False).select_related("budget").order_by("-budget__year", "pk")
        )
        self.fields["ligne"].queryset = lines  # type: ignore[attr-defined]
        self.fields["ligne"].label_from_instance = lambda one: f"{one.label}, {one.budget.year}"  # type: ignore[attr-defined]

    def wanted(self) -> Wanted:
        self.is_valid()
        said = self.cleaned_data
        month, commune, line = said.get("mois"), said.get("commune"), said.get("ligne")
        return Wanted(
            etape=said.get("etape", ""),
            quand=said.get("quand", ""),
            mois=date.fromisoformat(f"{month}-01") if month else None,
            commune=commune.pk if commune else None,
            ligne=line.pk if line else None,
            depuis=said.get("depuis", ""),
            retard=said.get("retard", False),
            annee=said.get("annee"),
            q=said.get("q", ""),
        )

    def rows(self, user: Any) -> Any:
        return wanted_rows(user, self.wanted())
