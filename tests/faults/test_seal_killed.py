"""`kill -9` while money moves: before the commit nothing happened, after it everything did; a second post adds nothing.

The victim is a forked process with its own session of the database, killed at the very point.
"""

import os
import signal
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction

from fund.models import Movement
from journal.services import once
from payments import services
from payments.models import Batch, ContraryLine, Instalment, PaymentLine, ReturnLine
from reports import invariants
from tests.factories.payments import Team, a_batch, an_instalment
from tests.payments.test_returns import a_csv, rows_of

ROUNDS = 50 if os.environ.get("FULL") else 2
SMALL = 20_000  # two awards a round, fifty rounds, one envelope


def killed(act: Callable[[], Any], *, committed: bool) -> None:
    """Do it in a child that dies between writing and commit, or between commit and answer."""
    child = os.fork()
    if child == 0:
        inherited = connection.connection  # the parent's session: kept from the collector, never used nor closed
        connection.connection = None
        try:
            with transaction.atomic():
                act()
                if not committed:
                    os.kill(os.getpid(), signal.SIGKILL)
        finally:
            os.kill(os.getpid(), signal.SIGKILL)
            assert inherited
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def broken() -> list[str]:
    return [found[0].code for found in invariants.check() if found[1]]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("committed", [False, True], ids=["before the commit", "before the answer"])
def test_a_batch_exists_whole_or_not_at_all(committed: bool) -> None:
    team = Team()
    for number in range(1, ROUNDS + 1):
        due = [an_instalment(team, "approved", cents=SMALL), an_instalment(team.beside(), "approved", cents=SMALL)]
        batch = a_batch(team, *due)
        key = uuid4()

        def seal(pk: int = batch.pk, key: Any = key) -> Any:
            act = lambda: {"number": services.seal_batch(pk, by=team.preparer).number}  # noqa: E731
            return once(by=team.preparer, operation="seal_batch", key=key, request={"batch": pk}, act=act)

        killed(seal, committed=committed)
        batch.refresh_from_db()
        lines = PaymentLine.objects.filter(batch=batch).count()
        ordered = Movement.objects.filter(verb="order").count()
        assert (batch.state, lines) == ("sealed" if committed else "open", 2)
        assert ordered == (2 * number if committed else 2 * (number - 1))
        answer = seal()  # the person posts the same form again
        batch.refresh_from_db()
        assert (batch.state, batch.number) == ("sealed", answer["number"])
        assert Movement.objects.filter(verb="order").count() == 2 * number
        assert services.export_batch(batch.pk, "csv", by=team.preparer).content
        assert set(Instalment.objects.filter(lines__batch=batch).values_list("state", flat=True)) == {"ordered"}
    assert Batch.objects.count() == ROUNDS
    assert broken() == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("committed", [False, True], ids=["before the commit", "before the answer"])
def test_a_return_and_a_cancellation_too(committed: bool) -> None:
    team = Team()
    for number in range(1, ROUNDS + 1):
        batch = a_batch(
            team,
            an_instalment(team, "approved", cents=SMALL),
            an_instalment(team.beside(), "approved", cents=SMALL),
            state="sealed",
        )
        wrong, right = batch.lines.order_by("pk")
        cancel = lambda pk=wrong.pk: services.cancel_line(pk, reason="Erreur", by=team.approver)  # noqa: E731
        killed(cancel, committed=committed)
        assert ContraryLine.objects.count() == (number if committed else number - 1)
        if not committed:
            cancel()
        read = services.read_return(a_csv([rows_of(batch)[1]]), "retour.csv", by=team.preparer)
        apply = lambda pk=read.pk: services.apply_return(pk, by=team.preparer)  # noqa: E731
        killed(apply, committed=committed)
        assert ReturnLine.objects.filter(line=right).count() == (1 if committed else 0)
        if not committed:
            apply()
        batch.refresh_from_db()
        assert batch.state == "reconciled"
        assert Movement.objects.filter(verb="pay").count() == number
    assert broken() == []
