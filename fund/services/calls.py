"""The life of a call: each verb is one arrow of its machine. What it says is in `rules`."""

from typing import Any

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from accounts.states import Role
from common.actors import MACHINE, Actor
from common.errors import DomainError
from fund.models import Call
from fund.policies import require
from fund.services.questions import freeze_at_opening
from fund.states import CallState
from journal.services import advance, locked


@transaction.atomic
def publish_call(pk: int, *, by: Actor, version: int | None = None) -> Call:
    """Publish a call that is complete; it will open by itself."""
    require(by, Role.FUND_MANAGER)
    call = locked(Call.objects.all(), pk, version=version)
    missing = missing_to_publish(call)
    if missing:
        raise DomainError("L’appel ne peut pas encore être publié : " + " ; ".join(missing) + ".")
    advance(call, call.publish, by=by)
    return call


def missing_to_publish(call: Call) -> list[str]:
    """What a call lacks before it can be published, in words."""
    missing = []
    if sum(call.criteria.values_list("weight", flat=True)) != 100:
        missing.append("les poids des critères doivent faire 100 au total")
    if sum(call.plan.values_list("share_bp", flat=True)) != 10000:
        missing.append("les versements prévus doivent faire 100 % au total")
    if not call.themes or not call.action_types:
        missing.append("il faut au moins un thème et un type d’action")
    if not call.summary.strip():
        missing.append("la présentation est vide")
    if call.closes_at <= timezone.now():
        missing.append("la date de clôture est déjà passée")
    if call.envelope.line.budget.closed_at:
        missing.append(f"l’exercice {call.envelope.year} est clos")
    return missing


@transaction.atomic
def open_and_close_due_calls(*, by: Any = MACHINE) -> list[str]:
    """Open the published calls whose hour has come, close the open ones whose hour has passed. Runs every minute."""
    done = []
    for pk in Call.objects.filter(state=CallState.PUBLISHED, opens_at__lte=Now()).values_list("pk", flat=True):
        call = locked(Call.objects.all(), pk)
        if call.state == CallState.PUBLISHED:
            advance(call, call.open, by=by)
            freeze_at_opening(call, by=by)
            done.append(f"opened {call.slug}")
    for pk in Call.objects.filter(state=CallState.OPEN, closes_at__lte=Now()).values_list("pk", flat=True):
        call = locked(Call.objects.all(), pk)
        if call.state == CallState.OPEN:
            advance(call, call.close, by=by)
            done.append(f"closed {call.slug}")
    return done


@transaction.atomic
def start_deciding(pk: int, *, by: Actor, version: int | None = None) -> Call:
    """The call is closed and the committee begins."""
    require(by, Role.FUND_MANAGER)
    call = locked(Call.objects.all(), pk, version=version)
    advance(call, call.start_deciding, by=by)
    return call


@transaction.atomic
def finish_deciding(pk: int, *, by: Actor, version: int | None = None) -> Call:
    """Every file has its decision."""
    require(by, Role.FUND_MANAGER)
    call = locked(Call.objects.all(), pk, version=version)
    advance(call, call.finish_deciding, by=by)
    return call


@transaction.atomic
def archive_call(pk: int, *, by: Actor, version: int | None = None) -> Call:
    """The call is put away: it stays readable, nothing is done in it any more."""
    require(by, Role.FUND_MANAGER)
    call = locked(Call.objects.all(), pk, version=version)
    advance(call, call.archive, by=by)
    return call
