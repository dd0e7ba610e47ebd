"""Amounts and rates: what is read, what is written, what is computed."""

import pytest
from django import forms
from hypothesis import given
from hypothesis import strategies as st

from common import money
from common.money import FULL_RATE, MAX_CENTS, MoneyError, MoneyField, PercentField
from common.typography import NNBSP

CENTS = st.integers(min_value=0, max_value=MAX_CENTS)
RATES = st.integers(min_value=0, max_value=FULL_RATE)


# --- Writing and reading ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cents", "shown"),
    [
        (0, "0,00 €"),
        (5, "0,05 €"),
        (1_200_000, "12 000,00 €"),
        (123_456_789, "1 234 567,89 €"),
        (-95_000, "− 950,00 €"),
    ],
)
def test_an_amount_is_written_with_narrow_spaces(cents: int, shown: str) -> None:
    assert money.euros(cents) == shown.replace(" ", NNBSP)


@given(CENTS)
def test_what_is_written_is_read_back(cents: int) -> None:
    assert money.parse_euros(money.euros(cents)) == cents
    assert money.parse_euros(money.euros_bare(cents)) == cents
    assert money.parse_euros(money.euros_short(cents)) == cents


@pytest.mark.parametrize(
    "typed",
    ["12000", "12 000", "12\u00a0000", "12\u202f000", "12000,5", "12000,50", "12000.50", " 12 000,50 € ", "12000,50€"],
)
def test_amounts_are_read_as_people_type_them(typed: str) -> None:
    assert money.parse_euros(typed) in (1_200_000, 1_200_050)


REFUSED = {
    "12.000,50": "un point et une virgule",
    "12,000.50": "un point et une virgule",
    "1.234": "deux façons",
    "1,234": "deux façons",
    "1.234.567": "deux façons",
    "-5": "négatif",
    "\u22125": "négatif",
    "12000,555": "plus de deux chiffres",
    "NaN": "seulement avec des chiffres",
    "Infinity": "seulement avec des chiffres",
    "1e5": "seulement avec des chiffres",
    "0x10": "seulement avec des chiffres",
    "١٢": "seulement avec des chiffres",
    "１２": "seulement avec des chiffres",
    "12_000": "seulement avec des chiffres",
    "1 2 3": "ne pouvons pas lire",
    "12 00": "ne pouvons pas lire",
    "12,": "ne pouvons pas lire",
    ",50": "ne pouvons pas lire",
    "12..5": "ne pouvons pas lire",
    "": "Il manque le montant",
    "€": "Il manque le montant",
    "100000000000,01": "trop grand",
    "9" * 5000: "trop grand",
}


@pytest.mark.parametrize("typed", REFUSED)
def test_what_is_not_sure_is_refused_with_its_reason(typed: str) -> None:
    with pytest.raises(MoneyError, match=REFUSED[typed]):
        money.parse_euros(typed)


@given(st.text())
def test_any_text_gives_cents_or_a_sentence(typed: str) -> None:
    try:
        cents = money.parse_euros(typed)
    except MoneyError as refusal:
        assert str(refusal).endswith(".")
    else:
        assert 0 <= cents <= MAX_CENTS


@given(st.integers(min_value=0, max_value=10**6))
def test_rates_are_read_back(basis_points: int) -> None:
    assert money.parse_percent(money.percent(basis_points)) == basis_points


def test_rates_show_only_the_figures_that_say_something() -> None:
    assert [money.percent(bp) for bp in (0, 5, 6000, 6250, 5988)] == [
        f"{shown}{NNBSP}%" for shown in ("0", "0,05", "60", "62,5", "59,88")
    ]


@pytest.mark.parametrize(
    ("cents", "words"),
    [
        (0, "zéro euro"),
        (1, "un centime"),
        (100, "un euro"),
        (8_000, "quatre-vingts euros"),
        (1_000_000, "dix mille euros"),
        (1_095_050, "dix mille neuf cent cinquante euros et cinquante centimes"),
        (20_000_000, "deux cent mille euros"),
        (100_000_000, "un million d’euros"),
    ],
)
def test_amounts_in_words(cents: int, words: str) -> None:
    assert money.euros_in_words(cents) == words


# --- Computing -------------------------------------------------------------------------------


@given(CENTS, RATES)
def test_a_ceiling_is_never_passed(cents: int, basis_points: int) -> None:
    granted = money.share(cents, basis_points)
    assert granted * FULL_RATE <= cents * basis_points < (granted + 1) * FULL_RATE
    assert money.share(cents, basis_points, rounding="ceil") - granted in (0, 1)
    assert granted <= money.share(cents, basis_points, rounding="half_up") <= granted + 1


@given(CENTS, st.lists(st.integers(min_value=1, max_value=500), min_size=1, max_size=12))
def test_a_split_is_exact_and_fair(cents: int, weights: list[int]) -> None:
    rates = [weight * FULL_RATE // sum(weights) for weight in weights]
    rates[0] += FULL_RATE - sum(rates)
    parts = money.split(cents, rates)
    assert sum(parts) == cents
    for part, basis_points in zip(parts, rates, strict=True):
        assert abs(part * FULL_RATE - cents * basis_points) < FULL_RATE


def test_a_split_asks_for_rates_that_make_a_whole() -> None:
    with pytest.raises(ValueError, match="add up"):
        money.split(100, [5000, 4999])


def test_the_rate_of_nothing_is_zero() -> None:
    assert money.rate(0, 0) == 0
    assert money.rate(1_245_000, 2_075_000) == 6000


# --- Fields ----------------------------------------------------------------------------------


class AwardForm(forms.Form):
    amount = MoneyField(label="Montant", min_cents=100_000, max_cents=1_500_000)
    own_share = PercentField(label="Part", required=False)


def test_the_field_cleans_to_cents_and_shows_them_grouped() -> None:
    form = AwardForm({"amount": "12 450", "own_share": "62,5 %"})
    assert form.is_valid(), form.errors
    assert form.cleaned_data == {"amount": 1_245_000, "own_share": 6250}
    shown = AwardForm(initial={"amount": 1_245_000, "own_share": 6250})
    assert shown["amount"].value() == f"12{NNBSP}450,00"
    assert shown["own_share"].value() == "62,5"


def test_what_was_typed_comes_back_when_it_is_refused() -> None:
    form = AwardForm({"amount": "12.000,50", "own_share": "abc"})
    assert not form.is_valid()
    assert 'value="12.000,50"' in str(form["amount"])
    assert 'value="abc"' in str(form["own_share"])


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [("999,99", "au moins 1 000,00 €"), ("15 000,01", "dépasser 15 000,00 €"), ("", "Il manque le montant")],
)
def test_bounds_are_said_in_euros(typed: str, sentence: str) -> None:
    form = AwardForm({"amount": typed})
    assert sentence.replace(" ", NNBSP) in form.errors["amount"][0].replace(" ", NNBSP)


def test_an_unchanged_amount_is_not_a_change() -> None:
    assert not AwardForm({"amount": "12 450,00"}, initial={"amount": 1_245_000}).has_changed()
    assert AwardForm({"amount": "12 450,01"}, initial={"amount": 1_245_000}).has_changed()
