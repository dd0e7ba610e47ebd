"""What is said to the communes about their files, and to the desk about what a commune did."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django.conf import settings
from django.urls import reverse

from accounts.models import Membership, Organisation, User
from accounts.states import Role
from applications.models import Application, PieceRequest, Remark
from applications.sections import BY_SLUG
from notifications.mail import Mail, Recipient

RECEIPT = "application_receipt"


def members(organisation: Organisation, *roles: str) -> list[User]:
    """The active people who hold one of these roles in an organisation, once each."""
    found = Membership.objects.filter(
        organisation=organisation, role__in=roles, ended_at=None, user__is_active=True
    ).select_related("user")
    return list({one.user_id: one.user for one in found.order_by("user_id")}.values())


class FileMail(Mail):
    """A message about one file."""

    page: ClassVar[str] = "application_home"

    def __init__(self, application: Application, *, by: Any = None) -> None:
        self.application, self.by = application, by

    def people(self) -> Iterable[User]:
        raise NotImplementedError

    def recipients(self) -> list[Recipient]:
        return [Recipient.of(user) for user in self.people() if user.is_active]

    def context(self) -> dict[str, Any]:
        link = settings.BASE_URL + reverse(self.page, args=[self.application.public_id])
        return {
            "application": self.application,
            "call": self.application.call,
            "fund": self.application.call.fund,
            "organisation": self.application.organisation,
            "by": self.by,
            "link": link,
        }

    def key(self) -> str | None:
        # The version makes each occasion a new message, and the same occasion the same one.
        return f"{self.application.pk}:{self.application.version}"

    def ref(self) -> str:
        return self.application.number or ""


class SignatureAskedMail(FileMail):
    kind = "signature_asked"
    page = "application_review"

    def people(self) -> Iterable[User]:
        return [user for user in members(self.application.organisation, Role.SIGNATORY) if user.pk != self.by.pk]


class ReturnedMail(FileMail):
    kind = "returned_to_drafter"

    def __init__(self, application: Application, *, by: Any, remark: Remark) -> None:
        super().__init__(application, by=by)
        self.remark = remark

    def people(self) -> Iterable[User]:
        return [user for user in members(self.application.organisation, Role.DRAFTER) if user.pk != self.by.pk]

    def context(self) -> dict[str, Any]:
        titles = [BY_SLUG[slug].title for slug in self.remark.sections if slug in BY_SLUG]
        return {**super().context(), "remark": self.remark, "sections": titles}


class SubmittedMail(FileMail):
    """The electronic receipt (CRPA R. 112-11-1): it leaves once its PDF is made."""

    kind = "application_submitted"
    awaits = RECEIPT

    def people(self) -> Iterable[User]:
        return {user.pk: user for user in (self.by, self.application.created_by)}.values()

    def key(self) -> str | None:
        return str(self.application.pk)


class DeskMail(FileMail):
    """To who instructs the file; before anybody took it, to the fund managers. It leads to the desk's page."""

    page = "desk_file"

    def people(self) -> Iterable[User]:
        if self.application.instructor is not None:
            return [self.application.instructor]
        found = Membership.objects.filter(
            organisation=None, role=Role.FUND_MANAGER, ended_at=None, user__is_active=True
        ).select_related("user")
        return [one.user for one in found]


class PiecesAnsweredMail(DeskMail):
    kind = "pieces_answered"

    def __init__(
        self, application: Application, *, by: Any, request: PieceRequest, corrected: list[str], left: list[str]
    ) -> None:
        super().__init__(application, by=by)
        self.request, self.corrected, self.left = request, corrected, left

    def context(self) -> dict[str, Any]:
        return {
            **super().context(),
            "request": self.request,
            "pieces": list(self.request.attachments.all()),
            "corrected": self.corrected,
            "left": self.left,
        }


class WithdrawnMail(DeskMail):
    kind = "application_withdrawn"

    def __init__(self, application: Application, *, by: Any, reason: str) -> None:
        super().__init__(application, by=by)
        self.reason = reason

    def context(self) -> dict[str, Any]:
        return {**super().context(), "reason": self.reason}


class ClosingReminderMail(FileMail):
    """The call closes soon and this draft is not sent. Once a draft, a person and a period."""

    kind = "closing_reminder"

    def __init__(self, application: Application, *, days: int, left: list[str]) -> None:
        super().__init__(application)
        self.days, self.left = days, left

    def people(self) -> Iterable[User]:
        return members(self.application.organisation, Role.DRAFTER, Role.SIGNATORY)

    def context(self) -> dict[str, Any]:
        return {**super().context(), "days": self.days, "left": self.left}

    def key(self) -> str | None:
        return f"{self.application.pk}:{self.application.call_id}:{self.days}"
