"""The admissibility of a file: what is computed, what a person answers, and the word that ends it."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from applications import services as applications
from applications.models import Application
from applications.states import ApplicationState
from common.errors import DomainError, NotAllowed, Stale
from fund.models import CallPoint
from fund.services import save_points
from journal.services import history
from reviews import services
from reviews.models import CheckAnswer, Conflict
from reviews.services.checklist import lines_of
from tests.factories.accounts import an_instructor
from tests.factories.desk import Desk, fresh
from tests.factories.fund import a_call, a_call_open

pytestmark = pytest.mark.django_db
S = ApplicationState


@pytest.fixture
def desk() -> Desk:
    """A desk whose call asks two points."""
    call = a_call_open()
    for position, label in enumerate(("La délibération cite l’action", "L’action n’a pas commencé")):
        CallPoint.objects.create(call=call, code=f"p{position}", label=label, position=position)
    return Desk(_call=call)


def keys(desk: Desk) -> list[str]:
    return [f"point-{one.pk}" for one in desk.call.points.all()]


def line(application: Application, key: str, by: Any) -> Any:
    return next(one for one in lines_of(application.pk, by=by) if one.key == key)


def all_yes(desk: Desk, application: Application) -> None:
    services.answer_checks(application.pk, answers=dict.fromkeys(keys(desk), ("yes", "")), by=desk.instructor)


class TestPoints:
    def test_complete_once_each_point_has_its_answer(self, desk: Desk) -> None:
        application = desk.application(S.IN_INSTRUCTION)
        with pytest.raises(DomainError, match=r"La délibération cite l’action.*L’action n’a pas commencé"):
            services.find_complete(application.pk, by=desk.instructor)
        first, second = keys(desk)
        services.answer_checks(application.pk, answers={first: ("yes", "Page 2.")}, by=desk.instructor)
        with pytest.raises(DomainError, match="commencé"):
            services.find_complete(application.pk, by=desk.instructor)
        services.answer_checks(application.pk, answers={second: ("na", "")}, by=desk.instructor)
        services.find_complete(application.pk, by=desk.instructor, version=application.version)
        assert fresh(application).complete_checked_at
        verbs = [entry.verb for entry in history(application)]
        assert verbs[-3:] == ["answer_checks", "answer_checks", "check_complete"]

    def test_a_no_says_why_and_stops(self, desk: Desk) -> None:
        application = desk.application(S.IN_INSTRUCTION)
        first, second = keys(desk)
        with pytest.raises(DomainError, match="en quoi"):
            services.answer_checks(application.pk, answers={first: ("no", " ")}, by=desk.instructor)
        services.answer_checks(
            application.pk, answers={first: ("no", "Autre action."), second: ("yes", "")}, by=desk.instructor
        )
        with pytest.raises(DomainError, match="délibération"):
            services.find_complete(application.pk, by=desk.instructor)
        shown = line(application, first, desk.instructor)
        assert shown.state == "no" and "Autre action." in shown.reason and str(desk.instructor) in shown.reason

    def test_the_last_answer_counts_and_all_are_kept(self, desk: Desk) -> None:
        application, (first, _) = desk.application(S.IN_INSTRUCTION), keys(desk)
        for answer in (("no", "Absente."), ("yes", ""), ("yes", "")):
            services.answer_checks(application.pk, answers={first: answer}, by=desk.instructor)
        assert list(CheckAnswer.objects.values_list("verdict", flat=True)) == ["no", "yes"]
        assert line(application, first, desk.instructor).state == "ok"

    def test_a_colleague_who_answered_meanwhile_is_said(self, desk: Desk) -> None:
        application, colleague, (first, second) = desk.application(S.IN_INSTRUCTION), an_instructor(), keys(desk)
        services.answer_checks(application.pk, answers={first: ("yes", "")}, by=desk.instructor)
        seen = CheckAnswer.objects.get().pk
        services.answer_checks(application.pk, answers={first: ("no", "Non signée.")}, by=colleague)
        with pytest.raises(Stale, match=str(colleague)):
            services.answer_checks(application.pk, answers={second: ("yes", "")}, by=desk.instructor, seen=seen)

    def test_the_database_refuses_a_completeness_without_answers(self, desk: Desk) -> None:
        application = desk.application(S.IN_INSTRUCTION)
        with pytest.raises(IntegrityError, match="every point"), transaction.atomic():
            applications.check_complete(application.pk, by=desk.instructor)

    def test_never_by_an_interested_person_nor_after(self, desk: Desk) -> None:
        application = desk.application(S.IN_INSTRUCTION)
        other = an_instructor()
        Conflict.objects.create(user=other, application=application, reason="Cousine.")
        with pytest.raises(NotAllowed):
            services.answer_checks(application.pk, answers={keys(desk)[0]: ("yes", "")}, by=other)
        with pytest.raises(NotAllowed):
            services.answer_checks(application.pk, answers={}, by=desk.head)
        with pytest.raises(IntegrityError, match="interest"), transaction.atomic():
            CheckAnswer.objects.create(
                application=application, point=desk.call.points.all()[0], verdict="yes", answered_by=other
            )
        all_yes(desk, application)
        services.find_complete(application.pk, by=desk.instructor)
        with pytest.raises(DomainError, match="ne changent plus"):
            services.answer_checks(application.pk, answers={keys(desk)[0]: ("na", "")}, by=desk.instructor)

    def test_a_point_of_another_call_is_none(self, desk: Desk) -> None:
        application = desk.application(S.IN_INSTRUCTION)
        foreign = CallPoint.objects.create(call=a_call_open(), code="x", label="Ailleurs")
        with pytest.raises(DomainError, match="pas dans la liste"):
            services.answer_checks(application.pk, answers={f"point-{foreign.pk}": ("yes", "")}, by=desk.instructor)
        with pytest.raises(IntegrityError, match="another call"), transaction.atomic():
            CheckAnswer.objects.create(
                application=application, point=foreign, verdict="yes", answered_by=desk.instructor
            )


class TestRules:
    def test_the_reasons_are_said(self, desk: Desk) -> None:
        application = desk.application(S.IN_INSTRUCTION)
        lines = {one.key: one for one in lines_of(application.pk, by=desk.instructor)}
        failing = [one for one in lines.values() if one.fails]
        assert not failing
        assert "clôture le" in lines["rule-sent"].reason and str(application.submitted_by) in lines["rule-sent"].reason
        assert "bilan attendu le" in lines["rule-period"].reason
        assert lines["rule-reports"].reason == "aucun bilan en retard"
        assert lines["rule-duplicates"].reason == "aucun dossier proche"

    def test_a_failure_is_overruled_in_writing_only(self, desk: Desk) -> None:
        application = desk.application(S.IN_INSTRUCTION)
        application.call.__class__.objects.filter(pk=application.call_id).update(
            report_due_on=(application.ends_on or date.max) - timedelta(days=1)
        )
        all_yes(desk, application)
        with pytest.raises(DomainError, match="Action finie avant le bilan"):
            services.find_complete(application.pk, by=desk.instructor)
        with pytest.raises(DomainError, match="malgré"):
            services.answer_checks(application.pk, answers={"rule-period": ("overruled", "")}, by=desk.instructor)
        services.answer_checks(
            application.pk, answers={"rule-period": ("overruled", "Bilan reporté.")}, by=desk.instructor
        )
        shown = line(application, "rule-period", desk.instructor)
        assert shown.settled and shown.fails and "Bilan reporté." in shown.reason
        services.find_complete(application.pk, by=desk.instructor)

    def test_on_other_facts_it_no_longer_stands(self, desk: Desk) -> None:
        application = desk.application(S.IN_INSTRUCTION)
        calls = application.call.__class__.objects.filter(pk=application.call_id)
        calls.update(report_due_on=(application.ends_on or date.max) - timedelta(days=1))
        services.answer_checks(application.pk, answers={"rule-period": ("overruled", "Un jour.")}, by=desk.instructor)
        calls.update(report_due_on=(application.ends_on or date.max) - timedelta(days=200))
        assert not line(application, "rule-period", desk.instructor).settled

    def test_what_does_not_fail_cannot_be_overruled_and_a_rule_takes_no_yes(self, desk: Desk) -> None:
        application = desk.application(S.IN_INSTRUCTION)
        assert not services.answer_checks(
            application.pk, answers={"rule-period": ("overruled", "Au cas où.")}, by=desk.instructor
        )
        with pytest.raises(DomainError, match="n’existe pas"):
            services.answer_checks(application.pk, answers={"rule-period": ("yes", "")}, by=desk.instructor)


class TestPage:
    def test_answered_on_the_page_then_complete(self, desk: Desk, client: Client) -> None:
        application = desk.application(S.IN_INSTRUCTION)
        client.force_login(desk.instructor)
        page = reverse("desk_checklist", args=[application.public_id])
        first, second = keys(desk)
        assert "La délibération cite l’action" in client.get(page).content.decode()
        answer = client.post(page, {first: "no", second: "yes", f"{second}-mot": "Vu."})
        assert answer.status_code == 422 and "Vu." in answer.content.decode()
        assert not CheckAnswer.objects.exists()
        answer = client.post(page, {f"{first}-mot": "Vue.", second: "yes"})
        assert answer.status_code == 422 and "oui, non ou sans objet" in answer.content.decode()
        assert client.post(page, {first: "yes", second: "yes", "suite": "garder"}).status_code == 302
        assert CheckAnswer.objects.count() == 2
        form = {first: "yes", second: "yes", "suite": "complet", "version": application.version}
        assert client.post(page, form).headers["Location"] == reverse("desk_file", args=[application.public_id])
        assert fresh(application).complete_checked_at
        assert "ne se modifie plus" in client.get(page).content.decode()

    def test_the_file_page_sends_there_until_all_is_settled(self, desk: Desk, client: Client) -> None:
        application = desk.application(S.IN_INSTRUCTION)
        client.force_login(desk.instructor)
        page = reverse("desk_file", args=[application.public_id])
        assert "Vérifier la recevabilité" in client.get(page).content.decode()
        all_yes(desk, application)
        assert "Déclarer complet et recevable" in client.get(page).content.decode()


class TestOfTheCall:
    def test_edited_with_the_rules_then_frozen_and_copied(self) -> None:
        desk = Desk()
        call = a_call()
        call = save_points(
            call.pk, [{"label": "Action non commencée", "help": "Devis datés"}], by=desk.manager, version=call.version
        )
        assert [(one.code, one.label) for one in call.points.all()] == [
            ("action_non_commencee", "Action non commencée")
        ]
        application = desk.application()
        with pytest.raises(DomainError, match="déjà envoyé"):
            save_points(
                application.call_id, [{"label": "Trop tard"}], by=desk.manager, version=fresh(application).call.version
            )
