"""Forms of assisted entry and of a file begun again."""

from collections.abc import Callable
from typing import Any

from django import forms

from accounts.models import Organisation
from applications.forms.acts import ActForm
from fund.models import Call


class AskHelpForm(ActForm):
    reason = forms.CharField(
        label="Ce que vous demandez",
        max_length=300,
        help_text="Par exemple : remplir le budget avec vous au téléphone, jeudi après-midi.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class OpenHelpForm(ActForm):
    call = forms.ModelChoiceField(label="Appel", queryset=Call.objects.none(), empty_label=None)
    organisation = forms.ModelChoiceField(
        label="Commune", queryset=Organisation.objects.none(), empty_label="Choisissez une commune"
    )
    reason = forms.CharField(
        label="Pourquoi vous saisissez pour elle",
        max_length=300,
        help_text="Avec qui et comment : « par téléphone avec la secrétaire de mairie », « d’après le dossier papier reçu le 3 mars ». "
        "La commune, l’accusé de réception et l’historique le diront.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    anyway = forms.BooleanField(label="Commencer un autre dossier quand même", required=False)

    def __init__(self, data: Any = None, *, calls: Any, organisations: Any, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["call"].queryset = calls  # type: ignore[attr-defined]
        self.fields["organisation"].queryset = organisations  # type: ignore[attr-defined]
        self.fields["anyway"].widget = forms.HiddenInput()

    def warn(self, sentence: str) -> None:
        """Something to know before going on: said once, and a box to tick."""
        self.fields["anyway"].widget = forms.CheckboxInput()
        self.add_error("anyway", sentence)


class BeginAgainForm(ActForm):
    call = forms.ModelChoiceField(label="Pour l’appel", queryset=Call.objects.none(), empty_label=None)
    anyway = forms.BooleanField(label="Commencer quand même un autre dossier", required=False)

    def __init__(
        self, data: Any = None, *, calls: Any, started: Any, was_posted: Callable[[Any], bool], **kwargs: Any
    ) -> None:
        super().__init__(data, **kwargs)
        self.was_posted = was_posted
        self.started = list(started)
        field = self.fields["call"]
        field.queryset = calls  # type: ignore[attr-defined]
        if len(calls) == 1:
            field.initial = calls[0]
            field.widget = forms.HiddenInput()
        if not self.started:
            del self.fields["anyway"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        call = data.get("call")
        begun = any(one.call_id == call.pk for one in self.started) if call else False
        if begun and not data.get("anyway") and not self.was_posted(data.get("key")):
            self.add_error(
                "anyway",
                "Votre commune a déjà un brouillon pour cet appel. Continuez-le, ou cochez cette case pour en commencer un autre.",
            )
        return data
