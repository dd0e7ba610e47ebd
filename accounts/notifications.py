"""What is said about accounts."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.urls import reverse

from accounts.models import Invitation, Membership, User
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
