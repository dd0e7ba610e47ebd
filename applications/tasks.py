"""Work after the commit and by the clock: an id in, one call. Each may run twice and does its work once."""

import structlog
from celery import shared_task

from applications import decision_letters, receipts, reminders
from applications.models import Application
from applications.notifications.commune import RECEIPT
from notifications.models import Message

log = structlog.get_logger(__name__)


@shared_task
def make_receipt(pk: int) -> None:
    receipts.make(pk)


@shared_task
def make_missing_receipts() -> None:
    """What Redis forgot: mails that still wait for a receipt."""
    waiting = Message.objects.filter(awaits=RECEIPT, state="queued").values_list("subject_ref", flat=True)
    for pk in Application.objects.filter(number__in=list(waiting[:200])).order_by("pk").values_list("pk", flat=True):
        try:
            receipts.make(pk)
        except Exception:  # one file that cannot be made must not hold back the others
            log.exception("receipt_not_made", application=pk)


@shared_task
def remind_before_closing() -> None:
    reminders.queue_due()


@shared_task
def make_decision_letter(pk: int) -> None:
    decision_letters.make(pk)


@shared_task
def make_missing_letters() -> None:
    """What Redis forgot: signed decisions that wait for their letter."""
    for pk in decision_letters.waiting():
        try:
            decision_letters.make(pk)
        except Exception:  # one letter that cannot be made must not hold back the others
            log.exception("letter_not_made", decision=pk)
