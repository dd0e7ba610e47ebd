"""« Courriers »: each letter and mail of a file, to whom, where it stands, what it carried and when it was first opened."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from applications import decision_letters, letters, receipts
from applications.models import Application
from applications.notifications import appeals, assistance, changes, commune, desk, messages, papers, reports
from documents.models import StoredFile
from journal.models import Entry
from notifications.mail import Mail
from notifications.models import Message
from payments import notifications as payments
from tests.factories.accounts import a_drafter, a_reader
from tests.factories.applications import a_sent_application
from tests.factories.desk import Desk

pytestmark = pytest.mark.django_db
# Mails about a file that only the desk or the colleagues before sending read.
OTHERS = {
    "appeal_filed",
    "appeal_reminder",
    "appeal_withdrawn",
    "signed_paper_of_commune",
    "application_withdrawn",
    "approval_wanted",
    "bank_declared",
    "bank_refused",
    "bank_verified",
    "change_agreed",
    "change_asked",
    "change_withdrawn",
    "closing_reminder",
    "file_assigned",
    "help_asked",
    "instalment_requested",
    "outside_answered",
    "outside_asked",
    "outside_reminder",
    "outside_withdrawn",
    "instalment_sent_back",
    "message_to_desk",
    "note_mention",
    "pieces_answered",
    "reconciliation",
    "report_received",
    "returned_to_drafter",
    "signature_asked",
    "signature_reminder",
    "visa_wanted",
}


def kinds_of(mail: type[Mail]) -> set[str]:
    found = {mail.kind} if "kind" in vars(mail) else set()
    return found.union(*(kinds_of(one) for one in mail.__subclasses__()))


def url(name: str, application: Application) -> str:
    return reverse(name, args=[application.public_id])


def sent(application: Application) -> Application:
    receipts.make(application.pk)
    return Application.objects.get(pk=application.pk)


def test_every_kind_of_mail_has_its_readers() -> None:
    modules = (appeals, assistance, changes, commune, desk, messages, papers, reports, payments)
    names = {module.__name__ for module in modules}
    known: set[str] = set()
    for mail in all_mails(Mail):
        if mail.__module__ in names and "kind" in vars(mail):
            known.add(mail.kind)
    assert known <= letters.TO_COMMUNES | OTHERS, known - letters.TO_COMMUNES - OTHERS
    assert not letters.TO_COMMUNES & OTHERS and known >= letters.TO_COMMUNES


def all_mails(mail: type[Mail]) -> list[type[Mail]]:
    return [mail, *(one for child in mail.__subclasses__() for one in all_mails(child))]


def test_the_receipt_its_hash_and_who_opened_it_first(client: Client) -> None:
    application = sent(a_sent_application())
    receipt = application.receipt
    assert receipt
    client.force_login(application.created_by)
    page = client.get(url("application_letters", application)).content.decode()
    assert receipt.sha256 in page and "Pas encore ouvert" in page
    assert application.created_by.email in page
    for _ in range(2):
        assert client.get(f"/fichiers/{receipt.key}/").status_code == 200
    reader = a_reader(application.organisation)
    client.force_login(reader)
    client.get(f"/fichiers/{receipt.key}/")
    page = client.get(url("application_letters", application)).content.decode()
    opened = list(Entry.objects.filter(chain=f"opened:{receipt.pk}").order_by("sequence"))
    assert [one.actor_id for one in opened] == [application.created_by_id, reader.pk]
    assert re.search(r"pour la première fois le .*" + re.escape(opened[0].actor_label), page)


def test_a_decision_is_not_read_before_its_letter(client: Client) -> None:
    desk_people = Desk()
    decision = desk_people.signed()
    application = decision.application
    client.force_login(application.created_by)
    page = client.get(url("application_letters", application)).content.decode()
    assert (
        "CM-2026-118" not in page
        and "Aide accordée" not in page
        and "accord" not in page.lower().split("courriers")[-1]
    )
    decision_letters.make(decision.pk)
    decision.refresh_from_db()
    page = client.get(url("application_letters", application)).content.decode()
    assert StoredFile.objects.get(pk=decision.letter_id).sha256 in page


def test_a_commune_reads_only_what_was_said_to_its_people(client: Client) -> None:
    application = sent(a_sent_application())
    common = {"subject_ref": application.number, "body_text": "x", "subject": "SECRET DU SERVICE"}
    Message.objects.create(
        kind="pieces_answered",
        recipient_email="a@desk.fr",
        recipient_id=a_drafter().pk,
        dedup_key="1",
        message_id="<1>",
        **common,
    )
    Message.objects.create(
        kind="pieces_asked",
        recipient_email="b@ailleurs.fr",
        recipient_id=a_drafter().pk,
        dedup_key="2",
        message_id="<2>",
        **common,
    )
    client.force_login(application.created_by)
    page = client.get(url("application_letters", application)).content.decode()
    assert "SECRET" not in page and "a@desk.fr" not in page and "b@ailleurs.fr" not in page
    client.force_login(Desk().instructor)
    page = client.get(url("desk_letters", application)).content.decode()
    assert page.count("SECRET") == 2 and "a@desk.fr" in page
    client.force_login(a_drafter())
    assert client.get(url("application_letters", application)).status_code == 404


def test_as_many_queries_for_one_letter_and_thirty(client: Client) -> None:
    application = sent(a_sent_application())
    client.force_login(application.created_by)

    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert client.get(url("application_letters", application)).status_code == 200
        return len(found)

    queries()
    before = queries()
    for number in range(30):
        more: dict[str, Any] = {"kind": "pieces_asked", "recipient_id": application.created_by_id}
        Message.objects.create(
            dedup_key=f"k{number}",
            message_id=f"<k{number}>",
            subject_ref=application.number,
            subject="S",
            body_text="x",
            recipient_email=application.created_by.email,
            **more,
        )
    assert queries() == before
