"""Remarks on answers become a request; the mail read before is the one that leaves; its reminder; how old a document is."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from applications import reminders
from applications.models import Application, Attachment, PieceRequest
from applications.states import ApplicationState
from common.errors import DomainError, NotAllowed
from fund.models import CallDocument
from notifications.models import Message
from reviews import dossier, services
from reviews.models import ReadingRemark
from tests.factories.desk import Desk, in_days

pytestmark = pytest.mark.django_db
S = ApplicationState


@pytest.fixture
def desk() -> Desk:
    return Desk()


def remark(desk: Desk, application: Application, code: str = "title", text: str = "Trop vague.") -> ReadingRemark:
    return services.write_remark(application.pk, kind="field", code=code, text=text, by=desk.instructor)


class TestRemarks:
    def test_private_until_asked(self, desk: Desk, client: Client) -> None:
        application = desk.application(S.IN_INSTRUCTION)
        made = remark(desk, application, text="Précisez Zanzibar.")
        client.force_login(application.created_by)
        for name in ("application_home", "application_print", "application_messages"):
            assert "Zanzibar" not in client.get(reverse(name, args=[application.public_id])).content.decode()
        client.force_login(desk.instructor)
        page = reverse("desk_pieces", args=[application.public_id])
        form = client.get(f"{page}?remarque={made.pk}").context["form"]
        assert form["field-title"].value() is True and form["field-title-mot"].value() == "Précisez Zanzibar."
        assert not client.get(page).context["form"]["field-title"].value()
        data = {
            "field-title": "on",
            "field-title-mot": "Précisez Zanzibar.",
            "reason": "Pour comprendre.",
            "due_on": in_days(9).isoformat(),
            "version": application.version,
        }
        client.post(page, data | {"suite": "envoyer"})
        made.refresh_from_db()
        assert made.asked_in == PieceRequest.objects.get()
        assert "Précisez Zanzibar." in Message.objects.filter(kind="pieces_asked")[0].body_text

    def test_all_at_once(self, desk: Desk, client: Client) -> None:
        application = desk.application(S.IN_INSTRUCTION)
        remark(desk, application)
        remark(desk, application, "stakes", "Sur quel quartier ?")
        client.force_login(desk.instructor)
        form = client.get(reverse("desk_pieces", args=[application.public_id]) + "?remarque=toutes").context["form"]
        assert form["field-title"].value() is True and form["field-stakes"].value() is True

    def test_what_is_not_asked_stays_open(self, desk: Desk) -> None:
        application = desk.application(S.IN_INSTRUCTION)
        kept = remark(desk, application)
        services.ask_pieces(application.pk, items=["Devis"], reason="Il manque.", due_on=in_days(5), by=desk.instructor)
        assert [one.pk for one in services.open_remarks(application)] == [kept.pk]

    def test_dropped_once_and_never_by_the_head(self, desk: Desk) -> None:
        application = desk.application(S.IN_INSTRUCTION)
        made = remark(desk, application)
        with pytest.raises(NotAllowed):
            services.drop_remark(made.pk, by=desk.head)
        for _ in range(2):
            services.drop_remark(made.pk, by=desk.instructor)
        assert not services.open_remarks(application)

    def test_refusals(self, desk: Desk) -> None:
        application = desk.application(S.IN_INSTRUCTION)
        for kind, code, text in (("field", "title", "  "), ("field", "password", "x"), ("field", "title", "x" * 501)):
            with pytest.raises(DomainError):
                services.write_remark(application.pk, kind=kind, code=code, text=text, by=desk.instructor)
        assert remark(desk, application).pk == remark(desk, application).pk

    def test_the_page(self, desk: Desk, client: Client) -> None:
        application = desk.application(S.IN_INSTRUCTION)
        client.force_login(desk.instructor)
        page = reverse("desk_remarks", args=[application.public_id])
        assert client.post(page, {"item": "field:title", "text": ""}).status_code == 422
        assert client.post(page, {"item": "field:title", "text": "Trop vague."}).status_code == 302
        assert "Trop vague." in client.get(page).content.decode()
        shown = client.get(reverse("desk_file", args=[application.public_id])).content.decode()
        assert "Trop vague." in shown and "Tout demander" in shown
        made = ReadingRemark.objects.get()
        other = desk.application(S.IN_INSTRUCTION)
        drop = reverse("desk_remark_drop", args=[other.public_id, made.pk])
        assert client.post(drop).status_code == 404
        assert client.post(reverse("desk_remark_drop", args=[application.public_id, made.pk])).status_code == 302
        assert "Trop vague." not in client.get(page).content.decode()


def test_the_mail_read_before_is_the_one_that_leaves(desk: Desk, client: Client) -> None:
    application = desk.application(S.IN_INSTRUCTION)
    client.force_login(desk.instructor)
    page = reverse("desk_pieces", args=[application.public_id])
    data = {"items": "Devis", "reason": "L’« euro » & <b>.", "due_on": in_days(9).isoformat()}
    preview = client.post(page, data | {"suite": "relire"}).context["preview"]
    client.post(page, data | {"suite": "envoyer"})
    mail = Message.objects.filter(kind="pieces_asked").first()
    assert mail and (preview["subject"], preview["text"]) == (mail.subject, mail.body_text.strip())


class TestReminder:
    def asked(self, desk: Desk, days: int) -> PieceRequest:
        application = desk.application(S.IN_INSTRUCTION)
        return services.ask_pieces(
            application.pk, items=["Devis"], reason="Il manque.", due_on=in_days(days), by=desk.instructor
        )

    def later(self, monkeypatch: pytest.MonkeyPatch, days: int) -> None:
        monkeypatch.setattr(reminders, "database_now", lambda: timezone.now() + timedelta(days=days))

    def mails(self) -> int:
        return Message.objects.filter(kind="pieces_reminder").count()

    def test_once_in_the_last_days(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        request = self.asked(desk, 10)
        assert reminders.queue_requests() == 0
        self.later(monkeypatch, 7)
        for _ in range(2):
            assert reminders.queue_requests() == 1
        told = self.mails()
        assert told and "Devis" in Message.objects.filter(kind="pieces_reminder")[0].body_text
        self.later(monkeypatch, 9)
        reminders.queue_requests()
        assert self.mails() == told
        self.later(monkeypatch, 11)
        assert reminders.queue_requests() == 0
        assert request.due_on == in_days(10)

    def test_not_on_the_day_it_was_asked(self, desk: Desk) -> None:
        self.asked(desk, 2)
        assert reminders.queue_requests() == 0


class TestValidity:
    def shown(self, desk: Desk, application: Application) -> list[Any]:
        found = Application.objects.prefetch_related("attachments__file", "call__documents").get(pk=application.pk)
        return [(row["kind"], row["words"]) for row in dossier.documents(found)]

    def aged(self, document: CallDocument, application: Application, dated_on: date | None) -> tuple[str, str] | None:
        return dossier._aged(document, Attachment(dated_on=dated_on), application)

    def test_beside_each_document(self, desk: Desk) -> None:
        application, document = desk.application(S.IN_INSTRUCTION), CallDocument(valid_months=3)
        today = timezone.localdate()
        assert self.aged(CallDocument(), application, today) is None
        said = {
            "Périmée à l’envoi": today - timedelta(days=200),
            "avant la fin de l’action": today,
            "Date à vérifier": None,
        }
        for words, dated_on in said.items():
            found = self.aged(document, application, dated_on)
            assert found and words in found[1] and found[0] != "done"
        found = self.aged(CallDocument(valid_months=100), application, today)
        assert found and found[0] == "done"
        assert self.shown(desk, application)
