"""What the fund does with a report that was sent: give it back with reasons, accept it, say what may be published."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from applications import closing, policies, report_parts
from applications.models import Application, FinalReport, ReportPhoto, ReportRemark, ReportSection
from applications.notifications.reports import ReportAccepted, ReportReturned
from applications.services.instruction import locked_for_desk
from applications.services.reports import locked_report
from applications.states import ApplicationState, Moderation, ReportState
from common.actors import MACHINE
from common.errors import DomainError, NotAllowed, Stale
from journal.services import advance, locked, record

WHO = "Le bilan est examiné par un instructeur ou par le gestionnaire du fonds."
MAX_REASON = 2000


def _to_read(pk: int, *, by: Any, version: int | None) -> FinalReport:
    """The report, locked after its file, for a person of the desk without an interest in it."""
    application = locked_for_desk(pk, by=by)
    if not policies.can_instruct(by, application):
        raise NotAllowed(WHO)
    report = locked_report(pk)
    if report.state != ReportState.SUBMITTED:
        raise DomainError(f"Le bilan est maintenant « {report.get_state_display().lower()} » : rien n’a été changé.")
    if version is not None and version != report.version:
        raise Stale
    return report


@transaction.atomic
def send_report_back(pk: int, *, reasons: Mapping[str, str], by: Any, version: int | None = None) -> FinalReport:
    """Give a report back to the commune, with what is to be mended in each part ("" is the whole report)."""
    report = _to_read(pk, by=by, version=version)
    said = {part: text.strip()[:MAX_REASON] for part, text in reasons.items() if text.strip()}
    if not said:
        raise DomainError("Dites au moins pour une partie ce qui est à reprendre : la commune le lira.")
    if set(said) - {"", *report_parts.BY_SLUG}:
        raise DomainError("Une remarque porte sur une partie qui n’existe pas.")
    ReportRemark.objects.bulk_create(
        ReportRemark(report=report, part=part, text=text, author=by) for part, text in said.items()
    )
    advance(report, report.send_back, by=by, data={"parts": sorted(said)}, reason=" ".join(said.values())[:MAX_REASON])
    record(report.application, by=by, verb="return_report", data={"parts": sorted(said)})
    ReportReturned(report, by=by, reasons=said).queue()
    return report


@transaction.atomic
def accept_report(pk: int, *, by: Any, version: int | None = None) -> FinalReport:
    """Accept a report: it never changes again, the balance may be asked for; a file already paid is closed."""
    report = _to_read(pk, by=by, version=version)
    figures = report_parts.account(report)
    data = {"spent_cents": report.spent_cents, "aid_cents": figures.aid.cents}
    advance(report, report.accept, reader=by, by=by, data=data)
    report.refresh_from_db(fields=["accepted_at"])
    record(report.application, by=by, verb="accept_report", data=data)
    ReportAccepted(report, by=by, figures=figures).queue()
    close_when_settled(pk)
    return report


@transaction.atomic
def moderate_report(
    pk: int, *, parts: Mapping[str, str], photos: Mapping[int, str], by: Any, version: int | None = None
) -> FinalReport:
    """Say of each part and photo that the commune lets be published whether it is « publiable »."""
    application = locked_for_desk(pk, by=by)
    if not policies.can_instruct(by, application):
        raise NotAllowed(WHO)
    report = locked_report(pk)
    if report.state not in (ReportState.SUBMITTED, ReportState.ACCEPTED):
        raise DomainError("La publication se décide sur un bilan envoyé.")
    if version is not None and version != report.version:
        raise Stale
    judged: dict[str, str] = {}
    for section in report.texts.all():
        judged |= _judge(section, section.slug, parts.get(section.slug), by=by)
    for photo in report.photos.all():
        judged |= _judge(photo, f"photo {photo.pk}", photos.get(photo.pk), by=by)
    if judged:
        report.version += 1
        report.save(update_fields=["version"])
        record(report, by=by, verb="moderate_report", data=judged)
    return report


def _judge(part: ReportSection | ReportPhoto, name: str, verdict: str | None, *, by: Any) -> dict[str, str]:
    if verdict is None or verdict == part.moderation:
        return {}
    if verdict not in ("", *Moderation.values) or (verdict == Moderation.PUBLISHABLE and not part.publish):
        raise DomainError("La commune n’a pas accepté la publication de cette partie : elle ne peut être publiable.")
    part.moderation, part.moderated_by, part.moderated_at = verdict, by, timezone.now()
    part.save(update_fields=["moderation", "moderated_by", "moderated_at"])
    return {name: verdict}


# --- The end of a file -----------------------------------------------------------------------------------------


@transaction.atomic
def close_when_settled(pk: int) -> bool:
    """Close a granted file whose report is accepted and that nothing is left to pay. True when it was closed now."""
    application = locked(Application.objects.all(), pk)
    accepted = FinalReport.objects.filter(application=application, state=ReportState.ACCEPTED).exists()
    if application.state != ApplicationState.GRANTED or not accepted or not closing.is_settled(application):
        return False
    advance(application, application.close, by=MACHINE)
    return True
