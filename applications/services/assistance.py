"""Assisted entry: one of the fund's team writes a draft in a commune's name, traced as such; only the commune sends it."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.models import Organisation, User
from applications import policies
from applications.models import Application, Assistance
from applications.notifications.assistance import HelpAskedMail, HelpEndedMail, HelpOpenedMail
from applications.services.drafting import new_draft
from applications.services.reading import locked_file, require
from applications.states import ApplicationState
from common.errors import DomainError, NotAllowed
from fund.models import Call
from journal.services import once, record

ONLY_DRAFTS = "Ce dossier est envoyé : il ne s’écrit plus."
NOT_OURS = "Seul un instructeur ou le gestionnaire du fonds aide une commune, et jamais la sienne."


def open_for(call_id: int, organisation_id: int, *, reason: str, by: User, key: UUID) -> Application:
    """A draft in a commune's name, that `by` may write (a call on the telephone, a paper form). The same key gives the same."""
    answer = once(
        by=by,
        operation="open_for",
        key=key,
        request={"call": call_id, "organisation": organisation_id},
        act=lambda: {"id": _open_for(call_id, organisation_id, reason=reason, by=by).pk},
    )
    return Application.objects.get(pk=answer["id"])


def _open_for(call_id: int, organisation_id: int, *, reason: str, by: User) -> Application:
    call, organisation = Call.objects.get(pk=call_id), Organisation.objects.get(pk=organisation_id)
    if not policies.may_help(by, organisation):
        raise NotAllowed(NOT_OURS)
    application = new_draft(call, organisation, by=by)
    _open(application, helper=by, asked_by=None, reason=reason, by=by)
    return application


@transaction.atomic
def ask_help(pk: int, *, reason: str, by: User) -> Assistance:
    """The commune gives the hand on its draft to the fund's team; one of them will take it."""
    application = locked_file(pk)
    require(policies.writes_for_its_commune(by, application), "Vous n’écrivez pas les dossiers de cette commune.")
    if application.state != ApplicationState.DRAFT:
        raise DomainError(ONLY_DRAFTS)
    if application.assistances.filter(ended_at=None).exists():
        raise DomainError("L’équipe du fonds a déjà la main sur ce dossier.")
    return _open(application, helper=None, asked_by=by, reason=reason, by=by)


@transaction.atomic
def take_hand(assistance_id: int, *, by: User) -> Assistance:
    """One of the team answers a commune that asked for help. Says who was faster."""
    asked = Assistance.objects.filter(pk=assistance_id).values_list("application_id", flat=True).first()
    if asked is None:
        raise DomainError("Cette demande n’existe plus.")
    application = locked_file(asked)
    if not policies.may_help(by, application.organisation):
        raise NotAllowed(NOT_OURS)
    assistance = Assistance.objects.select_related("helper").get(pk=assistance_id)
    if assistance.helper_id == by.pk and assistance.ended_at is None:
        return assistance
    if assistance.ended_at is not None or application.state != ApplicationState.DRAFT:
        raise DomainError("La commune a repris la main : elle n’a plus besoin d’aide sur ce dossier.")
    if assistance.helper is not None:
        raise DomainError(f"{assistance.helper.get_full_name()} a déjà pris la main sur ce dossier.")
    assistance.helper, assistance.taken_at = by, timezone.now()
    assistance.save(update_fields=["helper", "taken_at"])
    record(application, by=by, verb="take_hand", reason=assistance.reason)
    HelpOpenedMail(application, assistance, by=by).queue()
    return assistance


@transaction.atomic
def end_help(pk: int, *, by: User) -> None:
    """The commune takes the hand back, or the helper has finished. Twice does nothing more."""
    application = locked_file(pk)
    mine = policies.writes_for_its_commune(by, application)
    if not mine and not policies.helps(by, application):
        raise NotAllowed("Vous n’avez pas la main sur ce dossier.")
    assistance = application.assistances.filter(ended_at=None).select_related("helper").first()
    if assistance is None:
        return
    close(assistance, by=by)
    record(application, by=by, verb="end_help")
    HelpEndedMail(application, assistance, by=by).queue()


def close(assistance: Assistance, *, by: User) -> None:
    assistance.ended_at, assistance.ended_by = timezone.now(), by
    assistance.save(update_fields=["ended_at", "ended_by"])


def close_when_sent(application: Application, *, by: User) -> None:
    """In the transaction of the sending: there is nothing left to write."""
    for assistance in application.assistances.filter(ended_at=None):
        close(assistance, by=by)


def _open(application: Application, *, helper: User | None, asked_by: User | None, reason: str, by: User) -> Assistance:
    if not reason.strip():
        raise DomainError("Dites en une phrase pourquoi : tous ceux qui liront le dossier la verront.")
    now = timezone.now()
    assistance = Assistance.objects.create(
        application=application,
        helper=helper,
        asked_by=asked_by,
        reason=reason.strip()[:300],
        taken_at=now if helper else None,
    )
    record(application, by=by, verb="open_help" if helper else "ask_help", reason=assistance.reason)
    (HelpOpenedMail if helper else HelpAskedMail)(application, assistance, by=by).queue()
    return assistance
