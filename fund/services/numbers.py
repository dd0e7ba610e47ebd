"""Numbers without a gap."""

from django.db import connection


def next_number(series: str, year: int) -> int:
    """The next number of a series, without a gap. Call it last in the transaction: it makes the others wait."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO fund_counter (series, year, value) VALUES (%s, %s, 1)"
            " ON CONFLICT (series, year) DO UPDATE SET value = fund_counter.value + 1 RETURNING value",
            [series, year],
        )
        return int(cursor.fetchone()[0])
