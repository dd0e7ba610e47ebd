"""Giving and ending roles, closing accounts. Every change stands in the journal, kind « right »."""

from importlib import import_module
from typing import Any

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from accounts import policies
from accounts.models import Membership, Organisation, User
from accounts.notifications import RightsChangedMail
from accounts.states import Role
from common.errors import DomainError, NotAllowed
from common.typography import of_name
from journal.models import Kind
from journal.services import record


@transaction.atomic
def grant_role(user_pk: int, *, role: str, organisation: Organisation | None, by: User) -> Membership:
    """Give one more role to a person who has an account; they are told by mail."""
    user = _locked(user_pk)
    if not policies.can_grant(by, role, organisation.pk if organisation else None, to=user):
        raise NotAllowed("Vous ne pouvez pas donner ce rôle.")
    if not user.is_active:
        raise DomainError("Ce compte est fermé : rouvrez-le d’abord.")
    if Membership.objects.filter(user=user, role=role, organisation=organisation, ended_at=None).exists():
        raise DomainError(f"{user} a déjà ce rôle.")
    membership = Membership.objects.create(user=user, role=role, organisation=organisation)
    _record(user, "grant_role", membership, by=by)
    RightsChangedMail(user, membership, given=True).queue()
    return membership


@transaction.atomic
def end_role(pk: int, *, by: User) -> Membership:
    """End a role. It is gone at the person's next request.

    Raises DomainError when one would end one's own role and nobody else holds it, or when a commune would lose its
    last administrator otherwise than by the fund's staff.
    """
    lock_organisation_of(pk)
    membership = _active_membership(pk)
    if not policies.can_end(by, membership):
        raise NotAllowed("Vous ne pouvez pas retirer ce rôle.")
    refuse_last_administrator(membership, by=by)
    if membership.user_id == by.pk and not others_hold(membership):
        raise DomainError("Vous êtes la seule personne à tenir ce rôle : donnez-le d’abord à quelqu’un d’autre.")
    end(membership, by=by)
    RightsChangedMail(membership.user, membership, given=False).queue()
    return membership


def end(membership: Membership, *, by: User) -> None:
    """The row of a role that ends, and its line in the journal."""
    membership.ended_at, membership.ended_by = Now(), by
    membership.save(update_fields=["ended_at", "ended_by"])
    _record(membership.user, "end_role", membership, by=by)


def others_hold(membership: Membership) -> bool:
    """Does somebody else, who may sign in, hold this role there?"""
    others = Membership.objects.filter(
        role=membership.role, organisation=membership.organisation, ended_at=None, user__is_active=True
    )
    return others.exclude(user_id=membership.user_id).exists()


def refuse_last_administrator(membership: Membership, *, by: User) -> None:
    """Raises DomainError for the last administrator of a commune, unless the fund's staff ends that role."""
    if membership.role != Role.ORGANISATION_ADMIN or by.has_role(*policies.KEEPERS) or others_hold(membership):
        return
    if membership.user_id == by.pk:
        raise DomainError(
            f"Vous êtes la dernière personne à administrer l’espace {of_name(membership.organisation)} : "
            "nommez d’abord quelqu’un, avec « Passer la main »."
        )
    raise DomainError(
        f"{membership.user} est la dernière personne à administrer l’espace {of_name(membership.organisation)} : "
        "nommez d’abord quelqu’un."
    )


def lock_organisation_of(membership_pk: int) -> None:
    """The organisation's row first, then the memberships: two who leave at once wait for each other in that order."""
    organisations = Organisation.objects.filter(memberships=membership_pk)
    list(organisations.select_for_update(no_key=True, of=("self",)).values_list("pk", flat=True))


@transaction.atomic
def deactivate_account(user_pk: int, *, reason: str, by: User) -> User:
    """Close an account: no sign-in any more, every session ends at once. Roles stay recorded."""
    user = _locked(user_pk)
    _require_administrator(by)
    if user.pk == by.pk:
        raise DomainError("On ne ferme pas son propre compte : demandez à un autre administrateur.")
    if not user.is_active:
        raise DomainError("Ce compte est déjà fermé.")
    _refuse_to_close_the_last_administrator(user)
    user.is_active = False
    user.save(update_fields=["is_active"])
    ended = end_all_sessions(user)
    record(user, by=by, verb="deactivate", kind=Kind.RIGHT, reason=reason, data={"sessions_ended": ended})
    return user


def _refuse_to_close_the_last_administrator(user: User) -> None:
    held = user.memberships.filter(role=Role.ORGANISATION_ADMIN, ended_at=None).select_related("organisation", "user")
    alone = [membership.organisation for membership in held if not others_hold(membership)]
    if alone:
        names = " et ".join(of_name(organisation) for organisation in alone)
        raise DomainError(
            f"{user} est la dernière personne à administrer l’espace {names} : nommez d’abord quelqu’un, "
            "ou retirez-lui d’abord ce rôle."
        )


@transaction.atomic
def reactivate_account(user_pk: int, *, reason: str, by: User) -> User:
    user = _locked(user_pk)
    _require_administrator(by)
    if user.is_active:
        raise DomainError("Ce compte est déjà ouvert.")
    user.is_active = True
    user.save(update_fields=["is_active"])
    record(user, by=by, verb="reactivate", kind=Kind.RIGHT, reason=reason)
    return user


@transaction.atomic
def end_sessions(user_pk: int, *, by: User) -> int:
    """End every session of a person (a lost laptop). They may sign in again."""
    user = _locked(user_pk)
    if user.pk != by.pk:
        _require_administrator(by)
    ended = end_all_sessions(user)
    record(user, by=by, verb="end_sessions", kind=Kind.RIGHT, data={"sessions_ended": ended})
    return ended


@transaction.atomic
def save_profile(*, by: User, **fields: Any) -> User:
    """One's own name, job and telephone."""
    user = _locked(by.pk)
    changed = sorted(name for name, value in fields.items() if getattr(user, name) != value)
    for name in changed:
        setattr(user, name, fields[name])
    if changed:
        user.save(update_fields=changed)
        record(user, by=by, verb="save_profile", data={"fields": changed})
    return user


def end_all_sessions(user: User) -> int:
    store = import_module(settings.SESSION_ENGINE).SessionStore
    sessions = list(UserSession.objects.filter(user_id=user.pk))
    for session in sessions:
        store(session.session_key).delete()
        session.delete()
    return len(sessions)


def _record(user: User, verb: str, membership: Membership, *, by: User) -> None:
    organisation = membership.organisation
    data = {"role": membership.role, "organisation": organisation.name if organisation else ""}
    record(user, by=by, verb=verb, kind=Kind.RIGHT, data=data)


def _locked(pk: int) -> User:
    return User.objects.select_for_update(no_key=True).get(pk=pk)


def _active_membership(pk: int) -> Membership:
    rows = Membership.objects.select_for_update(no_key=True, of=("self",)).select_related("user", "organisation")
    membership = rows.filter(pk=pk, ended_at=None).first()
    if membership is None:
        raise DomainError("Ce rôle a déjà été retiré.")
    return membership


def _require_administrator(by: User) -> None:
    if not by.has_role(Role.ADMINISTRATOR):
        raise NotAllowed("Seul l’administrateur technique ouvre et ferme les comptes.")
