"""Depositing the scan of what was signed by hand."""

from collections.abc import Sequence
from typing import Any

from django import forms

from applications.states import SignedKind


class SignedPaperForm(forms.Form):
    """One kind needs no choice."""

    use_required_attribute = False
    kind = forms.ChoiceField(
        label="Document",
        widget=forms.RadioSelect,
        error_messages={"required": "Dites de quel document il s’agit."},
    )
    file = forms.FileField(
        label="Fichier",
        help_text="PDF, PNG ou JPEG, 20 Mo au plus. L’antivirus le lit avant que quiconque puisse l’ouvrir.",
        error_messages={"required": "Choisissez le document scanné.", "empty": "Ce fichier est vide."},
        widget=forms.FileInput(attrs={"accept": ".pdf,.png,.jpg,.jpeg"}),
    )

    def __init__(self, *args: Any, kinds: Sequence[SignedKind], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [(one.value, one.label) for one in kinds]  # type: ignore[attr-defined]
        if len(kinds) == 1:
            self.fields["kind"].initial = kinds[0].value
            self.fields["kind"].widget = forms.HiddenInput()

    def refuse_heavy(self, names: Sequence[str]) -> bool:
        for name in names:
            self.add_error("file", f"« {name} » dépasse 20 Mo. Réduisez-le, puis choisissez-le de nouveau.")
        return bool(names)
