"""The demonstration: the same day and number give the same rows, and every invariant holds afterwards."""

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from django.db import connection

from applications.models import Application
from applications.states import ApplicationState
from reports import invariants
from tests.support.database import raw

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.django_db(transaction=True)
# What a second run cannot repeat: times of the database and of the run, transactions, and the hashes over them.
DAY = "2026-11-22"
PHOTOGRAPHS: dict[str, dict[str, str]] = {}
NOT_REPEATED = ("recorded_at", "transaction_id", "hash", "pgh_created_at", "applied", "next_attempt_at", "made_at")


def environment() -> dict[str, str]:
    """The addresses of both roles, on the database of this test."""
    name = connection.settings_dict["NAME"]
    addresses = ("DATABASE_URL", "DATABASE_OWNER_URL")
    return os.environ | {key: urlsplit(os.environ[key])._replace(path=f"/{name}").geturl() for key in addresses}


def seed(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command as an operator runs it, on the database of this test."""
    return subprocess.run(
        [sys.executable, "manage.py", "seed_demo", *arguments],
        cwd=ROOT,
        env=environment() | {"DATABASE_ROLE": "owner"},
        capture_output=True,
        text=True,
        check=False,
    )


def photograph() -> dict[str, str]:
    """Table -> one hash of its repeatable columns."""
    with raw(os.environ["DATABASE_OWNER_URL"]) as owner:
        tables = owner.execute(
            "SELECT table_name, array_agg(column_name::text) FROM information_schema.columns WHERE table_schema = 'public'"
            " AND table_name IN (SELECT tablename FROM pg_tables WHERE schemaname = 'public') GROUP BY 1"
        ).fetchall()
        return {name: _hash(owner, name, columns) for name, columns in tables}


def _hash(owner: psycopg.Connection[object], table: str, columns: list[str]) -> str:
    kept = ", ".join(f't."{column}"' for column in sorted(columns) if column not in NOT_REPEATED)
    row = owner.execute(
        f"SELECT md5(coalesce(string_agg(line, '|' ORDER BY line), '')) FROM (SELECT (ROW({kept}))::text AS line FROM \"{table}\" t) x"
    ).fetchone()
    return str(row[0]) if row else ""


def test_every_invariant_holds_and_every_state_is_shown(unused_database: None) -> None:
    done = seed("--seed", "1", "--today", DAY)
    assert done.returncode == 0, done.stderr
    PHOTOGRAPHS["first"] = photograph()
    shown = set(Application.objects.values_list("state", flat=True))
    never = {ApplicationState.LAPSED, ApplicationState.CANCELLED}
    assert shown >= set(ApplicationState) - never
    assert [(i.code, places) for i, count, places in invariants.check() if count] == []
    again = seed("--seed", "1")
    assert (again.returncode, "not empty" in again.stderr) == (1, True)
    assert seed("--scale", "200", "--today", "2026-11-22").returncode == 0
    assert [(i.code, places) for i, count, places in invariants.check() if count] == []


def test_the_same_day_gives_the_same_rows() -> None:
    """Beside the base of the first test of this file."""
    if not PHOTOGRAPHS:
        pytest.fail("Run the whole file: the first test takes the first photograph.")
    done = seed("--today", DAY)
    assert done.returncode == 0, done.stderr
    first, second = PHOTOGRAPHS["first"], photograph()
    assert {table for table in first if first[table] != second[table]} == set()


DAYS = ["2028-02-29", "2026-01-01", "2026-03-29", "2026-10-25"] if os.environ.get("FULL") else ["2028-02-29"]


@pytest.mark.parametrize("day", DAYS)
def test_the_call_of_the_year_is_open_whatever_the_day(day: str) -> None:
    """Turns of the year, nights of 23 and 25 hours, leap day."""
    done = seed("--today", day)
    assert done.returncode == 0, done.stderr
    assert [(i.code, places) for i, count, places in invariants.check() if count] == []


def test_only_the_owner_writes_the_past() -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "seed_demo"],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, "DATABASE_ROLE=owner" in done.stderr) == (1, True)
