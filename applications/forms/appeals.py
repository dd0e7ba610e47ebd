"""The forms of a gracious appeal."""

from typing import Any

from django import forms
from django.utils import timezone

from applications.services.appeals import MOST_WORDS
from common.widgets import DateInput


class AppealForm(forms.Form):
    """What the commune asks, and why."""

    use_required_attribute = False
    words = forms.CharField(
        label="Votre recours",
        max_length=MOST_WORDS,
        widget=forms.Textarea(attrs={"rows": 12}),
        help_text="Ce que vous demandez, et pourquoi : un fait que nous n’avons pas vu, une règle que nous lisons mal.",
        error_messages={"required": "Écrivez ce que la commune demande et pourquoi."},
    )


class PostedAppealForm(AppealForm):
    """The same, when it came by post."""

    received_on = forms.DateField(label="Reçu le", widget=DateInput(), help_text="Le jour où le courrier est arrivé.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"initial": {"received_on": timezone.localdate()}, **kwargs})
        self.fields["words"].label = "Ce que la commune demande"
        self.fields["words"].help_text = "Recopiez l’essentiel du courrier, dans ses mots."
        self.order_fields(["received_on", "words"])


class AppealAnswerForm(forms.Form):
    use_required_attribute = False
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    outcome = forms.ChoiceField(
        label="Réponse",
        choices=[("accepted", "Admettre le recours"), ("rejected", "Rejeter le recours")],
        widget=forms.RadioSelect,
        error_messages={"required": "Dites si le recours est admis ou rejeté."},
    )
    answer = forms.CharField(
        label="Motifs de la réponse",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text="Repris tels quels dans la lettre.",
        error_messages={"required": "Dites à la commune pourquoi."},
    )
