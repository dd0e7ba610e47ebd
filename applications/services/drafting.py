"""A draft: begin it, have it signed. Its sections are written by `writing`, its documents joined by `documents`."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.models import Organisation, User
from accounts.states import WRITING_ROLES
from applications import eligibility, policies
from applications.first_answers import FirstAnswers
from applications.models import Application, Remark
from applications.notifications.commune import ReturnedMail, SignatureAskedMail
from applications.sections import BY_SLUG, to_do
from applications.services.reading import locked_file, pen, require, why_not_editable
from applications.services.writing import save_section
from common.clock import database_now
from common.dates import local, moment
from common.errors import DomainError, NotAllowed
from fund.models import Call
from fund.services import questions_of_new_file
from fund.states import CallState
from journal.services import begin, once, record

# --- Beginning -------------------------------------------------------------------------------------------------


def create_draft(
    call_id: int, organisation_id: int, *, by: User, key: UUID, first: FirstAnswers | None = None
) -> Application:
    """A new draft for an open call, with the `first` answers already written in it. The same key gives the same draft,
    however often the form is posted.

    Raises NotAllowed for one who does not write for this organisation, DomainError when the call takes no application
    or is not meant for this organisation.
    """
    answer = once(
        by=by,
        operation="create_draft",
        key=key,
        request={"call": call_id, "organisation": organisation_id},
        act=lambda: {"id": _create_draft(call_id, organisation_id, by=by, first=first).pk},
    )
    return Application.objects.get(pk=answer["id"])


def _create_draft(call_id: int, organisation_id: int, *, by: User, first: FirstAnswers | None) -> Application:
    if organisation_id not in by.organisation_ids(*WRITING_ROLES):
        raise NotAllowed("Vous n’écrivez pas les dossiers de cette commune.")
    call, organisation = Call.objects.get(pk=call_id), Organisation.objects.get(pk=organisation_id)
    application = new_draft(call, organisation, by=by)
    for slug, values, rows in first.sections(call) if first else ():
        save_section(application.pk, slug, by=by, values=values, rows=rows)
    return application


def new_draft(call: Call, organisation: Organisation, *, by: User) -> Application:
    """Raises DomainError when the call takes no application or is not meant for this organisation."""
    refuse_when_closed(call)
    check = eligibility.organisation_check(call, organisation)
    if not check.ok:
        raise DomainError(check.reason)
    application = Application(
        call=call, organisation=organisation, created_by=by, question_set=questions_of_new_file(call)
    )
    begin(application, by=pen(by, application))
    return application


def refuse_when_closed(call: Call, *, now: datetime | None = None) -> None:
    """Raises DomainError unless the call takes applications now, by the database's clock; the sentence says the hours."""
    now = now or database_now()
    if now >= call.closes_at:
        clock = local(now)
        raise DomainError(
            f"Il est {clock.hour} h {clock:%M} min {clock:%S} s à l’horloge du service ; l’appel a clos le "
            f"{moment(call.closes_at)}. Le dossier n’a pas été envoyé ; tout ce que vous avez écrit est gardé."
        )
    if now < call.opens_at or call.state not in (CallState.PUBLISHED, CallState.OPEN):
        raise DomainError(f"L’appel ne reçoit pas encore de dossiers. Il ouvre le {moment(call.opens_at)}.")


# --- Having it signed ------------------------------------------------------------------------------------------


@transaction.atomic
def ask_signature(pk: int, *, by: User, version: int | None = None) -> Application:
    """Tell the signatories that the file is ready. Raises DomainError with what is left to do."""
    application = locked_file(pk, version=version, children=True)
    require(policies.can_edit(by, application), why_not_editable(application))
    refuse_when_incomplete(application)
    mail = SignatureAskedMail(application, by=by)
    if not mail.recipients():
        raise DomainError("Votre commune n’a pas encore de signataire. Invitez-en un, puis demandez la signature.")
    application.signature_asked_at = timezone.now()
    application.version += 1
    application.save(update_fields=["signature_asked_at", "version", "updated_at"])
    record(application, by=pen(by, application), verb="ask_signature")
    mail.queue()
    return application


def refuse_when_incomplete(application: Application, *, now: datetime | None = None) -> None:
    left = to_do(application, today=local(now or database_now()).date())
    if left:
        raise DomainError("Le dossier n’est pas complet. " + " ".join(left))


@transaction.atomic
def return_to_drafter(
    pk: int, *, by: User, text: str, sections: Sequence[str] = (), version: int | None = None
) -> Application:
    """The signatory sends the draft back to those who write it, with a word and, if they like, the sections to take up again."""
    application = locked_file(pk, version=version)
    require(policies.can_submit(by, application), "Seul un signataire de la commune peut renvoyer ce brouillon.")
    if not text.strip():
        raise DomainError("Écrivez ce qui est à reprendre : vos collègues le liront.")
    pointed = [slug for slug in dict.fromkeys(sections) if slug in BY_SLUG]
    remark = Remark.objects.create(application=application, author=by, text=text.strip(), sections=pointed)
    application.signature_asked_at = None
    application.version += 1
    application.save(update_fields=["signature_asked_at", "version", "updated_at"])
    record(application, by=by, verb="return_to_drafter", reason=remark.text)
    ReturnedMail(application, by=by, remark=remark).queue()
    return application
