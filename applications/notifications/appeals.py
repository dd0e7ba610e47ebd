"""What is said about a gracious appeal."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.urls import reverse

from accounts.models import User
from accounts.states import Role
from applications.models import Appeal, FileLetter
from applications.notifications.changes import staff
from applications.notifications.desk import CommuneMail, LetterMail


class AppealReceived(CommuneMail):
    """The acknowledgement: what was received, when, and until when the fund answers (CRPA L. 112-3, R. 112-5)."""

    kind = "appeal_received"
    page = "application_appeal"

    def __init__(self, appeal: Appeal, *, by: Any) -> None:
        super().__init__(appeal.application, by=by)
        self.appeal = appeal

    def context(self) -> dict[str, Any]:
        return {**super().context(), "appeal": self.appeal}

    def key(self) -> str | None:
        return f"appeal-{self.appeal.pk}"


class AppealFiled(AppealReceived):
    """To those who may answer it and see the file; never to who took the decision nor who registered the appeal."""

    kind = "appeal_filed"
    page = "desk_appeal"

    def people(self) -> Iterable[User]:
        return [one for one in staff(Role.FUND_MANAGER, Role.HEAD_OF_SERVICE) if self._sees(one) and self._may(one)]

    def _sees(self, user: User) -> bool:
        seen = type(self.application).objects.visible_to(user).filter(pk=self.application.pk)
        return seen.exclude(organisation__in=user.organisation_ids()).exists()

    def _may(self, user: User) -> bool:
        decision = self.appeal.decision
        return user.pk != self.appeal.filed_by_id and not (decision and decision.recorded_by_id == user.pk)


class AppealReminder(AppealFiled):
    """The two months come to their end: without an answer, the silence will be a refusal. Once a period."""

    kind = "appeal_reminder"

    def __init__(self, appeal: Appeal, *, days: int) -> None:
        super().__init__(appeal, by=None)
        self.days = days

    def key(self) -> str | None:
        return f"appeal-{self.appeal.pk}-{self.days}"


class AppealWithdrawn(AppealFiled):
    kind = "appeal_withdrawn"


class AppealAnswered(LetterMail):
    """The answer, with its letter."""

    kind = "appeal_answered"
    page = "application_appeal"

    def __init__(self, appeal: Appeal, *, by: Any, letter: FileLetter) -> None:
        super().__init__(appeal.application, by=by, letter=letter)
        self.appeal = appeal

    def context(self) -> dict[str, Any]:
        return {
            **super().context(),
            "appeal": self.appeal,
            "link": settings.BASE_URL + reverse(self.page, args=[self.application.public_id]),
        }
