"""Final reports, driven by the services where a test looks at them, by their machine where it only needs one."""

import io
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from accounts.models import User
from applications import decision_letters
from applications.models import Application, FinalReport
from applications.report_money import account_of
from applications.report_parts import granted_cents, reading
from applications.services import report_files, reports
from applications.services.reports import copy_plan
from applications.states import ProofKind, ReportText
from common.actors import MACHINE
from journal.services import advance, begin
from tests.factories.applications import a_pdf, signatory_of
from tests.factories.desk import Desk


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


def an_opened_report(desk: Desk | None = None, **kwargs: Any) -> FinalReport:
    """Opened by the notification of an award of 4 000 € on 8 000 €."""
    decision = (desk or Desk()).signed(**kwargs)
    decision_letters.make(decision.pk)
    return fresh(FinalReport.objects.get(application=decision.application))


def fresh(report: FinalReport) -> FinalReport:
    found: FinalReport = reading().get(pk=report.pk)
    return found


def a_photo(name: str = "salle.jpg", *, size: tuple[int, int] = (640, 480), exif: bool = True) -> SimpleUploadedFile:
    """A photo with what a telephone writes in it: its owner, the hour, the place."""
    image, content = Image.new("RGB", size, "steelblue"), io.BytesIO()
    data = Image.Exif()
    if exif:
        data[0x013B], data[0x0110], data[0x0132] = "Camille Durand", "Telephone 9", "2026:06:01 10:00:00"
        data.get_ifd(0x8825)[1], data.get_ifd(0x8825)[2] = "N", (43.0, 17.0, 30.0)
    kind = "PNG" if name.endswith("png") else "JPEG"
    image.save(content, kind, exif=data.tobytes())
    return SimpleUploadedFile(name, content.getvalue(), f"image/{kind.lower()}")


def done_as_planned(report: FinalReport) -> dict[int, int | None]:
    """What balances: the plan, the commune paying what the aid leaves."""
    lines = list(report.lines.all())
    for line in lines:
        line.done_cents = None if line.is_request else line.planned_cents
    gap = account_of(report.application.call, lines, granted_cents(report.application)).done.gap
    own = next(line for line in lines if line.account == "autofinancement")
    own.done_cents = (own.done_cents or 0) + gap
    return {line.pk: line.done_cents for line in lines if not line.is_request}


def write_all(report: FinalReport) -> FinalReport:
    """Every part written by the drafter, complete."""
    pk, by = report.application_id, report.application.created_by
    for text in ReportText:
        reports.save_report_text(pk, text.value, text=f"Ce qu’il faut dire : {text.label}.", publish=True, by=by)
    rows = {one.pk: ("86", "Une séance de plus.") for one in report.measures.all()}
    reports.save_report_measures(pk, rows=rows, by=by)
    reports.save_report_budget(pk, done=done_as_planned(report), note="Comme prévu.", by=by)
    report_files.attach_proof(pk, kind=ProofKind.INVOICE, upload=a_pdf("facture.pdf"), by=by)
    return fresh(report)


def send(report: FinalReport) -> FinalReport:
    by = signatory_of(report.application)
    return reports.submit_report(report.application_id, certified=True, by=by, version=fresh(report).version)
