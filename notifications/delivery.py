"""Take messages out of the outbox and hand them to the mail server, each to one final state.

A message is claimed under a lock (SKIP LOCKED lets workers work side by side) that leaves a lease, handed over, and concluded
by an UPDATE that holds only while the lease is ours. No transaction is open while the mail server talks.
A worker that dies leaves a lease that runs out, and the next sweep takes the message again.

What cannot be excluded: a worker that dies, or a line that is cut, between the server's « 250 » and our UPDATE. The
message then leaves a second time, with the same Message-ID. That gap is one UPDATE long.
"""

import hashlib
import smtplib
import threading
import time
from dataclasses import dataclass
from datetime import timedelta
from email.utils import formataddr
from enum import Enum
from types import TracebackType
from typing import Any
from uuid import uuid4

import structlog
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from notifications import smtp
from notifications.models import Message
from notifications.states import MessageState

log = structlog.get_logger(__name__)

# 1 minute, then longer and longer: 72 hours in all. One attempt more than delays, then a person decides.
DELAYS = [timedelta(minutes=m) for m in (1, 5, 15, 30, 60, 120, 240, *[480] * 8)]
MAX_ATTEMPTS = len(DELAYS) + 1
# An error of ours (a lost attachment, a message no library can write) is not mended by waiting three days.
MAX_OWN_ERRORS = 5
# A conversation ends well before its lease does, so that nobody else can be sending the same message.
CONVERSATION_SHARE = 0.75
OUR_SMTP = "notifications.smtp.Backend"
RUN_SECONDS = 50.0
FAILURES_IN_A_ROW = 2


class Outcome(Enum):
    SENT = "sent"
    REFUSED = "refused"  # for good, by who receives
    LATER = "later"  # the server says later, or cannot be reached
    OUR_ERROR = "our error"


@dataclass(frozen=True)
class Answer:
    outcome: Outcome
    words: str
    server_gone: bool = False


class AttachmentAltered(Exception):
    """What is to be attached is missing or no longer what it was."""


# --- The outbox -------------------------------------------------------------------------------


def due() -> Any:
    """Messages that may leave now and that nobody holds."""
    return Message.objects.filter(
        Q(lease__isnull=True) | Q(leased_until__lt=Now()),
        state=MessageState.QUEUED,
        awaits="",
        next_attempt_at__lte=Now(),
        attempts__lt=MAX_ATTEMPTS,
    )


@transaction.atomic
def claim(message_id: int | None = None) -> Message | None:
    """Lease one due message (the longest waiting, or this one) and count the attempt; None when there is none."""
    wanted = due() if message_id is None else due().filter(pk=message_id)
    message = wanted.order_by("next_attempt_at").select_for_update(skip_locked=True, of=("self",)).first()
    if message is None:
        return None
    message.lease = uuid4()
    message.attempts += 1
    Message.objects.filter(pk=message.pk).update(
        lease=message.lease,
        attempts=message.attempts,
        leased_until=Now() + timedelta(seconds=settings.MAIL_LEASE_SECONDS),
    )
    return message


def conclude(message: Message, answer: Answer) -> bool:
    """Write how it ended, if the lease is still ours; False when somebody else has it."""
    changes: dict[str, Any] = {"lease": None, "leased_until": None, "last_answer": answer.words[:500]}
    if answer.outcome is Outcome.SENT:
        changes |= {"state": MessageState.SENT, "sent_at": Now()}
    elif answer.outcome is Outcome.REFUSED:
        changes |= {"state": MessageState.FAILED}
    elif message.attempts >= (MAX_OWN_ERRORS if answer.outcome is Outcome.OUR_ERROR else MAX_ATTEMPTS):
        changes |= {"state": MessageState.DEAD}
    else:
        changes |= {"next_attempt_at": Now() + DELAYS[message.attempts - 1]}
    held = Message.objects.filter(pk=message.pk, lease=message.lease, state=MessageState.QUEUED).update(**changes)
    level = log.info if answer.outcome is Outcome.SENT else log.warning
    level("message_attempt", message=message.pk, kind=message.kind, outcome=answer.outcome.value, held=bool(held))
    return bool(held)


def bury_exhausted() -> int:
    """A message that ended its worker at every attempt concludes nothing by itself."""
    return (
        Message.objects.filter(state=MessageState.QUEUED, attempts__gte=MAX_ATTEMPTS)
        .filter(Q(lease__isnull=True) | Q(leased_until__lt=Now()))
        .update(state=MessageState.DEAD, lease=None, leased_until=None)
    )


# --- The mail server --------------------------------------------------------------------------


class Courier:
    """One conversation with the mail server for many messages; opened when first needed."""

    def __init__(self) -> None:
        self._connection: Any = None

    def __enter__(self) -> "Courier":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.hang_up()

    def hang_up(self) -> None:
        if self._connection is not None:
            smtp.hang_up(self._connection)
            self._connection = None

    def send(self, message: Message) -> Answer:
        try:
            mail = compose(message)
            answer = self._hand_over(mail)
        except Exception as error:
            answer = judge(error)
        if answer.server_gone:
            self.hang_up()
        return answer

    def _hand_over(self, mail: EmailMultiAlternatives) -> Answer:
        if self._connection is None:
            self._connection = get_connection(OUR_SMTP if settings.EMAIL_BACKEND == smtp.DJANGO else None)
        # A server that drips its answers is left well before the lease runs out.
        watch = threading.Timer(
            settings.MAIL_LEASE_SECONDS * CONVERSATION_SHARE, getattr(self._connection, "cut", lambda: None)
        )
        watch.daemon = True
        watch.start()
        try:
            self._connection.open()
            self._connection.send_messages([mail])
        finally:
            watch.cancel()
        return Answer(Outcome.SENT, "250")


def compose(message: Message) -> EmailMultiAlternatives:
    """The mail of a message, with its own Message-ID and its attachments verified."""
    mail = EmailMultiAlternatives(
        subject=message.subject,
        body=message.body_text,
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[formataddr((" ".join(message.recipient_label.split()), message.recipient_email))],
        headers={
            "Message-ID": message.message_id,
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
            "Content-Language": "fr",
        },
    )
    if message.body_html:
        mail.attach_alternative(message.body_html, "text/html")
    for one in message.attachments:
        mail.attach(one["name"], read_attachment(one), one["type"])
    return mail


def read_attachment(attachment: dict[str, str]) -> bytes:
    try:
        with default_storage.open(attachment["path"]) as file:
            content: bytes = file.read()
    except FileNotFoundError as error:
        raise AttachmentAltered(f"{attachment['name']} : le fichier manque") from error
    if hashlib.sha256(content).hexdigest() != attachment["sha256"]:
        raise AttachmentAltered(f"{attachment['name']} : l’empreinte ne correspond pas")
    return content


def judge(error: Exception) -> Answer:
    """What an error of the conversation means for the message."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, words = next(iter(error.recipients.values()))
        return _by_code(code, words)
    if isinstance(error, smtplib.SMTPDataError):
        return _by_code(error.smtp_code, error.smtp_error)
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return Answer(Outcome.REFUSED, _words(error), server_gone=True)
    if isinstance(error, smtplib.SMTPResponseException):  # sender, greeting or password: ours to mend
        return Answer(Outcome.LATER, f"{error.smtp_code} {_plain(error.smtp_error)}", server_gone=True)
    if isinstance(error, (smtplib.SMTPException, OSError)):
        return Answer(Outcome.LATER, _words(error), server_gone=True)
    return Answer(Outcome.OUR_ERROR, _words(error))


def _by_code(code: int, words: bytes | str) -> Answer:
    said = f"{code} {_plain(words)}"
    if 500 <= code < 600:
        return Answer(Outcome.REFUSED, said)
    return Answer(Outcome.LATER, said, server_gone=not 400 <= code < 500 or code == 421)


def _plain(words: bytes | str) -> str:
    return words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:500]


# --- Verbs of the tasks -----------------------------------------------------------------------


def deliver(message_id: int) -> bool:
    """Try this message now, if it is due and free; True when it is sent."""
    message = claim(message_id)
    if message is None:
        return False
    with Courier() as courier:
        answer = courier.send(message)
        return conclude(message, answer) and answer.outcome is Outcome.SENT


def relay(seconds: float = RUN_SECONDS) -> tuple[int, bool]:
    """Send what is due, one after the other; how many were sent, and whether more is waiting.

    Stops after `seconds`, or when the server could not be reached twice in a row: the next sweep tries again.
    """
    bury_exhausted()
    end = time.monotonic() + seconds
    sent = failures = 0
    with Courier() as courier:
        while (message := claim()) is not None:
            answer = courier.send(message)
            if conclude(message, answer) and answer.outcome is Outcome.SENT:
                sent += 1
            failures = failures + 1 if answer.server_gone else 0
            if failures >= FAILURES_IN_A_ROW:
                return sent, False
            if time.monotonic() > end:
                return sent, True
    return sent, False
