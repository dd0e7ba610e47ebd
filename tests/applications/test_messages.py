"""The question before sending, the conversation afterwards: who reads, who is told, what stays."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.states import Role
from applications import conversation, services
from applications.models import Application, FileMessage, MessagePaper
from applications.models.messages import Author, MessageKind
from common.errors import DomainError, NotAllowed
from documents.models import StoredFile
from journal.services import history
from notifications.models import Message
from reviews.models import Conflict
from tests.factories.accounts import (
    a_drafter,
    a_fund_manager,
    a_membership,
    a_reader,
    a_user,
    an_auditor,
    an_evaluator,
    an_instructor,
)
from tests.factories.applications import a_draft, a_pdf, a_sent_application, signatory_of
from tests.support.queries import Counted

pytestmark = pytest.mark.django_db


def queries_of(act: Callable[[], Any]) -> int:
    with Counted() as counted:
        act()
    return counted.count


def ask(application: Application, text: str = "Le stand compte-t-il ?", **more: Any) -> FileMessage:
    return services.write_to_desk(
        application.pk, by=more.pop("by", application.created_by), text=text, key=more.pop("key", uuid4()), **more
    )


def answer(application: Application, by: User, text: str = "Oui, en 62.", **more: Any) -> FileMessage:
    return services.write_to_commune(application.pk, by=by, text=text, key=uuid4(), **more)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_a_question_goes_to_the_team_and_its_answer_to_those_who_write() -> None:
    draft, instructor, manager = a_draft(), an_instructor(), a_fund_manager()
    signatory = signatory_of(draft)
    reader = a_reader(draft.organisation)
    question = ask(draft)
    assert (question.kind, question.side, question.shared) == (MessageKind.QUESTION, Author.COMMUNE, None)
    told = Message.objects.filter(kind="message_to_desk")
    assert {one.recipient_email for one in told} == {instructor.email, manager.email}
    assert "Le stand compte-t-il" in told[0].body_text
    assert conversation.to_answer(manager).count() == 1
    answer(draft, instructor)
    told = Message.objects.filter(kind="message_to_commune")
    assert {one.recipient_email for one in told} == {draft.created_by.email, signatory.email}
    assert "Oui, en 62." in told[0].body_text and str(draft.public_id) in told[0].body_text
    assert reader.email not in {one.recipient_email for one in told}
    assert conversation.to_answer(manager).count() == 0, "an answer deals with the question"
    assert [entry.verb for entry in history(draft)][-2:] == ["ask_question", "answer_question"]


def test_after_sending_the_instructor_is_written_to_or_the_team_when_they_stepped_aside() -> None:
    sent, instructor, manager = a_sent_application(), an_instructor(), a_fund_manager()
    services.start_instruction(sent.pk, by=instructor)
    assert ask(sent).kind == MessageKind.MESSAGE
    assert {one.recipient_email for one in Message.objects.filter(kind="message_to_desk")} == {instructor.email}
    Conflict.objects.create(user=instructor, application=sent, reason="Mon frère y travaille.")
    ask(sent, "Et maintenant ?")
    told = Message.objects.filter(kind="message_to_desk", body_text__contains="Et maintenant")
    assert {one.recipient_email for one in told} == {manager.email}


def test_the_desk_sees_of_a_draft_the_question_and_what_was_shown_then() -> None:
    draft, instructor = a_draft(), an_instructor()
    services.save_section(draft.pk, "enjeu", by=draft.created_by, values={"stakes": "Un dossier sur cinq."})
    client = signed_in(instructor)
    page = reverse("desk_messages", args=[draft.public_id])
    assert client.get(page).status_code == 404, "a draft is invisible until its commune asks"
    ask(draft, "Sans le brouillon.")
    shown = ask(draft, "Avec le brouillon.", share_draft=True)
    services.save_section(draft.pk, "enjeu", by=draft.created_by, values={"stakes": "Écrit plus tard."})
    html = client.get(page).content.decode()
    assert "Sans le brouillon." in html and "Avec le brouillon." in html
    assert "Un dossier sur cinq." not in html
    read = client.get(reverse("desk_shared_draft", args=[draft.public_id, shown.pk])).content.decode()
    assert "Un dossier sur cinq." in read, "the draft as it was"
    assert "Écrit plus tard." not in read
    first = FileMessage.objects.order_by("pk")[0]
    assert client.get(reverse("desk_shared_draft", args=[draft.public_id, first.pk])).status_code == 404
    for hidden in ("desk_file",):
        assert client.get(reverse(hidden, args=[draft.public_id])).status_code == 404


def test_who_may_read_and_who_may_write() -> None:
    draft = a_draft()
    ask(draft)
    desk, own = (
        reverse("desk_messages", args=[draft.public_id]),
        reverse("application_messages", args=[draft.public_id]),
    )
    stranger, reader = a_drafter(), a_reader(draft.organisation)
    neighbour = an_instructor()
    a_membership(neighbour, Role.READER, draft.organisation)
    for user in (stranger, reader, an_evaluator(), an_auditor(), a_user(Role.FINANCE_PREPARER), neighbour):
        assert signed_in(user).get(desk).status_code == 404, user.memberships.all()
    assert signed_in(stranger).get(own).status_code == 404
    assert signed_in(reader).get(own).status_code == 200
    assert signed_in(reader).post(own, {"text": "x"}).status_code in (302, 403)
    assert FileMessage.objects.count() == 1
    with pytest.raises(NotAllowed):
        ask(draft, by=reader)
    with pytest.raises(NotAllowed):
        answer(draft, neighbour)
    with pytest.raises(NotAllowed):
        answer(draft, stranger)


def test_a_declared_interest_hides_the_conversation() -> None:
    sent, instructor, other = a_sent_application(), an_instructor(), a_fund_manager()
    ask(sent)
    assert conversation.to_answer(instructor).count() == 1
    Conflict.objects.create(user=instructor, application=sent, reason="J’y habite.")
    client = signed_in(instructor)
    assert client.get(reverse("desk_messages", args=[sent.public_id])).status_code == 404
    assert sent.organisation.name not in client.get(reverse("desk_questions")).content.decode()
    assert conversation.to_answer(instructor).count() == 0
    assert conversation.to_answer(other).count() == 1
    with pytest.raises(NotAllowed):
        answer(sent, instructor)


def test_an_empty_message_a_long_one_and_too_many_are_refused_in_words_and_the_text_stays() -> None:
    draft = a_draft()
    client, page = signed_in(draft.created_by), reverse("application_messages", args=[draft.public_id])
    assert "Écrivez votre message" in client.post(page, {"text": "  \n "}).content.decode()
    with pytest.raises(DomainError, match="vide"):
        ask(draft, " \n")
    for number in range(30):
        ask(draft, f"Question {number}")
    html = client.post(page, {"text": "La trente et unième", "key": str(uuid4())}).content.decode()
    assert "30 messages en une heure" in html and "La trente et unième" in html
    assert FileMessage.objects.count() == 30


def test_a_refused_document_keeps_the_text_and_leaves_nothing_behind() -> None:
    draft = a_draft()
    client, page = signed_in(draft.created_by), reverse("application_messages", args=[draft.public_id])
    stored = StoredFile.objects.count()
    bad = SimpleUploadedFile("programme.exe", b"MZ\x90", "application/x-msdownload")
    html = client.post(
        page, {"text": "Voici le devis.", "key": str(uuid4()), "uploads": [a_pdf(), bad]}
    ).content.decode()
    assert "programme.exe" in html and "Voici le devis." in html
    assert FileMessage.objects.count() == 0 and StoredFile.objects.count() == stored
    done = client.post(page, {"text": "Voici le devis.", "key": str(uuid4()), "uploads": [a_pdf("devis.pdf")]})
    assert done.status_code == 302
    paper = MessagePaper.objects.get()
    assert paper.file.state == "quarantined" and paper.file.organisation_id == draft.organisation_id


@pytest.mark.parametrize("side", ["commune", "desk"])
def test_a_document_too_heavy_is_said_and_nothing_leaves_without_it(settings: Any, side: str) -> None:
    settings.UPLOAD_MAX_BYTES = 2_000
    draft, instructor = a_draft(), an_instructor()
    ask(draft)
    user, name = (draft.created_by, "application_messages") if side == "commune" else (instructor, "desk_messages")
    heavy = SimpleUploadedFile("plan-immense.pdf", b"%PDF-1.4" + b"x" * 3_000, "application/pdf")
    page = reverse(name, args=[draft.public_id])
    html = signed_in(user).post(page, {"text": "Voici le plan.", "uploads": [heavy]}).content.decode()
    assert "plan-immense.pdf" in html and "dépasse" in html and "Voici le plan." in html
    assert FileMessage.objects.count() == 1


def test_the_same_form_twice_keeps_its_documents_once(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    draft, key = a_draft(), uuid4()
    content = a_pdf("devis.pdf").read()
    for _ in range(2):
        ask(draft, uploads=[SimpleUploadedFile("devis.pdf", content)], key=key)
    assert FileMessage.objects.count() == MessagePaper.objects.count() == 1
    with pytest.raises(DomainError, match="au plus 5 documents"):
        ask(draft, uploads=[a_pdf() for _ in range(6)])
    kept = set(StoredFile.objects.values_list("path", flat=True))
    assert {str(one.relative_to(tmp_path)) for one in tmp_path.rglob("*") if one.is_file()} <= kept


HOSTILE = "<script>alert(1)</script> {{ 7|add:7 }} \u202e\r\nBcc: x@y.fr ' OR 1=1 --"


def test_hostile_words_stay_words() -> None:
    draft, instructor = a_draft(), an_instructor()
    services.save_section(draft.pk, "chantier", by=draft.created_by, values={"title": HOSTILE.replace("\r\n", " ")})
    ask(draft, HOSTILE, share_draft=True)
    shown = FileMessage.objects.get()
    for user, name, args in (
        (draft.created_by, "application_messages", [draft.public_id]),
        (instructor, "desk_messages", [draft.public_id]),
        (instructor, "desk_questions", []),
        (instructor, "desk_shared_draft", [draft.public_id, shown.pk]),
    ):
        html = signed_in(user).get(reverse(name, args=args)).content.decode()
        assert (
            "<script>alert" not in html
            and "&lt;script&gt;" in html
            and "14 " not in html.split("&lt;/script&gt;")[1][:20]
        )
    mail = Message.objects.get(kind="message_to_desk")
    assert "\n" not in mail.subject and "<script>" not in mail.body_html


def test_a_document_of_a_message_is_read_by_both_sides_and_nobody_else() -> None:
    draft, instructor = a_draft(), an_instructor()
    services.attach_document(draft.pk, by=draft.created_by, code="deliberation", upload=a_pdf())
    ask(draft, uploads=[a_pdf("plan.pdf")])
    answer(draft, instructor, uploads=[a_pdf("modele.pdf")])
    theirs, ours = (paper.file for paper in MessagePaper.objects.order_by("pk"))
    piece = draft.attachments.get().file
    visible = StoredFile.objects.visible_to
    assert set(visible(instructor).values_list("pk", flat=True)) == {theirs.pk, ours.pk}, "not the pieces of the draft"
    assert set(visible(draft.created_by).values_list("pk", flat=True)) == {theirs.pk, ours.pk, piece.pk}
    for user in (a_drafter(), an_evaluator(), a_user(Role.FINANCE_APPROVER), an_auditor()):
        assert not visible(user).filter(pk__in=[theirs.pk, ours.pk]).exists()


def test_unread_counts_of_each_side() -> None:
    sent, instructor = a_sent_application(), an_instructor()
    drafter, reader = sent.created_by, a_reader(sent.organisation)
    answer(sent, instructor, "Bonjour.")
    answer(sent, instructor, "Encore.")
    assert conversation.waiting(sent, written_by="desk") == 2
    page = reverse("application_messages", args=[sent.public_id])
    client = signed_in(drafter)
    assert "Nouveau message" in client.get(reverse("my_applications")).content.decode()
    assert "2\u00a0nouveaux messages" in client.get(reverse("application_home", args=[sent.public_id])).content.decode()
    assert client.get(page).status_code == 200
    assert conversation.waiting(sent, written_by="desk") == 2, "looking writes nothing"
    first = FileMessage.objects.order_by("pk")[0]
    read = reverse("application_messages_read", args=[sent.public_id])
    assert signed_in(reader).post(read, {"up_to": 10**9}).status_code in (302, 403)
    client.post(read, {"up_to": first.pk})
    client.post(read, {"up_to": first.pk})
    assert conversation.waiting(sent, written_by="desk") == 1, "what came after the page was shown is still new"
    ask(sent, "Merci !", by=drafter)
    assert conversation.waiting(sent, written_by="desk") == 0, "who answers has read"
    assert conversation.to_answer(instructor).count() == 1
    desk = signed_in(instructor)
    assert "1\u00a0message sans réponse" in desk.get(reverse("desk_file", args=[sent.public_id])).content.decode()
    last = FileMessage.objects.latest("pk")
    desk.post(reverse("desk_messages_done", args=[sent.public_id]), {"up_to": last.pk})
    assert conversation.to_answer(instructor).count() == 0
    assert "nothing_to_answer" in [entry.verb for entry in history(sent)]


def test_the_list_of_the_desk_puts_what_waits_first_and_shows_ones_own() -> None:
    mine, colleague = an_instructor(), an_instructor()
    asked, taken = a_draft(), a_sent_application()
    services.start_instruction(taken.pk, by=colleague)
    ask(asked, "Question du brouillon")
    ask(taken, "Message au collègue")
    client, page = signed_in(mine), reverse("desk_questions")
    html = client.get(page).content.decode()
    assert "Question du brouillon" in html and "Message au collègue" not in html
    assert "Message au collègue" in client.get(page + "?vue=tous").content.decode()
    answer(asked, mine, "Réponse du service")
    html = client.get(page).content.decode()
    assert "Aucune commune n’attend de réponse" in html and "Réponse du service" in html


def test_a_list_of_thirty_costs_what_a_list_of_one_costs() -> None:
    instructor, call = an_instructor(), a_draft().call
    ask(a_draft(call))
    client, page = signed_in(instructor), reverse("desk_questions")
    client.get(page)
    one = queries_of(lambda: client.get(page))
    for _ in range(29):
        ask(a_draft(call))
    assert queries_of(lambda: client.get(page)) == one


def test_a_conversation_of_thirty_costs_what_one_of_two_costs() -> None:
    sent, instructor = a_sent_application(), an_instructor()
    client, page = signed_in(instructor), reverse("desk_messages", args=[sent.public_id])
    ask(sent, uploads=[a_pdf()])
    answer(sent, instructor)
    client.get(page)
    two = queries_of(lambda: client.get(page))
    for number in range(14):
        ask(sent, f"Question {number}", uploads=[a_pdf()])
        answer(sent, instructor)
    assert queries_of(lambda: client.get(page)) == two


def test_a_message_is_never_changed_nor_removed() -> None:
    message = ask(a_draft())
    for act in (lambda: FileMessage.objects.filter(pk=message.pk).update(text="Autre"), lambda: message.delete()):
        with pytest.raises(Exception, match=r"append-only|permission denied"), transaction.atomic():
            act()


def test_a_draft_is_answered_never_addressed_first() -> None:
    draft, instructor = a_draft(), an_instructor()
    with pytest.raises(NotAllowed):
        answer(draft, instructor)
    with pytest.raises(IntegrityError, match="never addressed first"), transaction.atomic():
        FileMessage.objects.create(application=draft, author=instructor, side="desk", kind="question", text="Bonjour")


def test_what_was_typed_comes_back_when_the_same_form_carries_other_words() -> None:
    draft = a_draft()
    client, page = signed_in(draft.created_by), reverse("application_messages", args=[draft.public_id])
    key = str(uuid4())
    client.post(page, {"text": "Une fois", "key": key})
    client.post(page, {"text": "Une fois", "key": key})
    assert FileMessage.objects.count() == 1
    html = client.post(page, {"text": "Corrigé après un retour arrière", "key": key}).content.decode()
    assert "Corrigé après un retour arrière" in html and key not in html


@pytest.mark.django_db(transaction=True)
def test_twenty_identical_posts_write_one_message() -> None:
    draft, key = a_draft(), uuid4()
    an_instructor()
    found: list[Any] = []

    def post() -> None:
        try:
            found.append(ask(draft, key=key).pk)
        except Exception as error:
            found.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=post) for _ in range(20)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(found) == 20 and len(set(found)) == 1, found
    assert FileMessage.objects.count() == 1
    assert Message.objects.filter(kind="message_to_desk").count() == 1
