"""Who is away today, who stands in, who signs by delegation. Read as subqueries: a list asks nothing more."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from accounts.models import Absence, Delegation, Membership
from accounts.states import DESK_ROLES, Role
from common.dates import day


def of_today() -> QuerySet[Absence]:
    today = timezone.localdate()
    return Absence.objects.filter(cancelled_at=None, starts_on__lte=today, ends_on__gte=today)


def replaced_by(user: Any) -> QuerySet[Any]:
    """Ids of the people this one stands in for today (a subquery for `__in`)."""
    return of_today().filter(substitute_id=user.pk).values("person")


def away(people: Iterable[int]) -> dict[int, Absence]:
    """By id of the person, those of these people who are away today. One query."""
    return {one.person_id: one for one in of_today().filter(person__in=people).select_related("substitute")}


def words(absence: Absence) -> str:
    """« absent jusqu’au 3 mai 2026, remplacé par Nadia Ferrandi », for anybody."""
    told = f"absence jusqu’au {day(absence.ends_on)}"
    return f"{told}, remplacement par {absence.substitute.get_full_name()}" if absence.substitute else told


def in_force() -> QuerySet[Delegation]:
    """Delegations of signature that hold today: neither revoked nor given by somebody who no longer heads the service."""
    today = timezone.localdate()
    staff = Membership.objects.filter(organisation=None, ended_at=None, user__is_active=True)
    heads = staff.filter(user=OuterRef("giver"), role=Role.HEAD_OF_SERVICE)
    desk = staff.filter(user=OuterRef("delegate"), role__in=DESK_ROLES)
    return Delegation.objects.filter(
        Exists(heads), Exists(desk), revoked_at=None, starts_on__lte=today, ends_on__gte=today
    )


def delegation_of(user: Any) -> Delegation | None:
    """What lets this person sign today without heading the service. One query."""
    return in_force().filter(delegate_id=user.pk).select_related("giver").order_by("pk").first()
