"""Cells of a table somebody else made, read as what they say (widgets of django-import-export): amounts, days, text."""

import re
import unicodedata
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from import_export import widgets

from common.money import MAX_CENTS, parse_euros

DAY = ("%d/%m/%Y", "%Y-%m-%d", "%d-%m-%Y", "%d.%m.%Y", "%Y%m%d", "%d/%m/%y")


def bare(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]", "", plain)


class Cents(widgets.Widget):
    """« 1 234,50 », 1234.5 or a number of a sheet; never rounded."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> int:
        if isinstance(value, bool) or value is None:
            raise ValueError("il manque le montant")
        if isinstance(value, (int, float, Decimal)):
            exact = Decimal(str(value)) * 100
            if not exact.is_finite() or exact != exact.to_integral_value() or not 0 < exact <= MAX_CENTS:
                raise ValueError(f"« {value} » n’est pas un montant en euros et centimes")
            return int(exact)
        cents = parse_euros(str(value))
        if cents <= 0:
            raise ValueError("le montant est nul")
        return cents


class Day(widgets.Widget):
    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> date | None:
        if isinstance(value, datetime):
            value = value.date()
        if isinstance(value, date):
            return self._near(value, value)
        text = "" if value is None else str(value).strip().split(" ")[0].split("T")[0]
        if not text:
            return None
        for shape in DAY:
            try:
                return self._near(datetime.strptime(text, shape).date(), text)  # noqa: DTZ007 - a day has no hour
            except ValueError:
                continue
        raise ValueError(f"« {text[:30]} » n’est pas une date (31/12/2026)")

    @staticmethod
    def _near(day: date, written: Any) -> date:
        if not 2000 <= day.year <= 2100:
            raise ValueError(f"« {written} » n’est pas une date de notre temps")
        return day


class Text(widgets.Widget):
    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit = limit

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        text = "" if value is None else " ".join("".join(c if c.isprintable() else " " for c in str(value)).split())
        if len(text) > self.limit:
            raise ValueError(f"« {text[:30]}… » dépasse {self.limit} caractères")
        return text
