"""Saving what is written in a draft, field by field and table by table: nobody's words replace another's unseen."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from applications import eligibility, policies, questionnaire
from applications.content import ROW_FIELDS, ROW_MODELS
from applications.models import Application, Version
from applications.sections import Section, section_in
from applications.services import history
from applications.services.reading import locked_file, pen, require, why_not_editable
from common.errors import DomainError, Stale
from journal.services import record

MAX_ROWS = 60

Rows = Mapping[str, Sequence[Mapping[str, Any]]]


# --- What a person saw -----------------------------------------------------------------------------------------


def units_of(section: Section) -> tuple[str, ...]:
    """What is saved, compared and told apart: each field alone, each table and each question of the call as a whole."""
    return (*section.fields, *section.rows, *section.questions)


def content(application: Application, unit: str) -> Any:
    """What stands in the file for one unit, as JSON."""
    if questionnaire.is_unit(unit):
        return questionnaire.content(application, unit)
    if unit in ROW_MODELS:
        return json_of(unit, [_row_values(unit, row) for row in getattr(application, unit).all()])
    return json_of(unit, getattr(application, unit))


def json_of(unit: str, value: Any) -> Any:
    """The same content written twice gives the same JSON: from the file, or from what was typed."""
    if unit in ROW_MODELS:
        model = ROW_MODELS[unit]
        value = [_row_values(unit, model(**row)) for row in value]
        if unit == "budget_lines":
            # The two columns are read account by account, whatever the order in which lines were given.
            value.sort(key=lambda row: (row["side"], row["account"], not row["is_request"]))
    elif isinstance(value, list) and not questionnaire.is_unit(unit):
        value = sorted(value)
    elif value is None:
        value = ""  # no date; a column of JSON would take None for nothing at all
    return json.loads(json.dumps(value, cls=DjangoJSONEncoder))


def token(value: Any) -> str:
    """A short name of a content, which the page sends back: what its writer had before their eyes."""
    text = json.dumps(_essential(value), sort_keys=True, cls=DjangoJSONEncoder)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def tokens(application: Application, section: Section) -> dict[str, str]:
    return {unit: token(content(application, unit)) for unit in units_of(section)}


def _essential(value: Any) -> Any:
    """How the request to the fund is called, and how lines end, are not what somebody wrote."""
    if isinstance(value, str):
        return value.replace("\r\n", "\n")
    if isinstance(value, list):
        return [_essential(one) for one in value]
    if isinstance(value, dict) and value.get("is_request"):
        return {"is_request": True, "amount_cents": value["amount_cents"]}
    return value


def _row_values(name: str, row: Any) -> dict[str, Any]:
    return {field: getattr(row, field) for field in ROW_FIELDS[name]}


# --- Saving ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Saved:
    """What a save came to: units `written` now, and those a colleague changed meanwhile, left as they stand."""

    application: Application
    written: tuple[str, ...]
    conflicts: tuple[str, ...]
    at: datetime


@transaction.atomic
def save_units(
    pk: int,
    slug: str,
    *,
    by: User,
    values: Mapping[str, Any] | None = None,
    rows: Rows | None = None,
    seen: Mapping[str, str] | None = None,
    restores: Version | None = None,
) -> Saved:
    """Save the fields (`values`) and tables (`rows`, replaced whole) of one section of a draft.

    Only what the section declares is written, whatever is given. `seen` holds, for each unit, the token of what the
    person had before their eyes; without it everything given is written. A unit that the person did not change is left
    alone; one that somebody else changed since is not written and comes back in `conflicts`.
    """
    application = locked_file(pk)
    questionnaire.fetch(application)
    section = section_in(application, slug)
    require(policies.can_edit(by, application), why_not_editable(application))
    typed = {unit: value for unit, value in {**(values or {}), **(rows or {})}.items() if unit in units_of(section)}
    before = {unit: content(application, unit) for unit in typed}
    wanted = {unit: json_of(unit, _checked(unit, value)) for unit, value in typed.items()}
    conflicts = [unit for unit in typed if seen is not None and collides(before[unit], wanted[unit], seen.get(unit))]
    written = [
        unit
        for unit in typed
        if token(wanted[unit]) != token(before[unit])
        and unit not in conflicts
        and (seen is None or seen.get(unit) != token(wanted[unit]))
    ]
    for unit in written:
        _write(application, unit, typed[unit])
    if written:
        changes = {unit: (before[unit], wanted[unit]) for unit in written}
        _conclude(application, slug, changes, by=by, restores=restores)
    return Saved(application, tuple(written), tuple(conflicts), timezone.now())


def save_section(
    pk: int, slug: str, *, by: User, values: Mapping[str, Any] | None = None, rows: Rows | None = None
) -> Application:
    """Save what is given of a section, whatever stood there."""
    return save_units(pk, slug, by=by, values=values, rows=rows).application


def collides(before: Any, wanted: Any, seen: str | None) -> bool:
    """Both sides changed what the person saw, and not to the same words."""
    return token(before) not in (seen, token(wanted)) and token(wanted) != seen


def _checked(unit: str, value: Any) -> Any:
    if unit in ROW_MODELS:
        if len(value) > MAX_ROWS:
            raise DomainError(f"Un tableau compte au plus {MAX_ROWS} lignes.")
        return [{field: row[field] for field in ROW_FIELDS[unit] if field in row} for row in value]
    return value


def _write(application: Application, unit: str, value: Any) -> None:
    if unit in ROW_MODELS:
        replace_rows(application, unit, value)
    elif questionnaire.is_unit(unit):
        questionnaire.write(application, unit, value)
    else:
        setattr(application, unit, value)


def replace_rows(application: Application, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Replace a table whole; rows that are already there are not written again."""
    wanted, model, related = _checked(name, rows), ROW_MODELS[name], getattr(application, name)
    if [_row_values(name, row) for row in related.all()] == [_row_values(name, model(**row)) for row in wanted]:
        return
    related.all().delete()
    model.objects.bulk_create(
        model(application=application, position=position, **row) for position, row in enumerate(wanted)
    )


def _conclude(
    application: Application, slug: str, changes: Mapping[str, tuple[Any, Any]], *, by: User, restores: Version | None
) -> None:
    """Count the money again, keep what stood before, one version on, one line in the journal a sitting."""
    if "budget_lines" in changes:
        count_money(application)
    begun = [
        history.keep(application, slug, unit, before, after, by=by, restores=restores)
        for unit, (before, after) in changes.items()
    ]
    application.version += 1
    application.save()
    if restores is not None:
        record(
            application, by=pen(by, application), verb="restore_section", data={"section": slug, "version": restores.pk}
        )
    elif any(begun):
        record(application, by=pen(by, application), verb="save_section", data={"section": slug})


def count_money(application: Application) -> None:
    """Set the amounts of a file from its budget lines."""
    figures = eligibility.money(application)
    application.requested_cents = figures.requested
    application.total_cost_cents = figures.total_cost
    application.eligible_cost_cents = figures.eligible_cost
    application.own_share_cents = figures.own_share
    application.allowed_cents = eligibility.allowed_cents(application.call, figures)


@transaction.atomic
def restore(pk: int, version_id: int, *, by: User, seen: str) -> Application:
    """Put back what stood in one unit before a sitting. It is a save like another: traced, and undone the same way.

    `seen` is the token of what stands there now, as the person saw it. Raises Stale when it changed since.
    """
    version = Version.objects.filter(application=pk, pk=version_id).first()
    if version is None:
        raise DomainError("Cette version n’existe plus.")
    given = {version.unit: history.python(version.unit, version.before)}
    part: dict[str, Any] = {"rows": given} if version.unit in ROW_MODELS else {"values": given}
    saved = save_units(pk, version.section, by=by, seen={version.unit: seen}, restores=version, **part)
    if saved.conflicts:
        raise Stale("Un collègue a changé ce texte entre-temps. Relisez les deux versions, puis choisissez.")
    return saved.application
