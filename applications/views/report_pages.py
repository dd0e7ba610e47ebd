"""What the pages of a report share: fetching it, finding one's way in it, showing it to a reader."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest
from django.urls import reverse

from applications import policies, report_parts
from applications.models import FinalReport, ReportPhoto
from applications.report_money import measure_words, rows_of
from applications.report_parts import BY_SLUG, PARTS, TEXT_SLUGS, Part
from applications.states import REPORT_WITH_COMMUNE, ReportState, Side
from applications.views.fetching import own_file_alone
from common.errors import NotAllowed
from common.money import euros
from documents.states import FileState

PAGES = {
    "indicateurs": "report_measures",
    "budget": "report_budget",
    "justificatifs": "report_proofs",
    "photos": "report_photos",
    "publication": "report_publication",
}


def own_report(request: HttpRequest, public_id: UUID) -> FinalReport:
    """The report of a file of the person's communes; a 404 as long as there is none."""
    application = own_file_alone(request, public_id)
    report = report_parts.reading().filter(application=application.pk).first()
    if report is None:
        raise Http404
    return report


def report_url(report: FinalReport, name: str = "report_home") -> str:
    return reverse(name, args=[report.application.public_id])


def part_url(report: FinalReport, slug: str) -> str:
    if slug in TEXT_SLUGS:
        return reverse("report_text", args=[report.application.public_id, slug])
    return report_url(report, PAGES[slug])


def refuse_readers(request: HttpRequest, report: FinalReport) -> None:
    if request.method == "POST" and not policies.writes_its_report(request.user, report):
        raise NotAllowed("Vous lisez ce bilan ; un rédacteur ou le signataire de la commune peut l’écrire.")


def part_context(report: FinalReport, part: Part) -> dict[str, Any]:
    position = PARTS.index(part)
    last = position + 1 == len(PARTS)
    return {
        "report": report,
        "application": report.application,
        "part": part,
        "position": position + 1,
        "total": len(PARTS),
        "previous_url": part_url(report, PARTS[position - 1].slug) if position else "",
        "next_url": report_url(report, "report_review") if last else part_url(report, PARTS[position + 1].slug),
        "home_url": report_url(report),
        "remarks": last_remarks(report, part.slug) if report.state == ReportState.RETURNED else [],
    }


def last_remarks(report: FinalReport, slug: str | None = None) -> list[Any]:
    """What the fund said when it last gave the report back."""
    said = [one for one in report.remarks.all() if one.from_desk]
    if not said:
        return []
    last = said[-1].written_at
    return [one for one in said if one.written_at == last and (slug is None or one.part == slug)]


def told(report: FinalReport) -> list[dict[str, str]]:
    """The same, each under the title of its part."""
    return [
        {"title": BY_SLUG[one.part].title if one.part else "L’ensemble du bilan", "text": one.text}
        for one in last_remarks(report)
    ]


# --- Read by anybody who may -----------------------------------------------------------------------------------


def reading_context(report: FinalReport) -> dict[str, Any]:
    """The whole report for a reader: the commune, the desk, a printer. Planned beside done, with the gaps in words."""
    figures = report_parts.account(report)
    return {
        "report": report,
        "application": report.application,
        "figures": figures,
        "texts": list(report.texts.all()),
        "measures": [{"row": one, "gap": measure_words(one.target, one.done)} for one in report.measures.all()],
        "charges": rows_of(report.lines.all(), Side.CHARGE, figures.aid.cents),
        "products": rows_of(report.lines.all(), Side.PRODUCT, figures.aid.cents),
        "proofs": [file_row(one) | {"label": one.get_kind_display()} for one in report.documents.all()],
        "photos": [photo_row(one) for one in report.photos.all()],
        "amounts": amounts(figures),
        "parts": BY_SLUG,
        "with_commune": report.state in REPORT_WITH_COMMUNE,
    }


def amounts(figures: report_parts.Account) -> list[tuple[str, str]]:
    planned = [
        ("Aide accordée", euros(figures.aid.granted)),
        ("Dépenses prévues", euros(figures.planned.eligible_cost)),
    ]
    if not figures.done.charges:
        return planned
    return [
        *planned,
        ("Dépenses justifiées", euros(figures.justified)),
        ("Aide due", euros(figures.aid.cents)),
        ("Part de la commune", euros(figures.done.own_share)),
    ]


STATES = {
    FileState.QUARANTINED: ("plain", "Reçu, analyse en cours"),
    FileState.CLEAN: ("done", "Prêt"),
    FileState.INFECTED: ("err", "Refusé : virus détecté"),
    FileState.UNREADABLE: ("err", "Refusé : fichier illisible"),
}


def file_row(one: Any) -> dict[str, Any]:
    kind, state = STATES[FileState(one.file.state)]
    url = reverse("file_download", args=[one.file.key]) if one.file.state == FileState.CLEAN else ""
    return {"one": one, "file": one.file, "kind": kind, "state": state, "url": url}


def photo_row(photo: ReportPhoto) -> dict[str, Any]:
    lacks = report_parts.photo_lacks(photo)
    row = file_row(photo)
    if lacks and row["kind"] == "done":
        row |= {"kind": "you", "state": "À compléter"}
    return row | {"lacks": lacks}
