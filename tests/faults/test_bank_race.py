"""Bank details changed by each path while a batch is sealed: never an unverified, superseded or younger account is paid."""

import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connections

from common.errors import DomainError
from journal.models import Entry
from notifications.models import Message
from payments import services
from payments.models import BankVersion, Batch, PaymentLine
from reports import invariants
from tests.factories.fund import a_call, an_envelope
from tests.factories.payments import Team, a_batch, a_rib, an_iban, an_instalment, scan_all

ROUNDS = 500 if os.environ.get("FULL") else 24


def declare(team: Team) -> BankVersion:
    given = {"iban": an_iban(), "holder": "Commune", "rib": a_rib(), "previous_rib": a_rib(), "by": team.drafter}
    return services.declare_bank(team.organisation.pk, **given)


def declared_before(team: Team) -> Callable[[], Any]:
    """A new account waits; it is verified while the batch is sealed."""
    bank = declare(team)
    scan_all(bank)
    return lambda: services.verify_bank(bank.pk, person="Mme Roustan", by=team.head)


def declared_now(team: Team) -> Callable[[], Any]:
    """Declared and verified in the very second."""

    def act() -> None:
        bank = declare(team)
        scan_all(bank)
        services.verify_bank(bank.pk, person="Mme Roustan", by=team.head)

    return act


def only_declared(team: Team) -> Callable[[], Any]:
    return lambda: declare(team)


def refused_then_declared(team: Team) -> Callable[[], Any]:
    bank = declare(team)

    def act() -> None:
        services.refuse_bank(bank.pk, reason="Non", by=team.head)
        declare(team)

    return act


PATHS = (declared_before, declared_now, only_declared, refused_then_declared)


def race(*acts: Callable[[], Any]) -> list[str]:
    """Each in its own thread and session, a few milliseconds apart."""
    outcome = ["" for _ in acts]
    barrier = threading.Barrier(len(acts))

    def run(index: int, act: Callable[[], Any], wait: float) -> None:
        try:
            barrier.wait()
            time.sleep(wait)
            act()
            outcome[index] = "done"
        except DomainError:
            outcome[index] = "calm"
        except DatabaseError as error:
            outcome[index] = f"database: {error}"
        finally:
            connections.close_all()

    threads = [
        threading.Thread(target=run, args=(index, act, random.random() * 0.08)) for index, act in enumerate(acts)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcome


@pytest.mark.django_db(transaction=True)
def test_only_a_verified_account_is_ever_paid() -> None:
    a_call(envelope=an_envelope(10**9), ceiling_cents=2_000_000)
    team = Team()
    seen: Counter[str] = Counter()
    for number in range(ROUNDS):
        of_round = team.beside()
        batch = a_batch(of_round, an_instalment(of_round, "approved"))
        change = PATHS[number % len(PATHS)](of_round)
        sealing, changing = race(lambda pk=batch.pk: services.seal_batch(pk, by=team.preparer), change)  # type: ignore[misc]
        seen[f"{sealing} {changing}"] += 1
        assert changing == "done", changing
        assert sealing in ("done", "calm"), sealing
        if sealing == "done":
            paid_as_it_stood(Batch.objects.get(pk=batch.pk))
        else:
            PaymentLine.objects.filter(batch=batch).delete()
        everybody_was_told(of_round)
    assert [(one[0].code, one[2]) for one in invariants.check() if one[1]] == []


def paid_as_it_stood(batch: Batch) -> None:
    """The account of the line was verified, old enough, and no other had been verified when the seal was written."""
    line = batch.lines.select_related("bank_version").get()
    account = line.bank_version
    assert account.verified_at and account.usable_from and account.usable_from <= batch.sealed_at
    assert account.iban in batch.content
    entry = Entry.objects.get(chain=f"payments.batch:{batch.pk}", verb="seal")
    superseded = Entry.objects.filter(chain=f"payments.bankversion:{account.pk}", verb="supersede").first()
    assert superseded is None or superseded.recorded_at > entry.recorded_at


def everybody_was_told(team: Team) -> None:
    contacts = {team.drafter.email, team.signatory.email, team.organisation.email}
    for bank in BankVersion.objects.filter(organisation=team.organisation):
        for kind, told in (("bank_declared", True), ("bank_verified", bank.verified_by_id is not None)):
            of_kind = Message.objects.filter(kind=kind, dedup_key__contains=f":{bank.pk}:")
            if told:
                assert set(of_kind.values_list("recipient_email", flat=True)) == contacts, (kind, bank.pk)
