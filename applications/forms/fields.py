"""Fields that give back exactly what was typed, or refuse it in words: nothing is trimmed, cut or corrected in silence.

Only line ends are made alike (a browser sends two characters where the person pressed one key), and nothing but spaces is nothing.
"""

import re
import unicodedata
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from common.typography import counted, group_thousands
from common.widgets import DateInput

LINE_ENDS = re.compile("\r\n|[\r\v\f\u0085\u2028\u2029]")
FIRST_YEAR, LAST_YEAR = 2000, 2100


def _invisible(text: str, allowed: str) -> str:
    """The first character that cannot be seen nor printed, as people can look it up; empty when there is none."""
    found = next((one for one in text if one not in allowed and unicodedata.category(one) in ("Cc", "Cs")), "")
    return f"U+{ord(found):04X}" if found else ""


class WrittenField(forms.CharField):
    """A text of several lines. Too long, it is refused with the count, never cut."""

    allowed = "\n\t"
    widget: type[forms.Widget] = forms.Textarea

    def __init__(self, *, max_length: int, rows: int = 8, **kwargs: Any) -> None:
        if issubclass(self.widget, forms.Textarea):
            # `lines`: a line end counts for one, here as in the counter of the page.
            kwargs.setdefault("widget", self.widget(attrs={"rows": rows, "data-count-lines": "1"}))
        super().__init__(max_length=max_length, strip=False, required=False, **kwargs)
        self.validators = [self._refuse]

    def to_python(self, value: Any) -> str:
        text = LINE_ENDS.sub("\n", str(super().to_python(value)))
        return text if text.strip() else ""

    def _refuse(self, text: str) -> None:
        limit = self.max_length or 0
        if len(text) > limit:
            over = counted(len(text) - limit, "caractère")
            raise ValidationError(
                f"{group_thousands(limit)} caractères au plus\u202f; votre texte en a {group_thousands(len(text))}, "
                f"soit {over} de trop. Rien n’est coupé\u202f: raccourcissez-le.",
                code="too_long",  # not a code of Django's, which would put its own words instead
            )
        code = _invisible(text, self.allowed)
        if code:
            raise ValidationError(
                f"Ce texte contient un caractère invisible ({code}), souvent venu d’un copier-coller. Effacez-le.",
                code="invisible",
            )


class LineField(WrittenField):
    """A text of one line."""

    allowed = ""
    widget = forms.TextInput

    def _refuse(self, text: str) -> None:
        if "\n" in text or "\t" in text:
            raise ValidationError("Écrivez sur une seule ligne, sans tabulation.", code="one_line")
        super()._refuse(text)


class DayField(forms.DateField):
    """A day of our time: a year typed too short or too long is refused instead of being believed."""

    widget = DateInput

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)

    def to_python(self, value: Any) -> date | None:
        day = super().to_python(value)
        if day is not None and not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise ValidationError(f"L’année {day.year} n’est pas possible. Écrivez la date comme 22/11/2026.")
        return day
