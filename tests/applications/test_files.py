"""Which files come with an application: attachments and the receipt for whoever sees it, the letter once it is notified."""

import pytest
from django.db import connection

from applications import decision_letters, receipts
from applications.states import DecisionState
from documents.models import StoredFile
from documents.services import issue
from tests.factories.accounts import a_drafter, a_reader, a_user
from tests.factories.applications import a_sent_application
from tests.factories.desk import Desk, fresh
from tests.factories.fund import a_fund

pytestmark = pytest.mark.django_db


def sees(user: object, stored: StoredFile | None) -> bool:
    return stored is not None and StoredFile.objects.visible_to(user).filter(pk=stored.pk).exists()


def test_attachments_and_receipt_are_for_those_who_see_the_file() -> None:
    a_fund()
    desk = Desk()
    application = a_sent_application(desk.call)
    receipts.make(application.pk)
    application = fresh(application)
    attached = application.attachments.first()
    assert attached is not None
    stranger, technical = a_drafter(), a_user("administrator")
    for stored in (attached.file, application.receipt):
        assert sees(a_reader(application.organisation), stored) and sees(desk.instructor, stored)
        assert not sees(stranger, stored) and not sees(technical, stored) and not sees(desk.evaluators[0], stored)


def test_the_commune_sees_a_letter_only_once_its_decision_is_notified() -> None:
    a_fund()
    desk = Desk()
    decision = desk.signed()
    connection.check_constraints()
    commune = a_reader(decision.application.organisation)
    early = issue(b"%PDF-1.7 lettre", name="Lettre.pdf", organisation=decision.application.organisation, by=desk.head)
    assert not sees(commune, early)
    assert decision_letters.make(decision.pk)
    decision.refresh_from_db()
    assert decision.state == DecisionState.NOTIFIED
    assert sees(commune, decision.letter) and sees(desk.manager, decision.letter)
    assert not sees(a_drafter(), decision.letter)
