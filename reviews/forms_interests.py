"""What a person types of their interests, and why one is lifted."""

from typing import Any
from uuid import uuid4

from django import forms

from accounts.models import Organisation


def _lines(label: str, help_text: str) -> forms.CharField:
    return forms.CharField(
        label=label, help_text=help_text, required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )


class DeclarationForm(forms.Form):
    use_required_attribute = False
    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)
    mandates = _lines(
        "Mandats",
        "Élu, conseillère, membre d’un bureau ou d’un conseil d’administration, aujourd’hui ou depuis cinq ans.",
    )
    employers = _lines("Employeurs", "Pour qui vous travaillez, ou avez travaillé depuis cinq ans.")
    relations = _lines(
        "Liens", "Un proche qui travaille dans une commune, une association que vous aidez, un différend…"
    )
    organisations = forms.ModelMultipleChoiceField(
        Organisation.objects.none(),
        label="Communes concernées",
        required=False,
        help_text="Leurs dossiers de cet appel vous seront fermés. En cas de doute, cochez.",
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisations"].queryset = Organisation.objects.order_by("sort_name", "pk")  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        said = any((data.get(name) or "").strip() for name in ("mandates", "employers", "relations"))
        if not self.errors and data.get("organisations") and not said:
            self.add_error("relations", "Dites en une phrase ce qui vous lie aux communes cochées.")
        elif not self.errors and not said:
            self.add_error(None, "Écrivez votre intérêt, ou choisissez « Je n’ai aucun intérêt ».")
        return data


class NothingForm(forms.Form):
    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)


class LiftForm(forms.Form):
    use_required_attribute = False
    reason = forms.CharField(
        label="Pourquoi ce déport est levé",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Le registre garde l’intérêt déclaré, ce motif et votre nom.",
        error_messages={"required": "Dites pourquoi ce déport est levé : le registre le garde."},
    )
