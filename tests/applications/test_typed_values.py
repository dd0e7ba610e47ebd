"""What people type is refused in words or read back exactly as it was: no crash, no silent change of value."""

import csv
import io
import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.http import QueryDict
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from schwifty import IBAN
from stdnum import luhn

from accounts import directory_file
from accounts.forms import SiretField
from applications import services
from applications.forms.budget import Budget
from applications.forms.fields import LINE_ENDS, DayField, LineField, WrittenField
from applications.forms.rows import table_of
from applications.forms.sections import FORMS
from applications.models import Application
from applications.sections import BY_SLUG
from applications.services import writing
from common.errors import DomainError
from common.money import MoneyError, MoneyField, euros_bare, parse_euros
from common.words import count_words
from fund.models import Question
from fund.questions import values
from payments.bank_checks import read_iban
from tests.factories.applications import a_draft

quick = settings(max_examples=300, deadline=None)
with_database = settings(
    max_examples=15,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],  # shrinking on a database takes minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
DIRECTORY = Path(directory_file.__file__).parent / "data" / "communes_amp.csv"
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)
LIKE_MONEY = st.text("0123456789 .,-+€kKeE\u202f\u00a0\u2009−٣", max_size=24) | st.decimals(0, 10**9, places=2).map(
    lambda value: str(value).replace(".", ",")
)
LIKE_DATE = st.text("0123456789/-. ", max_size=12) | st.dates().map(lambda day: f"{day:%d/%m/%Y}") | st.dates().map(str)
WRITTEN = [
    (slug, name, field.max_length)
    for slug, form in FORMS.items()
    for name, field in form.base_fields.items()
    if isinstance(field, WrittenField)
]


def as_read(text: str) -> str:
    """The one thing that is made alike: line ends; and nothing but spaces is nothing."""
    unified = LINE_ENDS.sub("\n", text)
    return unified if unified.strip() else ""


def cleaned(field: Any, text: str) -> tuple[Any, list[str]]:
    try:
        return field.clean(text), []
    except ValidationError as refusal:
        return None, refusal.messages


# --- Words ------------------------------------------------------------------------------------------------------


@quick
@given(TEXT)
@example(" deux espaces ")
@example("a\x00b")
@example("zéro\u200blargeur et 👩‍👧")
@example("ligne\r\nligne\u2028ligne\vfin")
def test_a_text_is_itself_or_refused(text: str) -> None:
    for field in (WrittenField(max_length=100), LineField(max_length=100)):
        value, refused = cleaned(field, text)
        assert refused or value == as_read(text)
        assert all((sentence and sentence[0].isupper()) or sentence[0].isdigit() for sentence in refused)


@pytest.mark.parametrize("over", [0, 1, 4000])
def test_a_text_too_long_is_said_with_the_count_and_never_cut(over: int) -> None:
    text = "é" * (4000 + over)
    value, refused = cleaned(WrittenField(max_length=4000), text)
    assert (value == text) if not over else ("de trop" in refused[0] and "Rien n’est coupé" in refused[0])


def test_a_line_end_counts_for_one_as_in_the_page() -> None:
    assert cleaned(WrittenField(max_length=5), "ab\r\ncd")[0] == "ab\ncd"


@pytest.mark.django_db
@with_database
@given(place=st.sampled_from(WRITTEN), text=TEXT)
def test_what_is_kept_is_what_comes_back(place: tuple[str, str, int], text: str) -> None:
    slug, name, _ = place
    draft, one = a_draft(), BY_SLUG[slug]
    form = FORMS[slug]({name: text}, application=draft, section=one)
    form.is_valid()
    values = form.values([name])
    if not values:
        assert form.errors[name]
        return
    services.save_units(draft.pk, slug, by=draft.created_by, values=values, seen=services.tokens(draft, one))
    back = Application.objects.get(pk=draft.pk)
    assert getattr(back, name) == as_read(text)
    shown = FORMS[slug](application=back, section=one)[name].value()
    assert writing.token(shown) == services.tokens(back, one)[name], "sent back untouched, it is not a change"


# --- Amounts ----------------------------------------------------------------------------------------------------


@quick
@given(LIKE_MONEY)
@example("1 234,56")
@example("1234.56")
@example("1\u202f234,5 €")
def test_an_amount_is_itself_or_refused(text: str) -> None:
    try:
        cents = parse_euros(text)
    except MoneyError as refusal:
        assert str(refusal).strip()
        return
    assert Decimal(cents) / 100 == Decimal(re.sub(r"[^0-9,.]", "", text).replace(",", "."))
    assert parse_euros(euros_bare(cents)) == cents


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("1\u00a0234,56", 123_456),
        ("1\u202f234,56\u00a0€", 123_456),
        ("\u20091\u2009234,5 ", 123_450),
        (" 12 000 € ", 1_200_000),
    ],
)
def test_an_amount_pasted_with_its_spaces_is_taken(text: str, cents: int) -> None:
    assert cleaned(MoneyField(), text) == (cents, [])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1.234,56", "un point et une virgule"),
        ("1,234.56", "un point et une virgule"),
        ("1\u00a0234\u202f567,891", "plus de deux chiffres"),
        ("12.000", "deux façons"),
        ("12k", "seulement avec des chiffres"),
        ("-5", "négatif"),
        ("1e9", "seulement avec des chiffres"),
        ("9" * 40, "trop grand"),
        ("1000000001", "ne peut pas dépasser"),
        ("3,3333", "plus de deux chiffres"),
        ("٣٤", "seulement avec des chiffres"),
    ],
)
def test_an_amount_that_cannot_be_taken_is_refused_in_words(text: str, words: str) -> None:
    assert words in cleaned(MoneyField(max_cents=10**11), text)[1][0]


@pytest.mark.django_db
@with_database
@given(
    requested=LIKE_MONEY,
    charge=LIKE_MONEY,
    label=TEXT,
    funder=TEXT,
    given_=LIKE_MONEY,
    status=st.sampled_from(["", "acquired", "x"]),
)
def test_a_budget_comes_back_as_it_was_typed(
    requested: str, charge: str, label: str, funder: str, given_: str, status: str
) -> None:
    draft = a_draft()
    data = QueryDict(mutable=True)
    for prefix, count in (("charges", 1), ("financeurs", 1), ("commune", 0), ("volontaires", 0)):
        data.update({f"{prefix}-TOTAL_FORMS": str(count), f"{prefix}-INITIAL_FORMS": str(count)})
    data.update({"demande-amount": requested, "charges-0-account": "60", "charges-0-label": label})
    data.update({"charges-0-amount": charge, "financeurs-0-funder": funder, "financeurs-0-amount": given_})
    data["financeurs-0-status"] = status
    budget = Budget(draft, data=data)
    if not budget.is_valid():
        assert any(form.errors for table in budget.forms for form in getattr(table, "forms", [table]))
        return
    services.save_units(draft.pk, "budget", by=draft.created_by, rows={"budget_lines": budget.lines()})
    lines = {(line.account, line.is_request): line for line in draft.budget_lines.all()}
    amounts = {("60", False): charge, ("74", True): requested, ("74", False): given_}
    for key, typed in amounts.items():
        if typed.strip():
            assert lines[key].amount_cents == parse_euros(typed)
        else:
            assert key not in lines or lines[key].amount_cents == 0
    if ("60", False) in lines:
        assert lines["60", False].label == as_read(label)
    else:
        assert not as_read(label) and not charge.strip()
    if ("74", False) in lines:
        assert (lines["74", False].funder, lines["74", False].status) == (as_read(funder), status)
    else:
        assert not (as_read(funder) or given_.strip() or status)


@pytest.mark.django_db
def test_a_zero_that_was_typed_comes_back() -> None:
    draft = a_draft()
    data = {"demande-amount": "0", "charges-0-account": "63", "charges-0-amount": "0"}
    for prefix, count in (("charges", 1), ("financeurs", 0), ("commune", 0), ("volontaires", 0)):
        data |= {f"{prefix}-TOTAL_FORMS": str(count), f"{prefix}-INITIAL_FORMS": str(count)}
    budget = Budget(draft, data=data)
    assert budget.is_valid()
    services.save_units(draft.pk, "budget", by=draft.created_by, rows={"budget_lines": budget.lines()})
    shown = Budget(services.for_reading().get(pk=draft.pk))
    assert [form["amount"].value() for form in shown.charges.forms if form["account"].value() == "63"] == ["0,00"]
    assert shown.request["amount"].value() == "0,00"


# --- Days -------------------------------------------------------------------------------------------------------


@quick
@given(LIKE_DATE)
@example("31/02/2026")
@example("01/01/0026")
@example("22/11/26")
def test_a_day_is_itself_or_refused(text: str) -> None:
    value, refused = cleaned(DayField(), text)
    if refused:
        assert "22/11/2026" in refused[0]
    elif value is None:
        assert not text.strip()
    else:
        assert isinstance(value, date) and 2000 <= value.year <= 2100
        assert cleaned(DayField(), value.isoformat())[0] == value
        figures = [int(part) for part in re.split(r"\D+", text.strip())]
        assert value.day in figures and value.month in figures and any(value.year % 100 == one % 100 for one in figures)


@pytest.mark.parametrize(
    "text",
    ["31/02/2026", "1er mars 2026", "29/02/2027", "2026-13-01", "٠١/٠٣/٢٠٢٦", "le 3 mars", "03/2026", "0000-00-00"],
)
def test_a_day_that_does_not_exist_or_is_written_otherwise_is_refused_with_the_way_to_write_it(text: str) -> None:
    value, refused = cleaned(DayField(), text)
    assert value is None and "22/11/2026" in refused[0]


# --- Words of a limit ------------------------------------------------------------------------------------------------

A_WORD = st.text("abcéèàç’'-œ0123456789", min_size=1, max_size=8).filter(
    lambda word: any(one.isalnum() for one in word)
)


@quick
@given(st.lists(A_WORD, min_size=1, max_size=30), st.sampled_from([" ", "\u00a0", "\u202f", "\n", " ! ", " – "]))
def test_a_limit_counts_each_word_once_and_cuts_nothing(found: list[str], between: str) -> None:
    text = between.join(found)
    assert count_words(text) == len(found)
    for limit, refused in ((len(found), False), (len(found) - 1, True)):
        if limit:
            asked = Question(kind="long", label="?", limit_words=limit)
            assert bool(values.problem(asked, text)) is refused


# --- Numbers of a place and of an account ----------------------------------------------------------------------------

FIGURE_SPACES = st.sampled_from(["", " ", "\u00a0", "\u202f", "\t"])


def spaced(draw: Any, number: str) -> str:
    return "".join(one + draw(FIGURE_SPACES) for one in number)


@quick
@given(st.data())
def test_a_siret_typed_with_spaces_is_itself(data: Any) -> None:
    number = luhn_completed(luhn_completed("21130005") + "0001")
    assert cleaned(SiretField(), spaced(data.draw, number)) == (number, [])


@quick
@given(st.text("0123456789 .\u00a0٣-", max_size=20))
@example("211.300.056.00015")
@example("٢١١٣٠٠٠٥٦٠٠٠١٥")
@example("2113000560001")
def test_a_siret_is_fourteen_figures_or_refused(text: str) -> None:
    value, refused = cleaned(SiretField(), text)
    assert refused or value == "" or (re.fullmatch("[0-9]{14}", value) and value == "".join(text.split()))


def a_directory_with(siren: str) -> bytes:
    """The directory of the product, of which the first commune has this SIREN."""
    rows = list(csv.reader(io.StringIO(DIRECTORY.read_text(encoding="utf-8"))))
    rows[1][rows[0].index("siren")] = siren
    written = io.StringIO()
    csv.writer(written).writerows(rows)
    return written.getvalue().encode()


@quick
@given(
    st.text('0123456789 .\u00a0٣-,"\n', max_size=12)
    | st.from_regex("[0-9]{8}", fullmatch=True).map(lambda root: luhn_completed(root))
    | TEXT
)
@example("211 300 058")
@example("٢١١٣٠٠٠٥٨")
@example("211300059")
@example("")
def test_a_siren_is_nine_figures_that_agree_or_refused(text: str) -> None:
    try:
        kept = directory_file.read(a_directory_with(text))["siren"][0]
    except directory_file.BadFile as refusal:
        assert refusal.problems and all(problem.reason for problem in refusal.problems)
    else:
        assert kept == text.strip() and re.fullmatch("[0-9]{9}", kept) and luhn.is_valid(kept)


def luhn_completed(root: str) -> str:
    return root + luhn.calc_check_digit(root)


@quick
@given(st.data())
def test_an_iban_typed_with_spaces_or_in_lower_case_is_itself(data: Any) -> None:
    number = str(IBAN.generate("FR", bank_code="30001", branch_code="00512", account_code="C1300000001"))
    typed = spaced(data.draw, number)
    assert str(read_iban(typed.lower())) == str(read_iban(typed)) == number


@quick
@given(st.text("FRDE0123456789 \u00a0fr.٣-", max_size=34))
@example("FR76 3000 1007 9412 3456 7890 18٥")
@example("FR7٦30001007941234567890185")
@example("")
def test_an_iban_is_itself_or_refused_in_words(text: str) -> None:
    try:
        found = str(read_iban(text))
    except DomainError as refusal:
        assert "recopiez-le" in str(refusal)
        return
    assert found == "".join(text.split()).upper() and found.isascii()


# --- Tables -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@with_database
@given(label=TEXT, unit=TEXT, target=TEXT)
def test_a_row_comes_back_as_it_was_typed(label: str, unit: str, target: str) -> None:
    draft = a_draft()
    typed = {"label": label, "unit": unit, "target": target}
    data = {"indicators-TOTAL_FORMS": "1", "indicators-INITIAL_FORMS": "1"}
    data |= {f"indicators-0-{name}": value for name, value in typed.items()}
    table = table_of(draft, "indicators", data=data)
    if not table.is_valid():
        assert table.forms[0].errors
        return
    services.save_units(draft.pk, "reussite", by=draft.created_by, rows={"indicators": table.rows()})
    rows = list(draft.indicators.values("label", "unit", "target"))
    assert rows == (
        [{name: as_read(value) for name, value in typed.items()}] if any(map(as_read, typed.values())) else []
    )
