"""Verbs asked of several files: each row once, with its reason; the rights of now; what was seen still holds."""

import os
import uuid
from collections import Counter
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils import timezone

from accounts.states import Role
from applications import services
from applications.models import Application, Decision
from applications.services import make_label
from applications.states import ApplicationState, DecisionState
from common.errors import DomainError, NotAllowed
from fund.models import EnvelopeBalance
from journal.services import history
from reviews.bulk import KINDS
from reviews.models import Conflict, Job, JobRow, Review
from reviews.services import jobs, start_job, write_opinion
from reviews.services.interests import declare_conflict
from reviews.states import RowState
from reviews.tasks import run_unfinished_jobs
from tests.factories.accounts import a_commune, a_fund_manager, a_membership, an_auditor, an_instructor
from tests.factories.desk import Desk, fresh, in_days
from tests.support.database import raw

pytestmark = pytest.mark.django_db
S = ApplicationState


@pytest.fixture
def desk() -> Desk:
    return Desk()


def done(kind: str, files: Any, by: Any, **data: Any) -> Job:
    job = start_job(kind=kind, files=files, data=data, by=by)
    jobs.run(job.pk)
    connection.check_constraints()
    return Job.objects.with_counts().get(pk=job.pk)


def results(job: Job) -> dict[int, tuple[str, str]]:
    return {row.application_id: (row.state, row.reason) for row in job.rows.all()}


class TestEngine:
    def test_each_row_says_what_became_of_it(self, desk: Desk) -> None:
        taken, sent, late = desk.application(S.IN_INSTRUCTION), desk.application(), desk.application(S.GRANTED)
        other = an_instructor()
        job = done("confier", [taken.pk, sent.pk, late.pk], desk.manager, instructor=other.pk)
        assert (job.total, job.done, job.refused) == (3, 2, 1)
        assert job.finished_at is not None
        assert fresh(taken).instructor_id == other.pk == fresh(sent).instructor_id
        assert fresh(sent).state == S.IN_INSTRUCTION
        state, reason = results(job)[late.pk]
        assert state == RowState.REFUSED and "accord" in reason.lower()
        assert "assign_instructor" in list(history(taken).values_list("verb", flat=True))
        assert list(history(job).values_list("verb", flat=True)) == ["start_job"]

    def test_the_same_key_starts_one_job(self, desk: Desk) -> None:
        application, key, other = desk.application(), uuid.uuid4(), an_instructor()
        given: dict[str, Any] = {"kind": "confier", "files": [application.pk], "data": {"instructor": other.pk}}
        assert start_job(**given, by=desk.manager, key=key) == start_job(**given, by=desk.manager, key=key)

    def test_a_run_twice_does_nothing_twice(self, desk: Desk) -> None:
        application = desk.application()
        job = done("confier", [application.pk], desk.manager, instructor=an_instructor().pk)
        version = fresh(application).version
        jobs.run(job.pk)
        assert fresh(application).version == version

    def test_the_rights_are_those_of_now(self, desk: Desk) -> None:
        application = desk.application()
        job = start_job(
            kind="confier", files=[application.pk], data={"instructor": desk.instructor.pk}, by=desk.manager
        )
        desk.manager.is_active = False
        desk.manager.save()
        jobs.run(job.pk)
        assert results(job)[application.pk] == (RowState.REFUSED, "Votre rôle ne permet plus cette action.")

    def test_who_may_ask(self, desk: Desk) -> None:
        application = desk.application()
        for who, kind in ((an_auditor(), "confier"), (desk.instructor, "decider"), (desk.manager, "signer")):
            with pytest.raises(NotAllowed):
                start_job(kind=kind, files=[application.pk], by=who)
        with pytest.raises(DomainError, match="n’existe pas"):
            start_job(kind="supprimer", files=[application.pk], by=desk.manager)
        with pytest.raises(DomainError, match="au moins un"):
            start_job(kind="confier", files=[], by=desk.manager)
        declare_conflict(application.pk, reason="Parenté.", by=desk.manager)
        with pytest.raises(NotAllowed, match="pas ouvert"):
            start_job(kind="confier", files=[application.pk], by=desk.manager)

    def test_a_broken_row_holds_nothing_back(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        broken, other = desk.application(), desk.application()
        act = KINDS["confier"].act

        def sometimes(pk: int, **given: Any) -> str:
            if pk == broken.pk:
                raise ZeroDivisionError
            return act(pk, **given)

        monkeypatch.setattr(KINDS["confier"], "act", sometimes)
        job = done("confier", [broken.pk, other.pk], desk.manager, instructor=desk.instructor.pk)
        assert results(job)[broken.pk] == (RowState.REFUSED, jobs.BROKEN)
        assert results(job)[other.pk][0] == RowState.DONE

    def test_a_row_that_the_database_always_lets_go_holds_nothing_back(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        unlucky, once, other = desk.application(), desk.application(), desk.application()
        act, met = KINDS["confier"].act, Counter[int]()

        def sometimes(pk: int, **given: Any) -> str:
            met[pk] += 1
            if pk == unlucky.pk or (pk == once.pk and met[pk] == 1):
                raise OperationalError("deadlock detected")
            return act(pk, **given)

        monkeypatch.setattr(KINDS["confier"], "act", sometimes)
        job = done("confier", [unlucky.pk, once.pk, other.pk], desk.manager, instructor=desk.instructor.pk)
        assert results(job)[unlucky.pk] == (RowState.REFUSED, jobs.BROKEN) and met[unlucky.pk] == jobs.TRIES
        assert [results(job)[pk][0] for pk in (once.pk, other.pk)] == [RowState.DONE, RowState.DONE]

    def test_one_worker_at_a_time_is_at_a_job(self, desk: Desk) -> None:
        application = desk.application()
        job = start_job(
            kind="confier", files=[application.pk], data={"instructor": desk.instructor.pk}, by=desk.manager
        )
        with raw(os.environ["DATABASE_URL"]) as another:
            another.execute("SELECT pg_advisory_lock(%s, %s)", [jobs.LOCK, job.pk])
            jobs.run(job.pk)
            assert results(job)[application.pk][0] == RowState.WAITING, "the other worker is at it"
            another.execute("SELECT pg_advisory_unlock(%s, %s)", [jobs.LOCK, job.pk])
        jobs.run(job.pk)
        assert results(job)[application.pk][0] == RowState.DONE

    def test_the_sweeper_wakes_and_does_nothing_itself(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        application = desk.application()
        job = start_job(
            kind="confier", files=[application.pk], data={"instructor": desk.instructor.pk}, by=desk.manager
        )
        woken: list[int] = []
        monkeypatch.setattr(jobs, "_wake", woken.append)
        run_unfinished_jobs()
        assert woken == [job.pk] and results(job)[application.pk][0] == RowState.WAITING

    def test_the_counts_leave_out_what_one_may_not_see(self, desk: Desk) -> None:
        mine, hidden = desk.application(), desk.application()
        manager = a_fund_manager()
        job = done("confier", [mine.pk, hidden.pk], desk.manager, instructor=desk.instructor.pk)
        declare_conflict(hidden.pk, reason="Parenté.", by=manager)
        counted = Job.objects.with_counts(manager).get(pk=job.pk)
        assert (counted.total, counted.done, counted.refused) == (1, 1, 0)

    def test_the_database_refuses_a_second_conclusion(self, desk: Desk) -> None:
        application, late = desk.application(), desk.application()
        job = done("confier", [application.pk], desk.manager, instructor=desk.instructor.pk)
        row = JobRow.objects.get(job=job)
        for change in ({"state": RowState.WAITING}, {"reason": "autre"}, {"application_id": late.pk}):
            with pytest.raises(IntegrityError), transaction.atomic():
                JobRow.objects.filter(pk=row.pk).update(**change)
        with pytest.raises(IntegrityError), transaction.atomic():
            Job.objects.filter(pk=job.pk).update(kind="signer")


class TestKinds:
    def test_the_same_piece(self, desk: Desk) -> None:
        first, sent = desk.application(S.IN_INSTRUCTION), desk.application()
        asked = {"items": ["Délibération"], "reason": "Non signée.", "due_on": in_days(10).isoformat()}
        job = done("pieces", [first.pk, sent.pk], desk.instructor, **asked)
        assert (job.done, job.refused) == (1, 1)
        request = first.piece_requests.get()
        assert [one.label for one in request.asked] == ["Délibération"] and request.due_on == in_days(10)

    def test_an_even_share(self, desk: Desk) -> None:
        files = [self.ready(desk) for _ in range(4)]
        job = done("evaluer", files, desk.instructor, named=[], per_file=1, due_on=in_days(10).isoformat())
        assert job.done == 4
        assert [Review.objects.filter(evaluator=one).count() for one in desk.evaluators] == [2, 2]

    def test_named_evaluators_and_a_conflict(self, desk: Desk) -> None:
        first, second = self.ready(desk), self.ready(desk)
        Conflict.objects.create(user=desk.evaluators[0], application_id=second, reason="Cousine.")
        asked = {"named": [desk.evaluators[0].pk], "per_file": 2, "due_on": in_days(10).isoformat()}
        job = done("evaluer", [first, second], desk.instructor, **asked)
        assert results(job)[first][0] == RowState.DONE
        assert "déclaré un intérêt" in results(job)[second][1]

    def ready(self, desk: Desk) -> int:
        application = desk.application(S.IN_INSTRUCTION)
        services.check_complete(application.pk, by=desk.instructor)
        write_opinion(application.pk, advice="favorable", text="Bon.", proposed_cents=400_000, by=desk.instructor)
        return application.pk

    def test_the_decision_of_the_opinion_then_its_signature_by_another(self, desk: Desk) -> None:
        granted, refused, changed = (desk.application(S.REVIEWED) for _ in range(3))
        self.opinion(desk, granted, "reserve", 300_000)
        self.opinion(desk, refused, "unfavorable", 0)
        files = {
            one.pk: KINDS["decider"].preflight(fresh(one), by=desk.manager, asked={}).seen
            for one in (granted, refused, changed)
        }
        self.opinion(desk, changed, "favorable", 200_000)
        before = EnvelopeBalance.objects.get(envelope=desk.call.envelope)
        job = done("decider", files, desk.manager)
        assert (job.done, job.refused) == (2, 1)
        assert "L’avis a changé" in results(job)[changed.pk][1]
        after = EnvelopeBalance.objects.get(envelope=desk.call.envelope)
        assert before.available - after.available == 300_000 == after.committed - before.committed
        assert fresh(refused).state == S.REJECTED
        signed = done("signer", [granted.pk, refused.pk, changed.pk], desk.head, **self.act())
        assert (signed.done, signed.refused) == (2, 1)
        assert set(Decision.objects.values_list("signed_by", "act_number")) == {(desk.head.pk, "B-12")}

    def test_nobody_signs_what_they_recorded(self, desk: Desk) -> None:
        application = desk.application(S.REVIEWED)
        a_membership(desk.manager, Role.HEAD_OF_SERVICE)
        manager = type(desk.manager).objects.get(pk=desk.manager.pk)
        done("decider", [application.pk], manager)
        with pytest.raises(NotAllowed, match="une autre personne"):
            KINDS["signer"].preflight(fresh(application), by=manager, asked={})
        job = done("signer", [application.pk], manager, **self.act())
        assert "une autre personne" in results(job)[application.pk][1]
        assert Decision.objects.get().state == DecisionState.RECORDED

    def test_letters_that_wait(self, desk: Desk, django_capture_on_commit_callbacks: Any) -> None:
        signed = desk.signed()
        with django_capture_on_commit_callbacks() as after:
            job = done("notifier", [signed.application_id], desk.head)
        assert Decision.objects.get().state == DecisionState.SIGNED, "the PDF is made outside the row's transaction"
        for call in after:
            call()
        assert job.done == 1
        assert Decision.objects.get().state == DecisionState.NOTIFIED

    def act(self) -> dict[str, str]:
        return {"act_number": "B-12", "act_date": timezone.localdate().isoformat()}

    def opinion(self, desk: Desk, application: Application, advice: str, cents: int) -> None:
        write_opinion(application.pk, advice=advice, text="Parce que.", proposed_cents=cents, by=desk.instructor)


DATA: dict[str, dict[str, Any]] = {
    "pieces": {"items": ["Plan"], "reason": "Illisible.", "due_on": in_days(9).isoformat()},
    "evaluer": {"named": [], "per_file": 2, "due_on": in_days(9).isoformat()},
    "signer": {"act_number": "B-1", "act_date": in_days(0).isoformat()},
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_preflight_says_what_the_verb_does(kind: str, desk: Desk) -> None:
    """Whatever the file and the person: ready before, done after; refused before, refused after in the same words."""
    if kind == "confier":
        DATA["confier"] = {"instructor": an_instructor().pk}
    if kind == "etiqueter":
        assert desk.call, "a label belongs to a fund"
        DATA["etiqueter"] = {"put": [make_label("À visiter", by=desk.manager).pk], "take": []}
    files = [
        desk.application(state) for state in (S.SUBMITTED, S.IN_INSTRUCTION, S.AWAITING_COMMUNE, S.REVIEWED, S.GRANTED)
    ]
    files += [
        Application.objects.get(pk=TestKinds().ready(desk)),
        desk.signed().application,
        desk.application(organisation=a_commune()),
    ]
    for by in (desk.instructor, desk.manager, desk.head, a_fund_manager()):
        if not KINDS[kind].offered(by):
            continue
        for application in files:
            said = _preflight(kind, application, by, DATA.get(kind, {}))
            with transaction.atomic():
                job = done(kind, [application.pk], by, **DATA.get(kind, {}))
                state, reason = results(job)[application.pk]
                transaction.set_rollback(True)
            assert (state, said or reason) == (RowState.REFUSED if said else RowState.DONE, reason), (
                by,
                application.state,
            )


def _preflight(kind: str, application: Application, by: Any, data: dict[str, Any]) -> str:
    try:
        KINDS[kind].preflight(fresh(application), by=by, asked=data)
    except DomainError as refusal:
        return str(refusal)
    return ""
