"""What is said to evaluators, and to those who organise the evaluation."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.urls import reverse

from accounts.models import Membership, User
from accounts.states import Role
from applications.models import Application
from applications.notifications.commune import FileMail
from reviews.models import Note, Review


class ReviewAssigned(FileMail):
    """A file to evaluate: to the evaluator alone."""

    kind = "review_assigned"

    def __init__(self, review: Review) -> None:
        super().__init__(review.application, by=review.assigned_by)
        self.review = review

    def people(self) -> Iterable[User]:
        return [self.review.evaluator]

    def context(self) -> dict[str, Any]:
        link = settings.BASE_URL + reverse("review_grid", args=[self.review.pk])
        return {**super().context(), "review": self.review, "link": link}

    def key(self) -> str | None:
        return f"review-{self.review.pk}"


class ReviewReminder(ReviewAssigned):
    """A grid is expected soon, or was expected: to the evaluator alone, once before the day and once after it."""

    kind = "review_reminder"

    def __init__(self, review: Review, *, late: bool) -> None:
        super().__init__(review)
        self.late = late

    def context(self) -> dict[str, Any]:
        return {**super().context(), "late": self.late}

    def key(self) -> str | None:
        return f"review-{self.review.pk}-{self.review.due_on}-{'late' if self.late else 'soon'}"


class ConflictDeclared(FileMail):
    """Somebody stepped aside: the fund managers may have to find another evaluator."""

    kind = "conflict_declared"
    page = "desk_file"

    def __init__(self, application: Application, *, by: Any, reason: str) -> None:
        super().__init__(application, by=by)
        self.reason = reason

    def people(self) -> Iterable[User]:
        managers = Membership.objects.filter(
            organisation=None, role=Role.FUND_MANAGER, ended_at=None, user__is_active=True
        ).select_related("user")
        return [one.user for one in managers if one.user_id != self.by.pk]

    def context(self) -> dict[str, Any]:
        return {**super().context(), "reason": self.reason}

    def key(self) -> str | None:
        return f"conflict-{self.application.pk}-{self.by.pk}"


class Mentioned(FileMail):
    """A colleague calls you in a note on a file: to that person alone, who may open it."""

    kind = "note_mention"
    page = "desk_notes"

    def __init__(self, application: Application, *, note: Note, person: User, by: Any) -> None:
        super().__init__(application, by=by)
        self.note, self.person = note, person

    def people(self) -> Iterable[User]:
        return [self.person]

    def context(self) -> dict[str, Any]:
        return {**super().context(), "note": self.note}

    def key(self) -> str | None:
        return f"note-{self.note.pk}"
