"""What is said about accounts."""

from collections.abc import Iterable, Sequence
from typing import Any

from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.urls import reverse

from accounts.domains import hint
from accounts.models import Invitation, JoinRequest, Membership, Organisation, User
from accounts.states import Role
from notifications.mail import Mail, Recipient


class InvitationMail(Mail):
    kind = "invitation"

    def __init__(self, invitation: Invitation, token: str) -> None:
        self.invitation, self.token = invitation, token

    def recipients(self) -> Iterable[Recipient]:
        return [Recipient(None, self.invitation.email, self.invitation.email)]

    def key(self) -> str:
        return str(self.invitation.pk)

    def context(self) -> dict[str, Any]:
        return {
            "invitation": self.invitation,
            "hours": settings.INVITATION_HOURS,
            "link": settings.BASE_URL + reverse("invitation_accept", args=[self.token]),
        }


class RightsChangedMail(Mail):
    """Somebody gave or took one of your roles: you are told, so that a stolen account does not go unseen."""

    kind = "rights_changed"

    def __init__(self, user: User, membership: Membership, *, given: bool) -> None:
        self.user, self.membership, self.given = user, membership, given

    def recipients(self) -> Iterable[Recipient]:
        return [Recipient.of(self.user)]

    def key(self) -> str:
        return f"{self.membership.pk}:{'given' if self.given else 'ended'}"

    def context(self) -> dict[str, Any]:
        return {"membership": self.membership, "given": self.given, "link": settings.BASE_URL}


class RolesChangedMail(Mail):
    """Several of somebody's roles in a commune changed in one act."""

    kind = "roles_changed"

    def __init__(
        self, user: User, organisation: Organisation, *, given: Sequence[Membership], ended: Sequence[Membership]
    ) -> None:
        self.user, self.organisation, self.given, self.ended = user, organisation, given, ended

    def recipients(self) -> Iterable[Recipient]:
        return [Recipient.of(self.user)]

    def key(self) -> str:
        return ",".join([*(f"+{one.pk}" for one in self.given), *(f"-{one.pk}" for one in self.ended)])

    def context(self) -> dict[str, Any]:
        held = self.user.memberships.filter(organisation=self.organisation, ended_at=None).order_by("pk")
        roles = [membership.get_role_display() for membership in held]
        return {"organisation": self.organisation, "roles": roles, "link": settings.BASE_URL}


def administrators_of(organisation: Organisation) -> list[User]:
    held = Membership.objects.filter(organisation=organisation, role=Role.ORGANISATION_ADMIN, ended_at=None)
    return list(User.objects.filter(pk__in=held.values("user"), is_active=True).order_by("pk"))


def keepers() -> list[User]:
    """The fund managers: they answer where a commune has no administrator."""
    held = Membership.objects.filter(organisation=None, role=Role.FUND_MANAGER, ended_at=None)
    return list(User.objects.filter(pk__in=held.values("user"), is_active=True).order_by("pk"))


class JoinMail(Mail):
    """About a request to join a commune."""

    def __init__(self, request: JoinRequest) -> None:
        self.request = request

    def key(self) -> str:
        return str(self.request.pk)

    def recipients(self) -> Iterable[Recipient]:
        return [Recipient(None, self.request.email, self.request.full_name)]

    def context(self) -> dict[str, Any]:
        return {"request": self.request, "link": settings.BASE_URL + self.path()}

    def path(self) -> str:
        return reverse("join_answer", args=[self.request.pk])


class JoinConfirmMail(JoinMail):
    kind = "join_confirm"

    def __init__(self, request: JoinRequest, token: str) -> None:
        super().__init__(request)
        self.token = token

    def path(self) -> str:
        return reverse("join_confirm", args=[self.token])

    def context(self) -> dict[str, Any]:
        return {**super().context(), "hours": settings.INVITATION_HOURS, "days": settings.JOIN_FORGOTTEN_DAYS}


class JoinAskedMail(JoinMail):
    """To the administrators of the commune; to the fund's managers where it has none."""

    kind = "join_asked"

    def recipients(self) -> Iterable[Recipient]:
        people = administrators_of(self.request.organisation) or keepers()
        return [Recipient.of(user) for user in people]

    def context(self) -> dict[str, Any]:
        return {**super().context(), "hint": hint(self.request.email, self.request.organisation).words}


class JoinWaitingMail(JoinAskedMail):
    """The commune does not answer: the fund's managers hear of it, once."""

    kind = "join_waiting"

    def recipients(self) -> Iterable[Recipient]:
        return [Recipient.of(user) for user in keepers()]


class JoinAcceptedMail(JoinMail):
    kind = "join_accepted"

    def __init__(self, request: JoinRequest, user: User) -> None:
        super().__init__(request)
        self.user = user

    def recipients(self) -> Iterable[Recipient]:
        return [Recipient.of(self.user)]

    def path(self) -> str:
        if self.user.has_usable_password() or self.by_proconnect:
            return reverse("account_login")
        # Not before: allauth reads its settings, which name our tokens, when its forms are loaded.
        from allauth.account.forms import default_token_generator

        key = default_token_generator.make_token(self.user)
        return reverse("account_reset_password_from_key", args=[user_pk_to_url_str(self.user), key])

    @property
    def by_proconnect(self) -> bool:
        return self.request.confirmed_through == "proconnect" and not self.user.has_usable_password()

    def context(self) -> dict[str, Any]:
        return {
            **super().context(),
            "first_password": not self.user.has_usable_password() and not self.by_proconnect,
            "by_proconnect": self.by_proconnect,
            "hours": settings.INVITATION_HOURS,
        }


class JoinRefusedMail(JoinMail):
    kind = "join_refused"

    def path(self) -> str:
        return reverse("join")
