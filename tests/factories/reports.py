"""Final reports, driven by the services where a test looks at them, by their machine where it only needs one."""

from typing import Any

from django.utils import timezone

from accounts.models import User
from applications.models import Application, FinalReport
from applications.services.reports import copy_plan
from common.actors import MACHINE
from journal.services import advance, begin


def a_due_report(application: Application, **fields: Any) -> FinalReport:
    report = FinalReport(**{"application": application, "due_on": timezone.localdate(), **fields})
    begin(report, by=MACHINE)
    copy_plan(report)
    return report


def an_accepted_report(application: Application, *, certified_by: User, accepted_by: User) -> FinalReport:
    """An empty one, for those who only ask whether there is one."""
    report = a_due_report(application)
    advance(report, report.start, by=certified_by)
    advance(report, report.submit, signatory=certified_by, by=certified_by)
    report = FinalReport.objects.get(pk=report.pk)
    advance(report, report.accept, reader=accepted_by, by=accepted_by)
    return FinalReport.objects.get(pk=report.pk)
