import os
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from pytest_django.plugin import DjangoDbBlocker

from tests.support.database import raw
from tests.support.servers import Servers


@pytest.fixture(scope="package")
def ids(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[dict[str, Any]]:
    """The world of these tests, by name: nothing they try on it is committed."""
    # Models are not ready yet when this file is read.
    from tests.support.world import World, committed

    with committed(django_db_blocker):
        world = World()
        yield {**world.ids(), "year": world.call.year, "app": psycopg_user()}


def psycopg_user() -> str:
    return str(psycopg.conninfo.conninfo_to_dict(os.environ["DATABASE_URL"])["user"])


@pytest.fixture(scope="package")
def app_session(ids: dict[str, Any]) -> Iterator[psycopg.Connection[Any]]:
    with raw(os.environ["DATABASE_URL"]) as connection:
        yield connection


@pytest.fixture(scope="package")
def superuser_session(ids: dict[str, Any], servers: Servers) -> Iterator[psycopg.Connection[Any]]:
    if not servers.superuser_url:
        pytest.fail("Set DATABASE_SUPERUSER_URL: these tests take guards away as a superuser of the given server.")
    with raw(servers.superuser_url) as connection:
        yield connection


@pytest.fixture
def app(app_session: psycopg.Connection[Any]) -> Iterator[psycopg.Connection[Any]]:
    """The application role, in a transaction that is rolled back."""
    with app_session.transaction(force_rollback=True):
        yield app_session


@pytest.fixture
def superuser(superuser_session: psycopg.Connection[Any]) -> Iterator[psycopg.Connection[Any]]:
    """The one who can take a guard away, in a transaction that is rolled back."""
    with superuser_session.transaction(force_rollback=True):
        yield superuser_session
