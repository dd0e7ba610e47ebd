"""What may be asked of a commune after it sent its file: each answer, each table, each document. And how it is called."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from applications import questionnaire
from applications.answers import label_of as field_label
from applications.doors import FIELDS, TABLES
from applications.models import Application, AskedItem
from applications.sections import BY_SLUG, SECTIONS, Section, sections_of
from applications.states import ItemKind
from common.errors import DomainError
from fund.models import Question
from fund.questions.sheet import field_name
from fund.questions.states import QuestionKind

TABLE_LABELS = {
    "partners": "Les partenaires",
    "milestones": "Le calendrier",
    "indicators": "Les indicateurs",
    "budget_lines": "Le budget prévisionnel",
}
IF_ASKED = "Seulement si votre réponse à « {} » l’appelle."


@dataclass(frozen=True)
class Askable:
    """A section and what may be asked in it."""

    section: Section
    items: tuple[AskedItem, ...]


def label_of(name: str, application: Application | None = None) -> str:
    """How a field, a table or (given its file) a question of the call is named on screen."""
    if application is not None and questionnaire.is_unit(name):
        return questionnaire.label(application, name)
    if name in TABLES:
        return TABLE_LABELS[name]
    return field_label(name)


def section_of(name: str, application: Application | None = None) -> Section:
    """The section that holds a field, a table or (given its file) a question of the call."""
    question = questionnaire.question_of(application, name) if application is not None else None
    if question is not None:
        return BY_SLUG[question.section]
    return next(one for one in SECTIONS if name in (*one.fields, *one.rows))


def askable(application: Application) -> list[Askable]:
    """Everything that may be asked, section by section, with the questions of the file's own version that were asked of it;
    the documents of the call stand in theirs."""
    groups, answers = [], questionnaire.sheet(application)
    for section in sections_of(application):
        items = [AskedItem(ItemKind.FIELD, name, label_of(name)) for name in section.fields if name in FIELDS]
        items += [AskedItem(ItemKind.TABLE, name, label_of(name)) for name in section.rows]
        if section is BY_SLUG["pieces"]:
            items = [AskedItem(ItemKind.DOCUMENT, one.code, one.label) for one in questionnaire.documents(application)]
        items += [_of_question(one) for one in answers.tops(section.slug) if answers.asked(one) and not one.is_file]
        if items:
            groups.append(Askable(section, tuple(items)))
    return groups


def items_of(application: Application, asked: Iterable[AskedItem | str]) -> list[AskedItem]:
    """What is asked, each with its code. A text alone is a document: one of the call by its label, or a free one."""
    by_label = {one.label: one.code for one in application.call.documents.all()}
    earlier = application.piece_requests.count()
    items: dict[tuple[str, str], AskedItem] = {}
    for number, one in enumerate(asked, 1):
        if isinstance(one, str):
            label = " ".join(one.split())
            if not label:
                continue
            one = AskedItem(ItemKind.DOCUMENT, by_label.get(label, f"demande-{earlier + 1}-{number}"), label)
        items.setdefault((one.kind, one.code), one)
    for one in [each for each in items.values() if each.kind == ItemKind.QUESTION]:
        for more in _opened_by(application, one.code):
            items.setdefault((more.kind, more.code), more)
    return list(items.values())


def _of_question(question: Question, *, follows: str = "", label: str = "") -> AskedItem:
    remark = IF_ASKED.format(label) if follows else ""
    if question.kind == QuestionKind.FILE:
        return AskedItem(ItemKind.DOCUMENT, question.file_code, question.label, remark, follows)
    return AskedItem(ItemKind.QUESTION, field_name(question), question.label, remark, follows)


def _opened_by(application: Application, unit: str) -> list[AskedItem]:
    """The questions that another answer to this one may open, near or far; DomainError when the file has no such question."""
    question = questionnaire.question_of(application, unit)
    if question is None:
        raise DomainError("Cette question n’est pas posée dans ce dossier.")
    opening, found = {question.pk}, {}
    tops = {one.pk: one for one in questionnaire.sheet(application).tops()}
    for one in questionnaire.sheet(application).questions:  # what a question waits for always stands before it
        if one.asked_if_id in opening or one.parent_id in opening:
            opening.add(one.pk)
            top = tops[one.parent_id or one.pk]
            if top.pk != question.pk:
                found[top.pk] = _of_question(top, follows=unit, label=question.label)
    return list(found.values())


def as_json(items: Sequence[AskedItem]) -> list[dict[str, Any]]:
    return [{**asdict(one), "kind": str(one.kind)} for one in items]
