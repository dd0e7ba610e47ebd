"""All the answers of a file, in the words of a reader: for checking, printing, reading."""

from dataclasses import dataclass, field
from typing import Any

from applications import eligibility, questionnaire, reference
from applications.models import Application, Milestone, Partner
from applications.sections import Section, sections_of
from applications.states import CHARGE_ACCOUNTS, PRODUCT_ACCOUNTS, Public, Side
from common.dates import day
from common.typography import group_thousands, siren
from fund.questions.states import QuestionKind

ACCOUNTS = dict(CHARGE_ACCOUNTS) | dict(PRODUCT_ACCOUNTS)
LONG = ("stakes", "diagnostic", "success", "description", "resources", "governance", "obstacles", "open_questions")


@dataclass(frozen=True)
class Answer:
    """`value` is a text, `items` a list of texts; `is_long` is written in paragraphs. `tables` are the rows of a block."""

    label: str
    value: str = ""
    items: tuple[str, ...] = ()
    is_long: bool = False
    tables: tuple[tuple[tuple[str, str], ...], ...] = ()


@dataclass(frozen=True)
class Group:
    section: Section
    answers: tuple[Answer, ...]
    budget: dict[str, Any] = field(default_factory=dict)
    documents: tuple[Any, ...] = ()


def answers_of(application: Application) -> list[Group]:
    """Every section with its answers; children must be prefetched."""
    return [_group(section, application) for section in sections_of(application)]


def _group(section: Section, application: Application) -> Group:
    if section.slug == "commune":
        return Group(section, tuple(_organisation(application)))
    if section.slug == "budget":
        return Group(section, (), budget=budget_of(application))
    if section.slug == "pieces":
        return Group(section, (), documents=tuple(documents_of(application)))
    answers = [field_answer(application, name) for name in section.fields]
    answers += [_rows(application, name) for name in section.rows]
    answers += questions_of(application, section.slug)
    return Group(section, tuple(answers))


def _organisation(application: Application) -> list[Answer]:
    organisation = application.organisation
    population = group_thousands(organisation.population) if organisation.population else ""
    return [
        Answer("Commune", organisation.name),
        Answer("SIREN", siren(organisation.siren)),
        Answer("Adresse", ", ".join(organisation.postal_lines)),
        Answer("Population", f"{population} habitants" if population else ""),
        Answer("Plan local", organisation.get_plan_status_display()),
        *([Answer("Saisie assistée", items=tuple(help_words(application)))] if help_words(application) else []),
    ]


def help_words(application: Application) -> list[str]:
    """Who wrote in the commune's name, and why: said wherever the file is read."""
    return [
        f"Saisi par {one.helper.get_full_name()} pour la commune : {one.reason}"
        for one in application.assistances.all()
        if one.helper is not None
    ]


def questions_of(application: Application, section: str = "") -> list[Answer]:
    """The questions of the call that are asked of this file, with their answers."""
    return [
        Answer(
            one.question.label,
            one.text,
            items=one.items,
            is_long=one.question.kind == QuestionKind.LONG,
            tables=one.rows,
        )
        for one in questionnaire.sheet(application).readings(section)
    ]


def label_of(name: str) -> str:
    """How a field of the file is called on screen."""
    label = str(getattr(Application._meta.get_field(name), "verbose_name", name))
    return label[:1].upper() + label[1:]


def field_answer(application: Application, name: str) -> Answer:
    """One field of the file, in words."""
    label = label_of(name)
    value = getattr(application, name)
    if name == "publics":
        return Answer(label, items=tuple(reference.labels(tuple(Public.choices), value)))
    if name in ("grounds", "domains", "commitments"):
        lists = {"grounds": reference.grounds(), "domains": reference.domains(), "commitments": reference.COMMITMENTS}
        return Answer(label, items=tuple(reference.labels(lists[name], value)))
    if name in ("starts_on", "ends_on"):
        return Answer(label, day(value) if value else "")
    if name in ("theme", "action_type", "phase"):
        return Answer(label, getattr(application, f"get_{name}_display")())
    return Answer(label, value, is_long=name in LONG)


ROWS = {"partners": "Les partenaires", "milestones": "Le calendrier", "indicators": "Les indicateurs"}


def _rows(application: Application, name: str) -> Answer:
    return Answer(ROWS[name], items=tuple(row_words(row) for row in getattr(application, name).all()))


def row_words(row: Any) -> str:
    """One line of a table of the file, in words."""
    if isinstance(row, Partner):
        return f"{row.name}{' : ' + row.role if row.role else ''}{' (accord obtenu)' if row.confirmed else ''}"
    if isinstance(row, Milestone):
        return f"{row.label}{', le ' + day(row.planned_on) if row.planned_on else ''}"
    target = f" : {row.baseline or '?'} aujourd’hui, {row.target} attendus" if row.target else ""
    unit = f" ({row.unit})" if row.unit else ""
    proof = f" ; preuve : {row.proof}" if row.proof else ""
    return f"{row.label}{unit}{target}{proof}"


def budget_of(application: Application) -> dict[str, Any]:
    """The two columns of the budget, with their totals."""
    lines = list(application.budget_lines.all())
    return {
        "charges": [{"line": line, "words": line_words(line)} for line in lines if line.side == Side.CHARGE],
        "products": [{"line": line, "words": line_words(line)} for line in lines if line.side == Side.PRODUCT],
        "figures": eligibility.money(application),
    }


def line_words(line: Any) -> str:
    account = ACCOUNTS.get(line.account, line.account)
    if line.account == "74" and line.funder:
        return f"74 {line.funder}"
    return account


def documents_of(application: Application) -> list[dict[str, Any]]:
    """Each document the call asks for with the files that answer it, then the others."""
    attachments = list(application.attachments.all())
    rows = []
    known = set()
    for document in questionnaire.documents(application):
        known.add(document.code)
        rows.append({"document": document, "files": [one for one in attachments if one.code == document.code]})
    others = [one for one in attachments if one.code not in known]
    if others:
        rows.append({"document": None, "files": others})
    return rows
