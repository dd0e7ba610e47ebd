"""Asking to join a commune: confirm the address, wait for an answer, be let in. The same answer whatever the address."""

import hashlib
import secrets
from datetime import timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import IntegrityError, transaction

from accounts import policies
from accounts.models import JoinRequest, Membership, Organisation, User
from accounts.notifications import JoinAcceptedMail, JoinAskedMail, JoinConfirmMail, JoinRefusedMail
from accounts.services.invitations import give
from accounts.states import FILE_ROLES, JoinState, Role
from common.actors import MACHINE, Actor
from common.clock import database_now
from common.errors import DomainError, NotAllowed
from journal.models import Kind
from journal.services import advance, begin, locked, record

GONE = "Ce lien ne peut plus servir : il a déjà servi, ou ses 72 heures sont passées. Faites une nouvelle demande."
WAITING = (
    "Votre demande pour cette commune est déjà arrivée : elle attend une réponse. Vous n’avez rien d’autre à faire."
)
MEMBER = "Vous avez déjà un accès à l’espace de cette commune : connectez-vous."
FASTER = "Quelqu’un a déjà répondu à cette demande. Rien n’a été changé."


@transaction.atomic
def ask_to_join(*, organisation: Organisation, email: str, mail: bool = True, **who: str) -> None:
    """Somebody unknown asks: a link goes to the address, nothing else happens before it is opened.

    `mail=False` when the address had its share of mails today: the page answers the same.
    """
    if not mail:
        return
    token = secrets.token_urlsafe(32)
    request = _a_request(organisation, email, **who)
    request.token_hash = _hash(token)
    begin(request, by=MACHINE, verb="ask_to_join")
    JoinConfirmMail(request, token).queue()


@transaction.atomic
def ask_as_known(
    *, organisation: Organisation, email: str, through: str, by: Actor = MACHINE, **who: str
) -> JoinRequest:
    """The address is already proven, by the session of its account or by ProConnect: the request stands at once."""
    request = _a_request(organisation, email, **who)
    begin(request, by=by, verb="ask_to_join")
    return _confirm(request, through=through, by=by)


def _a_request(organisation: Organisation, email: str, **who: str) -> JoinRequest:
    until = database_now() + timedelta(hours=settings.INVITATION_HOURS)
    return JoinRequest(organisation=organisation, email=email.strip().lower(), expires_at=until, **who)


def open_join(token: str) -> JoinRequest | None:
    """Read it, consume nothing: mail filters open links before people do."""
    found = JoinRequest.objects.select_related("organisation").filter(token_hash=_hash(token)).first()
    return found if found and found.is_open else None


@transaction.atomic
def confirm_address(token: str) -> JoinRequest:
    """The link reached the mailbox: the request now stands before those who may answer it."""
    found = JoinRequest.objects.filter(token_hash=_hash(token)).values_list("pk", flat=True).first()
    if found is None:
        raise DomainError(GONE)
    request = locked(JoinRequest.objects.select_related("organisation"), found)
    if not request.is_open:
        raise DomainError(GONE)
    return _confirm(request, through="mail", by=MACHINE)


def _confirm(request: JoinRequest, *, through: str, by: Actor) -> JoinRequest:
    held = {"user__email__iexact": request.email, "organisation": request.organisation_id, "ended_at": None}
    if Membership.objects.filter(**held).exists():
        raise DomainError(MEMBER)
    try:
        with transaction.atomic():
            advance(request, request.confirm, through=through, by=by, data={"organisation": request.organisation.name})
    except IntegrityError as error:  # the same person has another one that waits
        raise DomainError(WAITING) from error
    JoinAskedMail(request).queue()
    return request


@transaction.atomic
def accept_join(
    pk: int,
    *,
    role: str,
    as_administrator: bool = False,
    checked_by_phone: bool = False,
    by: User,
    version: int | None = None,
) -> JoinRequest:
    """Let somebody in, once: the account is made where there is none, and its holder chooses a password by mail."""
    request = _answerable(pk, by=by, version=version)
    if role not in FILE_ROLES or role not in policies.grantable_roles(by, request.organisation_id):
        raise NotAllowed("Vous ne pouvez pas donner ce rôle.")
    user = _account_of(request)
    for each in (role, *([Role.ORGANISATION_ADMIN] if as_administrator else [])):
        given = give(user, each, request.organisation)
        if given:
            data = {"role": each, "organisation": request.organisation.name, "request": request.pk}
            record(user, by=by, verb="grant_role", kind=Kind.RIGHT, data=data)
    answer: dict[str, Any] = {"role": role, "as_administrator": as_administrator, "checked_by_phone": checked_by_phone}
    advance(request, request.accept, user=user, actor=by, by=by, data=answer, refusal=FASTER, **answer)
    JoinAcceptedMail(request, user).queue()
    return request


@transaction.atomic
def refuse_join(pk: int, *, reason: str, by: User, version: int | None = None) -> JoinRequest:
    """Say no, with the reason; nothing was opened and nothing remains open."""
    request = _answerable(pk, by=by, version=version)
    advance(request, request.refuse, motive=reason, actor=by, by=by, reason=reason, refusal=FASTER)
    JoinRefusedMail(request).queue()
    return request


def _answerable(pk: int, *, by: User, version: int | None) -> JoinRequest:
    request = locked(JoinRequest.objects.select_related("organisation"), pk)
    if not policies.can_administer(by, request.organisation_id):
        raise NotAllowed("Vous ne pouvez pas répondre à cette demande.")
    if request.email == by.email.lower():
        raise NotAllowed("On ne répond pas à sa propre demande.")
    if request.state != JoinState.WAITING or (version is not None and request.version != version):
        raise DomainError(FASTER)
    return request


def _account_of(request: JoinRequest) -> User:
    """The account of the confirmed address; a new one has no password yet."""
    user = User.objects.filter(email__iexact=request.email).first()
    if user is not None and not user.is_active:
        raise DomainError("Le compte de cette personne a été fermé : l’administrateur technique peut le rouvrir.")
    if user is None:
        user = User.objects.create_user(
            email=request.email,
            first_name=request.first_name,
            last_name=request.last_name,
            job=request.job,
        )
    if not EmailAddress.objects.filter(user=user, email__iexact=user.email).exists():
        EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    return user


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
