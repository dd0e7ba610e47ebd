"""Two at once on a session: two pens on one file; the envelope lowered, or answered, while it closes."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections, transaction

from common.errors import DomainError
from fund.models import EnvelopeBalance
from fund.services import lock_envelope, move
from journal.services import history
from reviews import services
from reviews.services import Answer
from tests.factories.committee import Committee

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 3


def race(*acts: Callable[[], Any]) -> list[str]:
    """What each said: « fait », or its refusal."""
    barrier, said = threading.Barrier(len(acts)), [""] * len(acts)

    def run(place: int) -> None:
        try:
            barrier.wait(timeout=20)
            acts[place]()
            said[place] = "fait"
        except DomainError as refusal:
            said[place] = str(refusal)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(acts))]
    for one in threads:
        one.start()
    for one in threads:
        one.join(timeout=60)
    return said


def test_two_pens_on_one_file() -> None:
    room = Committee()
    room.open()
    for _ in range(ROUNDS):
        item = room.item()

        def write(by: Any, reasons: str, pk: int = item.pk, version: int = item.version) -> Callable[[], Any]:
            answer = Answer(outcome="granted", cents=300_000, reasons=reasons, counts=(2, 0, 1))
            return lambda: services.answer_item(room.pk, pk, answer=answer, by=by, version=version)

        reasons = [f"A{item.version}", f"B{item.version}"]
        said = race(write(room.desk.manager, reasons[0]), write(room.desk.instructor, reasons[1]))
        assert sorted(one == "fait" for one in said) == [False, True], said
        kept = room.item()
        assert kept.version == item.version + 1 and kept.reasons == reasons[said.index("fait")]
    assert len(history(room.item().application).filter(verb="committee_answer")) == ROUNDS


def test_the_envelope_lowered_while_it_closes() -> None:
    for _ in range(ROUNDS):
        room = Committee()
        room.open()
        room.answer(0)
        room.answer(1)
        envelope = room.desk.call.envelope_id
        spare = EnvelopeBalance.objects.get(envelope=envelope).available - 700_000

        def lower(pk: int = envelope, cents: int = spare, by: Any = room.desk.manager) -> None:
            with transaction.atomic():
                move(lock_envelope(pk), "reserve", cents, by=by, subject="x")

        said = race(lambda pk=room.pk, by=room.desk.manager: services.close_session(pk, by=by), lower)
        assert said[1] == "fait"
        closed = room.session.is_closed
        assert closed == (said[0] == "fait") and (closed or "dépassent l’enveloppe" in said[0])


def test_answered_while_it_closes() -> None:
    for _ in range(ROUNDS):
        room = Committee()
        room.open()
        room.answer(0)
        room.answer(1)
        item, by = room.item(), room.desk.manager
        again = Answer(outcome="refused", reasons="Hors champ.", counts=(0, 3, 0))
        said = race(
            lambda room=room, by=by: services.close_session(room.pk, by=by),
            lambda room=room, item=item, by=by, again=again: services.answer_item(
                room.pk, item.pk, answer=again, by=by
            ),
        )
        assert said[0] == "fait" and (said[1] == "fait" or "close" in said[1])
        seen = {one["application"]: one["outcome"] for one in room.session.snapshot["files"]}
        assert seen[item.application_id] == room.item().outcome
