"""Writing the final report: opened with the award, written part by part, certified and sent by the signatory.

A report is found by its file: `pk` is the id of the application, as in the other verbs.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from applications import policies, report_parts
from applications.models import (
    Application,
    Decision,
    FinalReport,
    ReportIndicator,
    ReportLine,
    ReportRemark,
    ReportSection,
)
from applications.notifications.reports import ReportReceived, ReportSent, ReportSignatureAsked, ReportToMend
from applications.report_money import justified_cents
from applications.services.reading import require
from applications.states import (
    CHARGE_ACCOUNTS,
    PRODUCT_ACCOUNTS,
    ApplicationState,
    DecisionKind,
    DecisionState,
    ReportState,
    ReportText,
    Side,
)
from common.actors import Actor
from common.errors import DomainError, Stale
from common.wake import wake
from journal.services import advance, begin, history, locked, record

MAX_TEXT = 6000
MAX_ADDED = 20
SITTING = timedelta(minutes=5)
ACCOUNTS = {Side.CHARGE: dict(CHARGE_ACCOUNTS), Side.PRODUCT: dict(PRODUCT_ACCOUNTS)}
CERTIFY_FIRST = "Cochez « je certifie exactes les dépenses déclarées » pour envoyer le bilan."


# --- Opening ---------------------------------------------------------------------------------------------------


@transaction.atomic
def open_report(pk: int, *, by: Actor) -> FinalReport | None:
    """The report of a file whose award the commune was told of, with what was planned; the same one when it is there."""
    application = locked(Application.objects.select_related("call"), pk)
    known = FinalReport.objects.filter(application=application).first()
    told = Decision.objects.filter(application=application, kind=DecisionKind.GRANT, state=DecisionState.NOTIFIED)
    if known or application.state != ApplicationState.GRANTED or not told.exists():
        return known
    report = FinalReport(application=application, due_on=application.call.report_due_on)
    begin(report, by=by, data={"due_on": report.due_on})
    copy_plan(report)
    return report


def copy_plan(report: FinalReport) -> None:
    """The nine texts to write, and what the file that was sent had planned."""
    application = report.application
    ReportSection.objects.bulk_create(ReportSection(report=report, slug=text.value) for text in ReportText)
    ReportIndicator.objects.bulk_create(
        ReportIndicator(
            report=report, label=x.label, unit=x.unit, baseline=x.baseline, target=x.target, position=x.position
        )
        for x in application.indicators.all()
    )
    ReportLine.objects.bulk_create(
        ReportLine(
            report=report,
            side=x.side,
            account=x.account,
            label=x.label,
            funder=x.funder,
            planned_cents=x.amount_cents,
            is_request=x.is_request,
            position=x.position,
        )
        for x in application.budget_lines.all()
    )


# --- Writing ---------------------------------------------------------------------------------------------------


def report_to_write(pk: int, *, by: User) -> FinalReport:
    """The report of a file, locked, for one who writes it. NotAllowed, or DomainError with where it is now."""
    report = locked_report(pk)
    require(policies.writes_its_report(by, report), "Vous lisez ce bilan sans pouvoir l’écrire.")
    refuse_unless_with_commune(report)
    return report


def locked_report(pk: int) -> FinalReport:
    found = FinalReport.objects.filter(application=pk).values_list("pk", flat=True).first()
    if found is None:
        raise DomainError("Ce dossier n’a pas de bilan à rendre.")
    return locked(report_parts.reading(), found)


def refuse_unless_with_commune(report: FinalReport) -> None:
    if report.application.state != ApplicationState.GRANTED:
        state = ApplicationState(report.application.state).label.lower()
        raise DomainError(f"Le dossier est maintenant « {state} » : son bilan ne change plus.")
    if report.state == ReportState.SUBMITTED:
        raise DomainError("Le bilan est envoyé : son contenu ne change plus, sauf si la métropole le renvoie.")
    if report.state == ReportState.ACCEPTED:
        raise DomainError("Le bilan est accepté : son contenu ne change plus.")


def _concluded(
    report: FinalReport,
    slug: str,
    before: str,
    after: str,
    *,
    by: User,
    version: int | None,
    seen: str,
    data: dict[str, Any] | None = None,
) -> FinalReport:
    """What was written stays, unless the part is not any more what the person saw; the same words are in nobody's way.

    `before`, `after`: the fingerprints of the part around the writing. `version` is the one the person saw; when it is
    old, `seen` tells whether this very part changed.
    """
    if after == before:
        return report
    if version is not None and version != report.version and seen != before:
        raise Stale("Un collègue a enregistré cette partie entre-temps.")
    return written(report, by=by, part=slug, data=data)


def written(report: FinalReport, *, by: User, part: str, data: dict[str, Any] | None = None) -> FinalReport:
    """One version on, said in the journal once a sitting; the first word begins the report."""
    if report.state == ReportState.DUE:
        advance(report, report.start, by=by)
    report.version += 1
    report.save()
    said = {"part": part, **(data or {})}
    last = history(report).last()
    same = last is not None and (last.verb, last.actor_id, last.data) == ("save_report_part", by.pk, said)
    began = last.recorded_at if last and same else None
    if began is None or timezone.now() - began >= SITTING:
        record(report, by=by, verb="save_report_part", data=said)
    return report


@transaction.atomic
def save_report_text(
    pk: int, slug: str, *, text: str, publish: bool, by: User, version: int | None = None, seen: str = ""
) -> FinalReport:
    """One of the nine texts, and whether the commune lets it be published. Saving what is there writes nothing."""
    report = report_to_write(pk, by=by)
    text = text.replace("\r\n", "\n")
    if len(text) > MAX_TEXT:
        raise DomainError(f"Ce texte dépasse {MAX_TEXT} caractères : raccourcissez-le, puis enregistrez.")
    before = report_parts.fingerprint(report, slug)
    section = next(one for one in report.texts.all() if one.slug == slug)
    section.text, section.publish = text, publish
    after = report_parts.fingerprint(report, slug)
    if after != before:
        section.save(update_fields=["text", "publish"])
    return _concluded(report, slug, before, after, by=by, version=version, seen=seen)


@transaction.atomic
def save_report_measures(
    pk: int, *, rows: Mapping[int, tuple[str, str]], by: User, version: int | None = None, seen: str = ""
) -> FinalReport:
    """What was counted for each indicator (id -> done, comment), as it was typed."""
    report, slug = report_to_write(pk, by=by), report_parts.MEASURES.slug
    before = report_parts.fingerprint(report, slug)
    for measure in report.measures.all():
        done, comment = rows.get(measure.pk, (measure.done, measure.comment))
        if (measure.done, measure.comment) != (done, comment):
            measure.done, measure.comment = done, comment
            measure.save(update_fields=["done", "comment"])
    after = report_parts.fingerprint(report, slug)
    return _concluded(report, slug, before, after, by=by, version=version, seen=seen)


@transaction.atomic
def save_report_budget(
    pk: int,
    *,
    done: Mapping[int, int | None],
    added: Sequence[Mapping[str, Any]] = (),
    note: str = "",
    by: User,
    version: int | None = None,
    seen: str = "",
) -> FinalReport:
    """What was paid and received: `done` (id of a planned line -> cents), `added` replaces the lines nobody had planned."""
    report, slug = report_to_write(pk, by=by), report_parts.BUDGET.slug
    before = report_parts.fingerprint(report, slug)
    for line in report.lines.all():
        if not line.added and not line.is_request and line.pk in done and line.done_cents != done[line.pk]:
            line.done_cents = done[line.pk]
            line.save(update_fields=["done_cents"])
    _replace_added(report, added)
    report.budget_note = note.replace("\r\n", "\n").strip()
    fresh = report_parts.reading().get(pk=report.pk)
    report.spent_cents = justified_cents(fresh.lines.all())
    fresh.budget_note = report.budget_note
    after = report_parts.fingerprint(fresh, slug)
    return _concluded(report, slug, before, after, by=by, version=version, seen=seen)


def _replace_added(report: FinalReport, added: Sequence[Mapping[str, Any]]) -> None:
    if len(added) > MAX_ADDED:
        raise DomainError(f"On ajoute au plus {MAX_ADDED} lignes qui n’étaient pas prévues.")
    for row in added:
        if row["account"] not in ACCOUNTS[Side(row["side"])]:
            raise DomainError("Choisissez le compte de chaque ligne ajoutée.")
    names = ("side", "account", "label", "funder", "done_cents")
    wanted = [{name: row.get(name, "") for name in names} for row in added]
    kept = [one for one in report.lines.all() if one.added]
    if [{name: getattr(one, name) for name in names} for one in kept] == wanted:
        return
    report.lines.filter(added=True).delete()
    ReportLine.objects.bulk_create(
        ReportLine(report=report, added=True, position=900 + rank, **row) for rank, row in enumerate(wanted)
    )


@transaction.atomic
def save_report_publication(
    pk: int, *, accepted: bool, by: User, version: int | None = None, seen: str = ""
) -> FinalReport:
    """« J’accepte la publication de la fiche »: without it nothing is published, whatever each part says."""
    report, slug = report_to_write(pk, by=by), report_parts.PUBLICATION.slug
    before = report_parts.fingerprint(report, slug)
    report.publish_consent = accepted
    after = report_parts.fingerprint(report, slug)
    data = {"accepted": accepted}
    return _concluded(report, slug, before, after, by=by, version=version, seen=seen, data=data)


# --- Having it signed, sending ---------------------------------------------------------------------------------


@transaction.atomic
def ask_report_signature(pk: int, *, by: User, version: int | None = None) -> FinalReport:
    """Tell the signatories that the report is ready. DomainError with what is left to do."""
    report = report_to_write(pk, by=by)
    _refuse_other_version(report, version)
    refuse_incomplete(report)
    mail = ReportSignatureAsked(report, by=by)
    if not mail.recipients():
        raise DomainError("Votre commune n’a pas encore de signataire. Invitez-en un, puis demandez la signature.")
    report.signature_asked_at = timezone.now()
    report.version += 1
    report.save()
    record(report, by=by, verb="ask_report_signature")
    mail.queue()
    return report


@transaction.atomic
def return_report_to_drafter(pk: int, *, text: str, by: User, version: int | None = None) -> FinalReport:
    """The signatory gives the report back to those who write it, with a word."""
    report = report_to_write(pk, by=by)
    require(policies.signs_its_report(by, report), "Seul un signataire de la commune peut renvoyer ce bilan.")
    _refuse_other_version(report, version)
    if not text.strip():
        raise DomainError("Écrivez ce qui est à reprendre : vos collègues le liront.")
    remark = ReportRemark.objects.create(report=report, author=by, text=text.strip(), from_desk=False)
    report.signature_asked_at = None
    report.version += 1
    report.save()
    record(report, by=by, verb="return_report_to_drafter", reason=remark.text)
    ReportToMend(report, by=by, remark=remark).queue()
    return report


@transaction.atomic
def submit_report(pk: int, *, certified: bool, by: User, version: int | None = None) -> FinalReport:
    """The signatory certifies the spending and sends the report: its content is frozen, its PDF and receipt follow."""
    report = locked_report(pk)
    require(policies.signs_its_report(by, report), "Le bilan est certifié et envoyé par un signataire de la commune.")
    refuse_unless_with_commune(report)
    _refuse_other_version(report, version)
    if not certified:
        raise DomainError(CERTIFY_FIRST)
    refuse_incomplete(report)
    figures = report_parts.account(report)
    report.spent_cents = figures.justified
    data = {"spent_cents": figures.justified, "aid_cents": figures.aid.cents}
    advance(report, report.submit, signatory=by, by=by, data=data)
    report.refresh_from_db(fields=["submitted_at", "spent_cents"])
    record(report.application, by=by, verb="send_report", data=data)
    ReportSent(report, by=by).queue()
    ReportReceived(report, by=by).queue()
    transaction.on_commit(lambda: _make_document(report.pk), robust=True)
    return report


def _refuse_other_version(report: FinalReport, version: int | None) -> None:
    if version is not None and version != report.version:
        raise Stale("Un collègue a modifié le bilan depuis que vous l’avez relu. Relisez-le, puis recommencez.")


def refuse_incomplete(report: FinalReport) -> None:
    left = report_parts.to_do(report, report_parts.account(report))
    if left:
        raise DomainError("Le bilan n’est pas complet. " + " ".join(left))


def _make_document(pk: int) -> None:
    from applications.tasks import make_report

    wake(make_report, pk)
