"""Gracious appeals: within two clear months, acknowledged, answered by who did not decide, with what an accepted one does."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.states import Role
from applications import decision_letters, file_letters, reminders, services
from applications.models import Appeal, Application, Decision
from applications.services.appeals import Contestable, contestable
from applications.states import AppealState, ApplicationState, DecisionState
from common.dates import months_later
from common.errors import DomainError, NotAllowed, Stale
from notifications.models import Message
from tests.factories.accounts import a_drafter, a_fund_manager, a_membership, a_signatory
from tests.factories.desk import Desk, fresh

S = ApplicationState
TODAY = timezone.localdate
pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    return Desk()


def refused(desk: Desk) -> Application:
    """A file whose refusal its commune was told."""
    application = desk.application(S.REVIEWED)
    return told(desk, services.reject(application.pk, reasons="Hors du règlement.", by=desk.manager))


def told(desk: Desk, decision: Decision) -> Application:
    services.sign_decision(decision.pk, act_number="B-7", act_date=TODAY(), by=desk.head)
    decision_letters.make(decision.pk)
    connection.check_constraints()
    return fresh(decision.application)


def inadmissible(desk: Desk) -> Application:
    application = desk.application(S.IN_INSTRUCTION)
    services.declare_inadmissible(application.pk, reason="Action commencée.", by=desk.instructor)
    return fresh(application)


def file(application: Application) -> Appeal:
    by = a_signatory(application.organisation)
    return services.file_appeal(application.pk, words="Le devis a été mal lu.", by=by)


def mails(kind: str) -> list[str]:
    return list(Message.objects.filter(kind=kind).values_list("recipient_email", flat=True))


class TestDelay:
    @pytest.mark.parametrize(
        ("told_on", "last"),
        [
            (date(2026, 1, 15), date(2026, 3, 16)),  # two clear months
            (date(2026, 12, 31), date(2027, 3, 1)),  # February has no 31st
            (date(2026, 3, 12), date(2026, 5, 13)),
            (date(2026, 2, 28), date(2026, 4, 29)),
            (date(2026, 6, 13), date(2026, 8, 14)),
            (date(2026, 6, 14), date(2026, 8, 17)),  # 15 August, then a Sunday
            (date(2026, 2, 30 - 2), date(2026, 4, 29)),
        ],
    )
    def test_the_last_day(self, told_on: date, last: date) -> None:
        assert Contestable(None, told_on).last_day == last

    def test_months(self) -> None:
        assert months_later(date(2027, 12, 31), 2) == date(2028, 2, 29)
        assert months_later(date(2026, 11, 30), 2) == date(2027, 1, 30)


class TestFiled:
    def test_a_refusal_is_contested_and_acknowledged(self, desk: Desk) -> None:
        application = refused(desk)
        appeal = file(application)
        assert (appeal.state, appeal.due_on) == (AppealState.RECEIVED, months_later(TODAY(), 2))
        assert mails("appeal_received")
        assert desk.head.email in mails("appeal_filed")
        assert desk.manager.email not in mails("appeal_filed"), "who recorded the decision does not answer"
        assert contestable(application) is None
        with pytest.raises(DomainError, match="déjà enregistré"):
            file(application)

    def test_who_files(self, desk: Desk) -> None:
        application = refused(desk)
        for by in (a_drafter(application.organisation), a_signatory()):
            with pytest.raises(NotAllowed):
                services.file_appeal(application.pk, words="x", by=by)

    def test_what_is_contested(self, desk: Desk) -> None:
        assert contestable(desk.application(S.REVIEWED)) is None, "nothing was decided"
        whole = told(desk, desk.decision())
        assert contestable(whole) is None, "all that was asked was granted"
        reduced = desk.application(S.REVIEWED)
        told(desk, services.grant(reduced.pk, amount_cents=300_000, reasons="Plafond.", by=desk.manager))
        assert contestable(fresh(reduced)) is not None
        recorded = services.reject(desk.application(S.REVIEWED).pk, reasons="x", by=desk.manager)
        assert contestable(recorded.application) is None, "the commune does not know yet"

    @pytest.mark.parametrize("words", ["", "  ", "x" * 8001])
    def test_bad_input(self, desk: Desk, words: str) -> None:
        application = refused(desk)
        with pytest.raises(DomainError, match="Dites ce que"):
            services.file_appeal(application.pk, words=words, by=a_signatory(application.organisation))

    def test_by_post(self, desk: Desk) -> None:
        application = refused(desk)
        with pytest.raises(DomainError, match="entre le"):
            services.register_appeal(
                application.pk, words="x", received_on=TODAY() - timedelta(days=1), by=desk.instructor
            )
        with pytest.raises(DomainError, match="entre le"):
            services.register_appeal(
                application.pk, words="x", received_on=TODAY() + timedelta(days=1), by=desk.instructor
            )
        appeal = services.register_appeal(application.pk, words="x", received_on=TODAY(), by=desk.instructor)
        assert appeal.by_post and not appeal.is_late

    def test_taken_back(self, desk: Desk) -> None:
        application = refused(desk)
        appeal = file(application)
        with pytest.raises(NotAllowed):
            services.withdraw_appeal(appeal.pk, by=a_drafter(application.organisation))
        services.withdraw_appeal(appeal.pk, by=a_signatory(application.organisation))
        assert contestable(application) is not None and mails("appeal_withdrawn")


class TestAnswered:
    def test_accepted_a_refusal_is_decided_again(self, desk: Desk) -> None:
        application = refused(desk)
        appeal = file(application)
        services.answer_appeal(appeal.pk, accepted=True, answer="Le devis est bon.", by=desk.head)
        connection.check_constraints()
        application = fresh(application)
        assert application.state == S.REVIEWED
        assert application.decisions.get().state == DecisionState.REVOKED
        again = services.grant(application.pk, amount_cents=400_000, by=desk.manager)
        connection.check_constraints()
        assert told(desk, again).state == S.GRANTED

    def test_accepted_an_inadmissible_file_is_read_again(self, desk: Desk) -> None:
        application = inadmissible(desk)
        appeal = file(application)
        with pytest.raises(NotAllowed):
            services.answer_appeal(appeal.pk, accepted=True, answer="x", by=desk.instructor)
        services.answer_appeal(appeal.pk, accepted=True, answer="La date était bonne.", by=desk.manager)
        connection.check_constraints()
        assert fresh(application).state == S.IN_INSTRUCTION

    def test_rejected_with_its_letter(self, desk: Desk) -> None:
        application = refused(desk)
        appeal = services.answer_appeal(file(application).pk, accepted=False, answer="Rien de neuf.", by=desk.head)
        assert fresh(application).state == S.REJECTED
        (mail,) = Message.objects.filter(kind="appeal_answered")[:1]
        assert mail.awaits
        assert appeal.letter is not None and file_letters.make(appeal.letter.pk)
        mail.refresh_from_db()
        assert not mail.awaits and mail.attachments[0]["name"].startswith("Réponse au recours")

    def test_who_answers(self, desk: Desk) -> None:
        application = refused(desk)
        appeal = services.register_appeal(application.pk, words="x", received_on=TODAY(), by=desk.instructor)
        given: dict[str, Any] = {"accepted": False, "answer": "Non."}
        with pytest.raises(NotAllowed, match="enregistré la décision"):
            services.answer_appeal(appeal.pk, by=desk.manager, **given)
        with pytest.raises(NotAllowed):
            services.answer_appeal(appeal.pk, by=desk.instructor, **given)
        own = a_fund_manager()
        a_membership(own, Role.READER, application.organisation)
        with pytest.raises(NotAllowed):
            services.answer_appeal(appeal.pk, by=own, **given)
        services.answer_appeal(appeal.pk, by=a_fund_manager(), **given)

    def test_once_and_on_what_was_read(self, desk: Desk) -> None:
        appeal = file(refused(desk))
        with pytest.raises(Stale):
            services.answer_appeal(appeal.pk, accepted=False, answer="x", by=desk.head, version=9)
        with pytest.raises(DomainError, match="motivée"):
            services.answer_appeal(appeal.pk, accepted=False, answer=" ", by=desk.head)
        services.answer_appeal(appeal.pk, accepted=False, answer="x", by=desk.head)
        with pytest.raises(DomainError, match="déjà « rejeté »"):
            services.answer_appeal(appeal.pk, accepted=True, answer="y", by=desk.head)

    def test_an_award_is_not_raised(self, desk: Desk) -> None:
        application = desk.application(S.REVIEWED)
        told(desk, services.grant(application.pk, amount_cents=300_000, reasons="Plafond.", by=desk.manager))
        appeal = file(fresh(application))
        with pytest.raises(DomainError, match="ne s’augmente pas"):
            services.answer_appeal(appeal.pk, accepted=True, answer="x", by=desk.head)


class TestReminders:
    def test_each_period_once(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        appeal = file(refused(desk))
        for days, total in ((22, 0), (21, 1), (15, 1), (7, 2), (0, 2)):
            at = timezone.now() + (appeal.due_on - TODAY()) - timedelta(days=days)
            monkeypatch.setattr(reminders, "database_now", lambda at=at: at)
            reminders.queue_appeals()
            reminders.queue_appeals()
            assert mails("appeal_reminder").count(desk.head.email) == total, days


class TestPages:
    def test_the_whole_of_it(self, desk: Desk, client: Client) -> None:
        application = refused(desk)
        signatory = a_signatory(application.organisation)
        client.force_login(signatory)
        assert "Contester la décision" in client.get(reverse("application_home", args=[application.public_id])).text
        page = reverse("application_appeal", args=[application.public_id])
        assert client.post(page, {"words": ""}).status_code == 422
        assert client.post(page, {"words": "Le devis a été mal lu."}).status_code == 302
        assert "En attente d’une réponse" in client.get(page).text
        at_desk = reverse("desk_appeal", args=[application.public_id])
        client.force_login(desk.manager)
        assert "Vous avez enregistré la décision contestée" in client.get(at_desk).text
        assert client.post(at_desk, {"outcome": "rejected", "answer": "x"}).status_code == 403
        client.force_login(desk.head)
        assert application.number in client.get(reverse("decision_list")).text
        assert client.post(at_desk, {"outcome": "", "answer": "Non."}).status_code == 422
        assert client.post(at_desk, {"outcome": "rejected", "answer": "Rien de neuf."}).status_code == 302
        client.force_login(signatory)
        assert "Rien de neuf." in client.get(page).text

    def test_late(self, desk: Desk, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        application = refused(desk)
        client.force_login(a_signatory(application.organisation))
        monkeypatch.setattr(Contestable, "last_day", TODAY() - timedelta(days=1))
        page = reverse("application_appeal", args=[application.public_id])
        assert "était recevable jusqu’au" in client.get(page).text
        refusal = client.post(page, {"words": "Trop tard."})
        assert refusal.status_code == 422 and "était recevable jusqu’au" in refusal.text

    def test_a_person_with_an_interest_sees_nothing(self, desk: Desk, client: Client) -> None:
        from reviews import services as reviews

        application = refused(desk)
        reviews.declare_conflict(application.pk, reason="Famille", by=desk.head)
        file(application)
        assert desk.head.email not in mails("appeal_filed")
        client.force_login(desk.head)
        assert client.get(reverse("desk_appeal", args=[application.public_id])).status_code == 404
        assert str(application.number) not in client.get(reverse("decision_list")).text
