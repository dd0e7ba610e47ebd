"""`kill -9` of the Celery worker while it records decisions one after the other: each file is decided once or refused once."""

import os
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db.models import Count

from applications.models import Decision
from applications.states import ApplicationState
from common.actors import MACHINE
from fund import services as fund
from fund.models import Envelope, EnvelopeBalance, Movement
from journal.models import Entry
from reports import invariants
from reviews.models import AgendaItem, Job, JobRow
from reviews.services import jobs, start_job
from reviews.states import RowState
from tests.factories.committee import Committee
from tests.factories.desk import Desk
from tests.factories.fund import a_call_open, an_envelope
from tests.faults.test_worker_killed import Workers
from tests.support.live import LiveStack
from tests.support.mail import SmtpSink

FULL = bool(os.environ.get("FULL"))
FILES, KILLS = (500, 20) if FULL else (24, 3)
CENTS = 400_000
FITS = FILES * 3 // 4  # the envelope holds three files of four: the others are refused, whatever the kills
SECONDS = 600 if FULL else 120


def waiting(job: Job) -> int:
    return JobRow.objects.filter(job=job, state=RowState.WAITING).count()


def wait_until(job: Job, left: int) -> None:
    """At most `left` rows wait; then a moment by chance, so that the kill comes anywhere in a row."""
    deadline = time.monotonic() + SECONDS
    while waiting(job) > left:
        assert time.monotonic() < deadline, f"{waiting(job)} rows still wait"
        time.sleep(0.01)


def decided_one_by_one(envelope: Envelope) -> Job:
    desk = Desk(_call=a_call_open(envelope=envelope))
    files = [desk.application(ApplicationState.REVIEWED, cents=CENTS).pk for _ in range(FILES)]
    return start_job(kind="decider", files=files, by=desk.manager)


def answered_by_a_committee(envelope: Envelope) -> Job:
    """The session granted all of them; the envelope was lowered after its signature."""
    fund.vote(envelope.pk, (FILES - FITS) * CENTS, by=MACHINE, label="Vote")
    room = Committee(Desk(_call=a_call_open(envelope=envelope)), files=FILES)
    room.open()
    room.close()
    room.sign()
    fund.vote(envelope.pk, -(FILES - FITS) * CENTS, by=MACHINE, label="Budget modifié")
    files: dict[int, Any] = {one.pk: {} for one in room.files}
    return start_job(kind="comite", files=files, data={"session": room.pk}, by=room.desk.manager)


@pytest.mark.parametrize("asked", [decided_one_by_one, answered_by_a_committee])
@pytest.mark.django_db(transaction=True)
def test_each_file_is_decided_once_or_refused_once(tmp_path: Path, asked: Callable[[Envelope], Job]) -> None:
    chance = random.Random(2026)
    envelope = an_envelope(FITS * CENTS)
    with SmtpSink() as sink:
        stack = LiveStack(sink, tmp_path)
        workers = Workers(stack, tmp_path)
        job = asked(envelope)
        try:
            for kill in range(KILLS):
                workers.start()
                jobs.resume(job)
                wait_until(job, FILES - (kill + 1) * (FILES - 4) // (KILLS + 1))
                time.sleep(chance.uniform(0, 0.05))
                workers.kill()
            assert 0 < waiting(job) < FILES, "the kills came before the end"
            workers.start()
            jobs.resume(job)
            wait_until(job, 0)
        finally:
            stack.worker.stop()
    jobs.run(
        job.pk
    )  # what a sweeper does with a job whose last row was done by a worker that died before concluding it
    job = Job.objects.with_counts().get(pk=job.pk)
    assert job.finished_at and (job.done, job.refused) == (FITS, FILES - FITS)
    assert all("enveloppe" in reason for reason in job.rows.filter(state="refused").values_list("reason", flat=True))
    assert Decision.objects.count() == Decision.objects.values("application").distinct().count() == FITS
    assert Movement.objects.filter(verb="commit").count() == FITS
    balance = EnvelopeBalance.objects.get(envelope=envelope)
    assert (balance.committed, balance.available) == (FITS * CENTS, 0)
    twice = Entry.objects.filter(verb="grant").values("subject_id").annotate(n=Count("pk")).filter(n__gt=1)
    assert not twice
    recorded = AgendaItem.objects.filter(decision__isnull=False)
    assert recorded.count() == (FITS if job.kind == "comite" else 0)
    assert [(one[0].code, one[2]) for one in invariants.check() if one[1]] == []
