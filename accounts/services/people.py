"""The people of a commune: several roles at once, somebody who leaves, the administration that passes to another."""

from collections.abc import Iterable

from django.db import transaction

from accounts import policies
from accounts.models import Invitation, Membership, Organisation, User
from accounts.notifications import RightsChangedMail, RolesChangedMail
from accounts.services.invitations import give, invite
from accounts.services.rights import end, end_all_sessions, refuse_last_administrator
from accounts.states import ORGANISATION_ROLES, Role
from common.errors import DomainError, NotAllowed
from journal.models import Kind
from journal.services import record


@transaction.atomic
def change_roles(organisation: Organisation, user_pk: int, *, roles: Iterable[str], by: User) -> list[Membership]:
    """Make somebody's roles in a commune those of `roles`: what changes is given or ended, told once. What changed."""
    held = _held(organisation, user_pk)
    if not held:
        raise DomainError("Cette personne ne fait plus partie de la commune.")
    user, wanted = held[0].user, set(roles)
    if not wanted:
        raise DomainError("Gardez au moins un rôle, ou retirez la personne de la commune.")
    if user.pk == by.pk:
        raise NotAllowed("On ne change pas ses propres rôles : demandez à un collègue ou à la métropole.")
    ending = [membership for membership in held if membership.role not in wanted]
    giving = [role for role in ORGANISATION_ROLES if role in wanted - {membership.role for membership in held}]
    for membership in ending:
        if not policies.can_end(by, membership):
            raise NotAllowed("Vous ne pouvez pas retirer ce rôle.")
        refuse_last_administrator(membership, by=by)
    for role in giving:
        if not policies.can_grant(by, role, organisation.pk, to=user):
            raise NotAllowed("Vous ne pouvez pas donner ce rôle.")
    given = [made for made in (_grant(user, role, organisation, by=by) for role in giving) if made]
    for membership in ending:
        end(membership, by=by)
    if given or ending:
        RolesChangedMail(user, organisation, given=given, ended=ending).queue()
    return [*given, *ending]


@transaction.atomic
def remove_person(organisation: Organisation, user_pk: int, *, by: User) -> User:
    """End everything somebody holds in a commune (or leave it oneself). What they wrote stays with the commune.

    Who holds nothing anywhere any more is signed out at once.
    """
    held = _held(organisation, user_pk)
    if not held:
        raise DomainError("Cette personne ne fait plus partie de la commune.")
    user = held[0].user
    for membership in held:
        if user.pk != by.pk and not policies.can_end(by, membership):
            raise NotAllowed("Vous ne pouvez pas retirer cette personne.")
        refuse_last_administrator(membership, by=by)
    for membership in held:
        end(membership, by=by)
    sessions = 0 if user.memberships.filter(ended_at=None).exists() else end_all_sessions(user)
    data = {"organisation": organisation.name, "sessions_ended": sessions}
    record(user, by=by, verb="leave_organisation", kind=Kind.RIGHT, data=data)
    RolesChangedMail(user, organisation, given=[], ended=held).queue()
    return user


@transaction.atomic
def hand_over(organisation: Organisation, *, to: int, leaves: bool, by: User) -> User:
    """A colleague administers the commune from now on, and oneself no longer; with `leaves`, one's other roles end too."""
    mine = _my_administration(organisation, by)
    successors = _held(organisation, to)
    if not successors or to == by.pk or not successors[0].user.is_active:
        raise DomainError("Choisissez un collègue qui fait partie de la commune et dont le compte est ouvert.")
    successor = successors[0].user
    given = _grant(successor, Role.ORGANISATION_ADMIN, organisation, by=by)
    if given:
        RightsChangedMail(successor, given, given=True).queue()
    ending = _held(organisation, by.pk) if leaves else [mine]
    for membership in ending:
        end(membership, by=by)
    record(by, by=by, verb="hand_over", kind=Kind.RIGHT, data={"organisation": organisation.name, "to": successor.pk})
    RolesChangedMail(by, organisation, given=[], ended=ending).queue()
    return successor


@transaction.atomic
def hand_over_by_mail(organisation: Organisation, *, email: str, role: str, leaves: bool, by: User) -> Invitation:
    """The same to somebody who is invited: it takes effect when they accept, and not before."""
    mine = _my_administration(organisation, by)
    return invite(
        email=email, role=role, organisation=organisation, by=by, as_administrator=True, hands_over=mine, leaves=leaves
    )


def _my_administration(organisation: Organisation, by: User) -> Membership:
    held = [one for one in _held(organisation, by.pk) if one.role == Role.ORGANISATION_ADMIN]
    if not held:
        raise NotAllowed("Vous n’administrez pas l’espace de cette commune.")
    return held[0]


def _held(organisation: Organisation, user_pk: int) -> list[Membership]:
    """Somebody's roles there, locked: the organisation's row first, as everywhere."""
    Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
    rows = Membership.objects.filter(organisation=organisation, user=user_pk, ended_at=None).order_by("pk")
    return list(rows.select_for_update(no_key=True, of=("self",)).select_related("user", "organisation"))


def _grant(user: User, role: str, organisation: Organisation, *, by: User) -> Membership | None:
    made = give(user, role, organisation)
    if made:
        data = {"role": role, "organisation": organisation.name}
        record(user, by=by, verb="grant_role", kind=Kind.RIGHT, data=data)
    return made
