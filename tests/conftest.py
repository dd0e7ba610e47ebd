"""Every test runs on real PostgreSQL (as the application role) and real Redis. See tests/support/."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from pytest_django.plugin import DjangoDbBlocker

from tests.support import servers as test_servers
from tests.support.clamd import Clamd
from tests.support.mail import SmtpSink
from tests.support.skips import RefuseSkips

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.support.browser import Visitor
    from tests.support.database import TwoRoleDatabase
    from tests.support.live import LiveStack

LONG = ("tests/test_access", "tests/test_machine", "tests/test_journey", "tests/demo", "tests/browser")
running_servers = pytest.StashKey[test_servers.Servers]()


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Before pytest-django sets Django up: settings are read from what is put in the environment here."""
    config.pluginmanager.register(RefuseSkips(), "refuse-skips")
    if config.getoption("numprocesses", None) and not hasattr(config, "workerinput"):
        return  # several processes run the tests: each starts its own servers, and this one only listens to them
    config.stash[running_servers] = test_servers.start()
    # pytest-django sets Django up only where the settings are already read.
    from django.conf import settings

    settings.DATABASES  # noqa: B018


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first, or the last process would end long after the others."""
    items.sort(key=lambda item: not any(long in item.nodeid for long in LONG))


def pytest_unconfigure(config: pytest.Config) -> None:
    servers = config.stash.get(running_servers, None)
    if servers:
        servers.stop()


@pytest.fixture(scope="session")
def servers(pytestconfig: pytest.Config) -> test_servers.Servers:
    """The embedded servers of this run; a test that stops one starts it again."""
    return pytestconfig.stash[running_servers]


@pytest.fixture(scope="session")
def database(
    django_test_environment: None, django_db_blocker: DjangoDbBlocker, servers: test_servers.Servers
) -> "Iterator[TwoRoleDatabase]":
    from tests.support.database import TwoRoleDatabase

    with django_db_blocker.unblock():
        database = TwoRoleDatabase(servers)
        database.create()
    yield database
    with django_db_blocker.unblock():
        database.destroy()


@pytest.fixture(scope="session")
def django_db_setup(database: "TwoRoleDatabase") -> None:
    """pytest-django's own way to a database is this one."""


@pytest.fixture
def unused_database(database: "TwoRoleDatabase", transactional_db: None) -> None:
    """Nobody has taken a number of its sequences: what is rolled back gives none back."""
    database.renew()


@pytest.fixture
def owner_connection(transactional_db: None) -> Iterator[psycopg.Connection[Any]]:
    """The owner, on the database of this test; autocommit."""
    from tests.support.database import raw

    with raw(os.environ["DATABASE_OWNER_URL"]) as connection:
        yield connection


@pytest.fixture
def app_connection(transactional_db: None) -> Iterator[psycopg.Connection[Any]]:
    """The application role outside Django: what a stolen password could send; autocommit."""
    from tests.support.database import raw

    with raw(os.environ["DATABASE_URL"]) as connection:
        yield connection


@pytest.fixture
def superuser_connection(transactional_db: None, servers: test_servers.Servers) -> Iterator[psycopg.Connection[Any]]:
    """The one whom no trigger stops, for tests of what tampering leaves behind; autocommit."""
    from tests.support.database import raw

    if not servers.superuser_url:
        pytest.fail("Set DATABASE_SUPERUSER_URL: this test tampers as a superuser of the given server.")
    with raw(servers.superuser_url) as connection:
        yield connection


@pytest.fixture
def smtp_sink() -> Iterator[SmtpSink]:
    with SmtpSink() as sink:
        yield sink


@pytest.fixture
def clamd(settings: Any) -> Iterator[Clamd]:
    """The scanner that documents are sent to; it knows EICAR's test file and nothing else."""
    with Clamd() as scanner:
        settings.ANTIVIRUS = "clamav"
        settings.CLAMAV_SOCKET = scanner.address
        yield scanner


@pytest.fixture
def live_stack(transactional_db: None, smtp_sink: SmtpSink, tmp_path: Path) -> "Iterator[LiveStack]":
    """Real web, worker and beat on this test's database; their mails arrive in `live_stack.smtp`."""
    from tests.support.live import LiveStack

    with LiveStack(smtp_sink, tmp_path / "logs") as stack:
        yield stack


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    from tests.support.browser import launch_options

    return {**browser_type_launch_args, **launch_options()}


@pytest.fixture
def new_visitor(browser: "Browser") -> "Iterator[Callable[..., Visitor]]":
    """`new_visitor(base_url)`: somebody with a browser of their own; at the end nobody's browser may have complained."""
    from tests.support.browser import Visitor

    visitors: list[Visitor] = []

    def open_one(base_url: str, **options: Any) -> Visitor:
        visitors.append(Visitor(browser, base_url, **options))
        return visitors[-1]

    yield open_one
    for visitor in visitors:
        visitor.context.close()
    for visitor in visitors:
        visitor.check()
