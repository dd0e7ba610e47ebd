"""Telephone numbers as people write them: read to be checked, kept as they were written."""

import re
from typing import Any

from django import forms

EXAMPLE = "Écrivez le numéro comme 04\u00a042\u00a018\u00a019\u00a019 ; un indicatif (+33…) ou un poste (poste 12) peut l’accompagner."
# Spaces (also the narrow ones a word processor puts), dots, hyphens; « (0) » after a country.
_WRITTEN = re.compile(r"(?P<number>\+?[0-9][0-9\s.()/-]*?)(?:\s*(?:poste|p\.)\s*[0-9]{1,6})?", re.IGNORECASE)
_SHAPES = (r"0[1-9][0-9]{8}", r"3[0-9]{3}", r"(?:\+|00)(?!33)[1-9][0-9]{6,13}", r"(?:\+|00)330?[1-9][0-9]{8}")


def is_telephone(text: str) -> bool:
    """Ten figures in France, four for a short number, or a country and its number."""
    found = _WRITTEN.fullmatch(text.strip())
    if found is None:
        return False
    figures = re.sub(r"[\s.()/-]", "", found["number"])
    return any(re.fullmatch(shape, figures) for shape in _SHAPES)


class PhoneField(forms.CharField):
    """« 04 42 18 19 19 »: no letter is taken for a number; what passes is what was typed."""

    widget = forms.TextInput(attrs={"type": "tel", "inputmode": "tel", "autocomplete": "tel"})

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"label": "Téléphone", "required": False, "max_length": 30, **kwargs})

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value and not is_telephone(value):
            raise forms.ValidationError(EXAMPLE)
