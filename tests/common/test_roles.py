"""The recipe of the test database itself: right role, right base, a fresh clone after each committing test."""

import pytest
from django.db import ProgrammingError, connection


@pytest.fixture
def where() -> tuple[str, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database(), current_user")
        database, user = cursor.fetchone()
    return database, user


def test_runs_as_the_application_role_on_a_test_database(db: None, where: tuple[str, str]) -> None:
    assert where == ("test_fi_run", "fi_app")


def test_the_application_role_owns_nothing(db: None) -> None:
    with pytest.raises(ProgrammingError), connection.cursor() as cursor:
        cursor.execute("CREATE TABLE mine (id integer)")
