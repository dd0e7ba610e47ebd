"""Numbers without a gap: twenty-five writers at once, twenty numbers each, one in ten rolled back."""

import random
import threading
from collections import Counter

import pytest
from django.db import connection, transaction

from fund.models import Counter as Series
from fund.services import next_number

WRITERS, EACH, ROLLED_BACK = 25, 20, 0.1
pytestmark = pytest.mark.django_db(transaction=True)


class Undone(Exception):
    """The rest of the transaction failed, after its number was taken."""


def test_no_number_is_missing_nor_given_twice() -> None:
    kept: list[int] = []
    outcome: Counter[str] = Counter()
    barrier = threading.Barrier(WRITERS)

    def write(writer: int) -> None:
        chance = random.Random(writer)
        try:
            connection.ensure_connection()
            barrier.wait()
            for _ in range(EACH):
                try:
                    with transaction.atomic():
                        number = next_number("FI", 2026)
                        if chance.random() < ROLLED_BACK:
                            raise Undone
                    kept.append(number)
                except Undone:
                    outcome["rolled back"] += 1
        except Exception as error:
            outcome[type(error).__name__] += 1
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcome.keys() == {"rolled back"}, outcome
    assert len(kept) + outcome["rolled back"] == WRITERS * EACH
    assert sorted(kept) == list(range(1, len(kept) + 1))
    assert Series.objects.get(series="FI", year=2026).value == len(kept)


def test_series_and_years_count_apart() -> None:
    given = [next_number(series, year) for series, year in (("FI", 2026), ("FI", 2027), ("LOT", 2026), ("FI", 2026))]
    assert given == [1, 1, 1, 2]
