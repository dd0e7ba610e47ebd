"""An award is shared into instalments when it is signed, to the cent, once."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applications.models import Decision
from common.money import split
from fund.models import PlannedShare
from payments.models import Instalment
from payments.services import plan_instalments, plan_missing_instalments
from tests.factories.fund import a_call
from tests.factories.payments import Team, a_decision


@st.composite
def plans(draw: st.DrawFn) -> list[int]:
    cuts = sorted(draw(st.sets(st.integers(1, 9_999), max_size=7)))
    edges = [0, *cuts, 10_000]
    return [after - before for before, after in pairwise(edges)]


@given(cents=st.integers(1, 10**13), rates=plans())
def test_the_parts_of_an_award_sum_to_it(cents: int, rates: list[int]) -> None:
    parts = split(cents, rates)
    assert sum(parts) == cents
    assert all(abs(part * 10_000 - cents * rate) < 10_000 for part, rate in zip(parts, rates, strict=True))


def test_a_signature_plans_the_instalments(db: None) -> None:
    decision = a_decision(Team(), cents=700_001)
    assert list(decision.instalments.values_list("kind", "amount_cents", "state")) == [
        ("advance", 350_001, "planned"),
        ("balance", 350_000, "planned"),
    ]


def test_planning_again_changes_nothing(db: None) -> None:
    team = Team()
    decision = a_decision(team)
    assert plan_instalments(decision, by=team.head) == []
    assert plan_missing_instalments() == 0
    assert decision.instalments.count() == 2


def test_one_cent_makes_one_instalment(db: None) -> None:
    decision = a_decision(Team(), cents=1)
    assert [one.amount_cents for one in decision.instalments.all()] == [1]


def test_a_decision_that_is_not_signed_has_no_instalment(db: None) -> None:
    team = Team()
    decision = a_decision(team, state="recorded")
    assert plan_instalments(decision, by=team.head) == []


def test_the_sweep_mends_an_award_without_instalments(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.factories.payments.decision_signed.send", lambda *args, **kwargs: [])
    decision = a_decision(Team())
    assert not Instalment.objects.exists()
    assert plan_missing_instalments() == 1
    assert sum(one.amount_cents for one in decision.instalments.all()) == decision.amount_cents


def test_a_call_without_a_plan_pays_once(db: None) -> None:
    a_call(ceiling_cents=2_000_000)
    PlannedShare.objects.all().delete()
    decision = a_decision(Team(), cents=12_345)
    assert list(Decision.objects.get(pk=decision.pk).instalments.values_list("kind", "amount_cents")) == [
        ("single", 12_345)
    ]
