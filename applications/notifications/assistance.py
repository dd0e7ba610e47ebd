"""Mails of assisted entry: the commune always knows who writes in its name, and why."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.urls import reverse

from accounts.models import Membership, User
from accounts.states import WRITING_ROLES, Role
from applications.models import Application, Assistance
from applications.notifications.commune import FileMail, members
from notifications.mail import Recipient


class HelpMail(FileMail):
    def __init__(self, application: Application, assistance: Assistance, *, by: Any) -> None:
        super().__init__(application, by=by)
        self.assistance = assistance

    def context(self) -> dict[str, Any]:
        return {**super().context(), "assistance": self.assistance}

    def key(self) -> str | None:
        return str(self.assistance.pk)


class HelpOpenedMail(HelpMail):
    """To those who write and sign for the commune; to the town hall where nobody has an account yet."""

    kind = "help_opened"
    page = "application_help"

    def people(self) -> Iterable[User]:
        return members(self.application.organisation, *WRITING_ROLES)

    def recipients(self) -> list[Recipient]:
        organisation = self.application.organisation
        found = super().recipients()
        if not found and organisation.email:
            found = [Recipient(None, organisation.email, organisation.name)]
        return found


class HelpAskedMail(HelpMail):
    """To those of the team who may take the hand."""

    kind = "help_asked"

    def people(self) -> Iterable[User]:
        found = Membership.objects.filter(
            organisation=None, role__in=(Role.INSTRUCTOR, Role.FUND_MANAGER), ended_at=None, user__is_active=True
        ).select_related("user")
        return {one.user_id: one.user for one in found.order_by("user_id")}.values()

    def context(self) -> dict[str, Any]:
        return {**super().context(), "link": settings.BASE_URL + reverse("desk_help")}


class HelpEndedMail(HelpMail):
    """To the other side: the helper when the commune takes the hand back, the commune when the helper has finished."""

    kind = "help_ended"

    def people(self) -> Iterable[User]:
        helper = self.assistance.helper
        if helper is not None and self.by.pk != helper.pk:
            return [helper]
        return [user for user in members(self.application.organisation, *WRITING_ROLES) if user.pk != self.by.pk]

    def context(self) -> dict[str, Any]:
        by_helper = self.assistance.helper_id == self.by.pk
        link = settings.BASE_URL + reverse("desk_help")
        return {**super().context(), "by_helper": by_helper, **({} if by_helper else {"link": link})}
