"""The instructor's verbs: each works, is refused to others, says calmly that it is too late, and refuses nonsense."""

from typing import Any

import pytest

from applications import services
from applications.states import ApplicationState
from common.errors import DomainError, NotAllowed, Stale
from journal.services import history
from notifications.models import Message
from tests.factories.accounts import a_drafter, a_head_of_service, a_membership, a_signatory, an_auditor, an_instructor
from tests.factories.desk import Desk, fresh, in_days

pytestmark = pytest.mark.django_db
S = ApplicationState
ASK = {"items": ["Délibération signée"], "reason": "Celle du dossier n’est pas signée."}


@pytest.fixture
def desk() -> Desk:
    return Desk()


def ask(desk: Desk, application: Any, **changes: Any) -> Any:
    given = {**ASK, "due_on": in_days(15), "by": desk.instructor, **changes}
    return services.ask_pieces(application.pk, **given)


class TestStart:
    def test_the_instructor_takes_a_file(self, desk: Desk) -> None:
        application = desk.application()
        services.start_instruction(application.pk, by=desk.instructor, version=application.version)
        application = fresh(application)
        assert (application.state, application.instructor) == (S.IN_INSTRUCTION, desk.instructor)
        assert [(entry.verb, entry.actor_id) for entry in history(application)][-1] == (
            "start_instruction",
            desk.instructor.pk,
        )

    def test_the_second_learns_who_was_faster(self, desk: Desk) -> None:
        application = desk.application(S.IN_INSTRUCTION)
        with pytest.raises(DomainError, match=f"{desk.instructor} a déjà pris"):
            services.start_instruction(application.pk, by=an_instructor(), version=application.version - 1)

    @pytest.mark.parametrize("who", [a_head_of_service, an_auditor, a_drafter])
    def test_others_may_not(self, desk: Desk, who: Any) -> None:
        application = desk.application()
        with pytest.raises(NotAllowed):
            services.start_instruction(application.pk, by=who())
        assert fresh(application).state == S.SUBMITTED

    def test_never_on_ones_own_commune(self, desk: Desk) -> None:
        application = desk.application()
        a_membership(desk.instructor, "reader", application.organisation)
        with pytest.raises(NotAllowed, match="intérêt"):
            services.start_instruction(application.pk, by=desk.instructor)

    def test_an_old_version_is_stale(self, desk: Desk) -> None:
        application = desk.application()
        with pytest.raises(Stale):
            services.start_instruction(application.pk, by=desk.instructor, version=application.version - 1)


class TestTakeOver:
    def test_a_colleague_takes_over(self, desk: Desk) -> None:
        application, colleague = desk.application(S.IN_INSTRUCTION), an_instructor()
        services.take_over(application.pk, by=colleague)
        assert fresh(application).instructor == colleague
        assert list(history(application))[-1].data == {"from": str(desk.instructor), "to": str(colleague)}

    def test_not_from_oneself_nor_a_file_nobody_took(self, desk: Desk) -> None:
        with pytest.raises(DomainError, match="déjà ce dossier"):
            services.take_over(desk.application(S.IN_INSTRUCTION).pk, by=desk.instructor)
        with pytest.raises(DomainError, match="envoyé"):
            services.take_over(desk.application().pk, by=an_instructor())


class TestComplete:
    def test_found_complete_then_sent_to_review(self, desk: Desk) -> None:
        application = desk.application(S.IN_INSTRUCTION)
        with pytest.raises(DomainError, match="complet"):
            services.send_to_review(application.pk, by=desk.instructor)
        services.check_complete(application.pk, by=desk.instructor, version=application.version)
        services.send_to_review(application.pk, by=desk.instructor)
        assert fresh(application).state == S.UNDER_REVIEW

    def test_twice_is_said_calmly(self, desk: Desk) -> None:
        application = desk.application(S.IN_INSTRUCTION)
        services.check_complete(application.pk, by=desk.instructor)
        with pytest.raises(DomainError, match="déjà"):
            services.check_complete(application.pk, by=desk.instructor)

    def test_asking_for_pieces_again_unsays_it(self, desk: Desk) -> None:
        application = desk.application(S.IN_INSTRUCTION)
        services.check_complete(application.pk, by=desk.instructor)
        ask(desk, application)
        assert fresh(application).complete_checked_at is None


class TestPieces:
    def test_the_commune_is_told_what_why_and_by_when(self, desk: Desk) -> None:
        application = desk.application(S.IN_INSTRUCTION)
        drafter, signatory = application.created_by, a_signatory(application.organisation)
        request = ask(desk, application, version=application.version)
        assert fresh(application).state == S.AWAITING_COMMUNE
        assert [item.label for item in request.asked] == ASK["items"]
        mails = Message.objects.filter(kind="pieces_asked", subject_ref=application.number)
        assert {drafter.pk, signatory.pk} <= {mail.recipient_id for mail in mails}
        text = mails.first().body_text
        assert ASK["items"][0] in text and ASK["reason"] in text and "délai d’instruction est arrêté" in text
        entry = list(history(application))[-1]
        assert (entry.verb, entry.reason) == ("ask_pieces", ASK["reason"])

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"items": [" "]}, "au moins une pièce"),
            ({"items": ["x"] * 21}, "20 points"),
            ({"items": ["x" * 301]}, "300"),
            ({"reason": "  "}, "pourquoi"),
            ({"due_on": in_days(0)}, "à venir"),
            ({"due_on": in_days(91)}, "90 jours"),
        ],
    )
    def test_bad_requests(self, desk: Desk, changes: dict[str, Any], words: str) -> None:
        application = desk.application(S.IN_INSTRUCTION)
        with pytest.raises(DomainError, match=words):
            ask(desk, application, **changes)
        assert fresh(application).state == S.IN_INSTRUCTION

    def test_the_answer_comes_back_to_the_desk(self, desk: Desk) -> None:
        application = desk.application(S.AWAITING_COMMUNE)
        with pytest.raises(DomainError, match="en attente de la commune"):
            ask(desk, application)
        services.answer_pieces(application.pk, by=application.created_by, text="La voici.")
        assert fresh(application).state == S.IN_INSTRUCTION


class TestInadmissible:
    def test_with_its_reason_and_a_mail(self, desk: Desk) -> None:
        application = desk.application(S.IN_INSTRUCTION)
        services.declare_inadmissible(application.pk, reason="L’action est déjà terminée.", by=desk.instructor)
        assert fresh(application).state == S.INADMISSIBLE
        mail = Message.objects.filter(kind="application_inadmissible").first()
        assert "L’action est déjà terminée." in mail.body_text and "tribunal administratif" in mail.body_text

    def test_not_without_a_reason_nor_from_review(self, desk: Desk) -> None:
        with pytest.raises(DomainError, match="motivée"):
            services.declare_inadmissible(desk.application(S.IN_INSTRUCTION).pk, reason=" ", by=desk.instructor)
        with pytest.raises(DomainError, match="en évaluation"):
            services.declare_inadmissible(desk.application(S.UNDER_REVIEW).pk, reason="Hors sujet.", by=desk.instructor)
