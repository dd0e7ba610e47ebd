"""What is said by mail of a message: its text, and the way to the file where one answers."""

from collections.abc import Iterable
from typing import Any

from accounts.models import Membership, User
from accounts.states import WRITING_ROLES, Role
from applications.conversation import followed
from applications.models import FileMessage
from applications.notifications.commune import FileMail, members


class MessageMail(FileMail):
    def __init__(self, message: FileMessage, *, by: Any) -> None:
        super().__init__(message.application, by=by)
        self.message = message

    def context(self) -> dict[str, Any]:
        papers = [paper.file.name for paper in self.message.papers.select_related("file")]
        return {**super().context(), "message": self.message, "papers": papers}

    def key(self) -> str | None:
        return f"message-{self.message.pk}"


class ToCommune(MessageMail):
    """To those who write and sign for the commune."""

    kind = "message_to_commune"
    page = "application_messages"

    def people(self) -> Iterable[User]:
        return [one for one in members(self.application.organisation, *WRITING_ROLES) if one.pk != self.by.pk]


class ToDesk(MessageMail):
    """To who instructs the file; else, or when that person may not see it any more, to the team."""

    kind = "message_to_desk"
    page = "desk_messages"

    def people(self) -> Iterable[User]:
        instructor = self.application.instructor
        return self._who_follow([instructor] if instructor else []) or self._who_follow(_team())

    def _who_follow(self, people: Iterable[User]) -> list[User]:
        own = self.application.organisation_id
        return [
            one
            for one in people
            if one.is_active
            and own not in one.organisation_ids()
            and followed(one).filter(pk=self.application.pk).exists()
        ]


def _team() -> list[User]:
    roles = (Role.INSTRUCTOR, Role.FUND_MANAGER)
    found = Membership.objects.filter(organisation=None, role__in=roles, ended_at=None, user__is_active=True)
    return list({one.user_id: one.user for one in found.select_related("user").order_by("user_id")}.values())
