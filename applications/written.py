"""The units of a draft (its fields and tables) in words: for choosing between two texts, and for the history."""

from datetime import date
from typing import Any

from applications import questionnaire, reference
from applications.answers import ACCOUNTS, label_of
from applications.models import Application
from applications.states import FundingStatus, Phase, Public
from common.dates import day
from common.money import euros
from fund.states import ActionType, Theme

TABLE_LABELS = {
    "partners": "Les partenaires",
    "milestones": "Le calendrier",
    "indicators": "Les indicateurs",
    "budget_lines": "Le budget",
}


def unit_label(unit: str, application: Application) -> str:
    if questionnaire.is_unit(unit):
        return questionnaire.label(application, unit)
    return TABLE_LABELS[unit] if unit in TABLE_LABELS else label_of(unit)


def in_words(unit: str, content: Any, application: Application) -> str:
    """The content of a unit (the JSON of `services.writing.content`) as somebody would read it; empty when there is none."""
    if questionnaire.is_unit(unit):
        return questionnaire.words(application, unit, content)
    if unit in TABLE_LABELS:
        return "\n".join(_ROWS[unit](row) for row in content or ())
    if isinstance(content, list):
        return "\n".join(reference.labels(_choices(unit), content))
    if unit in ("starts_on", "ends_on"):
        return _day(content)
    if unit in ("theme", "action_type", "phase"):
        return dict(_choices(unit)).get(content, content or "")
    return str(content or "")


def _choices(unit: str) -> tuple[tuple[str, str], ...]:
    lists: dict[str, Any] = {
        "theme": Theme.choices,
        "action_type": ActionType.choices,
        "phase": Phase.choices,
        "publics": Public.choices,
        "commitments": reference.COMMITMENTS,
    }
    laws = {"grounds": reference.grounds, "domains": reference.domains}
    return tuple(laws[unit]() if unit in laws else lists.get(unit, ()))


def _day(iso: Any) -> str:
    return day(date.fromisoformat(iso)) if iso else ""


def _partner(row: dict[str, Any]) -> str:
    return f"{row['name']}{' : ' + row['role'] if row['role'] else ''}{' (accord obtenu)' if row['confirmed'] else ''}"


def _milestone(row: dict[str, Any]) -> str:
    return row["label"] + (f", le {_day(row['planned_on'])}" if row["planned_on"] else "")


def _indicator(row: dict[str, Any]) -> str:
    parts = [row["label"], row["unit"], row["baseline"], row["target"], row["proof"]]
    return " ; ".join(part for part in parts if part)


def _budget_line(row: dict[str, Any]) -> str:
    account = f"74 {row['funder']}" if row["account"] == "74" and row["funder"] else ACCOUNTS.get(row["account"], "?")
    status = f" ({FundingStatus(row['status']).label.lower()})" if row["status"] and not row["is_request"] else ""
    label = f", {row['label']}" if row["label"] and not row["is_request"] else ""
    return f"{account}{label}{status} : {euros(row['amount_cents'])}"


_ROWS = {"partners": _partner, "milestones": _milestone, "indicators": _indicator, "budget_lines": _budget_line}
