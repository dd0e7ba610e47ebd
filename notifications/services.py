"""Queue a message in the caller's transaction. Sending is in `notifications.delivery`."""

import hashlib
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now

from common.actors import Actor
from common.errors import DomainError
from common.wake import wake
from journal.models import Kind
from journal.services import record
from notifications.models import Message
from notifications.states import MessageState


def queue(
    *,
    kind: str,
    key: str | None,
    recipient_email: str,
    subject: str,
    text: str,
    html: str = "",
    recipient_id: int | None = None,
    recipient_label: str = "",
    subject_ref: str = "",
    attachments: list[dict[str, Any]] | None = None,
    awaits: str = "",
) -> Message:
    """Write one message in the outbox, in the caller's transaction; the relay sends it after the commit.

    `key` says it only once (kind, object, period; the recipient is added here): queueing the same again returns
    the message that stands. None means that each call is a new message (a password reset).
    """
    dedup = dedup_of(kind, key, recipient_email)
    message_id = f"<{hashlib.sha256(dedup.encode()).hexdigest()[:32]}@{settings.MESSAGE_ID_DOMAIN}>"
    message = Message(
        dedup_key=dedup,
        kind=kind,
        recipient_id=recipient_id,
        recipient_email=recipient_email,
        recipient_label=recipient_label,
        subject_ref=subject_ref,
        subject=" ".join(subject.split())[:250],
        body_text=text,
        body_html=html,
        attachments=attachments or [],
        awaits=awaits,
        message_id=message_id,
    )
    # One statement and no savepoint, unlike get_or_create: said twice at once, the second finds the first.
    Message.objects.bulk_create([message], ignore_conflicts=True)
    wake_relay()
    return Message.objects.get(dedup_key=dedup)


def dedup_of(kind: str, key: str | None, email: str) -> str:
    """What makes a message unique; short enough for its column."""
    dedup = f"{kind}:{key}:{email.lower()}" if key else f"{kind}:{uuid4()}"
    return dedup if len(dedup) <= 200 else hashlib.sha256(dedup.encode()).hexdigest()


def again_key(message: Message) -> str:
    """The key of the message that repeats a refused one."""
    return f"again-{message.pk}"


def already_again(messages: list[Message]) -> set[int]:
    """Those of these refused messages that were sent again."""
    keys = {dedup_of(one.kind, again_key(one), one.recipient_email): one.pk for one in messages}
    return {keys[key] for key in Message.objects.filter(dedup_key__in=keys).values_list("dedup_key", flat=True)}


def attach(message: Message, attachment: dict[str, Any]) -> None:
    """Give a message that awaits a document its document ({"name", "path", "type", "sha256"}): it may leave."""
    Message.objects.filter(pk=message.pk, state="queued").update(attachments=[attachment], awaits="")
    wake_relay()


def wake_relay() -> None:
    """After the commit, once for all the messages of a transaction. Redis only wakes a worker: when it is down, the
    sweeper of the next minute does it."""
    if not any(entry[1] is _wake for entry in connection.run_on_commit):
        transaction.on_commit(_wake, robust=True)


def _wake() -> None:
    from notifications.tasks import relay

    wake(relay)


@transaction.atomic
def send_again(pk: int, *, by: Actor) -> Message:
    """Another try for a message that was given up or refused. What was refused leaves as a new message: a refusal stays."""
    try:
        message = Message.objects.select_for_update(no_key=True).get(pk=pk)
    except Message.DoesNotExist as error:
        raise DomainError("Ce message n’existe plus.") from error
    if message.state == MessageState.DEAD:
        message.state, message.attempts, message.next_attempt_at = MessageState.QUEUED, 0, Now()
        message.save(update_fields=["state", "attempts", "next_attempt_at"])
        wake_relay()
        again = message
    elif message.state == MessageState.FAILED:
        again = queue(
            kind=message.kind,
            key=again_key(message),
            recipient_email=message.recipient_email,
            recipient_id=message.recipient_id,
            recipient_label=message.recipient_label,
            subject_ref=message.subject_ref,
            subject=message.subject,
            text=message.body_text,
            html=message.body_html,
            attachments=message.attachments,
        )
    else:
        raise DomainError("Ce message n’a pas besoin d’être renvoyé : il est parti, ou il attend son tour.")
    record(message, by=by, verb="send_again", kind=Kind.MESSAGE, data={"message": again.pk})
    return again
