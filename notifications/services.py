"""Queue a message in the caller's transaction. Sending is in `notifications.delivery`."""

import hashlib
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import transaction

from notifications.models import Message


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
    dedup = f"{kind}:{key}:{recipient_email.lower()}" if key else f"{kind}:{uuid4()}"
    message_id = f"<{hashlib.sha256(dedup.encode()).hexdigest()[:40]}@{settings.MESSAGE_ID_DOMAIN}>"
    message, created = Message.objects.get_or_create(
        dedup_key=dedup[:200] if len(dedup) <= 200 else hashlib.sha256(dedup.encode()).hexdigest(),
        defaults={
            "kind": kind,
            "recipient_id": recipient_id,
            "recipient_email": recipient_email,
            "recipient_label": recipient_label,
            "subject_ref": subject_ref,
            "subject": " ".join(subject.split())[:250],
            "body_text": text,
            "body_html": html,
            "attachments": attachments or [],
            "awaits": awaits,
            "message_id": message_id,
        },
    )
    if created:
        transaction.on_commit(_wake, robust=True)
    return message


def attach(message: Message, attachment: dict[str, Any]) -> None:
    """Give a message that awaits a document its document ({"name", "path", "type", "sha256"}): it may leave."""
    Message.objects.filter(pk=message.pk, state="queued").update(attachments=[attachment], awaits="")
    transaction.on_commit(_wake, robust=True)


def _wake() -> None:
    """Redis only wakes a worker; when it is down the sweeper of the next minute does it."""
    from notifications.tasks import relay

    relay.delay()
