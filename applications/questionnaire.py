"""The call's own questions in a file: the version it answers, its answers as units of a section, what goes with it.

A unit is one question (a block whole), named `q-<code>`; its content is canonical JSON (fund.questions.values).
"""

import re
from collections.abc import Iterable
from typing import Any

from django.db.models import prefetch_related_objects

from applications.models import Application, QuestionAnswer
from common.errors import DomainError
from fund.models import CallDocument, Question
from fund.questions import values
from fund.questions.sheet import Sheet, field_name
from fund.questions.states import MOST_ROWS, QuestionKind, QuestionSection

K = QuestionKind
PREFIX = "q-"
OWN = QuestionSection.QUESTIONS.value


def sheet(application: Application) -> Sheet:
    """The questions of the file with its answers; children prefetched, it costs nothing."""
    if application.question_set is None:
        return Sheet(())
    questions = list(application.question_set.questions.all())
    ids = {one.pk for one in questions}
    given = {
        (one.question_id, one.occurrence): one.value
        for one in application.question_answers.all()
        if one.question_id in ids
    }
    files: dict[str, list[str]] = {}
    if any(one.kind == K.FILE for one in questions):
        for attachment in application.attachments.all():
            files.setdefault(attachment.code, []).append(attachment.file.name)
    return Sheet(questions, given, files)


def sections(application: Application) -> set[str]:
    """The sections in which the file has questions."""
    if application.question_set is None:
        return set()
    return {one.section for one in application.question_set.questions.all()}


def units(application: Application, section: str) -> tuple[str, ...]:
    """What is saved of the questions of a section: a file goes through the documents."""
    return tuple(field_name(one) for one in sheet(application).tops(section) if one.kind != K.FILE)


def is_unit(unit: str) -> bool:
    return unit.startswith(PREFIX)


def question_of(application: Application, unit: str) -> Question | None:
    """The question of the file's own version that a unit names."""
    if application.question_set is None or not is_unit(unit):
        return None
    code = unit.removeprefix(PREFIX)
    found = (one for one in application.question_set.questions.all() if one.code == code and not one.parent_id)
    return next((one for one in found if one.kind != K.FILE), None)


# --- Documents -------------------------------------------------------------------------------------------------


def documents(application: Application) -> list[CallDocument]:
    """Every document asked of a file: those of the call, then those its questions ask for, as they stand."""
    asked = list(application.call.documents.all())
    if application.question_set is None:
        return asked
    answers = sheet(application)
    return asked + [
        CallDocument(code=one.file_code, label=one.label, help=one.help, required=one.required)
        for one in answers.tops()
        if one.kind == K.FILE and answers.asked(one)
    ]


# --- Content of a unit -----------------------------------------------------------------------------------------


def content(application: Application, unit: str) -> Any:
    """What stands in the file: the answer, or the rows of a block; "" for nothing (a column of JSON takes no None)."""
    question, answers = question_of(application, unit), sheet(application)
    if question is None:
        return ""
    if question.kind == K.BLOCK:
        return [_row(answers, question, at) for at in range(answers.rows(question))]
    value = answers.get(question)
    return "" if value is None else value


def _row(answers: Sheet, block: Question, at: int) -> dict[str, Any]:
    return {one.code: answers.get(one, at) for one in answers.children(block)}


def same(value: Any) -> Any:
    """The content of a unit as `content` writes it, from what a form gives."""
    return "" if value is None else value


def write(application: Application, unit: str, value: Any) -> None:
    """Replace the answers of one unit. Raises DomainError, in words, for what is no answer to that question."""
    question = question_of(application, unit)
    if question is None:
        raise DomainError("Cette question n’est pas posée dans ce dossier.")
    answers = _answers(application, question, value)
    QuestionAnswer.objects.filter(application=application, question__in=_places(application, question)).delete()
    QuestionAnswer.objects.bulk_create(answers)
    forget(application)


def replaced(application: Application, unit: str, value: Any) -> list[QuestionAnswer]:
    """The answers of a file as they would be with this one; never saved."""
    question = question_of(application, unit)
    if question is None:
        return list(application.question_answers.all())
    places = _places(application, question)
    others = [one for one in application.question_answers.all() if one.question_id not in places]
    return others + _answers(application, question, value)


def _places(application: Application, question: Question) -> list[int]:
    """The questions whose answers make a unit."""
    block = question.kind == K.BLOCK
    return [one.pk for one in sheet(application).children(question)] if block else [question.pk]


def _answers(application: Application, question: Question, value: Any) -> list[QuestionAnswer]:
    block = question.kind == K.BLOCK
    rows = _checked_rows(application, question, value) if block else [(question, 0, _checked(question, value))]
    return [
        QuestionAnswer(application=application, question=one, occurrence=at, value=given)
        for one, at, given in rows
        if given is not None
    ]


def fetch(application: Application) -> None:
    """Fetch once what every function here looks at; nothing for a file without questions."""
    if application.question_set_id is not None:
        prefetch_related_objects([application], "question_set__questions", "question_answers", "attachments__file")


def forget(application: Application) -> None:
    """The answers fetched before are old: fetch them again."""
    getattr(application, "_prefetched_objects_cache", {}).pop("question_answers", None)
    prefetch_related_objects([application], "question_answers")


def _checked(question: Question, value: Any) -> Any:
    if value in (None, "", []):
        return None
    if wrong := values.problem(question, value):
        raise DomainError(f"« {question.label} » : {wrong}")
    return value


def _checked_rows(application: Application, block: Question, value: Any) -> Iterable[tuple[Question, int, Any]]:
    rows = value or []
    most = block.rows_max or MOST_ROWS
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise DomainError(f"« {block.label} » : cette réponse ne se lit pas.")
    if len(rows) > most:
        raise DomainError(f"« {block.label} » : {most} au plus, il y en a {len(rows)}.")
    children = sheet(application).children(block)
    return [(one, at, _checked(one, row.get(one.code))) for at, row in enumerate(rows) for one in children]


# --- In words --------------------------------------------------------------------------------------------------


def label(application: Application, unit: str) -> str:
    question = question_of(application, unit)
    return question.label if question else "Une question de l’appel"


def words(application: Application, unit: str, given: Any) -> str:
    """The content of a unit as somebody would read it; also one of a version left behind."""
    question = question_of(application, unit)
    if given in (None, "", []):
        return ""
    if question is None:
        return _any_words(given)
    if question.kind != K.BLOCK:
        return values.line(question, given) if not values.problem(question, given) else _any_words(given)
    children = {one.code: one for one in sheet(application).children(question)}
    return "\n".join(
        " ; ".join(
            values.line(children[code], one) for code, one in row.items() if code in children and one is not None
        )
        for row in given
    )


def _any_words(given: Any) -> str:
    if isinstance(given, dict):
        return " ; ".join(_any_words(one) for one in given.values() if one is not None)
    if isinstance(given, list):
        return "\n".join(_any_words(one) for one in given)
    return str(given)


def search_words(application: Application) -> list[str]:
    """The texts among the answers sent, for the search of the desk."""
    found = sheet(application)
    texts = []
    for one in found.readings():
        texts += [one.text, *one.items, *(text for row in one.rows for _, text in row)]
    return [re.sub(r"\s+", " ", text) for text in texts if text]
