"""The final reports: last year's, accepted or on their way; this year's, expected."""

import io
from datetime import datetime, timedelta
from typing import Any

from PIL import Image, ImageDraw

from applications.models import (
    Application,
    Decision,
    FinalReport,
    ReportDocument,
    ReportIndicator,
    ReportLine,
    ReportPhoto,
    ReportRemark,
    ReportSection,
)
from applications.report_money import account_of
from applications.services.reports import copy_plan
from applications.states import DecisionKind, Moderation, PhotoPeople, ProofKind, ReportState, ReportText
from demo.content.shapes import Document, PastAction, Report
from demo.seed import papers
from demo.seed.files import Scene
from demo.seed.pen import Step, born, token, walk

R = ReportState
NAMES = {
    ReportText.MOTIVATIONS: "motivations",
    ReportText.FUNDERS: "funders",
    ReportText.DESCRIPTION: "description",
    ReportText.PUBLICS: "publics",
    ReportText.PARTNERS: "partners",
    ReportText.STRENGTHS: "strong_points",
    ReportText.DIFFICULTIES: "difficulties",
    ReportText.RESULTS: "results",
    ReportText.CONTACT: "contact",
}
# Actions of last year whose report is not accepted yet; their balance is not paid.
OPEN = {
    "passe-istres-seniors": R.SUBMITTED,
    "passe-auriol-cantine": R.RETURNED,
    "passe-lambesc-mots": R.DRAFT,
    "passe-peyrolles-periscolaire": R.DUE,
}
WORDS = {
    "budget": "La ligne des achats dépasse le prévu sans explication. Joignez la facture ou dites en une phrase ce qui a changé.",
    ReportText.RESULTS: "Les deux chiffres de fin d’année manquent : combien de repas, combien de familles ?",
}
SKY, GROUND, WALL, DOOR = "#cfdde6", "#d9cfae", "#b9715a", "#3d4f4a"


def of_last_year(scene: Scene, action: PastAction, application: Application, *, at: datetime) -> None:
    state = OPEN.get(action.key, R.ACCEPTED)
    writer, signatory = scene.writer(application.organisation), scene.signatory(application.organisation)
    report = FinalReport(application=application, due_on=scene.call.report_due_on)
    born(report, by=None, at=at - timedelta(days=60))
    copy_plan(report)
    if state == R.DUE:
        return
    walk(report, [Step("start", R.DRAFT, writer, at - timedelta(days=10))])
    _write(scene, report, action, whole=state != R.DRAFT, at=at - timedelta(days=3))
    if state == R.DRAFT:
        return
    told = {
        "spent_cents": action.report.spent_cents,
        "publish_consent": action.report.publication_consent,
        "submitted_at": at,
        "certified_by": signatory,
    }
    walk(report, [Step("submit", R.SUBMITTED, signatory, at, told)])
    reader, later = scene.people["instructrice"], at + timedelta(days=6)
    if state == R.RETURNED:
        for part, text in WORDS.items():
            ReportRemark.objects.create(report=report, part=part, text=text, author=reader, written_at=later)
        walk(report, [Step("send_back", R.RETURNED, reader, later, {"signature_asked_at": None})])
    elif state == R.ACCEPTED:
        _moderate(report, reader, later)
        walk(report, [Step("accept", R.ACCEPTED, reader, later, {"accepted_at": later, "accepted_by": reader})])


def of_this_year(scene: Scene) -> None:
    """Expected, with what the file had planned."""
    told = Decision.objects.filter(application__call=scene.call, kind=DecisionKind.GRANT, notified_at__isnull=False)
    for decision in told.select_related("application__call").order_by("pk"):
        report = FinalReport(application=decision.application, due_on=scene.call.report_due_on)
        born(report, by=None, at=decision.notified_at or scene.clock.at(-20))
        copy_plan(report)


def _write(scene: Scene, report: FinalReport, action: PastAction, *, whole: bool, at: datetime) -> None:
    text: Report = action.report
    for slug, name in NAMES.items():
        if whole or slug in (ReportText.MOTIVATIONS, ReportText.DESCRIPTION, ReportText.PUBLICS):
            # A contact is never published without being asked for by itself.
            publish = text.publication_consent and slug != ReportText.CONTACT
            ReportSection.objects.filter(report=report, slug=slug).update(text=getattr(text, name), publish=publish)
    for measure, said in zip(report.measures.order_by("position"), text.indicators, strict=True):
        ReportIndicator.objects.filter(pk=measure.pk).update(done=str(said.done))
    if whole:
        _budget(report, action)
        _proofs(scene, report, action, at)


def _budget(report: FinalReport, action: PastAction) -> None:
    """As planned, but the last charge (or the largest), which takes the difference; the commune pays what is left."""
    lines = list(report.lines.all())
    for line in lines:
        line.done_cents = None if line.is_request else line.planned_cents
    charges = [line for line in lines if line.side == "charge" and line.account != "86"]
    more = action.report.spent_cents - sum(line.done_cents or 0 for line in charges)
    taken = charges[-1] if (charges[-1].done_cents or 0) + more >= 0 else max(charges, key=lambda x: x.done_cents or 0)
    taken.done_cents = (taken.done_cents or 0) + more
    figures = account_of(report.application.call, lines, action.granted_cents)
    own = next(line for line in lines if line.account == "autofinancement")
    own.done_cents = (own.done_cents or 0) + figures.done.gap
    ReportLine.objects.bulk_update(lines, ["done_cents"])


def _proofs(scene: Scene, report: FinalReport, action: PastAction, at: datetime) -> None:
    application = report.application
    mine: dict[str, Any] = {
        "report": report,
        "organisation": application.organisation,
        "added_by": scene.writer(application.organisation),
        "added_at": at,
    }
    where: dict[str, Any] = {"organisation": application.organisation, "by": mine["added_by"], "at": at}
    document = Document("plan_financement", f"decompte-{action.key}.pdf", "Décompte des dépenses payées", -1)
    pdf = papers.paper(scene.content, document, application, at.date())
    stored = papers.store(pdf, document.filename, key=token("proof", application.public_id), **where)
    ReportDocument.objects.create(kind=ProofKind.STATEMENT, file=stored, **mine)
    picture = papers.store(
        _picture(),
        f"photo-{action.key}.jpg",
        key=token("photo", application.public_id),
        content_type="image/jpeg",
        **where,
    )
    ReportPhoto.objects.create(
        file=picture,
        caption=f"La salle où l’action s’est tenue, {application.organisation.name}",
        alternative="La façade d’une salle communale, porte ouverte, sans personne.",
        credit="Service communication de la commune",
        people=PhotoPeople.NOBODY,
        rights=True,
        publish=action.report.publication_consent,
        **mine,
    )


def _picture() -> bytes:
    """A drawn picture stands for a photo: nobody real is in the demonstration."""
    image = Image.new("RGB", (960, 640), SKY)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 430, 960, 640), fill=GROUND)
    draw.rectangle((240, 180, 720, 470), fill=WALL)
    draw.rectangle((440, 310, 520, 470), fill=DOOR)
    for left in (290, 590):
        draw.rectangle((left, 250, left + 80, 340), fill=SKY)
    content = io.BytesIO()
    image.save(content, "JPEG", quality=80)
    return content.getvalue()


def _moderate(report: FinalReport, reader: Any, at: datetime) -> None:
    said = {"moderation": Moderation.PUBLISHABLE, "moderated_by": reader, "moderated_at": at}
    report.texts.filter(publish=True).update(**said)
    report.photos.filter(publish=True).update(**said)
