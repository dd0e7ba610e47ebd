"""The invariants of money, workflow and trust: one query each that lists what breaks it (expected: nothing).

They run after every test that moves money, every night, and after a restore. The database refuses most of these by
itself; here we look again, as if it had not.
"""

from typing import Any

from django.db import connection

from journal import verification
from reports import final_reports
from reports.invariants.committee import COMMITTEE
from reports.invariants.database import DATABASE, excess_grants, stateful
from reports.invariants.money import MONEY
from reports.invariants.rule import Invariant
from reports.invariants.workflow import WORKFLOW

REPORTS = tuple(Invariant(*rule) for rule in final_reports.RULES)


def check(*, journal: bool = True) -> list[tuple[Invariant, int, list[str]]]:
    """Run every invariant: (invariant, violations, the first places). The journal's chains are read again (I-25)."""
    results: list[tuple[Invariant, int, list[str]]] = []
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('statement_timeout')")
        timeout = cursor.fetchone()[0]
        cursor.execute("SET statement_timeout = 0")
        for invariant in (*MONEY, *WORKFLOW, *COMMITTEE, *REPORTS, *stateful(), *DATABASE):
            places = excess_grants() if invariant.code == "I-16" else _places(cursor, invariant.query)
            results.append((invariant, len(places), places[:5]))
        if journal:
            found = [f"{name}: {place}" for name, places in verification.verify().items() for place in places]
            results.append((Invariant("I-25", "the journal's chains and seals hold", ""), len(found), found[:5]))
        cursor.execute("SELECT set_config('statement_timeout', %s, false)", [timeout])
    return results


def _places(cursor: Any, query: str) -> list[str]:
    cursor.execute(query)
    return [str(row[0]) for row in cursor.fetchall()]
