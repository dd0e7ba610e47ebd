"""Fifty deciders at once on one envelope: two controls (the lock, the CHECK), each enough alone, both needed for calm."""

import random
import threading
from collections import Counter
from collections.abc import Callable

import psycopg
import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

from common.actors import MACHINE
from common.errors import DomainError
from fund import services
from fund.models import Budget, BudgetLine, Envelope, Fund
from fund.states import BudgetLineKind

DECIDERS = 50
ENVELOPE = 10_000_000  # cents
pytestmark = pytest.mark.django_db(transaction=True)


def an_envelope(cents: int) -> Envelope:
    fund = Fund.objects.create(name="Fonds", authority_name="Métropole", service_name="Service", contact_email="a@b.fr")
    budget = Budget.objects.create(fund=fund, year=2026)
    line = BudgetLine.objects.create(budget=budget, kind=BudgetLineKind.FUND, label="Fonds")
    envelope = Envelope.objects.create(line=line)
    with transaction.atomic():
        services.vote(envelope.pk, cents, by=MACHINE, label="Vote")
    return envelope


def commit_locked(envelope: Envelope, cents: int, subject: str) -> None:
    locked = services.lock_envelope(envelope.pk)
    services.move(locked, "commit", cents, by=MACHINE, subject=subject)


def commit_unlocked(envelope: Envelope, cents: int, subject: str) -> None:
    services.move(envelope, "commit", cents, by=MACHINE, subject=subject)


def race(envelope: Envelope, amounts: list[int], commit: Callable[[Envelope, int, str], None]) -> Counter[str]:
    """All at once, each on its own connection. Counts what each met, and keeps the refused amounts."""
    outcome: Counter[str] = Counter()
    refused: list[int] = []
    barrier = threading.Barrier(len(amounts))

    def decide(index: int, cents: int) -> None:
        try:
            connection.ensure_connection()
            barrier.wait()
            with transaction.atomic():
                commit(envelope, cents, f"FI-2026-{index:04d}")
            outcome["granted"] += 1
        except DomainError:
            outcome["calm"] += 1
            refused.append(cents)
        except IntegrityError:
            outcome["check"] += 1
            refused.append(cents)
        except OperationalError as error:
            outcome["deadlock" if "deadlock" in str(error) else "operational"] += 1
        finally:
            connection.close()

    threads = [threading.Thread(target=decide, args=item) for item in enumerate(amounts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    outcome["smallest refused"] = min(refused, default=0)
    return outcome


def drop_check(owner: psycopg.Connection[object]) -> None:
    owner.execute("ALTER TABLE fund_envelopebalance DROP CONSTRAINT balance_available_not_negative")


def assert_never_over(envelope: Envelope, outcome: Counter[str]) -> None:
    balance = services.balance_of(envelope)
    assert balance["available"] >= 0
    assert balance["committed"] <= ENVELOPE
    assert outcome["deadlock"] == outcome["operational"] == 0
    assert sum(outcome[key] for key in ("granted", "calm", "check")) == DECIDERS


@pytest.mark.parametrize("run", range(20))
def test_fifty_deciders_never_one_euro_over(run: int) -> None:
    envelope = an_envelope(ENVELOPE)
    chance = random.Random(run)
    amounts = [700_000] * DECIDERS if run % 2 else [chance.randrange(50_000, 900_000) for _ in range(DECIDERS)]
    outcome = race(envelope, amounts, commit_locked)
    assert_never_over(envelope, outcome)
    assert outcome["check"] == 0, "with the lock, every refusal is calm"
    left = services.balance_of(envelope)["available"]
    assert outcome["calm"] and left < outcome["smallest refused"], "no refused amount would have fitted"


def test_without_the_check_the_lock_is_enough(owner_connection: psycopg.Connection[object]) -> None:
    drop_check(owner_connection)
    envelope = an_envelope(ENVELOPE)
    outcome = race(envelope, [700_000] * DECIDERS, commit_locked)
    assert_never_over(envelope, outcome)
    assert outcome["granted"] == 14


def test_without_the_lock_the_check_is_enough_but_not_calm() -> None:
    envelope = an_envelope(ENVELOPE)
    outcome = race(envelope, [700_000] * DECIDERS, commit_unlocked)
    assert_never_over(envelope, outcome)
    assert outcome["check"] > 0, "without the lock some learn it from the database, not from a sentence"


def test_without_either_the_envelope_is_overspent(owner_connection: psycopg.Connection[object]) -> None:
    """The negative control: were this test to find no overspending, the ones above would prove nothing."""
    drop_check(owner_connection)
    envelope = an_envelope(ENVELOPE)
    race(envelope, [700_000] * DECIDERS, commit_unlocked)
    assert services.balance_of(envelope)["available"] < 0
