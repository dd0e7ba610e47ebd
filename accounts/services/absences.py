"""Saying that one is away, and who stands in; letting a colleague sign decisions. Nobody gets a role by it."""

from datetime import date, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import Absence, Delegation, User
from accounts.states import DESK_ROLES, Role
from common.dates import day
from common.errors import DomainError, NotAllowed
from journal.models import Kind
from journal.services import record

LONGEST = timedelta(days=3 * 366)


def may_declare_for(person: User, *, by: Any) -> bool:
    """For oneself; the fund manager and the head of service for anybody (illness)."""
    return by.has_role(*DESK_ROLES) and (by.pk == person.pk or by.has_role(Role.FUND_MANAGER, Role.HEAD_OF_SERVICE))


@transaction.atomic
def declare_absence(*, person: User, starts_on: date, ends_on: date, substitute: User | None, by: Any) -> Absence:
    """Somebody of the desk is away between two days. Not twice at once."""
    if not may_declare_for(person, by=by):
        raise NotAllowed("Vous déclarez vos absences ; la gestion du fonds et la direction, celles de l’équipe.")
    if not person.has_role(*DESK_ROLES):
        raise DomainError("Cette personne n’est pas de l’équipe qui instruit.")
    _check_days(starts_on, ends_on)
    if substitute is not None and (substitute.pk == person.pk or not substitute.has_role(*DESK_ROLES)):
        raise DomainError("Choisissez pour remplacer une autre personne de l’équipe.")
    try:
        with transaction.atomic():
            made = Absence.objects.create(
                person=person, substitute=substitute, starts_on=starts_on, ends_on=ends_on, declared_by=by
            )
    except IntegrityError as error:
        raise DomainError(
            f"{person.get_full_name()} a déjà une absence entre ces dates : annulez-la d’abord."
        ) from error
    data = {"person": person.get_full_name(), "from": starts_on, "until": ends_on}
    if substitute:
        data["substitute"] = substitute.get_full_name()
    record(made, by=by, verb="declare_absence", kind=Kind.CONTENT, data=data)
    return made


@transaction.atomic
def cancel_absence(pk: int, *, by: Any) -> Absence:
    absence = Absence.objects.select_for_update(no_key=True, of=("self",)).select_related("person").get(pk=pk)
    if not may_declare_for(absence.person, by=by):
        raise NotAllowed("Cette absence n’est pas la vôtre.")
    if absence.cancelled_at is None:
        absence.cancelled_at = Now()
        absence.save(update_fields=["cancelled_at"])
        record(absence, by=by, verb="cancel_absence", data={"person": absence.person.get_full_name()})
    return absence


@transaction.atomic
def delegate_signature(*, delegate: User, reference: str, starts_on: date, ends_on: date, by: Any) -> Delegation:
    """The head of service lets a colleague sign decisions, in that colleague's name, « par délégation »."""
    if not by.has_role(Role.HEAD_OF_SERVICE):
        raise NotAllowed("Le chef de service délègue sa signature.")
    words = " ".join(reference.split())
    if not words or len(words) > 120:
        raise DomainError("Indiquez l’arrêté de délégation (120 caractères au plus).")
    if delegate.pk == by.pk or not delegate.has_role(*DESK_ROLES):
        raise DomainError("La signature se délègue à une autre personne de l’équipe.")
    _check_days(starts_on, ends_on)
    made = Delegation.objects.create(giver=by, delegate=delegate, reference=words, starts_on=starts_on, ends_on=ends_on)
    data = {"delegate": delegate.get_full_name(), "reference": words, "from": starts_on, "until": ends_on}
    record(made, by=by, verb="delegate_signature", data=data)
    return made


@transaction.atomic
def revoke_delegation(pk: int, *, by: Any) -> Delegation:
    if not by.has_role(Role.HEAD_OF_SERVICE):
        raise NotAllowed("Le chef de service retire une délégation.")
    delegation = Delegation.objects.select_for_update(no_key=True, of=("self",)).select_related("delegate").get(pk=pk)
    if delegation.revoked_at is None:
        delegation.revoked_at = Now()
        delegation.save(update_fields=["revoked_at"])
        record(delegation, by=by, verb="revoke_delegation", data={"delegate": delegation.delegate.get_full_name()})
    return delegation


def _check_days(starts_on: date, ends_on: date) -> None:
    if ends_on < starts_on:
        raise DomainError(f"La fin vient après le début ({day(starts_on)}).")
    if ends_on < timezone.localdate():
        raise DomainError("Ces dates sont déjà passées.")
    if ends_on - starts_on > LONGEST:
        raise DomainError("Trois ans au plus.")
