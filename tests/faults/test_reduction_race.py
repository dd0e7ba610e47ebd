"""A lower award signed at the moment a payment is asked for: one order or the other, and every cent is found again."""

import os
from datetime import date, timedelta
from typing import Any

import pytest

from applications import services
from applications.models import Application, ChangeRequest
from payments import services as payments
from payments.models import Instalment
from reports import invariants
from tests.factories.fund import an_envelope
from tests.factories.payments import Team, a_bank, a_decision
from tests.faults.test_bank_race import race

ROUNDS = 200 if os.environ.get("FULL") else 8
AWARD, LOWER = 700_000, 300_000  # the first payment alone is more than the lower award


def an_agreed_change(team: Team) -> ChangeRequest:
    starts = date.today() + timedelta(days=30)
    when = {"starts_on": starts, "ends_on": starts + timedelta(days=90)}
    application = Application.objects.get(pk=a_decision(team, cents=AWARD, **when).application_id)
    a_bank(team)
    asked: dict[str, Any] = {"values": {}, "award_cents": LOWER, "reason": "Moins de séances."}
    change = services.ask_change(application.pk, by=team.drafter, **asked)
    return services.accept_change(change.pk, by=team.manager)


@pytest.mark.django_db(transaction=True)
def test_a_reduction_and_a_request_never_both_count() -> None:
    an_envelope(ROUNDS * AWARD)  # whoever wins each round, there is money for the next
    team = Team()
    for _ in range(ROUNDS):
        of_round = team.beside()
        change = an_agreed_change(of_round)
        first = Instalment.objects.get(decision=change.decision_id, position=1)
        act = {"act_number": "CM-2026-9", "act_date": date.today(), "by": of_round.signer}
        outcomes = race(
            lambda pk=change.pk, act=act: services.sign_change(pk, **act),  # type: ignore[misc]
            lambda pk=first.pk, who=of_round: payments.request_instalment(pk, by=who.drafter),  # type: ignore[misc]
        )
        assert set(outcomes) <= {"done", "calm"} and "done" in outcomes, outcomes
        signed = ChangeRequest.objects.get(pk=change.pk).state == "accepted"
        assert signed == (outcomes[0] == "done")
        amounts = list(Instalment.objects.filter(decision=change.decision_id).values_list("amount_cents", flat=True))
        assert sum(amounts) == (LOWER if signed else AWARD)
    assert [(one[0].code, one[2]) for one in invariants.check() if one[1]] == []
