"""The short forms of the acts: create, send, return, withdraw, answer, join a file."""

from typing import Any
from uuid import uuid4

from django import forms
from django.utils import timezone

from accounts.models import Organisation
from applications.sections import SECTIONS
from common.widgets import DateInput


class ActForm(forms.Form):
    """Every act carries the version the person saw and a key: posted twice, it is done once."""

    use_required_attribute = False
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    key = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: Any = None, *, version: int | None = None, **kwargs: Any) -> None:
        super().__init__(data, initial={"version": version, "key": uuid4()}, **kwargs)

    @property
    def token(self) -> Any:
        return self.cleaned_data["key"] or uuid4()


class CreateForm(ActForm):
    organisation = forms.ModelChoiceField(
        label="Commune qui demande", queryset=Organisation.objects.none(), empty_label=None
    )

    def __init__(
        self, data: Any = None, *, organisations: Any, chosen: Organisation | None = None, **kwargs: Any
    ) -> None:
        super().__init__(data, **kwargs)
        field = self.fields["organisation"]
        field.queryset = organisations  # type: ignore[attr-defined]
        field.initial = chosen
        if len(organisations) == 1:
            field.initial = organisations[0]
            field.widget = forms.HiddenInput()


class ReturnForm(ActForm):
    text = forms.CharField(
        label="Ce qui est à reprendre",
        max_length=2000,
        help_text="Vos collègues liront ces lignes, sur le dossier et par courriel.",
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    sections = forms.MultipleChoiceField(
        label="Les sections à reprendre",
        required=False,
        help_text="Votre mot y reste affiché jusqu’à ce qu’elles soient enregistrées de nouveau.",
        widget=forms.CheckboxSelectMultiple,
        choices=[(one.slug, one.title) for one in SECTIONS if one.slug != "commune"],
    )


class WithdrawForm(ActForm):
    reason = forms.CharField(
        label="Pourquoi la commune retire son dossier",
        max_length=1000,
        help_text="Une phrase suffit. La métropole la lira.",
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class AnswerForm(ActForm):
    text = forms.CharField(
        label="Votre réponse",
        max_length=4000,
        required=False,
        help_text="Ce que la métropole doit savoir en lisant les pièces, ou pourquoi l’une d’elles manque.",
        widget=forms.Textarea(attrs={"rows": 6}),
    )


class ManyFilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class ManyFilesField(forms.FileField):
    """One file or several in one choice; cleans to a list."""

    widget = ManyFilesInput

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        chosen = list(data) if isinstance(data, list | tuple) and data else [data or None]
        return [forms.FileField.clean(self, one, initial) for one in chosen]


class UploadForm(forms.Form):
    use_required_attribute = False
    code = forms.SlugField(widget=forms.HiddenInput, max_length=40)
    replaces = forms.IntegerField(widget=forms.HiddenInput, required=False)
    # An empty one is refused by itself, in words, and not with all the others.
    uploads = ManyFilesField(label="Fichier", allow_empty_file=True)


class DateDocumentForm(forms.Form):
    use_required_attribute = False
    dated_on = forms.DateField(label="Date du document", widget=DateInput())

    def clean_dated_on(self) -> Any:
        dated_on = self.cleaned_data["dated_on"]
        if dated_on > timezone.localdate():
            raise forms.ValidationError("Cette date est dans l’avenir : écrivez la date que porte le document.")
        if dated_on.year < 1950:
            raise forms.ValidationError("Cette date est trop ancienne : vérifiez l’année.")
        return dated_on
