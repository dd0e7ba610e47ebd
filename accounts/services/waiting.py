"""Requests to join that are left alone: by who must answer (the managers hear of it), by who asked (forgotten)."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction

from accounts.models import JoinRequest
from accounts.notifications import JoinWaitingMail
from accounts.states import JoinState
from common.actors import MACHINE
from common.clock import database_now
from common.dates import local
from common.working_days import working_days
from journal.services import record


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


def forget_unconfirmed_requests() -> int:
    """How many were removed: their address was never confirmed, and the days said in the mail are over."""
    before = database_now() - timedelta(days=settings.JOIN_FORGOTTEN_DAYS)
    old = JoinRequest.objects.filter(state=JoinState.UNCONFIRMED, created_at__lt=before, expires_at__lt=database_now())
    return sum(_forget(pk) for pk in old.order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def _forget(pk: int) -> bool:
    request = JoinRequest.objects.select_for_update().filter(pk=pk, state=JoinState.UNCONFIRMED).first()
    if request is None:  # confirmed or forgotten meanwhile
        return False
    record(request, by=MACHINE, verb="forget")
    request.delete()
    return True
