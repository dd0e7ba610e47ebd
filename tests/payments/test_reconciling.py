"""The morning's reconciliation: told to finance when something waits, once a day, and to nobody when nothing does."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from notifications.models import Message
from payments import services
from payments.models import ReturnDifference
from payments.tasks import daily_reconciliation
from tests.factories.payments import Team
from tests.payments.test_returns import a_csv, imported, rows_of, sealed


@pytest.fixture
def team(db: None) -> Team:
    return Team()


def mails() -> list[Message]:
    return list(Message.objects.filter(kind="reconciliation").order_by("pk"))


def test_nobody_is_told_when_nothing_waits(team: Team) -> None:
    batch = sealed(team, 350_000)
    daily_reconciliation()
    imported(team, a_csv(rows_of(batch)))
    daily_reconciliation()
    assert mails() == []


def test_a_difference_is_told_once_a_day_to_the_two_of_finance(team: Team) -> None:
    batch = sealed(team, 350_000)
    row = rows_of(batch)[0]
    imported(team, a_csv([[*row[:3], "3 499,99", row[4]]]))
    daily_reconciliation()
    daily_reconciliation()
    told = mails()
    assert {one.recipient_email for one in told} == {team.preparer.email, team.approver.email}
    assert len(told) == 2
    assert "1 écart à régler" in " ".join(told[0].subject.split())
    assert "3 500,00" in " ".join(told[0].body_text.replace("\u202f", " ").split()), "what is ordered stands there"


def test_what_is_ordered_for_more_than_a_month_is_told(team: Team) -> None:
    sealed(team, 350_000)
    daily_reconciliation()
    assert mails() == []
    with time_machine.travel(timezone.now() + timedelta(days=33), tick=True):
        daily_reconciliation()
    told = mails()
    assert len(told) == 2
    assert "à demander aux finances" in told[0].body_text


def test_a_difference_settled_is_told_no_more(team: Team) -> None:
    batch = sealed(team, 350_000)
    imported(team, a_csv([["FI-2026-9999", *rows_of(batch)[0][1:]], *rows_of(batch)]))
    difference = ReturnDifference.objects.get()
    services.settle_difference(difference.pk, reason="Ligne d’un autre service.", by=team.approver)
    daily_reconciliation()
    assert mails() == []
