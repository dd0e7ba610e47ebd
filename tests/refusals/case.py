"""What the application role may not say, and how it is answered."""

from dataclasses import dataclass
from string import Template
from typing import Any

import psycopg
import pytest
from psycopg import errors

REFUSED = errors.IntegrityConstraintViolation  # a guard of ours
CHECK = errors.CheckViolation
UNIQUE = errors.UniqueViolation
FOREIGN_KEY = errors.ForeignKeyViolation
DENIED = errors.InsufficientPrivilege
BY_VIEW = (errors.InsufficientPrivilege, errors.ObjectNotInPrerequisiteState)  # not granted, or not updatable at all


@dataclass(frozen=True)
class Case:
    """`sql` is refused with exactly `error`, saying `says`; what stands in `before` is accepted. `$name` is an id.

    `guard` is the trigger that refuses ("table.name"): without it the statement must pass.
    """

    name: str
    sql: str
    error: type[Exception] | tuple[type[Exception], ...] = REFUSED
    says: str = ""
    before: tuple[str, ...] = ()
    guard: str = ""


def params(cases: list[Case]) -> Any:
    assert len({case.name for case in cases}) == len(cases)
    return pytest.mark.parametrize("case", cases, ids=[case.name for case in cases])


def say(connection: psycopg.Connection[Any], sql: str, ids: dict[str, Any]) -> Any:
    return connection.execute(Template(sql).substitute(ids))


def attempt(connection: psycopg.Connection[Any], case: Case, ids: dict[str, Any]) -> Exception | None:
    """The error met at the forbidden statement or at its commit, None when it passes; the caller rolls back."""
    for sql in case.before:
        try:
            say(connection, sql, ids)
        except psycopg.Error as error:
            pytest.fail(f"{case.name}: what comes before was refused too ({error})")
    try:
        done = say(connection, case.sql, ids)
        connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    except psycopg.Error as error:
        return error
    assert done.rowcount != 0, f"{case.name}: the statement touches no row"
    return None


def entry(subject_type: str, subject: str, version: int, before: str, after: str, **over: str) -> str:
    """SQL of the journal entry of a change of state; `over` replaces columns."""
    columns = {
        "chain": f"'{subject_type}:{subject}'",
        "kind": "'state'",
        "verb": "'x'",
        "subject_type": f"'{subject_type}'",
        "subject_id": subject,
        "subject_version": str(version),
        "from_state": f"'{before}'",
        "to_state": f"'{after}'",
        "actor_label": "'x'",
        "reason": "''",
        "data": "'{}'",
        "request_id": "''",
        "sequence": "0",
        "hash": "''",
        **over,
    }
    return f"INSERT INTO journal_entry ({', '.join(columns)}) VALUES ({', '.join(columns.values())})"


def born(table: str, label: str, state: str) -> str:
    """The entry of the row that the next INSERT makes."""
    new = f"(SELECT last_value + is_called::int FROM {table}_id_seq)"
    return entry(label, new, 1, "", state, chain=f"'{label}:' || {new}")


def change(
    table: str, label: str, subject: str, version: int, before: str, after: str, **fields: str
) -> tuple[str, str]:
    """The entry and the update of a lawful change of state."""
    more = "".join(f", {column} = {value}" for column, value in fields.items())
    return (
        entry(label, subject, version, before, after),
        f"UPDATE {table} SET state = '{after}', version = {version}{more} WHERE id = {subject}",
    )
