"""Work after the commit and by the clock: an id in, one call. Each may run twice and does its work once."""

import structlog
from celery import Task, shared_task
from django.conf import settings
from django.db import transaction

from accounts import company_directory
from accounts.models import CompanyLookup
from accounts.services.lookup import give_up
from accounts.services.waiting import forget_unconfirmed_requests, remind_of_waiting_requests
from accounts.states import LookupState
from common.clock import database_now

log = structlog.get_logger(__name__)
TRIES = 3


@shared_task(bind=True, max_retries=TRIES - 1)
def ask_company_directory(self: "Task[..., None]", pk: int) -> None:
    """Ask outside any transaction, write the answer once. « Come back later » is obeyed twice, then it counts as down."""
    lookup = CompanyLookup.objects.select_related("organisation").filter(pk=pk, state=LookupState.ASKED).first()
    if lookup is None or not settings.COMPANY_DIRECTORY_URL:
        return
    try:
        seat = company_directory.look_up(lookup.organisation.siren)
    except company_directory.Unavailable as error:
        log.warning("company_directory_down", lookup=pk, trouble=str(error))
        if error.retry_after is not None and self.request.retries < TRIES - 1:
            raise self.retry(countdown=error.retry_after, exc=error) from error
        _write(pk, None, str(error))
        return
    _write(pk, seat, "")


@transaction.atomic
def _write(pk: int, seat: company_directory.Seat | None, trouble: str) -> None:
    lookup = CompanyLookup.objects.select_for_update(no_key=True).filter(pk=pk, state=LookupState.ASKED).first()
    if lookup is None:
        return
    if trouble:
        give_up(lookup, trouble)
        return
    lookup.answered_at = database_now()
    lookup.state = LookupState.FOUND if seat else LookupState.NOT_FOUND
    if seat:
        lookup.siret, lookup.address = seat.siret, seat.address
    lookup.save(update_fields=["state", "answered_at", "siret", "address"])


@shared_task
def remind_of_waiting() -> None:
    remind_of_waiting_requests()


@shared_task
def forget_unconfirmed() -> None:
    forget_unconfirmed_requests()
