"""What web and worker refuse to start with."""

import os
import subprocess
import sys
from typing import Any

import psycopg
import pytest

from common.startup import UnsafeDatabase, refuse_unsafe_database

PRODUCTION = {
    "FI_MODE": "production",
    "SECRET_KEY": "x" * 60,
    "ALLOWED_HOSTS": "fonds.example",
    "BASE_URL": "https://fonds.example",
    "EMAIL_URL": "smtp://localhost:25",
}


@pytest.mark.django_db(transaction=True)
def test_a_sound_database_is_accepted() -> None:
    refuse_unsafe_database()


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        ("ALTER TABLE fund_movement DISABLE TRIGGER USER", "trigger is disabled"),
        ("DROP TRIGGER {trigger} ON journal_entry", "trigger is missing"),
        (
            "ALTER TABLE fund_counter ADD CONSTRAINT not_yet CHECK (value >= 0) NOT VALID",
            "constraint is not validated",
        ),
    ],
)
def test_a_database_that_cannot_refuse_is_refused(
    superuser_connection: psycopg.Connection[Any], harm: str, said: str
) -> None:
    found = superuser_connection.execute(
        "SELECT tgname FROM pg_trigger WHERE tgrelid = 'journal_entry'::regclass AND NOT tgisinternal LIMIT 1"
    ).fetchone()
    assert found
    superuser_connection.execute(harm.format(trigger=found[0]))
    with pytest.raises(UnsafeDatabase, match=said):
        refuse_unsafe_database()


def _start(**environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "import config.wsgi"],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.django_db(transaction=True)
def test_the_web_does_not_start_as_the_owner(owner_connection: psycopg.Connection[Any]) -> None:
    info = owner_connection.info
    url = f"postgres://{info.user}:{info.password}@{info.host}:{info.port}/{info.dbname}"
    started = _start(DATABASE_URL=url)
    assert started.returncode != 0
    assert "must not connect as the owner" in started.stderr


def test_production_does_not_start_with_the_waiver() -> None:
    started = _start(**PRODUCTION, WAIVE_SECOND_FACTOR="1")
    assert started.returncode != 0
    assert "WAIVE_SECOND_FACTOR is for the demonstration only" in started.stderr


def test_production_does_not_start_without_an_antivirus() -> None:
    started = _start(**PRODUCTION, ANTIVIRUS="none")
    assert started.returncode != 0
    assert "ANTIVIRUS must be clamav" in started.stderr
