"""Work after the commit and by the clock: an id in, one call. Each may run twice and does its work once."""

from celery import shared_task

from applications import change_letters, decision_letters, file_letters, kept, receipts, reminders, report_documents
from applications.models import Application
from applications.notifications.commune import RECEIPT
from applications.services import report_review, reports
from applications.states import ApplicationState, DecisionKind, DecisionState, ReportState
from common.actors import MACHINE
from common.sweeps import make_each
from notifications.models import Message


@shared_task
def make_receipt(pk: int) -> None:
    receipts.make(pk)


@shared_task
def make_missing_receipts() -> None:
    """What Redis forgot: mails that still wait for a receipt."""
    waiting = Message.objects.filter(awaits=RECEIPT, state="queued").values_list("subject_ref", flat=True)
    found = Application.objects.filter(number__in=list(waiting[:200])).order_by("pk").values_list("pk", flat=True)
    make_each(found, receipts.make, "receipt_not_made", "application")


@shared_task
def remind_before_closing() -> None:
    reminders.queue_due()
    reminders.queue_requests()
    reminders.queue_appeals()


@shared_task
def make_decision_letter(pk: int) -> None:
    decision_letters.make(pk)


@shared_task
def make_file_letter(pk: int) -> None:
    file_letters.make(pk)


@shared_task
def make_missing_file_letters() -> None:
    """What Redis forgot: letters about a file that wait for their PDF."""
    make_each(file_letters.waiting(), file_letters.make, "letter_not_made", "letter")


@shared_task
def make_change_letter(pk: int) -> None:
    change_letters.make(pk)


@shared_task
def make_missing_change_letters() -> None:
    """What Redis forgot: answered changes that wait for their letter."""
    make_each(change_letters.waiting(), change_letters.make, "letter_not_made", "change")


@shared_task
def make_missing_letters() -> None:
    """What Redis forgot: signed decisions that wait for their letter."""
    make_each(decision_letters.waiting(), decision_letters.make, "letter_not_made", "decision")


@shared_task
def make_report(pk: int) -> None:
    report_documents.make(pk)


@shared_task
def make_missing_reports() -> None:
    """What Redis forgot: sent reports that wait for their PDF."""
    make_each(report_documents.waiting(), report_documents.make, "report_not_made", "report")


@shared_task
def keep_reports() -> None:
    """Open the reports of the awards that have none, remind of those that are due, close the files that are settled."""
    granted = Application.objects.filter(state=ApplicationState.GRANTED)
    told = granted.filter(report=None, decisions__kind=DecisionKind.GRANT, decisions__state=DecisionState.NOTIFIED)
    for pk in told.order_by("pk").values_list("pk", flat=True):
        reports.open_report(pk, by=MACHINE)
    reminders.queue_reports()
    accepted = granted.filter(report__state=ReportState.ACCEPTED)
    for pk in accepted.order_by("pk").values_list("pk", flat=True):
        report_review.close_when_settled(pk)


@shared_task
def forget_kept_texts() -> None:
    kept.forget_old()
