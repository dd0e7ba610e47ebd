"""The reminder before a call closes: 7 and 2 days before, to the communes whose draft is not sent."""

from datetime import timedelta

from django.db import transaction
from django.db.models.functions import Now

from applications.models import Application
from applications.notifications.commune import ClosingReminderMail
from applications.sections import to_do
from applications.services.reading import for_reading
from applications.states import ApplicationState
from common.clock import database_now
from common.dates import local
from fund.models import Call

PERIODS = (7, 2)  # days before closing


def queue_due() -> int:
    """Queue the reminders that are due; each draft, person and period once, however often this runs. How many drafts."""
    done = 0
    for call in Call.objects.open_now():
        period = due_period(call)
        if period is not None:
            drafts = Application.objects.filter(call=call, state=ApplicationState.DRAFT)
            for pk in drafts.order_by("pk").values_list("pk", flat=True):
                done += _remind(pk, period)
    return done


def due_period(call: Call) -> int | None:
    """The period we are in, the nearest to the end; None when it is too early."""
    left = call.closes_at - database_now()
    inside = [days for days in PERIODS if timedelta(0) < left <= timedelta(days=days)]
    return min(inside) if inside else None


@transaction.atomic
def _remind(pk: int, days: int) -> int:
    """A draft sent in the meantime is left alone: the row is locked while the mails are queued."""
    found = for_reading().filter(pk=pk, state=ApplicationState.DRAFT, call__closes_at__gt=Now())
    application = found.select_for_update(no_key=True, of=("self",)).first()
    if application is None:
        return 0
    left = to_do(application, today=local(database_now()).date())
    ClosingReminderMail(application, days=days, left=left).queue()
    return 1
