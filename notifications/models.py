"""The outbox: what must be said stands here, in the transaction of the event; Redis only wakes the workers."""

from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from common.grants import Grants
from common.guards import Guard, no_delete, refuse
from notifications.states import FINAL, MessageState

FINAL_STAYS = f"""
IF OLD.state IN ('sent', 'failed') AND NEW.state <> OLD.state THEN {refuse("a message that left does not come back")} END IF;
IF (NEW.dedup_key, NEW.recipient_email, NEW.subject, NEW.body_text, NEW.body_html, NEW.message_id)
    IS DISTINCT FROM (OLD.dedup_key, OLD.recipient_email, OLD.subject, OLD.body_text, OLD.body_html, OLD.message_id)
THEN {refuse("what a message says is never rewritten")} END IF;
IF OLD.state IN ('sent', 'failed') AND (NEW.attachments, NEW.sent_at, NEW.kind, NEW.recipient_id, NEW.subject_ref)
    IS DISTINCT FROM (OLD.attachments, OLD.sent_at, OLD.kind, OLD.recipient_id, OLD.subject_ref)
THEN {refuse("what a message said is never rewritten")} END IF;
RETURN NEW;
"""


class Message(models.Model):
    """One mail to one person. Written by `notifications.services.queue`, sent by `notifications.delivery`.

    `dedup_key` says it only once: kind, object, recipient and period. `subject_ref` is the public number of what it
    is about; `attachments` names stored files ({"name", "path", "type", "sha256"}). While `awaits` names a document still
    to be made (a receipt), the message does not leave.
    """

    grants = Grants.NO_DELETE

    dedup_key = models.CharField(max_length=200, unique=True)
    kind = models.CharField("sorte", max_length=60)
    recipient_id = models.BigIntegerField(null=True)
    recipient_email = models.EmailField("destinataire")
    recipient_label = models.CharField(max_length=200, blank=True, default="")
    subject_ref = models.CharField("à propos de", max_length=60, blank=True, default="", db_index=True)
    subject = models.CharField("objet", max_length=250)
    body_text = models.TextField()
    body_html = models.TextField(blank=True, default="")
    attachments = models.JSONField(default=list)
    awaits = models.CharField(max_length=120, blank=True, default="")
    message_id = models.CharField(max_length=120, unique=True)
    state = models.CharField("état", max_length=10, choices=MessageState, default=MessageState.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(db_default=Now())
    lease = models.UUIDField(null=True)
    leased_until = models.DateTimeField(null=True)
    last_answer = models.CharField("dernière réponse", max_length=500, blank=True, default="")
    created_at = models.DateTimeField("mis en file le", db_default=Now())
    sent_at = models.DateTimeField("envoyé le", null=True)

    class Meta:
        verbose_name = "message"
        verbose_name_plural = "messages"
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(state__in=MessageState.values), name="message_state_known"),
            models.CheckConstraint(
                condition=Q(state=MessageState.SENT, sent_at__isnull=False)
                | ~Q(state=MessageState.SENT) & Q(sent_at__isnull=True),
                name="message_sent_has_time",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["next_attempt_at"], condition=~Q(state__in=FINAL), name="message_waiting"),
            models.Index(fields=["-id"], condition=Q(state=MessageState.DEAD), name="message_dead"),
            models.Index(fields=["recipient_id", "-id"], name="message_recipient"),
        ]
        triggers: ClassVar = [
            Guard(name="final", when=pgtrigger.Before, operation=pgtrigger.Update, func=FINAL_STAYS),
            *no_delete(),
        ]

    def __str__(self) -> str:
        return f"{self.kind} à {self.recipient_email}"
