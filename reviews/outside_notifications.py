"""What is said to the person asked outside, and to the desk when they answer."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from accounts.models import User
from applications.notifications.commune import FileMail
from notifications.mail import Recipient
from reviews.models import OutsideOpinion
from reviews.outside import link_of


@dataclass(frozen=True)
class Contact:
    """A person without an account, as a mail sees them."""

    name: str
    email: str
    pk: None = None
    is_active: bool = True

    def get_full_name(self) -> str:
        return self.name


class _OutsideMail(FileMail):
    def __init__(self, opinion: OutsideOpinion) -> None:
        super().__init__(opinion.application, by=opinion.asked_by)
        self.opinion = opinion

    def people(self) -> Iterable[Any]:
        return [Contact(self.opinion.contact_name, self.opinion.contact_email)]

    def recipients(self) -> list[Recipient]:
        return [Recipient(None, one.email, one.get_full_name()) for one in self.people()]

    def context(self) -> dict[str, Any]:
        return {**super().context(), "opinion": self.opinion, "link": link_of(self.opinion)}

    def key(self) -> str | None:
        return f"outside-{self.opinion.pk}-{self.opinion.nonce}"


class OutsideAsked(_OutsideMail):
    """The question and its personal link; `again` when a new link replaces the first."""

    kind = "outside_asked"

    def __init__(self, opinion: OutsideOpinion, *, again: bool = False) -> None:
        super().__init__(opinion)
        self.again = again

    def context(self) -> dict[str, Any]:
        return {**super().context(), "again": self.again}


class OutsideReminder(_OutsideMail):
    kind = "outside_reminder"

    def __init__(self, opinion: OutsideOpinion, *, late: bool) -> None:
        super().__init__(opinion)
        self.late = late

    def context(self) -> dict[str, Any]:
        return {**super().context(), "late": self.late}

    def key(self) -> str | None:
        return f"{super().key()}-{'late' if self.late else 'soon'}"


class OutsideWithdrawn(_OutsideMail):
    kind = "outside_withdrawn"


class OutsideAnswered(FileMail):
    """To who asked, and to who instructs: the opinion is there."""

    kind = "outside_answered"
    page = "desk_outside"

    def __init__(self, opinion: OutsideOpinion) -> None:
        super().__init__(opinion.application, by=None)
        self.opinion = opinion

    def people(self) -> Iterable[User]:
        from applications.models import Application

        asked = [self.opinion.asked_by, self.application.instructor]
        people = {user.pk: user for user in asked if user is not None and user.is_active}
        return [
            user
            for user in people.values()
            if Application.objects.visible_to(user).filter(pk=self.application.pk).exists()
        ]

    def context(self) -> dict[str, Any]:
        return {**super().context(), "opinion": self.opinion}

    def key(self) -> str | None:
        return f"outside-answered-{self.opinion.pk}"
