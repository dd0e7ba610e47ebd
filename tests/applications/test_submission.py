"""Sending: complete, in time, once, for ever."""

from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from applications import receipts, services, snapshot
from applications.models import Application
from applications.services import submission
from applications.tasks import make_missing_receipts
from common.dates import day
from common.errors import DomainError, NotAllowed, Stale
from documents.models import StoredFile
from fund.models import Counter
from journal.models import Entry
from notifications.models import Message
from tests.factories.accounts import a_drafter, a_signatory
from tests.factories.applications import a_complete_draft, a_draft, a_sent_application, signatory_of
from tests.factories.fund import a_call_open

pytestmark = pytest.mark.django_db
MAX_QUERIES = 35


def test_a_complete_file_is_sent_with_its_number_its_seal_and_its_delay() -> None:
    sent = Application.objects.get(pk=a_sent_application().pk)
    assert (sent.state, sent.number) == ("submitted", f"FI-{sent.call.year}-0001")
    assert snapshot.is_intact(sent)
    assert sent.due_on == timezone.localdate() + timedelta(days=60)
    assert sent.snapshot["amounts"]["requested_cents"] == sent.requested_cents == 400_000
    assert {one["code"] for one in sent.snapshot["documents"]} == {"deliberation", "plan_financement"}
    assert all(len(one["sha256"]) == 64 for one in sent.snapshot["documents"])
    entry = Entry.objects.get(subject_type="applications.application", subject_id=sent.pk, verb="submit")
    assert entry.data == {"number": sent.number, "sha256": sent.snapshot_sha256}
    connection.check_constraints()


def test_the_hash_tells_a_changed_snapshot() -> None:
    sent = Application.objects.get(pk=a_sent_application().pk)
    sent.snapshot["sections"]["title"] += "."
    assert not snapshot.is_intact(sent)


def test_numbers_follow_one_another_without_a_gap_even_after_a_refusal() -> None:
    call = a_call_open()
    first = a_sent_application(call)
    with pytest.raises(DomainError):
        services.submit(a_draft(call).pk, by=signatory_of(a_draft(call)))
    second = a_sent_application(call)
    assert [first.number[-4:], second.number[-4:]] == ["0001", "0002"]


def test_sending_twice_gives_one_number() -> None:
    draft = a_complete_draft()
    signatory = signatory_of(draft)
    services.submit(draft.pk, by=signatory, version=draft.version)
    with pytest.raises(DomainError, match="déjà envoyé, sous le numéro FI-"):
        services.submit(draft.pk, by=signatory, version=draft.version)
    assert Counter.objects.get(series="FI").value == 1
    assert Message.objects.filter(kind="application_submitted").count() == 2  # the signatory and the drafter


def test_only_a_signatory_of_the_commune_sends() -> None:
    draft = a_complete_draft()
    for stranger in (a_drafter(draft.organisation), a_signatory()):
        with pytest.raises(NotAllowed):
            services.submit(draft.pk, by=stranger)


def test_what_changed_since_it_was_read_is_not_sent() -> None:
    draft = a_complete_draft()
    services.save_section(draft.pk, "gouvernance", by=draft.created_by, values={"governance": "Un comité, deux élues."})
    with pytest.raises(Stale):
        services.submit(draft.pk, by=signatory_of(draft), version=draft.version)


@pytest.mark.parametrize(
    ("slug", "values", "words"),
    [
        ("gouvernance", {"governance": ""}, "qui fait quoi"),
        ("description", {"grounds": []}, "critères de discrimination"),
        ("description", {"starts_on": timezone.localdate() - timedelta(days=3)}, "commence avant l’envoi"),
        ("engagements", {"commitments": ["sincerity"]}, r"4\sengagements à cocher"),
    ],
)
def test_an_incomplete_file_is_refused_with_what_it_lacks(slug: str, values: dict[str, Any], words: str) -> None:
    draft = a_complete_draft()
    services.save_section(draft.pk, slug, by=draft.created_by, values=values)
    with pytest.raises(DomainError, match=words):
        services.submit(draft.pk, by=signatory_of(draft))
    assert Application.objects.get(pk=draft.pk).state == "draft"


def test_a_missing_document_is_named() -> None:
    draft = a_complete_draft()
    attachment = draft.attachments.get(code="deliberation")
    services.remove_document(draft.pk, attachment.pk, by=draft.created_by)
    with pytest.raises(DomainError, match="deliberation"):
        services.submit(draft.pk, by=signatory_of(draft))


def test_a_complete_file_is_sent_with_few_queries() -> None:
    draft = a_complete_draft()
    signatory = signatory_of(draft)
    with CaptureQueriesContext(connection) as queries:
        services.submit(draft.pk, by=signatory, version=draft.version)
    assert len(queries) <= MAX_QUERIES, "\n".join(query["sql"][:120] for query in queries)


# --- In time, by the database's clock ---------------------------------------------------------------------------


def move_closing(owner: psycopg.Connection[Any], draft: Application, sql: str) -> None:
    owner.execute(f"UPDATE fund_call SET closes_at = {sql} WHERE id = %s", [draft.call_id])


@pytest.mark.django_db(transaction=True)
def test_one_second_after_closing_it_is_refused_with_the_hours(owner_connection: psycopg.Connection[Any]) -> None:
    draft = a_complete_draft()
    signatory = signatory_of(draft)
    move_closing(owner_connection, draft, "now() - interval '1 second'")
    with pytest.raises(DomainError, match=r"Il est \d+ h \d\d min \d\d s .* l’appel a clos le \d") as refusal:
        services.submit(draft.pk, by=signatory)
    assert "gardé" in str(refusal.value)
    draft = Application.objects.get(pk=draft.pk)
    assert (draft.state, draft.number) == ("draft", None)
    assert not Counter.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_database_has_the_last_word(
    owner_connection: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = a_complete_draft()
    signatory = signatory_of(draft)
    move_closing(owner_connection, draft, "now() - interval '1 second'")
    asked = submission.refuse_when_closed
    calls: list[Any] = []
    monkeypatch.setattr(
        submission, "refuse_when_closed", lambda call, **when: asked(call) if calls else calls.append(call)
    )
    with pytest.raises(DomainError, match="l’appel a clos le"):
        services.submit(draft.pk, by=signatory)
    assert Application.objects.get(pk=draft.pk).state == "draft"


@pytest.mark.django_db(transaction=True)
def test_who_clicked_in_time_and_queued_is_not_refused(owner_connection: psycopg.Connection[Any]) -> None:
    draft = a_complete_draft()
    signatory = signatory_of(draft)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT now()")
        move_closing(owner_connection, draft, "clock_timestamp()")
        sent = services.submit(draft.pk, by=signatory)
    assert sent.number is not None


def test_what_was_sent_is_frozen_for_the_services_and_for_sql() -> None:
    sent = a_sent_application()
    with pytest.raises(NotAllowed, match="ne change plus"):
        services.save_section(sent.pk, "enjeu", by=sent.created_by, values={"stakes": "Autre chose."})
    for statement in (
        "UPDATE applications_application SET title = 'Autre' WHERE id = %s",
        "UPDATE applications_budgetline SET amount_cents = 1 WHERE application_id = %s",
        "DELETE FROM applications_attachment WHERE application_id = %s",
    ):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, [sent.pk])


# --- The receipt ------------------------------------------------------------------------------------------------


def test_the_receipt_is_made_once_and_given_to_the_mails_that_wait() -> None:
    sent = a_sent_application()
    assert {m.awaits for m in Message.objects.filter(kind="application_submitted")} == {"application_receipt"}
    first = receipts.make(sent.pk)
    again = receipts.make(sent.pk)
    assert first == again
    assert StoredFile.objects.filter(origin="issued").count() == 1
    for message in Message.objects.filter(kind="application_submitted"):
        assert message.awaits == ""
        assert message.attachments[0]["sha256"] == first.sha256
        assert f"/dossiers/{sent.public_id}/" in message.body_text
        assert f"/dossiers/{sent.public_id}/" in message.body_html


def test_the_receipt_says_what_happens_next_with_the_dates_of_the_call() -> None:
    sent = a_sent_application()
    steps = " ".join(receipts.next_steps(sent))
    assert f"L’appel ferme le {day(sent.call.closes_at)}" in steps
    assert f"attendu avant le {day(sent.call.report_due_on)}" in steps
    sent.call.decision_expected_on = sent.call.report_due_on
    assert f"La décision, prévue le {day(sent.call.report_due_on)}, vous est écrite" in " ".join(
        receipts.next_steps(sent)
    )


def test_the_sweeper_makes_the_receipts_that_were_forgotten() -> None:
    sent = a_sent_application()
    make_missing_receipts()
    sent = Application.objects.select_related("receipt").get(pk=sent.pk)
    assert sent.receipt.name == f"Accusé de réception {sent.number}.pdf"
    assert not Message.objects.filter(awaits="application_receipt").exists()


# --- Taking it back ---------------------------------------------------------------------------------------------


def test_the_commune_takes_its_file_back_with_a_reason() -> None:
    sent = a_sent_application()
    with pytest.raises(NotAllowed):
        services.withdraw(sent.pk, by=sent.created_by, reason="Le conseil a reporté l’action.")
    with pytest.raises(DomainError, match="pourquoi"):
        services.withdraw(sent.pk, by=signatory_of(sent), reason=" ")
    taken = services.withdraw(sent.pk, by=signatory_of(sent), reason="Le conseil a reporté l’action.")
    assert (taken.state, taken.number) == ("withdrawn", sent.number)
