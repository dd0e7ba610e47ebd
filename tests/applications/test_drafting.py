"""Writing: what is typed is never lost, and never more than what the section holds is written."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.db import IntegrityError
from django.utils import timezone

from applications import services
from applications.models import Application, Remark
from applications.sections import BY_SLUG
from applications.services import drafting
from applications.tasks import remind_before_closing
from common.errors import DomainError, NotAllowed
from journal.models import Entry
from notifications.models import Message
from tests.factories.accounts import a_commune, a_drafter, a_membership, a_reader, a_signatory, an_instructor
from tests.factories.applications import (
    a_complete_draft,
    a_draft,
    a_line,
    a_pdf,
    a_sent_application,
    balanced_budget,
    signatory_of,
)
from tests.factories.fund import a_call_closed, a_call_open

pytestmark = pytest.mark.django_db


# --- Beginning --------------------------------------------------------------------------------------------------


def test_the_same_form_posted_twice_gives_one_draft() -> None:
    call, commune = a_call_open(), a_commune()
    drafter, key = a_drafter(commune), uuid4()
    first = services.create_draft(call.pk, commune.pk, by=drafter, key=key)
    again = services.create_draft(call.pk, commune.pk, by=drafter, key=key)
    assert first.pk == again.pk
    assert Application.objects.count() == 1


def test_only_those_who_write_for_the_commune_begin_a_file() -> None:
    call, commune = a_call_open(), a_commune()
    for person in (a_reader(commune), a_drafter(), an_instructor()):
        with pytest.raises(NotAllowed):
            services.create_draft(call.pk, commune.pk, by=person, key=uuid4())


def test_a_closed_call_takes_no_draft() -> None:
    commune = a_commune()
    with pytest.raises(DomainError, match="l’appel a clos le"):
        services.create_draft(a_call_closed().pk, commune.pk, by=a_drafter(commune), key=uuid4())


def test_a_call_for_communes_with_a_plan_refuses_one_without() -> None:
    commune = a_commune(plan_status="none")
    call = a_call_open(audience="with_plan")
    with pytest.raises(DomainError, match="réservé aux communes dotées"):
        services.create_draft(call.pk, commune.pk, by=a_drafter(commune), key=uuid4())


# --- Saving -----------------------------------------------------------------------------------------------------


def test_a_section_writes_only_what_it_holds() -> None:
    draft = a_draft()
    forged: dict[str, Any] = {
        "governance": "Un comité.",
        "title": "Autre titre",
        "allowed_cents": 99,
        "number": "FI-1",
        "state": "granted",
    }
    saved = services.save_section(
        draft.pk, "gouvernance", by=draft.created_by, values=forged, rows={"partners": [{"name": "Intrus"}]}
    )
    saved = Application.objects.get(pk=saved.pk)
    assert saved.governance == "Un comité."
    assert (saved.title, saved.allowed_cents, saved.number, saved.state) == ("", 0, None, "draft")
    assert not saved.partners.exists()


def test_saving_the_same_again_writes_nothing() -> None:
    draft = a_draft()
    rows = {"indicators": [{"label": "Agents formés", "target": "80"}]}
    once = services.save_section(draft.pk, "reussite", by=draft.created_by, values={"success": "tous."}, rows=rows)
    twice = services.save_section(draft.pk, "reussite", by=draft.created_by, values={"success": "tous."}, rows=rows)
    assert once.version == twice.version
    assert Entry.objects.filter(verb="save_section").count() == 1


def test_two_people_at_the_same_text_do_not_lose_a_word() -> None:
    draft = a_draft()
    colleague = a_drafter(draft.organisation)
    seen = services.tokens(draft, BY_SLUG["enjeu"])
    services.save_section(draft.pk, "enjeu", by=colleague, values={"stakes": "Le sien."})
    values = {"stakes": "Le mien.", "diagnostic": "Le mien aussi."}
    saved = services.save_units(draft.pk, "enjeu", by=draft.created_by, values=values, seen=seen)
    assert (saved.written, saved.conflicts) == (("diagnostic",), ("stakes",))
    kept = Application.objects.get(pk=draft.pk)
    assert (kept.stakes, kept.diagnostic) == ("Le sien.", "Le mien aussi.")


def test_what_one_did_not_change_does_not_undo_a_colleague() -> None:
    draft = a_draft()
    colleague = a_drafter(draft.organisation)
    seen = services.tokens(draft, BY_SLUG["enjeu"])
    services.save_section(draft.pk, "enjeu", by=colleague, values={"stakes": "Le sien."})
    values = {"stakes": "", "diagnostic": "À moi."}
    saved = services.save_units(draft.pk, "enjeu", by=draft.created_by, values=values, seen=seen)
    assert (saved.written, saved.conflicts) == (("diagnostic",), ())
    kept = Application.objects.get(pk=draft.pk)
    assert (kept.stakes, kept.diagnostic) == ("Le sien.", "À moi.")


def test_two_people_who_write_the_same_words_agree() -> None:
    draft = a_draft()
    seen = services.tokens(draft, BY_SLUG["enjeu"])
    services.save_section(draft.pk, "enjeu", by=a_drafter(draft.organisation), values={"stakes": "Pareil."})
    saved = services.save_units(draft.pk, "enjeu", by=draft.created_by, values={"stakes": "Pareil."}, seen=seen)
    assert (saved.written, saved.conflicts) == ((), ())


def test_a_reader_and_the_staff_do_not_write() -> None:
    draft = a_draft()
    for person in (a_reader(draft.organisation), an_instructor(), a_drafter()):
        with pytest.raises(NotAllowed):
            services.save_section(draft.pk, "enjeu", by=person, values={"stakes": "Intrusion."})


def test_the_budget_counts_the_money() -> None:
    draft = a_draft()
    saved = services.save_section(
        draft.pk, "budget", by=draft.created_by, rows={"budget_lines": balanced_budget(400_000, 100_000, 300_000)}
    )
    saved = Application.objects.get(pk=saved.pk)
    assert (saved.requested_cents, saved.total_cost_cents, saved.eligible_cost_cents) == (400_000, 800_000, 800_000)
    assert (saved.own_share_cents, saved.allowed_cents) == (300_000, 480_000)


def test_a_budget_asks_the_fund_once() -> None:
    draft = a_draft()
    twice = [a_line("product", "74", 100, is_request=True), a_line("product", "74", 200, is_request=True)]
    with pytest.raises(IntegrityError):
        services.save_section(draft.pk, "budget", by=draft.created_by, rows={"budget_lines": twice})


# --- Documents --------------------------------------------------------------------------------------------------


def test_a_document_is_joined_replaced_and_taken_away() -> None:
    draft = a_draft()
    first = services.attach_document(draft.pk, by=draft.created_by, code="deliberation", upload=a_pdf("a.pdf"))
    assert (first.title, first.file.state) == ("Deliberation", "quarantined")
    second = services.attach_document(
        draft.pk, by=draft.created_by, code="deliberation", upload=a_pdf("b.pdf"), replaces=first.pk
    )
    assert list(draft.attachments.values_list("pk", flat=True)) == [second.pk]
    services.remove_document(draft.pk, second.pk, by=draft.created_by)
    services.remove_document(draft.pk, second.pk, by=draft.created_by)
    assert not draft.attachments.exists()
    entries = Entry.objects.filter(chain=f"applications.application:{draft.pk}").order_by("sequence")
    verbs = list(entries.values_list("verb", flat=True))
    assert verbs == ["create", "attach_document", "attach_document", "remove_document"]


def test_documents_together_have_a_limit(settings: Any) -> None:
    draft = a_draft()
    settings.UPLOAD_MAX_BYTES_PER_APPLICATION = 1000
    services.attach_document(draft.pk, by=draft.created_by, code="devis", upload=a_pdf())
    with pytest.raises(DomainError, match="Les pièces d’un dossier pèsent au plus"):
        for _ in range(3):
            services.attach_document(draft.pk, by=draft.created_by, code="devis", upload=a_pdf())


def test_nobody_else_joins_or_takes_away() -> None:
    draft = a_draft()
    joined = services.attach_document(draft.pk, by=draft.created_by, code="devis", upload=a_pdf())
    for person in (a_reader(draft.organisation), a_drafter()):
        with pytest.raises(NotAllowed):
            services.attach_document(draft.pk, by=person, code="devis", upload=a_pdf())
        with pytest.raises(NotAllowed):
            services.remove_document(draft.pk, joined.pk, by=person)


# --- Having it signed -------------------------------------------------------------------------------------------


def test_the_signature_is_asked_of_a_complete_file_and_the_file_comes_back() -> None:
    draft = a_complete_draft()
    with pytest.raises(DomainError, match="pas encore de signataire"):
        services.ask_signature(draft.pk, by=draft.created_by)
    signatory = a_signatory(draft.organisation)
    asked = services.ask_signature(draft.pk, by=draft.created_by, version=draft.version)
    assert asked.signature_asked_at is not None
    mail = Message.objects.get(kind="signature_asked")
    assert mail.recipient_email == signatory.email
    assert f"/dossiers/{draft.public_id}/verifier/" in mail.body_html
    back = services.return_to_drafter(draft.pk, by=signatory, text="Le titre est trop long.", version=asked.version)
    assert back.signature_asked_at is None
    assert Remark.objects.get().text == "Le titre est trop long."
    assert Message.objects.get(kind="returned_to_drafter").recipient_email == draft.created_by.email


def test_an_incomplete_file_is_not_shown_to_the_signatory() -> None:
    draft = a_draft()
    a_signatory(draft.organisation)
    with pytest.raises(DomainError, match="n’est pas complet"):
        services.ask_signature(draft.pk, by=draft.created_by)


def test_a_drafter_does_not_return_a_file() -> None:
    draft = a_complete_draft()
    with pytest.raises(NotAllowed):
        services.return_to_drafter(draft.pk, by=draft.created_by, text="Non.")


# --- Reminders --------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_the_reminder_before_closing_is_said_once_a_period(owner_connection: psycopg.Connection[Any]) -> None:
    draft = a_draft()
    a_signatory(draft.organisation)
    both = a_signatory(draft.organisation)
    a_membership(both, "drafter", draft.organisation)
    a_reader(draft.organisation)
    a_sent_application(draft.call)

    def count() -> int:
        return Message.objects.filter(kind="closing_reminder").count()

    def close_in(days: int) -> None:
        owner_connection.execute(
            "UPDATE fund_call SET closes_at = now() + %s * interval '1 day' WHERE id = %s", [days, draft.call_id]
        )

    close_in(10)
    remind_before_closing()
    assert count() == 0
    close_in(6)
    remind_before_closing()
    remind_before_closing()
    assert count() == 3  # the drafter and two signatories, once each
    close_in(1)
    remind_before_closing()
    assert count() == 6
    assert "Il reste à faire" in Message.objects.filter(kind="closing_reminder").latest("id").body_text


@pytest.mark.django_db(transaction=True)
def test_who_signs_is_reminded_of_what_waits_for_the_signature(owner_connection: psycopg.Connection[Any]) -> None:
    draft = a_complete_draft()
    signer = a_signatory(draft.organisation)
    services.ask_signature(draft.pk, by=draft.created_by)
    owner_connection.execute("UPDATE fund_call SET closes_at = now() + interval '1 day' WHERE id = %s", [draft.call_id])
    for _ in range(2):
        remind_before_closing()
    mail = Message.objects.get(kind="closing_reminder", recipient_id=signer.pk)
    assert "attend la signature" in mail.subject and "attend sa signature" in mail.body_text


# --- Answering --------------------------------------------------------------------------------------------------


def test_nothing_is_answered_when_nothing_is_asked() -> None:
    sent = a_sent_application()
    with pytest.raises(DomainError, match="déjà partie"):
        services.answer_pieces(sent.pk, by=sent.created_by, text="Voici.")


def test_a_file_that_starts_after_it_is_sent_is_needed() -> None:
    draft = a_draft()
    values = {"starts_on": timezone.localdate() - timedelta(days=1), "ends_on": timezone.localdate()}
    services.save_section(draft.pk, "description", by=draft.created_by, values=values)
    with pytest.raises(DomainError, match="commence avant l’envoi"):
        drafting.refuse_when_incomplete(services.for_reading().get(pk=draft.pk))


def test_the_signatory_of_a_file_may_write_it() -> None:
    draft = a_draft()
    saved = services.save_section(draft.pk, "enjeu", by=signatory_of(draft), values={"stakes": "Relu."})
    assert saved.stakes == "Relu."
