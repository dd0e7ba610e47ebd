"""The content of a file as rows beside it keep it (corrections, changes), and back; and how it reads."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from applications import questionnaire
from applications.answers import field_answer, line_words, row_words
from applications.doors import TABLES
from applications.models import Application, BudgetLine, Indicator, Milestone, Partner
from applications.states import FundingStatus
from common.money import euros
from common.typography import typo

ROW_MODELS: dict[str, type[Any]] = {
    "partners": Partner,
    "milestones": Milestone,
    "indicators": Indicator,
    "budget_lines": BudgetLine,
}
ROW_FIELDS = {
    "partners": ("name", "role", "confirmed"),
    "milestones": ("label", "planned_on"),
    "indicators": ("label", "unit", "baseline", "target", "proof"),
    "budget_lines": ("side", "account", "label", "funder", "status", "amount_cents", "is_request"),
}
DATES = ("starts_on", "ends_on", "planned_on")


def plain(value: Any) -> Any:
    """A value of the content as JSON keeps it."""
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: plain(one) for key, one in value.items()}
    return [plain(one) for one in value] if isinstance(value, list | tuple) else value


def from_json(name: str, value: Any) -> Any:
    """What JSON kept, as the model takes it."""
    if name in TABLES:
        return [{field: from_json(field, one) for field, one in row.items()} for row in value]
    if name in DATES:
        return date.fromisoformat(value) if value else None
    return value


def content_of(application: Application, name: str) -> Any:
    """A field, a table or a question of the file, as JSON keeps it."""
    if questionnaire.is_unit(name):
        return questionnaire.content(application, name)
    if name not in TABLES:
        return plain(getattr(application, name))
    rows = getattr(application, name).order_by("position", "pk")
    return [{field: plain(getattr(row, field)) for field in ROW_FIELDS[name]} for row in rows]


def text_of(name: str, value: Any, application: Application | None = None) -> str:
    """How a kept value reads: words rather than codes, one line for each row or choice. A question reads with its file."""
    if application is not None and questionnaire.is_unit(name):
        return questionnaire.words(application, name, value)
    if name in TABLES:
        rows = [ROW_MODELS[name](**row) for row in from_json(name, value)]
        words = [typo(_line(row) if name == "budget_lines" else row_words(row)) for row in rows]
        return "\n".join(f"– {one}" for one in words) if len(words) > 1 else "".join(words)
    answer = field_answer(Application(**{name: from_json(name, value)}), name)
    return "\n".join(answer.items) if answer.items else str(answer.value or "")


def _line(line: BudgetLine) -> str:
    side = "charge" if line.side == "charge" else "produit"
    status = f", {FundingStatus(line.status).label.lower()}" if line.status and not line.is_request else ""
    detail = f" ({line.label})" if line.label else ""
    return f"{line_words(line)}{detail}, {side}{status} : {euros(line.amount_cents)}"


def as_corrected(application: Application, values: Mapping[str, Any]) -> Application:
    """The file (with its children prefetched) as it would read with these kept values; never saved."""
    questionnaire.fetch(application)
    kept = application._prefetched_objects_cache  # type: ignore[attr-defined]
    for name, value in values.items():
        if questionnaire.is_unit(name):
            kept["question_answers"] = questionnaire.replaced(application, name, value)
        elif name in TABLES:
            kept[name] = [ROW_MODELS[name](application=application, **row) for row in from_json(name, value)]
        else:
            setattr(application, name, from_json(name, value))
    return application
