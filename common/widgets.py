"""The form widgets that carry a French habit: amounts, rates, native date pickers."""

from typing import Any

from django import forms


class MoneyInput(forms.TextInput):
    """Text, not number: people type « 12 000,50 » and a number input would drop it."""

    suffix = "€"
    width = "s"
    input_class = "money"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"inputmode": "decimal", "autocomplete": "off", **(attrs or {})})


class PercentInput(MoneyInput):
    suffix = "%"


class DateInput(forms.DateInput):
    """The browser's own calendar; the value travels as ISO 8601."""

    input_type = "date"
    width = "s"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class MomentInput(forms.DateTimeInput):
    """A day and an hour, in Europe/Paris."""

    input_type = "datetime-local"
    width = "m"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%dT%H:%M")
