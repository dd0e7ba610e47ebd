"""Two people act on one session at the same instant: each act is done once or refused calmly, and the session stays coherent."""

import os
from typing import Any

import pytest
from django.db.models import Sum

from applications.models import Decision
from common.actors import MACHINE
from fund import services as fund
from fund.models import EnvelopeBalance
from reports import invariants
from reviews import services
from reviews.models import AgendaItem, Job, Recusal
from reviews.services import Answer, jobs
from tests.factories.committee import Committee
from tests.factories.desk import Desk
from tests.factories.fund import a_call_open, an_envelope
from tests.faults.test_bank_race import race

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 50 if os.environ.get("FULL") else 3


def everything_holds() -> None:
    assert [(one[0].code, one[2]) for one in invariants.check() if one[1]] == []


def test_two_pens_on_one_file() -> None:
    room = Committee(files=ROUNDS)
    room.open()
    desk = room.desk
    for place in range(ROUNDS):
        item = room.item(place)

        def answer(by: object, words: str, item: AgendaItem = item) -> AgendaItem:
            given = Answer(outcome="refused", reasons=words, counts=(1, 1, 0))
            return services.answer_item(room.pk, item.pk, answer=given, by=by, version=item.version)

        outcomes = race(
            lambda: answer(desk.manager, "Du gestionnaire."), lambda: answer(desk.instructor, "De l’autre.")
        )
        assert sorted(outcomes) == ["calm", "done"], outcomes
        kept = room.item(place)
        assert kept.reasons == ("Du gestionnaire." if outcomes[0] == "done" else "De l’autre.")
        assert kept.version == item.version + 1
    everything_holds()


def test_an_interest_declared_while_the_answer_is_written() -> None:
    """Whichever came first, the session closes only on an answer that was given without this person."""
    room = Committee(files=ROUNDS)
    services.invite(room.pk, by=room.desk.manager)
    room.open()
    member, seat = room.users[0], room.seats()[0]
    for place in range(ROUNDS):
        item, file = room.item(place), room.files[place]

        def answer(item: AgendaItem = item) -> AgendaItem:
            given = Answer(outcome="granted", cents=400_000, counts=(3, 0, 0))
            return services.answer_item(room.pk, item.pk, answer=given, by=room.desk.manager, version=item.version)

        answered, declared = race(
            answer,
            lambda pk=file.pk: services.declare_conflict(pk, reason="Ma sœur.", by=member),  # type: ignore[misc]
        )
        assert declared == "done" and answered in ("done", "calm"), (answered, declared)
    for _ in range(
        2
    ):  # a close may find an interest nobody had seen: it leaves the session open, and says of which file
        for place in range(ROUNDS):
            if room.item(place).voters != 2:
                room.answer(place, counts=(2, 0, 0))
        if services.close_session(room.pk, by=room.desk.manager).is_closed:
            break
    assert room.session.is_closed
    assert set(Recusal.objects.values_list("member", flat=True)) == {seat}
    assert Recusal.objects.count() == ROUNDS
    assert all(one["voters"] == 2 and one["votes"] == [2, 0, 0] for one in room.session.snapshot["files"])  # type: ignore[index]
    everything_holds()


def an_answered_room(cents: int) -> Committee:
    room = Committee(Desk(_call=a_call_open(envelope=an_envelope(cents))))
    room.open()
    room.answer(0)
    room.answer(1)
    return room


def lowered(room: Committee, cents: int) -> None:
    fund.vote(room.desk.call.envelope_id, -cents, by=MACHINE, label="Budget modifié")


def test_the_envelope_is_lowered_while_the_session_closes() -> None:
    for _ in range(ROUNDS):
        room = an_answered_room(800_000)
        outcomes = race(
            lambda room=room: services.close_session(room.pk, by=room.desk.manager),  # type: ignore[misc]
            lambda room=room: lowered(room, 300_000),  # type: ignore[misc]
        )
        assert outcomes in (["done", "done"], ["calm", "done"]), outcomes
        assert room.session.is_closed == (outcomes[0] == "done")
    everything_holds()


def test_the_envelope_is_lowered_while_decisions_are_recorded() -> None:
    """Never a cent over: the rows that no longer fit are refused, with why."""
    for _ in range(ROUNDS):
        room = an_answered_room(800_000)
        services.close_session(room.pk, by=room.desk.manager)
        room.sign()
        files: dict[int, Any] = {file.pk: {} for file in room.files}
        job = services.start_job(kind="comite", files=files, data={"session": room.pk}, by=room.desk.manager)
        ran, cut = race(
            lambda pk=job.pk: jobs.run(pk),  # type: ignore[misc]
            lambda room=room: lowered(room, 300_000),  # type: ignore[misc]
        )
        assert ran == "done" and cut in ("done", "calm"), (ran, cut)
        job = Job.objects.with_counts().get(pk=job.pk)
        assert (job.done, job.refused) == ((1, 1) if cut == "done" else (2, 0))
        given = Decision.objects.filter(application__in=room.files).aggregate(total=Sum("amount_cents"))["total"]
        balance = EnvelopeBalance.objects.get(envelope=room.desk.call.envelope_id)
        assert balance.committed == given == job.done * 400_000 and balance.available >= 0
    everything_holds()
