"""What a database holds: nothing, a demonstration of ours, or something we must not touch."""

import psycopg
from psycopg import sql

from common.supervisor.errors import CannotStart

SEEDED = "Demonstration of the fund, loaded by make demo"


def is_empty(owner_url: str) -> bool:
    """Nobody has an account: neither a demonstration nor a real platform lives here."""
    with psycopg.connect(owner_url) as connection:
        if connection.execute("SELECT to_regclass('public.accounts_user')").fetchone() == (None,):
            return True
        return connection.execute("SELECT EXISTS (SELECT FROM accounts_user)").fetchone() == (False,)


def mark_as_seeded(owner_url: str) -> None:
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute(
            sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(connection.info.dbname), sql.Literal(SEEDED))
        )


def refuse_what_is_no_demo(owner_url: str) -> None:
    with psycopg.connect(owner_url) as connection:
        row = connection.execute(
            "SELECT shobj_description(oid, 'pg_database'), to_regclass('public.django_migrations') IS NULL"
            " FROM pg_database WHERE datname = current_database()"
        ).fetchone()
    if row is None or not (row[0] == SEEDED or row[1]):
        raise CannotStart(
            "RESET=1 refused: this database was not loaded by make demo; empty it yourself if you mean it."
        )


def empty_schema(owner_url: str) -> None:
    with psycopg.connect(owner_url) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
        connection.execute("GRANT USAGE ON SCHEMA public TO PUBLIC")
