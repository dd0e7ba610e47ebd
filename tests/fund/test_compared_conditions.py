"""« Asked only if »: a number, an amount or a day compared with what staff typed."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from common.errors import DomainError
from fund.forms.questions import QuestionForm
from fund.models import Call, Question, QuestionSet
from fund.questions import values
from fund.questions.form import QuestionsForm, in_words
from fund.questions.sheet import Sheet
from tests.factories import questions
from tests.factories.accounts import a_fund_manager
from tests.factories.fund import a_call

pytestmark = pytest.mark.django_db
MEASURES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("Combien ?", "number", {}),
    ("Quel budget ?", "amount", {"maximum": 10_000_00}),
    ("Quand ?", "date", {}),
)


def when(label: str, operator: str, value: str) -> dict[str, Any]:
    return {"if": (label, operator, value)}


@pytest.fixture
def prepared() -> QuestionSet:
    call: Call = a_call()
    return questions.prepare(call, *MEASURES)


@pytest.mark.parametrize(
    ("kind", "operator", "expected", "value", "opens"),
    [
        ("number", "least", "10", 10, True),
        ("number", "least", "10", 9, False),
        ("number", "most", "-2", -3, True),
        ("number", "equals", "0", 0, True),
        ("number", "equals", "0", 1, False),
        ("amount", "least", "150000", 150_000, True),
        ("amount", "most", "150000", 150_001, False),
        ("date", "least", "2027-01-31", "2027-02-01", True),
        ("date", "most", "2027-01-31", "2027-02-01", False),
        ("date", "equals", "2027-01-31", "2027-01-31", True),
        ("number", "least", "10", None, False),
        ("number", "contains", "10", 10, True),  # never served; read as an equality, it does no harm
        ("number", "least", "dix", 10, False),
    ],
)
def test_an_answer_is_compared(kind: str, operator: str, expected: str, value: Any, opens: bool) -> None:
    assert values.fits(Question(kind=kind, label="?"), operator, expected, value) is opens


@pytest.mark.parametrize(
    ("label", "typed", "kept", "words"),
    [
        ("Combien ?", "1 200", "1200", "1\u202f200"),
        ("Quel budget ?", "1 500,50 €", "150050", "1\u202f500,50\u202f€"),
        ("Quand ?", "2027-01-31", "2027-01-31", "31 janvier 2027"),
    ],
)
def test_the_editor_keeps_what_is_typed_and_shows_it_again(
    prepared: QuestionSet, label: str, typed: str, kept: str, words: str
) -> None:
    target = prepared.questions.get(label=label)
    data = {"label": "Pourquoi ?", "section": "questions", "condition": f"{target.pk}|least|", "expected": typed}
    form = QuestionForm({**data, "version": prepared.version}, of=prepared, kind="short")
    assert form.is_valid(), form.errors
    given = form.fields_given()
    assert (given["asked_if_id"], given["operator"], given["value"]) == (target.pk, "least", kept)
    asked = questions.add(prepared, "Pourquoi ?", **when(label, "least", kept))
    assert f"est au moins « {words} »" in in_words(asked, target).replace("\u00a0", " ")
    again = QuestionForm(of=prepared, kind="short", question=Question.objects.get(pk=asked.pk))
    assert again["condition"].value() == f"{target.pk}|least|"
    assert values.measure(target, kept) is not None
    shown = again["expected"].value()
    assert re.sub(r"\D", "", shown) == re.sub(r"\D", "", typed)


@pytest.mark.parametrize(
    ("label", "typed", "said"),
    [
        ("Combien ?", "", "Écrivez à quoi comparer"),
        ("Combien ?", "beaucoup", "Écrivez un nombre entier"),
        ("Quel budget ?", "20000", "jamais donnée"),
        ("Quand ?", "2026-02-31", ""),
    ],
)
def test_what_cannot_be_compared_is_refused_in_words(prepared: QuestionSet, label: str, typed: str, said: str) -> None:
    target = prepared.questions.get(label=label)
    data = {"label": "Pourquoi ?", "section": "questions", "condition": f"{target.pk}|equals|", "expected": typed}
    form = QuestionForm({**data, "version": prepared.version}, of=prepared, kind="short")
    assert not form.is_valid()
    assert said in str(form.errors["expected"][0])


def test_a_condition_that_no_answer_meets_is_refused_by_the_service(prepared: QuestionSet) -> None:
    for operator, value in (("contains", "12"), ("least", "douze"), ("equals", "")):
        with pytest.raises(DomainError):
            questions.add(prepared, "Pourquoi ?", **when("Combien ?", operator, value))


def test_a_file_inside_a_block_is_refused_with_where_to_ask_it(client: Client, prepared: QuestionSet) -> None:
    block = questions.add(prepared, "Les lieux", "block", rows_min=0, rows_max=3)
    client.force_login(a_fund_manager())
    inside = f"{reverse('call_question_add', args=[prepared.call.slug])}?bloc={block.pk}&sorte="
    assert "à côté du bloc" in client.get(inside + "file", follow=True).content.decode()
    assert client.get(inside + "short").status_code == 200
    alone = client.get(inside.replace(f"bloc={block.pk}&", "") + "block").content.decode()
    assert "Un fichier se demande à côté du bloc" in alone


def test_what_is_typed_opens_the_question(prepared: QuestionSet) -> None:
    questions.add(prepared, "Pourquoi autant ?", **when("Combien ?", "least", "100"))
    sheet = Sheet(prepared.questions.all())
    for typed, asked in (("99", False), ("100", True), ("1 000", True), ("cent", False), ("", False)):
        form = QuestionsForm({"q-combien": typed}, sheet=sheet)
        form.is_valid()
        waiting = sheet.questions[-1]
        assert form.typed().asked(waiting) is asked, typed
