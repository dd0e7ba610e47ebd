"""Money is an integer number of cents, a rate an integer number of basis points (6250 = 62,5 %).

Nothing here ever holds a binary floating-point number. Rounding is always named by the caller
or fixed by the function's contract.
"""

import re
from collections.abc import Sequence
from typing import Any, Literal

from django import forms
from django.core.exceptions import ValidationError
from num2words import num2words

from common.typography import MINUS, NNBSP, group_thousands
from common.widgets import MoneyInput, PercentInput

MAX_CENTS = 10**13
FULL_RATE = 10_000

Rounding = Literal["floor", "ceil", "half_up"]

HOW_TO_WRITE = "Écrivez le montant comme 12000, 12\u202f000 ou 12000,50."
HOW_TO_WRITE_RATE = "Écrivez le taux comme 60 ou 62,5."


class MoneyError(ValueError):
    """What was typed is not an amount; the message is a French sentence for the person."""


# --- Writing ---------------------------------------------------------------------------------


def euros_bare(cents: int) -> str:
    """1200000 gives « 12 000,00 »."""
    whole, rest = divmod(abs(cents), 100)
    sign = f"{MINUS}{NNBSP}" if cents < 0 else ""
    return f"{sign}{group_thousands(whole)},{rest:02d}"


def euros(cents: int) -> str:
    """1200000 gives « 12 000,00 € »."""
    return f"{euros_bare(cents)}{NNBSP}€"


def euros_short(cents: int) -> str:
    """« 12 000 € » when there are no cents, « 12 000,50 € » otherwise."""
    if cents % 100:
        return euros(cents)
    return f"{euros_bare(cents)[:-3]}{NNBSP}€"


def euros_signed(cents: int) -> str:
    """« + 6 400,00 » or « − 950,00 », for differences."""
    return f"+{NNBSP}{euros_bare(cents)}" if cents > 0 else euros_bare(cents)


def euros_in_words(cents: int) -> str:
    """1095050 gives « dix mille neuf cent cinquante euros et cinquante centimes »."""
    if cents < 0:
        raise ValueError("An amount in words cannot be negative")
    whole, rest = divmod(cents, 100)
    parts = []
    if whole or not rest:
        link = " d\u2019" if whole and whole % 1_000_000 == 0 else " "
        parts.append(f"{num2words(whole, lang='fr')}{link}euro{'s' if whole > 1 else ''}")
    if rest:
        parts.append(f"{num2words(rest, lang='fr')} centime{'s' if rest > 1 else ''}")
    return " et ".join(parts)


def percent(basis_points: int) -> str:
    """6250 gives « 62,5 % »; figures after the comma only where they say something."""
    return f"{percent_bare(basis_points)}{NNBSP}%"


def percent_bare(basis_points: int) -> str:
    whole, rest = divmod(abs(basis_points), 100)
    sign = f"{MINUS}{NNBSP}" if basis_points < 0 else ""
    decimals = f",{rest:02d}".rstrip("0") if rest else ""
    return f"{sign}{group_thousands(whole)}{decimals}"


# --- Reading ---------------------------------------------------------------------------------

# \d would accept digits of every script: an amount must read the same to everybody.
_PLAIN = re.compile(r"([0-9]+|[0-9]{1,3}(?: [0-9]{3})+)(?:[,.]([0-9]{1,2}))?")
_SPACES = re.compile("[ \u00a0\u202f\u2009\u2007]+")


def parse_euros(text: str) -> int:
    """Cents of an amount as people type it.

    Accepts 12000, 12 000, 12000,5, 12000,50 €, 12000.50. Refuses what could be read in two ways
    (1.234, 12.000,50, 12,000.50), negative amounts, more than two decimals, other alphabets and
    amounts above MAX_CENTS. Raises MoneyError with the reason and the way to write it.
    """
    return _hundredths(text, unit="€", noun="montant", how=HOW_TO_WRITE)


def parse_percent(text: str) -> int:
    """Basis points of a rate as people type it: 60, 62,5, 62,5 %."""
    return _hundredths(text, unit="%", noun="taux", how=HOW_TO_WRITE_RATE)


def _hundredths(text: str, *, unit: str, noun: str, how: str) -> int:
    cleaned = _SPACES.sub(" ", text.strip()).removesuffix(unit).strip()
    if not cleaned:
        raise MoneyError(f"Il manque le {noun}. {how}")
    if cleaned[0] in f"-{MINUS}\u2013":
        raise MoneyError(f"Le {noun} ne peut pas être négatif. {how}")
    match = _PLAIN.fullmatch(cleaned)
    if match is None:
        raise MoneyError(_reason(cleaned, noun, how))
    whole, decimals = match[1].replace(" ", ""), (match[2] or "").ljust(2, "0")
    # The length is looked at first: a digit string of any size must cost nothing.
    if len(whole) > 14 or (value := int(whole) * 100 + int(decimals)) > MAX_CENTS:
        raise MoneyError(f"Ce {noun} est trop grand. Vérifiez le nombre de chiffres.")
    return value


def _reason(cleaned: str, noun: str, how: str) -> str:
    if not re.fullmatch(r"[0-9 .,]+", cleaned):
        return f"Un {noun} s\u2019écrit seulement avec des chiffres. {how}"
    if "." in cleaned and "," in cleaned:
        return f"Ce {noun} a un point et une virgule{NNBSP}: nous ne savons pas lequel sépare les centimes. {how}"
    if re.fullmatch(r"[0-9]{1,3}([.,][0-9]{3})+", cleaned):
        return f"Ce {noun} peut se lire de deux façons. Pour séparer les milliers, utilisez un espace. {how}"
    if re.search(r"[.,][0-9]{3,}$", cleaned):
        return f"Il y a plus de deux chiffres après la virgule. {how}"
    return f"Nous ne pouvons pas lire ce {noun}. {how}"


# --- Computing -------------------------------------------------------------------------------


def _divide(numerator: int, denominator: int, rounding: Rounding) -> int:
    if numerator < 0 or denominator <= 0:
        raise ValueError("Shares are computed on amounts that are zero or more")
    if rounding == "floor":
        return numerator // denominator
    if rounding == "ceil":
        return -(-numerator // denominator)
    return (2 * numerator + denominator) // (2 * denominator)


def share(cents: int, basis_points: int, *, rounding: Rounding = "floor") -> int:
    """Cents that a rate gives. Floor by default: a ceiling is never passed by a rounding."""
    return _divide(cents * basis_points, FULL_RATE, rounding)


def rate(part: int, whole: int, *, rounding: Rounding = "half_up") -> int:
    """Basis points of `part` in `whole`; zero when there is no whole."""
    return _divide(part * FULL_RATE, whole, rounding) if whole else 0


def split(cents: int, rates: Sequence[int]) -> list[int]:
    """Share an amount between rates (their sum is 10 000) so that the parts add up exactly.

    Largest remainder; between equal remainders the first one is served.
    """
    if cents < 0 or any(part < 0 for part in rates):
        raise ValueError("Neither the amount nor a rate can be negative")
    if sum(rates) != FULL_RATE:
        raise ValueError("Rates must add up to 10 000 basis points")
    parts = [cents * part // FULL_RATE for part in rates]
    by_remainder = sorted(range(len(rates)), key=lambda i: (-(cents * rates[i] % FULL_RATE), i))
    for i in by_remainder[: cents - sum(parts)]:
        parts[i] += 1
    return parts


# --- Form fields -----------------------------------------------------------------------------


class _HundredthsField(forms.Field):
    """An integer of hundredths typed as text; what was typed comes back when it is refused."""

    def __init__(self, *, minimum: int, maximum: int | None, **kwargs: Any) -> None:
        self.minimum = minimum
        self.maximum = maximum
        super().__init__(**kwargs)

    def _parse(self, text: str) -> int:
        raise NotImplementedError

    def _show(self, value: int) -> str:
        raise NotImplementedError

    def _too_small(self) -> str:
        raise NotImplementedError

    def _too_big(self, maximum: int) -> str:
        raise NotImplementedError

    def to_python(self, value: Any) -> int | None:
        if value is None or isinstance(value, int):
            return value
        text = str(value)
        if not text.strip():
            return None
        try:
            return self._parse(text)
        except MoneyError as refusal:
            raise ValidationError(str(refusal), code="invalid") from refusal

    def validate(self, value: int | None) -> None:
        super().validate(value)
        if value is None:
            return
        if value < self.minimum:
            raise ValidationError(self._too_small(), code="min_value")
        if self.maximum is not None and value > self.maximum:
            raise ValidationError(self._too_big(self.maximum), code="max_value")

    def prepare_value(self, value: Any) -> Any:
        return self._show(value) if isinstance(value, int) else value


class MoneyField(_HundredthsField):
    """Cleans to integer cents, or None when empty and not required."""

    widget = MoneyInput
    default_error_messages = {"required": f"Il manque le montant. {HOW_TO_WRITE}"}

    def __init__(self, *, min_cents: int = 0, max_cents: int | None = None, **kwargs: Any) -> None:
        super().__init__(minimum=min_cents, maximum=max_cents, **kwargs)

    def _parse(self, text: str) -> int:
        return parse_euros(text)

    def _show(self, value: int) -> str:
        return euros_bare(value)

    def _too_small(self) -> str:
        return f"Le montant doit être d\u2019au moins {euros(self.minimum)}."

    def _too_big(self, maximum: int) -> str:
        return f"Le montant ne peut pas dépasser {euros(maximum)}."


class PercentField(_HundredthsField):
    """Cleans to integer basis points, or None when empty and not required."""

    widget = PercentInput
    default_error_messages = {"required": f"Il manque le taux. {HOW_TO_WRITE_RATE}"}

    def __init__(self, *, min_bp: int = 0, max_bp: int = FULL_RATE, **kwargs: Any) -> None:
        super().__init__(minimum=min_bp, maximum=max_bp, **kwargs)

    def _parse(self, text: str) -> int:
        return parse_percent(text)

    def _show(self, value: int) -> str:
        return percent_bare(value)

    def _too_small(self) -> str:
        return f"Le taux doit être d\u2019au moins {percent(self.minimum)}."

    def _too_big(self, maximum: int) -> str:
        return f"Le taux ne peut pas dépasser {percent(maximum)}."
