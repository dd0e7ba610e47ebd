"""What may be asked of a commune after it sent its file: each answer, each table, each document. And how it is called."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from applications import questionnaire
from applications.answers import label_of as field_label
from applications.doors import FIELDS, TABLES
from applications.models import Application, AskedItem
from applications.sections import BY_SLUG, SECTIONS, Section
from applications.states import ItemKind

TABLE_LABELS = {
    "partners": "Les partenaires",
    "milestones": "Le calendrier",
    "indicators": "Les indicateurs",
    "budget_lines": "Le budget prévisionnel",
}


@dataclass(frozen=True)
class Askable:
    """A section and what may be asked in it."""

    section: Section
    items: tuple[AskedItem, ...]


def label_of(name: str) -> str:
    """How a field or a table of the file is called on screen."""
    if name in TABLES:
        return TABLE_LABELS[name]
    return field_label(name)


def section_of(name: str) -> Section:
    """The section that holds a field or a table."""
    return next(one for one in SECTIONS if name in (*one.fields, *one.rows))


def askable(application: Application) -> list[Askable]:
    """Everything that may be asked, section by section; the documents of the call stand in theirs."""
    groups = []
    for section in SECTIONS:
        items = [AskedItem(ItemKind.FIELD, name, label_of(name)) for name in section.fields if name in FIELDS]
        items += [AskedItem(ItemKind.TABLE, name, label_of(name)) for name in section.rows]
        if section is BY_SLUG["pieces"]:
            items = [AskedItem(ItemKind.DOCUMENT, one.code, one.label) for one in questionnaire.documents(application)]
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
    return list(items.values())


def as_json(items: Sequence[AskedItem]) -> list[dict[str, Any]]:
    return [{**asdict(one), "kind": str(one.kind)} for one in items]
