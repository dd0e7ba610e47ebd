"""Votes of credits: transfers, carry-overs, payment credits, the close of a year; to the cent, once, never behind the ledger."""

import os
import threading
from collections import Counter
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Sum
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.actors import MACHINE
from common.errors import DomainError, NotAllowed
from fund import services
from fund.models import Budget, BudgetLine, BudgetVote, Envelope, Movement, PaymentCredit
from tests.factories.accounts import a_fund_manager, an_auditor, an_instructor
from tests.factories.fund import an_envelope
from tests.support.queries import Counted

pytestmark = pytest.mark.django_db
CASES = 10_000 if os.environ.get("FULL") else 60


def act(**more: Any) -> dict[str, Any]:
    return {"deliberation": "CM-118", "voted_on": None, "by": MACHINE, **more}


def line(budget: Budget, kind: str) -> BudgetLine:
    return budget.lines.get(kind=kind)


def sums_hold() -> None:
    connection.check_constraints()
    for one in BudgetLine.objects.annotate(votes_sum=Sum("votes__amount_cents")):
        assert one.amount_cents == (one.votes_sum or 0)
    for envelope in Envelope.objects.select_related("line"):
        assert services.balance_of(envelope)["voted"] == envelope.line.amount_cents


class TestTransfer:
    def test_one_verb_two_movements_one_deliberation(self) -> None:
        one = an_envelope(4_000_000)
        budget = one.line.budget
        services.transfer(one.line_id, line(budget, "platform").pk, cents=250_000, **act())
        assert line(budget, "fund").amount_cents == 3_750_000 and line(budget, "platform").amount_cents == 750_000
        votes = BudgetVote.objects.filter(kind="transfer")
        assert {vote.deliberation for vote in votes} == {"CM-118"} and len({vote.operation for vote in votes}) == 1
        assert Movement.objects.get(verb="lower").amount_cents == 250_000
        sums_hold()

    def test_it_cannot_take_what_is_committed(self) -> None:
        one = an_envelope(4_000_000)
        services.move(services.lock_envelope(one.pk), "commit", 3_900_000, by=MACHINE, subject="FI-1")
        with pytest.raises(DomainError, match="il reste 1"):
            services.transfer(one.line_id, line(one.line.budget, "platform").pk, cents=100_001 * 10, **act())
        sums_hold()

    @pytest.mark.parametrize(
        ("cents", "words"), [(500_001, "ne porte que"), (0, "supérieur à zéro"), (-5, "supérieur à zéro")]
    )
    def test_what_a_line_cannot_give(self, cents: int, words: str) -> None:
        one = an_envelope()
        with pytest.raises(DomainError, match=words), transaction.atomic():
            services.transfer(line(one.line.budget, "platform").pk, one.line_id, cents=cents, **act())
        sums_hold()

    def test_without_a_deliberation_or_the_role_nothing_moves(self) -> None:
        one = an_envelope()
        other = line(one.line.budget, "platform").pk
        with pytest.raises(DomainError, match="délibération"), transaction.atomic():
            services.transfer(one.line_id, other, cents=1, **act(deliberation="  "))
        with pytest.raises(NotAllowed):
            services.transfer(one.line_id, other, cents=1, **act(by=an_instructor()))
        sums_hold()

    def test_a_page_posted_twice_moves_once(self, client: Client) -> None:
        one = an_envelope(4_000_000)
        client.force_login(a_fund_manager())
        url = reverse("budget_transfer", args=[one.year])
        data = {"key": str(uuid4()), "source": one.line_id, "target": line(one.line.budget, "platform").pk}
        data |= {"cents": "1 000,00", "deliberation": "CM-118", "voted_on": "2026-01-05", "label": ""}
        for _ in range(2):
            assert client.post(url, data).status_code == 302
        assert BudgetVote.objects.filter(kind="transfer").count() == 2
        wrong = client.post(url, data | {"key": str(uuid4()), "cents": "99 000 000"})
        assert wrong.status_code == 422 and "99 000 000" in wrong.content.decode()


class TestCarryOver:
    def test_to_the_next_year_only(self) -> None:
        one, after = an_envelope(4_000_000), an_envelope(1_000_000)
        assert after.year == one.year + 1
        services.transfer(one.line_id, after.line_id, cents=500_000, **act())
        assert services.balance_of(after)["available"] == 1_500_000
        assert set(
            BudgetVote.objects.filter(operation__isnull=False, kind="carry_over").values_list("amount_cents")
        ) == {
            (500_000,),
            (-500_000,),
        }
        with pytest.raises(DomainError, match="suivant"):
            services.transfer(after.line_id, one.line_id, cents=1, **act())
        sums_hold()


class TestClose:
    def test_nothing_moves_after(self) -> None:
        one, after = an_envelope(), an_envelope()
        services.close_budget(one.line.budget_id, by=MACHINE)
        for refused in (
            lambda: services.transfer(one.line_id, after.line_id, cents=1, **act()),
            lambda: services.amend_line(one.line_id, cents=1, seen_cents=4_000_000, deliberation="DM", by=MACHINE),
            lambda: services.vote_payments(one.line.budget_id, 5, **act()),
            lambda: services.close_budget(one.line.budget_id, by=MACHINE),
        ):
            with pytest.raises(DomainError, match="clos"), transaction.atomic():
                refused()
        with pytest.raises(IntegrityError, match="the year is closed"), transaction.atomic():
            services.move(services.lock_envelope(one.pk), "commit", 1, by=MACHINE, subject="x")

    def test_not_while_a_euro_is_engaged_and_the_page_lists_it(self, client: Client) -> None:
        one = an_envelope()
        services.move(services.lock_envelope(one.pk), "commit", 700_000, by=MACHINE, subject="FI-2026-0042")
        with pytest.raises(DomainError, match=r"7.000,00"):
            services.close_budget(one.line.budget_id, by=MACHINE)
        client.force_login(a_fund_manager())
        page = client.get(reverse("budget_close", args=[one.year])).content.decode()
        assert "FI-2026-0042" in page and 'name="sure"' not in page


class TestPaymentCredits:
    def test_they_add_up_and_do_not_fall_below_zero(self, client: Client) -> None:
        one = an_envelope()
        services.vote_payments(one.line.budget_id, 900_000, **act())
        services.vote_payments(one.line.budget_id, -100_000, **act())
        assert services.payments_voted(one.year) == 800_000
        with pytest.raises(DomainError, match="zéro"):
            services.vote_payments(one.line.budget_id, -800_001, **act())
        client.force_login(a_fund_manager())
        url, key = reverse("budget_payments", args=[one.year]), str(uuid4())
        data = {"key": key, "way": "more", "cents": "10", "deliberation": "CM", "voted_on": "2026-01-05"}
        for _ in range(2):
            client.post(url, data)
        assert PaymentCredit.objects.count() == 3


class TestLedgerPage:
    def test_running_balance_and_filters(self, client: Client) -> None:
        one = an_envelope(1_000_000)
        for number, cents in enumerate((100_000, 250_000)):
            services.move(services.lock_envelope(one.pk), "commit", cents, by=MACHINE, subject=f"FI-2026-000{number}")
        client.force_login(an_auditor())
        page = client.get(reverse("ledger"))
        assert [row.after for row in page.context["page"].rows] == [650_000, 900_000, 1_000_000]
        committed = client.get(reverse("ledger"), {"ligne": one.pk, "compte": "committed"})
        assert [row.after for row in committed.context["page"].rows] == [350_000, 100_000]
        assert committed.context["total"] == services.balance_of(one)["committed"]
        of_file = client.get(reverse("ledger"), {"dossier": "fi-2026-0001"})
        assert [row.amount_cents for row in of_file.context["page"].rows] == [250_000]
        for odd in ({"ligne": "x"}, {"du": "hier"}, {"compte": "'"}, {"apres": "9" * 40}):
            assert client.get(reverse("ledger"), odd).status_code == 200

    def test_the_same_cost_for_1_and_30_movements(self, client: Client) -> None:
        one = an_envelope()
        client.force_login(an_auditor())
        client.get(reverse("ledger"))
        with Counted() as few:
            client.get(reverse("ledger"))
        for number in range(30):
            services.move(services.lock_envelope(one.pk), "commit", 1_000, by=MACHINE, subject=f"FI-2026-{number:04d}")
        with Counted() as many:
            client.get(reverse("ledger"))
        assert many.count == few.count

    def test_several_years(self, client: Client) -> None:
        first, second = an_envelope(1_000_000), an_envelope(2_000_000)
        client.force_login(an_auditor())
        page = client.get(reverse("budget_years")).content.decode()
        assert str(first.year) in page and f"ligne={second.pk}&amp;compte=paid" in page


@settings(max_examples=CASES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    moves=st.lists(
        st.tuples(st.sampled_from(["transfer", "amend", "carry", "commit"]), st.integers(1, 6_000_000)),
        max_size=12,
    )
)
def test_whatever_is_voted_the_sums_hold(db: None, moves: list[tuple[str, int]]) -> None:
    with transaction.atomic():
        one, after = an_envelope(4_000_000), an_envelope(1_000_000)
        total = BudgetLine.objects.aggregate(cents=Sum("amount_cents"))["cents"]
        amended = 0
        for verb, cents in moves:
            try:
                with transaction.atomic():
                    amended += _do(verb, cents, one, after)
            except DomainError:
                continue
        sums_hold()
        assert BudgetLine.objects.aggregate(cents=Sum("amount_cents"))["cents"] == total + amended
        transaction.set_rollback(True)


def _do(verb: str, cents: int, one: Envelope, after: Envelope) -> int:
    if verb == "transfer":
        services.transfer(one.line_id, line(one.line.budget, "platform").pk, cents=cents, **act())
    elif verb == "carry":
        services.transfer(one.line_id, after.line_id, cents=cents, **act())
    elif verb == "amend":
        seen = BudgetLine.objects.get(pk=one.line_id).amount_cents
        services.amend_line(one.line_id, cents=cents, seen_cents=seen, deliberation="DM", by=MACHINE)
        return cents - seen
    else:
        services.move(services.lock_envelope(one.pk), "commit", cents, by=MACHINE, subject="FI-1")
    return 0


@pytest.mark.django_db(transaction=True)
class TestRaces:
    def race(self, *acts: Any) -> Counter[str]:
        outcome: Counter[str] = Counter()
        barrier = threading.Barrier(len(acts))

        def run(name: str, do: Any) -> None:
            barrier.wait()
            try:
                with transaction.atomic():
                    do()
                outcome[name] += 1
            except (DomainError, IntegrityError):
                outcome["refused"] += 1
            finally:
                connection.close()

        threads = [threading.Thread(target=run, args=one) for one in acts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return outcome

    @pytest.mark.parametrize("turn", range(50 if os.environ.get("FULL") else 3))
    def test_a_transfer_against_a_grant(self, turn: int) -> None:
        one = an_envelope(1_000_000)
        other = line(one.line.budget, "platform").pk
        outcome = self.race(
            ("transfer", lambda: services.transfer(one.line_id, other, cents=700_000, **act())),
            (
                "grant",
                lambda: services.move(services.lock_envelope(one.pk), "commit", 700_000, by=MACHINE, subject="FI-1"),
            ),
        )
        assert outcome["refused"] == 1 and sum(outcome.values()) == 2
        balance = services.balance_of(one)
        assert balance["available"] == 300_000 and balance["voted"] == balance["available"] + balance["committed"]

    @pytest.mark.parametrize("turn", range(50 if os.environ.get("FULL") else 3))
    def test_the_close_against_a_movement_that_forgot_the_lock(self, turn: int) -> None:
        """Without the envelope's lock the database still keeps them apart: closed with nothing engaged, or not closed."""
        one = an_envelope(1_000_000)
        outcome = self.race(
            ("close", lambda: Budget.objects.filter(pk=one.line.budget_id).update(closed_at="2026-01-01T00:00Z")),
            ("grant", lambda: services.move(one, "commit", 700_000, by=MACHINE, subject="FI-1")),
        )
        assert outcome["refused"] == 1, outcome
        closed = Budget.objects.get(pk=one.line.budget_id).closed_at is not None
        assert closed == (services.balance_of(one)["committed"] == 0)
