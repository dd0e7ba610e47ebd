"""One instalment in one batch, for ever; a seal happens once, whole or not at all."""

import os
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connections, transaction

from common.errors import DomainError, NotAllowed, Stale
from fund.models import Budget, Counter, EnvelopeBalance, Fund, Movement
from fund.services import lock_envelope, move, vote_payments
from notifications.models import Message
from payments import services
from payments.models import Batch, Instalment, PaymentLine
from reports import invariants
from tests.factories.accounts import a_finance_preparer
from tests.factories.fund import a_budget
from tests.factories.payments import Team, a_batch, an_instalment

ROUNDS = 200 if os.environ.get("FULL") else 20


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Run these in threads that start together; what each returned, or the exception it raised."""
    barrier, results = threading.Barrier(len(acts)), [None] * len(acts)

    def run(position: int, act: Callable[[], Any]) -> None:
        try:
            barrier.wait()
            results[position] = act()
        except Exception as error:
            results[position] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_a_seal_orders_the_money_once(db: None) -> None:
    team = Team()
    batch = a_batch(team, an_instalment(team, "approved"), an_instalment(team.beside(), "approved", cents=300_000))
    before = EnvelopeBalance.objects.get()
    sealed = services.seal_batch(batch.pk, by=team.preparer, version=batch.version)
    after = EnvelopeBalance.objects.get()
    assert (sealed.number[-3:], sealed.line_count, sealed.total_cents) == ("001", 2, 500_000)
    assert (before.committed - after.committed, after.ordered) == (500_000, 500_000)
    assert set(Movement.objects.filter(verb="order").values_list("subject", "amount_cents")) == {
        (line.instalment.application.number, line.amount_cents) for line in sealed.lines.all()
    }
    assert not [found for found in invariants.check() if found[1]]


def test_the_ledger_itself_refuses_to_order_a_line_twice(db: None) -> None:
    team = Team()
    batch = a_batch(team, state="sealed")
    movement = Movement.objects.get(verb="order")
    with pytest.raises(IntegrityError), transaction.atomic():
        envelope = lock_envelope(movement.envelope_id)
        move(envelope, "order", 1, by=team.preparer, subject=movement.subject, operation=movement.operation)
    assert batch.state == "sealed"


def test_a_second_seal_does_nothing(db: None) -> None:
    team = Team()
    batch = a_batch(team, state="sealed")
    with pytest.raises(DomainError, match="déjà scellé"):
        services.seal_batch(batch.pk, by=team.preparer)
    assert Movement.objects.filter(verb="order").count() == 1


def test_an_empty_batch_is_not_sealed(db: None) -> None:
    team = Team()
    batch = services.create_batch(by=team.preparer)
    with pytest.raises(DomainError, match="vide"):
        services.seal_batch(batch.pk, by=team.preparer)


def test_a_stale_seal_is_refused(db: None) -> None:
    team = Team()
    batch = a_batch(team)
    with pytest.raises(Stale):
        services.seal_batch(batch.pk, by=team.preparer, version=batch.version - 1)


def test_creating_twice_gives_the_same_empty_batch(db: None) -> None:
    preparer = a_finance_preparer()
    assert services.create_batch(by=preparer) == services.create_batch(by=preparer)


def test_only_a_preparer_prepares(db: None) -> None:
    team = Team()
    batch = a_batch(team)
    for person in (team.approver, team.instructor, team.manager, team.head, team.drafter):
        for act in (
            lambda person=person: services.create_batch(by=person),
            lambda person=person: services.seal_batch(batch.pk, by=person),
            lambda person=person: services.remove_line(batch.lines.get().pk, by=person),
            lambda person=person: services.mark_transmitted(batch.pk, by=person),
        ):
            with pytest.raises(NotAllowed):
                act()


def test_a_batch_belongs_to_who_prepares_it(db: None) -> None:
    team = Team()
    batch, instalment = services.create_batch(by=team.preparer), an_instalment(team, "approved")
    with pytest.raises(NotAllowed):
        services.add_lines(batch.pk, [instalment.pk], by=a_finance_preparer())


def test_a_removed_line_is_ready_again(db: None) -> None:
    team = Team()
    batch = a_batch(team)
    line = batch.lines.get()
    services.remove_line(line.pk, by=team.preparer, version=batch.version)
    again = services.add_lines(batch.pk, [line.instalment_id], by=team.preparer)
    assert again.lines.count() == 1


def test_lines_of_a_sealed_batch_stay(db: None) -> None:
    team = Team()
    batch = a_batch(team, state="sealed")
    with pytest.raises(DomainError, match="ne change plus"):
        services.remove_line(batch.lines.get().pk, by=team.preparer)


def test_what_is_not_approved_does_not_join(db: None) -> None:
    team = Team()
    batch = services.create_batch(by=team.preparer)
    for instalment in (an_instalment(team, "certified"), an_instalment(team.beside(), "planned")):
        with pytest.raises(DomainError, match="pas encore approuvé"):
            services.add_lines(batch.pk, [instalment.pk], by=team.preparer)
    assert not batch.lines.exists()


def test_the_commune_is_told(db: None) -> None:
    team = Team()
    batch = a_batch(team, state="sealed")
    told = Message.objects.filter(kind="instalment_ordered")
    assert {one.recipient_id for one in told} == {team.drafter.pk, team.signatory.pk}
    assert "transmis au comptable" in told.first().body_text
    assert batch.number in told.first().body_text


def test_a_seal_that_breaks_leaves_nothing(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process dies between writing and commit: no number is spent, no money moved; the next one is whole."""
    team = Team()
    batch = a_batch(team)

    def die(*args: Any, **kwargs: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("payments.services.batches.InstalmentOrderedMail", die)
        with pytest.raises(KeyboardInterrupt):
            services.seal_batch(batch.pk, by=team.preparer)
    assert Batch.objects.get().state == "open"
    assert not Movement.objects.filter(verb="order").exists()
    assert not Counter.objects.filter(series="LOT").exists()
    assert services.seal_batch(batch.pk, by=team.preparer).number.endswith("-001")
    assert not [found for found in invariants.check() if found[1]]


def test_two_preparers_never_take_the_same_instalment(transactional_db: None) -> None:
    team = Team()
    second = a_finance_preparer()
    for round_ in range(1, ROUNDS + 1):
        instalment = an_instalment(team if round_ == 1 else team.beside(), "approved", cents=10_000)
        batches = [services.create_batch(by=person) for person in (team.preparer, second)]

        def take_and_seal(batch: Batch, person: Any, pk: int = instalment.pk) -> Batch:
            services.add_lines(batch.pk, [pk], by=person)
            return services.seal_batch(batch.pk, by=person)

        results = at_once(
            lambda: take_and_seal(batches[0], team.preparer),  # noqa: B023
            lambda: take_and_seal(batches[1], second),  # noqa: B023
        )
        assert sum(isinstance(one, Batch) for one in results) == 1, results
        assert sum(isinstance(one, DomainError) for one in results) == 1, results
        assert PaymentLine.objects.filter(instalment=instalment, state="live").count() == 1
        assert Instalment.objects.filter(state="ordered").count() == round_
    numbers = Batch.objects.filter(state="sealed").order_by("pk").values_list("number", flat=True)
    assert sorted(number[-3:] for number in numbers) == [f"{one:03d}" for one in range(1, ROUNDS + 1)]
    assert not [found for found in invariants.check() if found[1]]


def test_two_seals_at_once_make_one(transactional_db: None) -> None:
    team = Team()
    for _ in range(5):
        batch = a_batch(team, an_instalment(team.beside(), "approved", cents=60_000))
        results = at_once(*[lambda pk=batch.pk: services.seal_batch(pk, by=team.preparer)] * 2)
        assert sum(isinstance(one, Batch) for one in results) == 1, results
        assert sum(isinstance(one, DomainError) for one in results) == 1, results
    assert Movement.objects.filter(verb="order").count() == 5


@pytest.mark.parametrize("service_checks", [True, False], ids=["said before", "kept by the database"])
def test_a_year_seals_no_more_than_its_payment_credits(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch, service_checks: bool
) -> None:
    team = Team()
    first, second = (a_batch(team.beside(), an_instalment(team.beside(), "approved", cents=60_000)) for _ in range(2))
    Fund.objects.update(credit_mode="ae_cp")
    budget = Budget.objects.filter(year=first.year).first() or a_budget(first.year)
    act = {"deliberation": "CM-118", "voted_on": None, "by": team.manager}
    vote_payments(budget.pk, 50_000, **act)
    services.seal_batch(first.pk, by=team.preparer)
    if not service_checks:
        monkeypatch.setattr("payments.services.batches.refuse_over_payment_credits", lambda lines, year: None)
    with pytest.raises(DomainError if service_checks else DatabaseError, match=r"crédits de paiement|payment credits"):
        services.seal_batch(second.pk, by=team.preparer)
    assert Batch.objects.get(pk=second.pk).state == "open"
    assert Movement.objects.filter(verb="order").count() == 1
    vote_payments(budget.pk, 10_000, **act)
    assert services.seal_batch(second.pk, by=team.preparer).number.endswith("-002")
    with pytest.raises((DomainError, DatabaseError)):
        vote_payments(budget.pk, -1, **act)
