"""Writes the past: rows with a life, step by step, each step with its dated journal entry. Run by the owner only."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import models

from common.actors import MACHINE
from common.workflow import StatefulModel
from journal.models import Entry, Kind
from journal.services import chain_of

PARIS = ZoneInfo("Europe/Paris")


@dataclass(frozen=True)
class Clock:
    """Dates of the demonstration, counted from its day."""

    today: date

    def day(self, offset: int) -> date:
        return self.today + timedelta(days=offset)

    def at(self, offset: int, hour: str = "10:00") -> datetime:
        return datetime.combine(self.day(offset), time.fromisoformat(hour), PARIS)

    def months(self, base: date, months: int) -> date:
        year, month = divmod(base.year * 12 + base.month - 1 + months, 12)
        return date(year, month + 1, 1)


def token(*parts: object) -> str:
    """The same name gives the same token in every run with the same seed."""
    return hashlib.sha256(":".join(str(part) for part in parts).encode()).hexdigest()


@dataclass(frozen=True)
class Step:
    """One change of state: verb, state it leads to, who, when, and what else it writes on the row."""

    verb: str
    state: str
    by: Any
    at: datetime
    fields: dict[str, Any] = field(default_factory=dict)
    reason: str = ""
    data: dict[str, Any] = field(default_factory=dict)


def note(
    subject: models.Model,
    *,
    verb: str,
    by: Any,
    at: datetime,
    kind: str = Kind.CONTENT,
    version: int | None = None,
    before: str = "",
    after: str = "",
    reason: str = "",
    data: dict[str, Any] | None = None,
) -> None:
    actor = by or MACHINE
    Entry.objects.create(
        chain=chain_of(subject),
        kind=kind,
        verb=verb,
        subject_type=subject._meta.label_lower,
        subject_id=subject.pk,
        subject_version=version,
        from_state=before,
        to_state=after,
        actor_id=actor.actor_id,
        actor_label=actor.actor_label,
        reason=reason,
        data=data or {},
        occurred_at=at,
    )


def born(thing: StatefulModel, *, by: Any, at: datetime, verb: str = "create") -> None:
    """Insert a thing in its first state, with its entry."""
    thing.save(force_insert=True)
    state = str(thing.state)  # type: ignore[attr-defined]
    note(thing, verb=verb, by=by, at=at, kind=Kind.STATE, version=1, after=state)


def walk(thing: StatefulModel, steps: Iterable[Step]) -> None:
    """Take a thing through its states, one version a step; the guards of the database look at each."""
    manager: models.Manager[Any] = type(thing)._default_manager
    for step in steps:
        before, version = str(thing.state), thing.version + 1  # type: ignore[attr-defined]
        manager.filter(pk=thing.pk).update(state=step.state, version=version, **step.fields)
        note(
            thing,
            verb=step.verb,
            by=step.by,
            at=step.at,
            kind=Kind.STATE,
            version=version,
            before=before,
            after=step.state,
            reason=step.reason,
            data=step.data,
        )
        thing.refresh_from_db()
