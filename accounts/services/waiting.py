"""Requests to join that nobody answers: after some working days the fund's managers hear of them, once each."""

from datetime import date, timedelta

from django.conf import settings
from django.db import transaction

from accounts.models import JoinRequest
from accounts.notifications import JoinWaitingMail
from accounts.states import JoinState
from common.clock import database_now
from common.dates import local

SATURDAY = 5


def remind_of_waiting_requests() -> int:
    """How many were found late. The outbox says each only once."""
    today = local(database_now()).date()
    found = 0
    waiting = JoinRequest.objects.filter(state=JoinState.WAITING).select_related("organisation").order_by("pk")
    for request in waiting:
        if working_days(local(request.confirmed_at or request.created_at).date(), today) <= settings.JOIN_WAITING_DAYS:
            continue
        with transaction.atomic():
            JoinWaitingMail(request).queue()
        found += 1
    return found


def working_days(since: date, until: date) -> int:
    """Days from Monday to Friday after the first, up to the second."""
    days = (until - since).days
    return sum((since + timedelta(days=each)).weekday() < SATURDAY for each in range(1, days + 1))
