"""The form of a change of an awarded action, and those of its answer."""

from typing import Any

from django import forms

from applications.forms.acts import ActForm
from applications.models import Application
from common.money import MoneyField
from common.widgets import DateInput


class ChangeForm(ActForm):
    """What stands is already written: the commune changes what changes."""

    title = forms.CharField(label="Titre de l’action", max_length=160)
    description = forms.CharField(
        label="En quoi consiste l’action", max_length=8000, widget=forms.Textarea(attrs={"rows": 8})
    )
    starts_on = forms.DateField(label="Début de l’action", widget=DateInput())
    ends_on = forms.DateField(label="Fin de l’action", widget=DateInput())
    award = MoneyField(label="Montant de l’aide", help_text="Il peut baisser, jamais augmenter.")
    reason = forms.CharField(
        label="Pourquoi l’action change",
        max_length=2000,
        help_text="La métropole lira ces lignes avant de répondre.",
        widget=forms.Textarea(attrs={"rows": 5}),
    )

    def __init__(self, data: Any = None, *, application: Application, award_cents: int, **kwargs: Any) -> None:
        super().__init__(data, version=application.version, **kwargs)
        for name in ("title", "description", "starts_on", "ends_on"):
            self.initial[name] = getattr(application, name)
        self.initial["award"] = award_cents

    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("title", "description", "starts_on", "ends_on")}
