"""Sending a file to the métropole, and taking it back."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction

from accounts.models import User
from applications import eligibility, policies, snapshot
from applications.models import Application
from applications.notifications.commune import SubmittedMail, WithdrawnMail
from applications.services.assistance import close_when_sent
from applications.services.drafting import refuse_when_closed, refuse_when_incomplete
from applications.services.reading import locked_file, require
from applications.states import ApplicationState
from common.clock import database_now
from common.dates import local, relative
from common.errors import DomainError, Stale
from common.wake import wake
from fund.models import Call
from fund.services import next_number
from journal.services import advance

LATE = "the call does not take applications at this time"


class AlreadySent(DomainError):
    """Somebody of the commune was faster (a colleague, another tab): the file is sent, once."""

    def __init__(self, application: Application) -> None:
        by, at = application.submitted_by, application.submitted_at
        who = f" : {by.get_full_name()} l’a envoyé {relative(at)}" if by and at else ""
        super().__init__(f"Ce dossier est déjà envoyé, sous le numéro {application.number}{who}.")


def submit(pk: int, *, by: User, version: int | None = None) -> Application:
    """Send a complete draft: snapshot, hash and number are kept for ever, the receipt follows by mail.

    Raises NotAllowed for one who does not sign for the commune, Stale when the file changed since it was read,
    DomainError when something is missing or the call is over by the database's clock (which has the last word).
    """
    try:
        with transaction.atomic():
            return _submit(pk, by=by, version=version)
    except IntegrityError as refusal:
        if LATE not in str(refusal):
            raise
        refuse_when_closed(Call.objects.get(applications=pk))
        raise DomainError("L’appel ne reçoit pas de dossiers en ce moment. Le dossier n’a pas été envoyé.") from refusal


def _submit(pk: int, *, by: User, version: int | None) -> Application:
    application = locked_file(pk, children=True)
    require(
        policies.signs_for_its_commune(by, application), "Seul un signataire de la commune peut envoyer ce dossier."
    )
    if application.state != ApplicationState.DRAFT:
        raise AlreadySent(application)
    if version is not None and version != application.version:
        raise Stale("Un collègue a modifié le dossier depuis que vous l’avez relu. Relisez-le, puis envoyez-le.")
    now = database_now()
    refuse_when_closed(application.call, now=now)
    refuse_when_incomplete(application, now=now)
    _freeze(application, by=by, at=now)
    call = application.call
    application.number = f"{call.number_prefix}-{call.year}-{next_number(call.number_prefix, call.year):04d}"
    application.search_text = snapshot.search_text(application, application.number)
    data = {"number": application.number, "sha256": application.snapshot_sha256}
    close_when_sent(application, by=by)
    advance(application, application.submit, by=by, data=data)
    SubmittedMail(application, by=by).queue()
    _make_receipt_after_commit(application.pk)
    return application


def _freeze(application: Application, *, by: User, at: datetime) -> None:
    """All that sending fixes, but the number."""
    figures = eligibility.money(application)
    application.requested_cents = figures.requested
    application.total_cost_cents = figures.total_cost
    application.eligible_cost_cents = figures.eligible_cost
    application.own_share_cents = figures.own_share
    application.allowed_cents = eligibility.allowed_cents(application.call, figures)
    application.submitted_at, application.submitted_by = at, by
    application.due_on = local(at).date() + timedelta(days=settings.ANSWER_DELAY_DAYS)
    application.snapshot = snapshot.build(application)
    application.snapshot_sha256 = snapshot.sha256(application.snapshot)


def _make_receipt_after_commit(pk: int) -> None:
    """A PDF is never made inside the transaction; when Redis is down, the sweeper makes it."""
    from applications.tasks import make_receipt

    transaction.on_commit(lambda: wake(make_receipt, pk), robust=True)


@transaction.atomic
def withdraw(pk: int, *, by: User, reason: str, version: int | None = None) -> Application:
    """The commune takes its file back, as long as nothing is decided. It keeps its number and its history."""
    application = locked_file(pk, version=version)
    require(
        policies.signs_for_its_commune(by, application), "Seul un signataire de la commune peut retirer ce dossier."
    )
    if not policies.can_withdraw(by, application):
        raise DomainError("Ce dossier ne peut plus être retiré. Écrivez au service pour en parler.")
    if not reason.strip():
        raise DomainError("Dites en une phrase pourquoi la commune retire son dossier.")
    advance(application, application.withdraw, by=by, reason=reason.strip())
    WithdrawnMail(application, by=by, reason=reason.strip()).queue()
    return application
