"""The PDF of a report that was sent: made once an envoi, kept, and given to the mails that wait for it."""

from typing import Any

from django.db import transaction

from applications import report_parts
from applications.models import FinalReport
from applications.notifications.reports import REPORT
from applications.report_money import measure_words, rows_of
from applications.states import ReportState, Side
from common.actors import MACHINE
from common.money import euros
from documents import letters
from documents import services as documents
from documents.models import StoredFile
from documents.states import FileState
from journal.services import locked
from notifications.models import Message
from notifications.services import attach

SENT = (ReportState.SUBMITTED, ReportState.ACCEPTED)


def make(pk: int) -> StoredFile | None:
    """Make the PDF of a sent report if it has none, then let its mails leave. Running it again does nothing more.

    It is made and stored outside the lock; who comes second under the lock throws theirs away.
    """
    report = report_parts.reading().get(pk=pk)
    if report.state not in SENT:
        return None
    content = letters.render("report", data_of(report)) if report.document_id is None else b""
    with transaction.atomic():
        fresh = locked(report_parts.reading(), pk)
        if fresh.state not in SENT or fresh.submitted_at != report.submitted_at:
            return None
        if fresh.document_id is None:
            application = fresh.application
            name = f"Bilan {application.number}.pdf"
            fresh.document = documents.issue(content, name=name, organisation=application.organisation, by=MACHINE)
            fresh.save(update_fields=["document"])
        for message in Message.objects.filter(subject_ref=fresh.application.number, awaits=REPORT):
            attach(message, documents.as_attachment(fresh.document))
    return fresh.document


def waiting() -> list[int]:
    """Sent reports without their PDF: lost tasks, found again every minute."""
    found = FinalReport.objects.filter(state=ReportState.SUBMITTED, document=None)
    return list(found.order_by("pk").values_list("pk", flat=True)[:200])


def data_of(report: FinalReport) -> dict[str, Any]:
    """What the PDF says; see documents.letters."""
    application, figures = report.application, report_parts.account(report)
    return {
        "head": letters.letterhead(application.call.fund, contact=application.instructor),
        "number": application.number,
        "date": report.submitted_at,
        "commune": application.organisation.name,
        "title": application.title,
        "submitted_at": report.submitted_at,
        "certified_by": _signer(report),
        "spent_cents": figures.justified,
        "granted_cents": figures.aid.granted,
        "aid_cents": figures.aid.cents,
        "aid_reason": figures.aid.reason,
        "texts": [{"title": one.get_slug_display(), "text": one.text} for one in report.texts.all()],
        "measures": [
            {
                "label": one.label + (f" ({one.unit})" if one.unit else ""),
                "target": one.target,
                "done": one.done,
                "gap": ". ".join(filter(None, (measure_words(one.target, one.done), one.comment))),
            }
            for one in report.measures.all()
        ],
        "charges": _lines(report, Side.CHARGE, figures.aid.cents),
        "products": _lines(report, Side.PRODUCT, figures.aid.cents),
        "totals": [
            _total("Charges", figures.planned.total_cost, figures.done.total_cost),
            _total(
                "Produits",
                figures.planned.products + figures.planned.voluntary_products,
                figures.done.products + figures.done.voluntary_products,
            ),
            _total("Part de la commune", figures.planned.own_share, figures.done.own_share),
        ],
        "note": report.budget_note or None,
        "documents": [
            {"label": one.get_kind_display(), "name": one.file.name, "size": one.file.size, "sha256": one.file.sha256}
            for one in report.documents.all()
        ],
        "photos": [one.caption for one in report.photos.all() if one.file.state == FileState.CLEAN],
    }


def _signer(report: FinalReport) -> str:
    who = report.certified_by
    return ", ".join(filter(None, (who.get_full_name(), who.job.lower()))) if who else ""


def _lines(report: FinalReport, side: Side, aid: int) -> list[dict[str, Any]]:
    return [
        {
            "label": ", ".join(filter(None, (row["words"], row["line"].label))),
            "planned": euros(row["line"].planned_cents),
            "done": euros(row["done"]) if row["done"] is not None else "",
            "gap": row["gap"],
        }
        for row in rows_of(report.lines.all(), side, aid)
    ]


def _total(label: str, planned: int, done: int) -> dict[str, str]:
    return {"label": label, "planned": euros(planned), "done": euros(done)}
