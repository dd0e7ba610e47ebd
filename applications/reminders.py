"""Reminders to the communes: a draft that is not sent before its call closes; a report that is expected, or late."""

from datetime import date, timedelta

from django.db import transaction
from django.db.models.functions import Now

from applications.models import Appeal, Application, FinalReport, PieceRequest
from applications.notifications.appeals import AppealReminder
from applications.notifications.commune import ClosingReminderMail
from applications.notifications.desk import RequestReminder
from applications.notifications.reports import ReportReminder
from applications.sections import to_do
from applications.services.reading import for_reading
from applications.states import REPORT_WITH_COMMUNE, AppealState, ApplicationState
from common.clock import database_now
from common.dates import local
from fund.models import Call

PERIODS = (7, 2)  # days before closing
APPEAL_PERIODS = (21, 7)  # days before the silence is a refusal
REQUEST_DAYS = 3  # before the deadline of a request
REPORT_PERIODS = (30, 7)  # days before a report is expected; then the day itself, then once a week
LATE_WEEKS = 4


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


# --- Appeals -----------------------------------------------------------------------------------------------------


def queue_appeals() -> int:
    """Queue the reminders of the appeals whose silence will soon be a refusal, each period once. How many appeals."""
    today = local(database_now()).date()
    near = Appeal.objects.filter(
        state=AppealState.RECEIVED, due_on__range=(today, today + timedelta(days=max(APPEAL_PERIODS)))
    )
    for pk in near.order_by("pk").values_list("pk", flat=True):
        _remind_appeal(pk, today)
    return len(near)


@transaction.atomic
def _remind_appeal(pk: int, today: date) -> None:
    """One that was answered or taken back in the meantime is left alone."""
    found = Appeal.objects.select_related("application__organisation", "application__call__fund", "decision")
    appeal = found.filter(pk=pk, state=AppealState.RECEIVED).select_for_update(no_key=True, of=("self",)).first()
    if appeal is not None:
        AppealReminder(
            appeal, days=min(days for days in APPEAL_PERIODS if (appeal.due_on - today).days <= days)
        ).queue()


# --- Requests for pieces -----------------------------------------------------------------------------------------


def queue_requests() -> int:
    """Queue the reminder of each request whose deadline is near and that nobody answered, once a deadline. How many."""
    today = local(database_now()).date()
    near = PieceRequest.objects.filter(
        answered_at=None, due_on__range=(today, today + timedelta(days=REQUEST_DAYS)), asked_at__date__lt=today
    )
    return sum(_remind_request(pk, today) for pk in near.order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def _remind_request(pk: int, today: date) -> int:
    """A request answered, or given more time, in the meantime is left alone."""
    found = PieceRequest.objects.select_related(
        "application__call__fund", "application__organisation", "application__instructor", "asked_by"
    )
    request = found.filter(pk=pk, answered_at=None).select_for_update(no_key=True, of=("self",)).first()
    if request is None or not today <= request.due_on <= today + timedelta(days=REQUEST_DAYS):
        return 0
    by = request.application.instructor or request.asked_by
    RequestReminder(request.application, request, by=by).queue()
    return 1


# --- Reports ---------------------------------------------------------------------------------------------------


def queue_reports() -> int:
    """Queue the reminders of reports that are due; each report, person and period once. How many reports."""
    today, done = local(database_now()).date(), 0
    waited = FinalReport.objects.filter(
        state__in=REPORT_WITH_COMMUNE,
        application__state=ApplicationState.GRANTED,
        due_on__lte=today + timedelta(days=max(REPORT_PERIODS)),
        due_on__gt=today - timedelta(days=7 * (LATE_WEEKS + 1)),
    )
    for pk in waited.order_by("pk").values_list("pk", flat=True):
        done += _remind_report(pk, today)
    return done


def report_period(due_on: date, today: date) -> int | None:
    """30 or 7 days before, 0 from that day on, then minus the weeks of lateness in days, four times; None otherwise."""
    left = (due_on - today).days
    if left > 0:
        inside = [days for days in REPORT_PERIODS if left <= days]
        return min(inside) if inside else None
    weeks = -left // 7
    return -7 * weeks if weeks <= LATE_WEEKS else None


@transaction.atomic
def _remind_report(pk: int, today: date) -> int:
    """A report sent in the meantime is left alone."""
    found = FinalReport.objects.filter(pk=pk, state__in=REPORT_WITH_COMMUNE)
    related = ("application__call__fund", "application__organisation")
    report = found.select_related(*related).select_for_update(no_key=True, of=("self",)).first()
    period = report_period(report.due_on, today) if report else None
    if report is None or period is None:
        return 0
    ReportReminder(report, period=period, days_left=(report.due_on - today).days).queue()
    return 1
