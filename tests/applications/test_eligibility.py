"""How much a call allows, and why."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applications import eligibility
from applications.eligibility import Money, money_of
from common.money import share
from fund.models import Call

CALL = Call(
    max_rate_bp=6000, ceiling_cents=600_000, floor_cents=50_000, min_own_share_bp=2000, legal_basis="city_contract"
)
CENTS = st.integers(0, 3_000_000)


def line(side: str, account: str, cents: int, *, is_request: bool = False) -> Any:
    return SimpleNamespace(side=side, account=account, amount_cents=cents, is_request=is_request)


def figures(cost: int = 800_000, *, subsidies: int = 0, requested: int = 0, voluntary: int = 0) -> Money:
    own = max(0, cost - subsidies - requested)
    return Money(cost, subsidies + requested + own, voluntary, voluntary, requested, subsidies, own)


def test_voluntary_contributions_are_counted_apart() -> None:
    money = money_of(
        [
            line("charge", "60", 300_000),
            line("charge", "86", 50_000),
            line("product", "74", 150_000, is_request=True),
            line("product", "74", 30_000),
            line("product", "autofinancement", 100_000),
            line("product", "75", 20_000),
            line("product", "87", 50_000),
        ]
    )
    assert (money.eligible_cost, money.total_cost) == (300_000, 350_000)
    assert (money.requested, money.other_subsidies, money.own_share) == (150_000, 30_000, 120_000)
    assert money.is_balanced
    assert money.rate_bp == 5000


def test_a_budget_whose_voluntary_sides_differ_is_not_balanced() -> None:
    assert not replace(figures(voluntary=10), voluntary_products=0).is_balanced
    assert not money_of([]).is_balanced


@pytest.mark.parametrize(
    ("money", "cents", "words"),
    [
        (figures(500_000), 300_000, "60\u202f% de"),
        (figures(2_000_000), 600_000, "plafond"),
        (figures(800_000, subsidies=400_000), 240_000, "laisse à la commune 20\u202f%"),
        (figures(800_000, subsidies=700_000), 0, "laisse à la commune"),
        (figures(0), 0, "dès que les charges"),
    ],
)
def test_the_tightest_rule_bounds_the_amount_and_says_so(money: Money, cents: int, words: str) -> None:
    allowed = eligibility.allowed(CALL, money)
    assert allowed.cents == cents
    assert words in allowed.reason


def test_the_own_share_is_counted_on_the_total_cost() -> None:
    assert eligibility.allowed_cents(CALL, figures(500_000, voluntary=500_000)) == 300_000
    assert eligibility.allowed_cents(CALL, figures(500_000, voluntary=1_000_000)) == 200_000


def test_a_shared_cost_fund_never_passes_what_the_commune_pays() -> None:
    call = Call(
        max_rate_bp=10_000,
        ceiling_cents=10**9,
        floor_cents=1,
        min_own_share_bp=0,
        legal_basis="shared_cost_fund",
    )
    assert eligibility.allowed_cents(call, figures(1_000_001, subsidies=200_000)) == 400_000
    assert "fonds de concours" in eligibility.allowed(call, figures(1_000_001, subsidies=200_000)).reason


@given(cost=CENTS, subsidies=CENTS, voluntary=CENTS)
def test_what_is_allowed_never_breaks_a_rule(cost: int, subsidies: int, voluntary: int) -> None:
    base = figures(cost, subsidies=subsidies, voluntary=voluntary)
    most = eligibility.allowed_cents(CALL, base)
    assert 0 <= most <= CALL.ceiling_cents
    assert most <= share(cost, CALL.max_rate_bp)
    if most and subsidies + most <= cost:
        own = cost - subsidies - most
        assert own * 10_000 >= base.total_cost * CALL.min_own_share_bp
        asked = Money(cost, cost, voluntary, voluntary, most, subsidies, own)
        wrong = [one.code for one in eligibility.money_checks(CALL, asked) if not one.ok]
        assert wrong in ([], ["amount"]) and (not wrong or most < CALL.floor_cents)


@pytest.mark.parametrize(
    ("requested", "ok", "words"),
    [
        (0, False, "manque"),
        (49_999, False, "pas moins de 500,00"),
        (50_000, True, "maximum"),
        (480_000, True, "maximum 4\u202f800,00"),
        (480_001, False, "Maximum pour ce budget"),
    ],
)
def test_the_amount_asked_stands_between_the_floor_and_the_maximum(requested: int, ok: bool, words: str) -> None:
    checks = {one.code: one for one in eligibility.money_checks(CALL, figures(800_000, requested=requested))}
    assert checks["amount"].ok is ok
    assert words in checks["amount"].reason


def test_one_cent_above_the_rate_is_seen() -> None:
    checks = {one.code: one for one in eligibility.money_checks(CALL, figures(100_001, requested=60_001))}
    assert not checks["rate"].ok


def test_the_gap_says_what_is_missing_and_on_which_side() -> None:
    money = Money(2_075_000, 1_945_000, 0, 0, 1_245_000, 600_000, 100_000)
    check = eligibility.money_checks(CALL, money)[0]
    assert "1\u202f300,00\u202f€ de produits" in check.reason
    assert not check.ok
