"""Long works: asked once, done row by row, each row in its own transaction with its own conclusion.

A worker may die at any instant: what was committed is done and marked, what was not is neither. One worker at a time does a
job (a lock of its session, gone with it); should two pass, they take different rows (`SKIP LOCKED`). The sweeper of beat, or the
button of its page, wakes a worker for an unfinished job.
"""

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from accounts.models import User
from accounts.states import DESK_ROLES
from applications.models import Application
from common.errors import DomainError, NotAllowed
from common.wake import wake
from journal.services import once, record
from reviews.bulk import KINDS
from reviews.models import Job, JobRow
from reviews.states import RowState

MOST = 1000
SECONDS = 240  # of one run; under Celery's own limit
TRIES = 3  # of a row that the database lets go
LOCK = 720_104  # first half of the key of our advisory locks
BROKEN = (
    "Une erreur technique a empêché cette ligne. Rien n’a été changé ; recommencez-la, ou prévenez l’administrateur."
)
log = structlog.get_logger(__name__)


def start_job(
    *,
    kind: str,
    files: Iterable[int] | Mapping[int, dict[str, Any]],
    data: Mapping[str, Any] | None = None,
    by: Any,
    key: UUID | None = None,
) -> Job:
    """Ask for a verb of `reviews.bulk` on these files (ids; with what the person saw of each, when it must still hold).

    `data` is what the verb needs, as JSON. The same `key` a second time gives the first job.
    """
    chosen = files if isinstance(files, Mapping) else {pk: {} for pk in files}
    if kind not in KINDS:
        raise DomainError("Ce geste n’existe pas.")
    if not by.has_role(*DESK_ROLES) or not KINDS[kind].offered(by):
        raise NotAllowed("Votre rôle ne permet pas cette action.")
    if not chosen:
        raise DomainError("Choisissez au moins un dossier.")
    if len(chosen) > MOST:
        raise DomainError(f"Un travail porte sur {MOST} dossiers au plus : resserrez les filtres.")
    visible = set(Application.objects.on_desk_of(by).filter(pk__in=chosen).values_list("pk", flat=True))
    if visible != set(chosen):
        raise NotAllowed("Un des dossiers choisis ne vous est pas ouvert. Rien n’a été lancé.")

    def begin() -> dict[str, Any]:
        job = Job.objects.create(kind=kind, asked=dict(data or {}), asked_by=by)
        JobRow.objects.bulk_create(
            JobRow(job=job, application_id=pk, seen=chosen[pk], reason="") for pk in sorted(chosen)
        )
        record(job, by=by, verb="start_job", data={"kind": kind, "files": len(chosen), **dict(data or {})})
        transaction.on_commit(lambda: _wake(job.pk), robust=True)
        return {"job": job.pk}

    request = {"kind": kind, "files": sorted(chosen), "data": dict(data or {})}
    made = once(by=by, operation="start_job", key=key or uuid4(), request=request, act=begin)
    return Job.objects.get(pk=made["job"])


def run(pk: int) -> None:
    """Do the rows that wait, the oldest first, and conclude the job. Called again, also at the same time, it does nothing twice."""
    with _alone(pk) as mine:
        if not mine:
            return
        done = _rows(pk)
    if not done:
        _wake(pk)


@contextmanager
def _alone(pk: int) -> Iterator[bool]:
    """False when another worker is at this job. The lock is of the session: a worker that dies lets it go."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCK, pk])
        mine = bool(cursor.fetchone()[0])
    try:
        yield mine
    finally:
        if mine:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCK, pk])


def _rows(pk: int) -> bool:
    """Row after row; False when there was no time for all."""
    until, lost = time.monotonic() + SECONDS, 0
    while True:
        try:
            if not step(pk):
                finish(pk)
                return True
            lost = 0
        except OperationalError:
            # The victim of a deadlock or of a wait: again, and after some times the row is told, or it would block the others.
            lost += 1
            if lost >= TRIES:
                log.exception("job_row_lost", job=pk, tries=lost)
                _break_next(pk)
                lost = 0
        if time.monotonic() > until:
            return False


def step(pk: int) -> bool:
    """One row, in one transaction. False when none waits (or another worker holds the last ones)."""
    seen: list[int] = []
    try:
        with transaction.atomic():
            row = _next(pk)
            if row is None:
                return False
            seen.append(row.pk)
            _do(row)
    except (OperationalError, InterfaceError):
        raise  # the database went away or chose us as the victim: the row still waits
    except Exception:
        log.exception("job_row_broken", job=pk, row=seen[0] if seen else None)
        if seen:
            _break(seen[0])
    return True


def _next(pk: int) -> JobRow | None:
    waiting = JobRow.objects.filter(job=pk, state=RowState.WAITING).select_related("job")
    return waiting.select_for_update(skip_locked=True, of=("self",)).order_by("pk").first()


def _do(row: JobRow) -> None:
    by = User.objects.get(pk=row.job.asked_by_id)  # the rights of now, not those of when it was asked
    kind = KINDS[row.job.kind]
    with structlog.contextvars.bound_contextvars(request_id=f"travail-{row.job_id}"):
        try:
            with transaction.atomic():
                if not kind.offered(by):
                    raise NotAllowed("Votre rôle ne permet plus cette action.")
                row.reason = kind.act(row.application_id, by=by, asked=row.job.asked, seen=row.seen) or ""
                row.state = RowState.DONE
        except DomainError as refusal:
            row.state, row.reason = RowState.REFUSED, str(refusal)
        row.save(update_fields=["state", "reason"])
    connection.check_constraints()  # guards that wait for the commit speak here, where their row is known


def _break_next(pk: int) -> None:
    row = JobRow.objects.filter(job=pk, state=RowState.WAITING).order_by("pk").first()
    if row is not None:
        _break(row.pk)


def _break(row_pk: int) -> None:
    with transaction.atomic():
        row = JobRow.objects.select_for_update().filter(pk=row_pk, state=RowState.WAITING).first()
        if row is not None:
            row.state, row.reason = RowState.REFUSED, BROKEN
            row.save(update_fields=["state", "reason"])


def finish(pk: int) -> None:
    """Conclude a job of which no row waits any more."""
    waiting = JobRow.objects.filter(job=OuterRef("pk"), state=RowState.WAITING)
    Job.objects.filter(~Exists(waiting), pk=pk, finished_at__isnull=True).update(finished_at=Now())


def unfinished() -> list[int]:
    return list(Job.objects.filter(finished_at__isnull=True).order_by("pk").values_list("pk", flat=True)[:50])


def wake_unfinished() -> None:
    """What a dead worker or Redis forgot: a worker is told, the sweeper does nothing of it itself."""
    for pk in unfinished():
        _wake(pk)


def resume(job: Job) -> None:
    """Tell a worker again; for the impatient, beat does it every minute."""
    if job.finished_at is None:
        _wake(job.pk)


def _wake(pk: int) -> None:
    from reviews.tasks import run_job

    wake(run_job, pk)
