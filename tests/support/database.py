"""Tests run as the application role, on a clone of a database that the owner migrated.

The owner creates and migrates `test_fi`, which stays untouched as a template; `test_fi_run` is its clone. There is one
alias only, and its `settings_dict` is changed in place, so that the threads of live_server follow. A test that commits
ends by throwing its database away and cloning again.
"""

import os
from typing import Any

import psycopg
import pytest
from django.db import connection, connections
from django.test import TransactionTestCase
from psycopg import sql

from tests.support import template
from tests.support.servers import Servers

RUN_SUFFIX = "_run"


class TwoRoleDatabase:
    def __init__(self, servers: Servers) -> None:
        self.servers = servers
        self.owner_url = os.environ["DATABASE_OWNER_URL"]
        self.owner = psycopg.conninfo.conninfo_to_dict(self.owner_url)
        self.application_settings = {key: connection.settings_dict[key] for key in ("NAME", "USER", "PASSWORD")}
        self.template = connection.creation._get_test_db_name()
        self.run = self.template + RUN_SUFFIX
        self.original_teardown = TransactionTestCase._fixture_teardown
        if not self.template.startswith("test_"):
            pytest.exit(f"Refused: the tests would run on {self.template}, which is not a test database.", 3)

    def create(self) -> None:
        self._become_owner()
        if not self.servers.migrated:
            connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
            connections.close_all()
            template.save(self.servers)
        self._clone()
        self._become_application()
        self._refuse_anything_else()

        def throw_away(testcase: TransactionTestCase) -> None:
            self.renew()

        TransactionTestCase._fixture_teardown = throw_away  # type: ignore[method-assign]

    def renew(self) -> None:
        self._end_our_sessions()
        connections.close_all()
        self._clone()

    def _end_our_sessions(self) -> None:
        """Those of live_server's threads stay open, and the owner may not end what belongs to the application."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()"
            )

    def destroy(self) -> None:
        """The owner's name goes back first: Django's own teardown drops the template (of a server that stays)."""
        TransactionTestCase._fixture_teardown = self.original_teardown  # type: ignore[method-assign]
        connections.close_all()
        self._drop_run()
        self._become_owner()
        connection.settings_dict["NAME"] = self.template
        if self.servers.postgres is None:
            connection.creation.destroy_test_db(self.application_settings["NAME"], verbosity=0)
        connection.settings_dict.update(self.application_settings)

    def _clone(self) -> None:
        self._drop_run()
        self._as_owner(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                sql.Identifier(self.run), sql.Identifier(self.template)
            ),
        )

    def _drop_run(self) -> None:
        """FORCE ends the sessions left behind, but may not touch an autovacuum worker; a plain DROP sends that one away, but
        waits for the sessions. Both may be there: each in its turn."""
        drop = sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(self.run))
        force = drop + sql.SQL(" WITH (FORCE)")
        for statement in (force, drop, force):
            try:
                return self._as_owner(statement)
            except (psycopg.errors.InsufficientPrivilege, psycopg.errors.ObjectInUse):
                continue
        return self._as_owner(drop)

    def _as_owner(self, *statements: sql.Composed) -> None:
        with psycopg.connect(self.owner_url, dbname="postgres", autocommit=True) as maintenance:
            for statement in statements:
                maintenance.execute(statement)

    def _become_owner(self) -> None:
        connection.settings_dict.update(
            {**self.application_settings, "USER": self.owner["user"], "PASSWORD": self.owner["password"]}
        )

    def _become_application(self) -> None:
        connection.settings_dict.update({**self.application_settings, "NAME": self.run})

    def _refuse_anything_else(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_database(), current_user, session_user")
            database, *users = cursor.fetchone()
        if not database.startswith("test_"):
            pytest.exit(f"Refused: the tests would run on {database}, which is not a test database.", 3)
        if self.owner["user"] in users:
            pytest.exit(f"Refused: the tests would run as {users[0]}, who owns the tables.", 3)


def raw(url: str) -> psycopg.Connection[Any]:
    """A connection of its own to the database of the running test, in autocommit."""
    return psycopg.connect(url, dbname=connection.settings_dict["NAME"], autocommit=True)
