"""The recipe of the test database itself: right role, right base, a fresh clone after each committing test."""

import urllib.request
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import ProgrammingError, connection
from django.test import TransactionTestCase
from django.utils import timezone

from tests.support.database import TwoRoleDatabase
from tests.support.servers import Servers


def who_and_where() -> tuple[str, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database(), current_user")
        database, user = cursor.fetchone()
    return database, user


def test_runs_as_the_application_role_on_a_test_database(db: None) -> None:
    assert who_and_where() == ("test_fi_run", settings.DATABASE_APP_ROLE)


def test_the_application_role_owns_nothing(db: None) -> None:
    with pytest.raises(ProgrammingError), connection.cursor() as cursor:
        cursor.execute("CREATE TABLE mine (id integer)")


@pytest.mark.parametrize("attempt", [1, 2])
def test_what_a_test_commits_is_gone_in_the_next(transactional_db: None, attempt: int) -> None:
    assert not Session.objects.exists()
    Session.objects.create(session_key="a", session_data="", expire_date=timezone.now())
    assert who_and_where()[0] == "test_fi_run"


def test_the_threads_of_the_live_server_follow(live_server: Any, client: Any) -> None:
    with urllib.request.urlopen(f"{live_server.url}/readyz") as response:
        assert response.status == 200


def test_each_raw_connection_is_who_it_says(
    owner_connection: psycopg.Connection[Any],
    app_connection: psycopg.Connection[Any],
    superuser_connection: psycopg.Connection[Any],
) -> None:
    seen = [
        raw.execute("SELECT current_database()::text, current_user::text").fetchone()
        for raw in (owner_connection, app_connection, superuser_connection)
    ]
    assert seen == [("test_fi_run", user) for user in ("fi_owner", "fi_app", "postgres")]


def test_the_run_stops_when_it_would_be_the_owner(db: None, servers: Servers) -> None:
    database = TwoRoleDatabase(servers)
    database.owner["user"] = settings.DATABASE_APP_ROLE
    with pytest.raises(pytest.exit.Exception, match="who owns the tables"):
        database._refuse_anything_else()


def test_the_teardown_is_ours_only_while_the_run_lasts(db: None) -> None:
    assert TransactionTestCase._fixture_teardown.__name__ == "throw_away"
