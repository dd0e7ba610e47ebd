"""The forms of the opinions asked outside: the desk's question, the outside person's answer."""

from collections.abc import Sequence
from typing import Any, cast

from django import forms

from applications.models import Attachment
from common.widgets import DateInput
from reviews.outside_states import OutsideAdvice, Quality
from reviews.services import Question


class AskOutsideForm(forms.Form):
    use_required_attribute = False
    quality = forms.ChoiceField(label="Qui est interrogé", choices=Quality.choices)
    organism = forms.CharField(
        label="Service ou organisme",
        max_length=120,
        widget=forms.TextInput(attrs={"list": "organismes", "autocomplete": "off"}),
    )
    contact_name = forms.CharField(label="Personne", max_length=120, help_text="Prénom et nom.")
    contact_email = forms.EmailField(
        label="Adresse électronique",
        help_text="Le lien est personnel : préférez l’adresse d’une personne à celle d’un service.",
    )
    text = forms.CharField(
        label="Votre question",
        max_length=3000,
        help_text="Une question précise obtient un avis utile. La personne la lit telle quelle.",
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    papers = forms.MultipleChoiceField(
        label="Pièces montrées avec le dossier", required=False, widget=forms.CheckboxSelectMultiple
    )
    desk_only = forms.BooleanField(
        label="Garder la réponse au service",
        required=False,
        help_text="Sinon, les évaluateurs et le comité la lisent, sauf si la personne la demande confidentielle.",
    )
    due_on = forms.DateField(label="Réponse attendue le", widget=DateInput())

    def __init__(self, data: Any = None, *, papers: Sequence[Attachment] = (), **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        choices = [(str(one.pk), one.title or one.file.name) for one in papers]
        cast(forms.MultipleChoiceField, self.fields["papers"]).choices = choices
        if not papers:
            del self.fields["papers"]

    def question(self) -> Question:
        data = self.cleaned_data
        return Question(
            quality=data["quality"],
            organism=data["organism"],
            contact_name=data["contact_name"],
            contact_email=data["contact_email"],
            text=data["text"],
            due_on=data["due_on"],
            papers=[int(pk) for pk in data.get("papers", [])],
            desk_only=data["desk_only"],
        )


class RenewForm(forms.Form):
    use_required_attribute = False
    due_on = forms.DateField(label="Réponse attendue le", widget=DateInput())


class WithdrawForm(forms.Form):
    use_required_attribute = False
    reason = forms.CharField(
        label="Pourquoi cet avis n’est plus attendu", max_length=300, widget=forms.Textarea(attrs={"rows": 3})
    )


class AnswerForm(forms.Form):
    use_required_attribute = False
    advice = forms.ChoiceField(label="Votre avis", choices=OutsideAdvice.choices, widget=forms.RadioSelect)
    text = forms.CharField(
        label="Ce que vous voulez dire",
        max_length=8000,
        widget=forms.Textarea(attrs={"rows": 10}),
    )
    file = forms.FileField(
        label="Un document à joindre", required=False, help_text="PDF, image ou document bureautique, 20 Mo au plus."
    )
    confidential = forms.BooleanField(
        label="Réserver cette réponse au service qui m’interroge",
        required=False,
        help_text="Les évaluateurs et le comité ne la liront pas.",
    )
    signed_name = forms.CharField(label="Votre nom et votre fonction", max_length=120)
