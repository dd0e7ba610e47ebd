"""The database's clock: the only one that decides whether a deadline is past."""

from datetime import datetime

from django.db import connection


def database_now() -> datetime:
    """The instant at which the current transaction began (`now()`): who clicked in time and queued is in time."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        now: datetime = cursor.fetchone()[0]
        return now
