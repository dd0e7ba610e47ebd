"""Mails of the periodic reports."""

from collections.abc import Iterable
from typing import Any

from accounts.models import User
from accounts.states import Role
from documents.models import StoredFile
from documents.services import as_attachment
from journal.models import Seal
from notifications.mail import Mail, Recipient


def holders(*roles: str) -> list[User]:
    """Active members of the staff who hold one of these roles."""
    return list(
        User.objects.filter(
            is_active=True,
            memberships__organisation__isnull=True,
            memberships__role__in=roles,
            memberships__ended_at__isnull=True,
        )
        .distinct()
        .order_by("pk")
    )


class WeeklyReport(Mail):
    """To fund managers, once a week, with the report as a PDF that shows them what they may see."""

    kind = "weekly_report"

    def __init__(self, *, week: str, figures: Any, report: StoredFile, people: Iterable[User]) -> None:
        self.week, self.figures, self.report, self.people = week, figures, report, people

    def recipients(self) -> Iterable[Recipient]:
        return [Recipient.of(user) for user in self.people]

    def context(self) -> dict[str, Any]:
        return {"figures": self.figures, "authority": self.figures.call.fund}

    def key(self) -> str:
        return self.week

    def attachments(self) -> list[dict[str, Any]]:
        return [as_attachment(self.report)]


class SealMade(Mail):
    """The night's seal of the journal, sent out of the machine to the auditors."""

    kind = "journal_seal"

    def __init__(self, seal: Seal) -> None:
        self.seal = seal

    def recipients(self) -> Iterable[Recipient]:
        return [Recipient.of(user) for user in holders(Role.AUDITOR)]

    def context(self) -> dict[str, Any]:
        return {"seal": self.seal}

    def key(self) -> str:
        return str(self.seal.number)


class InvariantsBroken(Mail):
    """Something that must never be is: to the technical administrators and the auditors, at once."""

    kind = "invariants_broken"

    def __init__(self, *, day: str, broken: list[str]) -> None:
        self.day, self.broken = day, broken

    def recipients(self) -> Iterable[Recipient]:
        return [Recipient.of(user) for user in holders(Role.ADMINISTRATOR, Role.AUDITOR)]

    def context(self) -> dict[str, Any]:
        return {"broken": self.broken, "day": self.day}

    def key(self) -> str:
        return self.day


class FilesBroken(InvariantsBroken):
    """Stored files that are missing or are no longer what was stored: to restore from the backup."""

    kind = "files_broken"
