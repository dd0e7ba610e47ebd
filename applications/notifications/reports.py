"""What is said about final reports, to the commune and to the desk."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from accounts.models import User
from accounts.states import WRITING_ROLES, Role
from applications.models import FinalReport, ReportRemark
from applications.notifications.commune import DeskMail, FileMail, members
from applications.report_parts import BY_SLUG

REPORT = "final_report"


class ReportMail(FileMail):
    """To those who write and sign for the commune; it leads to the report."""

    page: ClassVar[str] = "report_home"

    def __init__(self, report: FinalReport, *, by: Any = None) -> None:
        super().__init__(report.application, by=by)
        self.report = report

    def people(self) -> Iterable[User]:
        return members(self.application.organisation, *WRITING_ROLES)

    def context(self) -> dict[str, Any]:
        return {**super().context(), "report": self.report}

    def key(self) -> str | None:
        return f"report-{self.report.pk}:{self.report.version}"


class ReportReminder(ReportMail):
    """The report is expected soon, today, or is late. Once a report, a person and a period."""

    kind = "report_reminder"

    def __init__(self, report: FinalReport, *, period: int, days_left: int) -> None:
        super().__init__(report)
        self.period, self.days_left = period, days_left

    def context(self) -> dict[str, Any]:
        return {**super().context(), "days_left": self.days_left, "days_late": -self.days_left}

    def key(self) -> str | None:
        return f"report-{self.report.pk}:{self.report.due_on}:{self.period}"


class ReportSignatureAsked(ReportMail):
    kind = "report_signature_asked"
    page = "report_review"

    def people(self) -> Iterable[User]:
        return [user for user in members(self.application.organisation, Role.SIGNATORY) if user.pk != self.by.pk]


class ReportToMend(ReportMail):
    """The commune's own signatory gives the report back to those who write it."""

    kind = "report_to_mend"

    def __init__(self, report: FinalReport, *, by: Any, remark: ReportRemark) -> None:
        super().__init__(report, by=by)
        self.remark = remark

    def people(self) -> Iterable[User]:
        return [user for user in members(self.application.organisation, Role.DRAFTER) if user.pk != self.by.pk]

    def context(self) -> dict[str, Any]:
        return {**super().context(), "remark": self.remark}


class ReportSent(ReportMail):
    """The receipt of the report: it leaves with its PDF, once that is made."""

    kind = "report_sent"
    awaits = REPORT


class ReportReturned(ReportMail):
    kind = "report_returned"

    def __init__(self, report: FinalReport, *, by: Any, reasons: Mapping[str, str]) -> None:
        super().__init__(report, by=by)
        self.reasons = reasons

    def context(self) -> dict[str, Any]:
        parts = [
            {"title": BY_SLUG[part].title if part else "L’ensemble du bilan", "text": text}
            for part, text in self.reasons.items()
        ]
        return {**super().context(), "parts": parts}


class ReportAccepted(ReportMail):
    kind = "report_accepted"

    def __init__(self, report: FinalReport, *, by: Any, figures: Any) -> None:
        super().__init__(report, by=by)
        self.figures = figures

    def context(self) -> dict[str, Any]:
        return {**super().context(), "figures": self.figures}


class ReportReceived(DeskMail):
    """A report is there to be read: to who instructed the file."""

    kind = "report_received"
    page = "desk_report"

    def __init__(self, report: FinalReport, *, by: Any) -> None:
        super().__init__(report.application, by=by)
        self.report = report

    def context(self) -> dict[str, Any]:
        return {**super().context(), "report": self.report}

    def key(self) -> str | None:
        return f"report-{self.report.pk}:{self.report.version}"
