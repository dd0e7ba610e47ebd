"""The outbox: said once, leased once, concluded once; attachments are verified; nobody waits for Redis."""

import threading
import time
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from common import wake
from common.errors import DomainError
from documents import services as documents
from journal.services import history
from notifications import delivery, services, tasks
from notifications.models import Message
from notifications.states import MessageState
from tests.factories.accounts import a_fund_manager
from tests.factories.documents import an_issued_file
from tests.factories.notifications import a_message
from tests.support.mail import SmtpSink

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def through_the_sink(settings: Any, smtp_sink: SmtpSink) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", smtp_sink.port
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_TIMEOUT = 5


def received(sink: SmtpSink) -> EmailMessage:
    (mail,) = sink.messages
    return mail


def test_a_message_leaves_as_text_html_and_verified_attachment(smtp_sink: SmtpSink) -> None:
    stored = an_issued_file(a_fund_manager())
    message = a_message(recipient_label="Roustan, Hélène", attachments=[documents.as_attachment(stored)])
    assert delivery.deliver(message.pk)
    mail = received(smtp_sink)
    assert mail["Message-ID"] == message.message_id
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["To"].addresses[0].display_name == "Roustan, Hélène"
    assert mail.get_body(("plain",)).get_content().startswith("Bonjour,")  # type: ignore[union-attr]
    assert "<p>Bonjour,</p>" in mail.get_body(("html",)).get_content()  # type: ignore[union-attr]
    (attachment,) = mail.iter_attachments()
    assert attachment.get_filename() == "Accusé.pdf" and attachment.get_content()[:5] == b"%PDF-"
    message.refresh_from_db()
    assert (message.state, message.lease) == (MessageState.SENT, None) and message.sent_at is not None


@pytest.mark.parametrize("harm", ["flip", "remove"])
def test_an_altered_attachment_never_leaves(harm: str, smtp_sink: SmtpSink) -> None:
    stored = an_issued_file(a_fund_manager())
    message = a_message(attachments=[documents.as_attachment(stored)])
    path = Path(default_storage.path(stored.path))
    path.unlink() if harm == "remove" else path.write_bytes(path.read_bytes() + b" ")
    for _ in range(delivery.MAX_OWN_ERRORS):
        delivery.deliver(message.pk)
        Message.objects.filter(pk=message.pk).update(next_attempt_at=timezone.now() - timedelta(seconds=1))
    message.refresh_from_db()
    assert message.state == MessageState.DEAD and not smtp_sink.messages
    assert "Accusé.pdf" in message.last_answer


def test_one_message_that_cannot_be_written_does_not_stop_the_others(smtp_sink: SmtpSink) -> None:
    poison = a_message(attachments=[{"name": "x"}])
    others = [a_message() for _ in range(20)]
    assert delivery.relay() == (20, False)
    assert {mail["Message-ID"] for mail in smtp_sink.messages} == {message.message_id for message in others}
    poison.refresh_from_db()
    assert poison.state == MessageState.QUEUED and poison.attempts == 1


def test_a_message_that_awaits_its_document_stays_until_it_has_it(smtp_sink: SmtpSink) -> None:
    message = a_message(awaits="application_receipt")
    assert delivery.relay() == (0, False)
    services.attach(message, documents.as_attachment(an_issued_file(a_fund_manager())))
    assert delivery.relay() == (1, False)
    assert [part.get_filename() for part in received(smtp_sink).iter_attachments()] == ["Accusé.pdf"]


def test_the_same_thing_is_said_once() -> None:
    first, second = (a_message(key="dossier-1", recipient_email="Claire@exemple.test") for _ in range(2))
    assert first.pk == second.pk
    assert a_message(key="dossier-1", recipient_email="autre@exemple.test").pk != first.pk


def test_a_leased_message_is_nobody_elses_until_the_lease_runs_out() -> None:
    message = a_message()
    held = delivery.claim(message.pk)
    assert held is not None
    assert delivery.claim() is None and delivery.claim(message.pk) is None
    Message.objects.filter(pk=message.pk).update(leased_until=timezone.now() - timedelta(seconds=1))
    again = delivery.claim()
    assert again is not None and again.lease != held.lease and again.attempts == 2
    sent = delivery.Answer(delivery.Outcome.SENT, "250")
    assert not delivery.conclude(held, sent)  # the first holder comes back too late
    assert delivery.conclude(again, sent)
    message.refresh_from_db()
    assert message.state == MessageState.SENT


def test_a_message_that_ends_its_worker_each_time_is_given_up() -> None:
    message = a_message()
    Message.objects.filter(pk=message.pk).update(
        attempts=delivery.MAX_ATTEMPTS, leased_until=timezone.now() - timedelta(seconds=1)
    )
    delivery.relay()
    message.refresh_from_db()
    assert message.state == MessageState.DEAD


@pytest.mark.django_db(transaction=True)
def test_five_workers_side_by_side_send_each_message_once(smtp_sink: SmtpSink) -> None:
    expected = {a_message().message_id for _ in range(60)}
    counts: list[int] = []

    def work() -> None:
        counts.append(delivery.relay()[0])
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sum(counts) == 60
    assert sorted(mail["Message-ID"] for mail in smtp_sink.messages) == sorted(expected)


def test_the_relay_stops_in_time_and_says_that_more_waits() -> None:
    for _ in range(3):
        a_message()
    assert delivery.relay(seconds=0) == (1, True)


@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_queues_many_messages_wakes_the_relay_once(monkeypatch: pytest.MonkeyPatch) -> None:
    woken: list[str] = []
    monkeypatch.setattr(services, "wake", lambda task: woken.append(task.name))
    with transaction.atomic():
        for _ in range(5):
            with transaction.atomic():
                a_message()
        assert not woken
    assert woken == ["notifications.tasks.relay"]


def test_a_rolled_back_event_says_nothing() -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        a_message()
        raise ZeroDivisionError
    assert not Message.objects.exists()


def test_nobody_waits_for_a_redis_that_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wake, "_quiet_until", 0.0)
    tries: list[int] = []

    def refuse(*args: object, **kwargs: object) -> None:
        tries.append(1)
        raise ConnectionError("no")

    monkeypatch.setattr(tasks.relay, "apply_async", refuse)
    start = time.monotonic()
    assert [wake.wake(tasks.relay) for _ in range(50)] == [False] * 50
    assert len(tries) == 1 and time.monotonic() - start < 1


def test_what_was_given_up_leaves_again_and_what_was_refused_leaves_anew(smtp_sink: SmtpSink) -> None:
    manager = a_fund_manager()
    dead, failed = a_message(), a_message()
    Message.objects.filter(pk=dead.pk).update(state=MessageState.DEAD, attempts=delivery.MAX_ATTEMPTS)
    Message.objects.filter(pk=failed.pk).update(state=MessageState.FAILED)
    assert services.send_again(dead.pk, by=manager).pk == dead.pk
    anew = services.send_again(failed.pk, by=manager)
    assert anew.pk != failed.pk and anew.message_id != failed.message_id
    assert services.send_again(failed.pk, by=manager).pk == anew.pk  # a double click says it once
    assert delivery.relay() == (2, False)
    assert history(dead).get().verb == "send_again"
    with pytest.raises(DomainError, match="il est parti"):
        services.send_again(dead.pk, by=manager)


def test_the_database_keeps_what_was_said() -> None:
    message = a_message()
    assert delivery.deliver(message.pk)
    for change in ("state = 'queued', sent_at = NULL", "subject = 'autre chose'", "recipient_email = 'x@y.fr'"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE notifications_message SET {change} WHERE id = %s", [message.pk])
    with pytest.raises(Exception, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM notifications_message WHERE id = %s", [message.pk])
