"""Which stored files come with the applications a person sees (registered in documents.visibility)."""

from typing import Any

from django.db.models import Q

from accounts.states import DESK_ROLES, Role
from applications.conversation import followed
from applications.models import (
    Application,
    Attachment,
    ChangeRequest,
    Decision,
    FileLetter,
    FinalReport,
    MessagePaper,
    ReportDocument,
    ReportPhoto,
    SignedPaper,
)
from applications.states import REPORT_READ_BY_DESK, DecisionState


def files_of(user: Any) -> Q:
    """Attachments and receipts of visible files; letters too, but for the commune only once the decision is notified; what
    comes with a report, for the desk once the report was sent."""
    seen = Application.objects.visible_to(user)
    letters = Decision.objects.filter(application__in=seen, letter__isnull=False)
    own = Q(application__organisation__in=user.organisation_ids())
    letters = letters.filter(~own | Q(state__in=(DecisionState.NOTIFIED, DecisionState.REVOKED)))
    reports = FinalReport.objects.filter(application__in=seen).filter(own | Q(state__in=REPORT_READ_BY_DESK))
    return (
        Q(pk__in=Attachment.objects.sent().filter(application__in=seen).values("file"))
        | Q(pk__in=Attachment.objects.filter(own, application__in=seen).values("file"))
        | Q(pk__in=ChangeRequest.objects.filter(application__in=seen, letter__isnull=False).values("letter"))
        | Q(pk__in=FileLetter.objects.filter(application__in=seen, file__isnull=False).values("file"))
        | Q(pk__in=SignedPaper.objects.filter(decision__application__in=seen).values("file"))
        | Q(pk__in=seen.filter(receipt__isnull=False).values("receipt"))
        | Q(pk__in=letters.values("letter"))
        | Q(pk__in=ReportDocument.objects.filter(report__in=reports).values("file"))
        | Q(pk__in=ReportPhoto.objects.filter(report__in=reports).values("file"))
        | Q(pk__in=reports.filter(document__isnull=False).values("document"))
        | _of_messages(user)
    )


def _of_messages(user: Any) -> Q:
    """What is joined to the messages, for those of the desk who follow them (the commune has its own files already)."""
    if not user.has_role(*DESK_ROLES, Role.AUDITOR):
        return Q(pk__in=[])
    return Q(pk__in=MessagePaper.objects.filter(message__application__in=followed(user)).values("file"))
