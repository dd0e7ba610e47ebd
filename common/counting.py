"""Counts that stop at CAP (beyond, counting further would cost more than it tells), several in one query.

Django takes longer to compile these small queries than PostgreSQL to answer them: `remembered` keeps the SQL, whose
values are the person's rights and the day, never the data.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

CAP = 1000
KEPT = 2000


@dataclass(frozen=True)
class Count:
    """The SQL of a count up to CAP, compiled by Django; `with_value` gives the same for another value."""

    sql: str
    params: tuple[Any, ...] = ()

    @classmethod
    def of(cls, queryset: "QuerySet[Any]", *, cap: int = CAP) -> "Count":
        try:
            sql, params = queryset.order_by().values("pk")[:cap].query.sql_with_params()
        except EmptyResultSet:
            # A filter that can match nothing (a role without files of the day) has no SQL at all.
            return cls("(SELECT 0)")
        return cls(f"(SELECT count(*) FROM ({sql}) bounded)", tuple(params))  # noqa: S608 - values travel apart

    def with_value(self, old: Any, new: Any) -> "Count":
        return Count(self.sql, tuple(new if value == old else value for value in self.params))


Counts = dict[str, Count]
_kept: dict[Hashable, Counts] = {}


def remembered(key: Hashable, build: Callable[[], Counts]) -> Counts:
    """The counts of this key (the person, their rights, the day), compiled once a process."""
    found = _kept.get(key)
    if found is None:
        if len(_kept) >= KEPT:
            _kept.clear()
        found = _kept[key] = build()
    return found


def count_each(counts: Counts) -> dict[str, int]:
    """All of them in one query."""
    if not counts:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT " + ", ".join(count.sql for count in counts.values()),
            [value for count in counts.values() for value in count.params],
        )
        row = cursor.fetchone()
    return dict(zip(counts, row, strict=True))
