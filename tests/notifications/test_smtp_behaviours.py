"""Twenty ways in which a mail server misbehaves: each mail ends in exactly one state, and no worker is held."""

import time
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from common.supervisor.service import free_port
from notifications import delivery
from notifications.models import Message
from notifications.states import MessageState
from tests.factories.notifications import a_message
from tests.notifications.hostile import HostileServer

pytestmark = pytest.mark.django_db
Q, S, F, D = MessageState.QUEUED, MessageState.SENT, MessageState.FAILED, MessageState.DEAD

BEHAVIOURS: dict[str, tuple[dict[str, Any], MessageState]] = {
    "accepts": ({}, S),
    "busy at the greeting": ({"greeting": b"421 4.3.2 later\r\n"}, Q),
    "closed at the greeting": ({"greeting": b"554 5.3.2 no\r\n"}, Q),
    "silent at the greeting": ({"greeting": "hang"}, Q),
    "hangs up at the greeting": ({"greeting": "cut"}, Q),
    "half a line, then gone": ({"greeting": b"220 ho"}, Q),
    "drips its greeting": ({"greeting": "drip"}, Q),
    "talks nonsense": ({"RCPT": b"hello there\r\n"}, Q),
    "silent at EHLO": ({"EHLO": "hang"}, Q),
    "refuses our sender": ({"MAIL": b"550 5.7.1 who are you\r\n"}, Q),
    "greylists": ({"RCPT": b"450 4.2.0 try later\r\n"}, Q),
    "mailbox full": ({"RCPT": b"452 4.2.2 full\r\n"}, Q),
    "closing at RCPT": ({"RCPT": b"421 4.3.2 closing\r\n"}, Q),
    "no such person": ({"RCPT": b"550 5.1.1 unknown\r\n"}, F),
    "refuses at DATA": ({"DATA": b"554 5.6.0 no\r\n"}, F),
    "later at DATA": ({"DATA": b"451 4.3.0 later\r\n"}, Q),
    "silent after the content": ({"content": "hang"}, Q),
    "gone after the content": ({"content": "cut"}, Q),
    "later after the content": ({"content": b"451 4.3.0 later\r\n"}, Q),
    "spam after the content": ({"content": b"554 5.7.1 spam\r\n"}, F),
}


@pytest.fixture(autouse=True)
def impatient(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_TIMEOUT = 1
    settings.MAIL_LEASE_SECONDS = 4
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False


@pytest.mark.parametrize("name", BEHAVIOURS)
def test_each_attempt_ends_in_one_state(name: str, settings: Any) -> None:
    script, expected = BEHAVIOURS[name]
    message = a_message()
    start = time.monotonic()
    with HostileServer(**script) as server:
        settings.EMAIL_PORT = server.port
        delivery.relay()
    assert time.monotonic() - start < 5
    message.refresh_from_db()
    assert message.state == expected, message.last_answer
    assert message.attempts == 1 and message.lease is None and message.last_answer
    assert len(server.accepted) == (1 if expected == S or script.get("content") == "cut" else 0)
    if expected == Q:
        assert timedelta(seconds=50) < message.next_attempt_at - timezone.now() <= timedelta(minutes=1)
        assert delivery.relay() == (0, False)  # not before its time


def test_nobody_listens(settings: Any) -> None:
    settings.EMAIL_PORT = free_port()
    messages = [a_message() for _ in range(6)]
    delivery.relay()
    attempts = [Message.objects.get(pk=message.pk).attempts for message in messages]
    assert attempts == [1, 1, 0, 0, 0, 0]  # a server that is down is not asked for each message
    assert set(Message.objects.values_list("state", flat=True)) == {Q}


def test_a_refused_person_does_not_stop_the_others(settings: Any) -> None:
    with HostileServer(RCPT=b"550 5.1.1 unknown\r\n") as server:
        settings.EMAIL_PORT = server.port
        for _ in range(5):
            a_message()
        delivery.relay()
    assert Message.objects.filter(state=F).count() == 5
    assert server.connections == 1


def test_after_three_days_of_trying_a_person_decides(settings: Any) -> None:
    """The delays grow, sum to 72 hours, and the last failure is final."""
    settings.EMAIL_PORT = free_port()
    message = a_message()
    waited = timedelta()
    for attempt in range(1, delivery.MAX_ATTEMPTS + 1):
        assert not delivery.deliver(message.pk)
        message.refresh_from_db()
        assert message.attempts == attempt
        if message.state != Q:
            break
        waited += message.next_attempt_at - timezone.now()
        Message.objects.filter(pk=message.pk).update(next_attempt_at=timezone.now() - timedelta(seconds=1))
    assert message.state == D
    assert timedelta(hours=71) < waited < timedelta(hours=73)
    assert delivery.relay() == (0, False)


def test_the_second_try_of_a_cut_line_carries_the_same_message_id(settings: Any) -> None:
    message = a_message()
    with HostileServer(content="cut") as server:
        settings.EMAIL_PORT = server.port
        delivery.deliver(message.pk)
        Message.objects.filter(pk=message.pk).update(next_attempt_at=timezone.now() - timedelta(seconds=1))
        server.script = {}
        assert delivery.deliver(message.pk)
    assert len(server.accepted) == 2
    assert all(f"Message-ID: {message.message_id}".encode() in content for content in server.accepted)
