"""Inviting somebody by mail: one use, bound to the address, 72 hours; only the SHA-256 of the token is kept."""

import hashlib
import secrets
from datetime import timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from accounts import policies
from accounts.models import Invitation, Membership, Organisation, User
from accounts.notifications import InvitationMail, RightsChangedMail
from accounts.services.rights import end
from accounts.states import Role
from common.clock import database_now
from common.errors import DomainError, NotAllowed
from journal.models import Kind
from journal.services import record

GONE = "Cette invitation ne peut plus servir : elle a déjà été utilisée, annulée, ou ses 72 heures sont passées. Demandez-en une autre."


@transaction.atomic
def invite(
    *,
    email: str,
    role: str,
    organisation: Organisation | None,
    by: User,
    as_administrator: bool = False,
    hands_over: Membership | None = None,
    leaves: bool = False,
) -> Invitation:
    """Send an invitation to hold `role` (in the fund's staff when there is no organisation).

    `as_administrator` gives the administration of the commune too; `hands_over` is the administrator's role that ends when
    it is accepted (with `leaves`, everything that person holds there). An invitation still open for the same address and role is replaced. Raises NotAllowed for a right that the actor
    may not give, DomainError when the person already holds it.
    """
    email = email.strip().lower()
    organisation_id = organisation.pk if organisation else None
    if role == Role.ORGANISATION_ADMIN or not policies.can_grant(by, role, organisation_id, email=email):
        raise NotAllowed("Vous ne pouvez pas donner ce rôle.")
    if as_administrator and not policies.can_grant(by, Role.ORGANISATION_ADMIN, organisation_id, email=email):
        raise NotAllowed("Vous ne pouvez pas nommer d’administrateur dans cette commune.")
    if not as_administrator and _holds(email, role, organisation_id):
        raise DomainError(f"{email} a déjà ce rôle.")
    now = database_now()
    Invitation.objects.filter(
        email=email, role=role, organisation=organisation, accepted_at=None, expires_at__gt=now
    ).update(expires_at=now)
    token = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        email=email,
        role=role,
        organisation=organisation,
        token_hash=_hash(token),
        invited_by=by,
        as_administrator=as_administrator,
        hands_over=hands_over,
        leaves=leaves,
        expires_at=now + timedelta(hours=settings.INVITATION_HOURS),
    )
    record(
        invitation,
        by=by,
        verb="invite",
        kind=Kind.RIGHT,
        data={
            "email": email,
            "role": role,
            "organisation": organisation.name if organisation else "",
            "as_administrator": as_administrator,
            "hands_over": hands_over.pk if hands_over else None,
        },
    )
    InvitationMail(invitation, token).queue()
    return invitation


@transaction.atomic
def resend_invitation(pk: int, *, by: User) -> Invitation:
    """A fresh link for the same person and role; the old link stops working."""
    old = _locked(pk)
    if old.hands_over and old.hands_over.user_id != by.pk:
        raise NotAllowed("Seule la personne qui passe la main peut renvoyer cette invitation.")
    return invite(
        email=old.email,
        role=old.role,
        organisation=old.organisation,
        by=by,
        as_administrator=old.as_administrator,
        hands_over=old.hands_over,
        leaves=old.leaves,
    )


@transaction.atomic
def revoke_invitation(pk: int, *, by: User) -> Invitation:
    """The link stops working at once."""
    invitation = _locked(pk)
    if invitation.role not in policies.grantable_roles(by, invitation.organisation_id):
        raise NotAllowed("Vous ne pouvez pas annuler cette invitation.")
    if not invitation.is_open:
        raise DomainError("Cette invitation n’est plus en attente.")
    invitation.expires_at = database_now()
    invitation.save(update_fields=["expires_at"])
    record(invitation, by=by, verb="revoke_invitation", kind=Kind.RIGHT, data={"email": invitation.email})
    return invitation


def open_invitation(token: str) -> Invitation | None:
    """Read it, consume nothing: mail filters open links before people do."""
    found = Invitation.objects.select_related("organisation", "invited_by").filter(token_hash=_hash(token)).first()
    return found if found and found.is_open else None


@transaction.atomic
def accept_invitation(token: str, *, first_name: str, last_name: str, job: str, password: str) -> User:
    """Make the account of somebody new, with its role. Raises DomainError when the link can no longer serve."""
    invitation = _locked_by_token(token)
    if User.objects.filter(email__iexact=invitation.email).exists():
        raise DomainError("Un compte existe déjà à cette adresse : connectez-vous, puis ouvrez de nouveau le lien.")
    try:
        with transaction.atomic():
            user = User.objects.create_user(
                email=invitation.email, password=password, first_name=first_name, last_name=last_name, job=job
            )
    except IntegrityError as error:
        raise DomainError("Un compte existe déjà à cette adresse.") from error
    # The link reached the mailbox: the address is proven.
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    _join(invitation, user)
    return user


@transaction.atomic
def accept_as_member(token: str, *, by: User) -> User:
    """Give the invited role to somebody who already has an account and is signed in with the invited address."""
    invitation = _locked_by_token(token)
    if by.email.lower() != invitation.email.lower():
        raise NotAllowed("Cette invitation est adressée à une autre personne.")
    _join(invitation, by)
    return by


def _join(invitation: Invitation, user: User) -> None:
    inviter = User.objects.get(pk=invitation.invited_by_id)
    # The right to invite is looked at again: the inviter may have lost it in the meantime.
    if not inviter.is_active or invitation.role not in policies.grantable_roles(inviter, invitation.organisation_id):
        raise DomainError(GONE)
    if invitation.as_administrator and not policies.can_administer(inviter, invitation.organisation_id):
        raise DomainError(GONE)
    give(user, invitation.role, invitation.organisation)
    invitation.accepted_at, invitation.accepted_by = Now(), user
    invitation.save(update_fields=["accepted_at", "accepted_by"])
    record(
        user,
        by=user,
        verb="accept_invitation",
        kind=Kind.RIGHT,
        data={"role": invitation.role, "organisation": str(invitation.organisation or ""), "invited_by": inviter.pk},
    )
    if invitation.as_administrator:
        _take_over(invitation, user, inviter)


def _take_over(invitation: Invitation, user: User, inviter: User) -> None:
    """The invited person administers the commune from now on; who handed over no longer does."""
    given = give(user, Role.ORGANISATION_ADMIN, invitation.organisation)
    if given:
        data = {"role": given.role, "organisation": str(invitation.organisation), "invited_by": inviter.pk}
        record(user, by=inviter, verb="grant_role", kind=Kind.RIGHT, data=data)
    if invitation.hands_over is None:
        return
    mine = Membership.objects.filter(user=inviter, organisation=invitation.organisation, ended_at=None)
    ending = mine if invitation.leaves else mine.filter(pk=invitation.hands_over.pk)
    for membership in ending.select_for_update(no_key=True, of=("self",)).select_related("user", "organisation"):
        end(membership, by=inviter)
        RightsChangedMail(inviter, membership, given=False).queue()


def give(user: User, role: str, organisation: Organisation | None) -> Membership | None:
    """The row of a role, None when the person already holds it."""
    held: dict[str, Any] = {"user": user, "organisation": organisation, "role": role}
    if Membership.objects.filter(**held, ended_at=None).exists():
        return None
    return Membership.objects.create(**held)


def _holds(email: str, role: str, organisation_id: int | None) -> bool:
    held = Membership.objects.filter(user__email__iexact=email, role=role, ended_at=None)
    return any(found == organisation_id for found in held.values_list("organisation_id", flat=True))


def _locked(pk: int) -> Invitation:
    locked = Invitation.objects.select_for_update(no_key=True, of=("self",)).select_related(
        "organisation", "hands_over"
    )
    return locked.get(pk=pk)


def _locked_by_token(token: str) -> Invitation:
    organisations = Organisation.objects.filter(invitations__token_hash=_hash(token))
    list(organisations.select_for_update(no_key=True, of=("self",)).values_list("pk", flat=True))
    locked = Invitation.objects.select_for_update(no_key=True, of=("self",)).select_related(
        "organisation", "hands_over"
    )
    invitation = locked.filter(token_hash=_hash(token)).first()
    if invitation is None or not invitation.is_open:
        raise DomainError(GONE)
    return invitation


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
