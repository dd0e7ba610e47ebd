"""What is said about the change of an awarded action."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django.conf import settings
from django.urls import reverse

from accounts.models import Membership, User
from accounts.states import WRITING_ROLES, Role
from applications.comparing import differences
from applications.models import ChangeRequest
from applications.notifications.commune import FileMail, members

CHANGE_LETTER = "change_letter"


def staff(*roles: str) -> list[User]:
    found = Membership.objects.filter(organisation=None, role__in=roles, ended_at=None, user__is_active=True)
    return list({one.user_id: one.user for one in found.select_related("user").order_by("user_id")}.values())


class ChangeMail(FileMail):
    """About one request; said once a state of it."""

    page = "application_change"

    def __init__(self, change: ChangeRequest, *, by: Any) -> None:
        super().__init__(change.application, by=by)
        self.change = change

    def key(self) -> str | None:
        return f"change-{self.change.pk}-{self.change.version}"

    def context(self) -> dict[str, Any]:
        return {
            **super().context(),
            "change": self.change,
            "differences": differences(self.change.before, self.change.after),
        }


class DeskChangeMail(ChangeMail):
    """To who instructs the file and to the fund managers, without those who have an interest in it."""

    roles: tuple[str, ...] = (Role.FUND_MANAGER,)

    def people(self) -> Iterable[User]:
        found = staff(*self.roles)
        if self.application.instructor is not None:
            found.append(self.application.instructor)
        return [one for one in {user.pk: user for user in found}.values() if self._sees(one)]

    def _sees(self, user: User) -> bool:
        return type(self.application).objects.visible_to(user).filter(pk=self.application.pk).exists()

    def context(self) -> dict[str, Any]:
        link = reverse("desk_change", args=[self.application.public_id, self.change.pk])
        return {**super().context(), "link": settings.BASE_URL + link}


class ChangeAskedMail(DeskChangeMail):
    kind = "change_asked"


class ChangeWithdrawnMail(DeskChangeMail):
    kind = "change_withdrawn"


class ChangeAgreedMail(DeskChangeMail):
    """A lower amount waits for its signature."""

    kind = "change_agreed"
    roles = (Role.HEAD_OF_SERVICE,)

    def people(self) -> Iterable[User]:
        return [one for one in staff(*self.roles) if self._sees(one) and one.pk != self.by.pk]


class ChangeAnsweredMail(ChangeMail):
    """Accepted, or refused with its reason, to those who write and sign for the commune; it leaves with its letter."""

    kind = "change_answered"
    awaits: ClassVar[str] = CHANGE_LETTER

    def people(self) -> Iterable[User]:
        return members(self.application.organisation, *WRITING_ROLES)
