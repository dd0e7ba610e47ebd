from datetime import date
from typing import Any

from django import forms

from common.widgets import DateInput
from journal.models import Kind
from journal.words import verb_choices


class JournalFilters(forms.Form):
    """Every filter is in the address: a search is a link one can send."""

    objet = forms.CharField(label="Objet", required=False, max_length=60)
    auteur = forms.CharField(label="Auteur", required=False, max_length=120)
    action = forms.ChoiceField(label="Action", required=False, choices=verb_choices)
    sorte = forms.ChoiceField(label="Sorte", required=False, choices=[("", "Toutes"), *Kind.choices])
    du = forms.DateField(label="Du", required=False, widget=DateInput())
    au = forms.DateField(label="Au", required=False, widget=DateInput())

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        begins, ends = data.get("du"), data.get("au")
        if isinstance(begins, date) and isinstance(ends, date) and ends < begins:
            self.add_error("au", "La fin vient avant le début.")
        return data
