"""The papers of a payment: joined by the commune (or the service for it), and the statement that the fund makes."""

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from accounts.states import DESK_ROLES
from applications.report_parts import granted_cents
from common.actors import MACHINE
from common.clock import database_now
from common.dates import local
from common.errors import DomainError, NotAllowed
from common.money import euros
from common.wake import wake
from documents import letters
from documents.services import issue, store_upload
from journal.services import locked, record
from payments import policies, settlement
from payments.models import Instalment, PaymentPaper, Settlement
from payments.states import InstalmentState, PaperKind

JOINABLE = (InstalmentState.PLANNED, InstalmentState.REQUESTED)
WITH_STATEMENT = (*settlement.ON_ITS_WAY, InstalmentState.VOID)


@transaction.atomic
def join_paper(pk: int, *, kind: str, file: UploadedFile, reference: str = "", by: Any) -> PaymentPaper:
    """Join a document to a payment that is planned or asked for; a new one takes the place of the one before."""
    instalment = locked(Instalment.objects.select_related("organisation"), pk)
    if not (policies.writes_for(by, instalment.organisation_id) or by.has_role(*DESK_ROLES)):
        raise NotAllowed("Une pièce est jointe par un rédacteur ou un signataire de la commune, ou par le service.")
    if instalment.state not in JOINABLE:
        raise DomainError(f"Ce versement est « {instalment.get_state_display()} » : ses pièces ne changent plus.")
    if kind not in (PaperKind.AGREEMENT, PaperKind.TITLE, PaperKind.OTHER):
        raise DomainError("Cette pièce n’est pas de celles que la commune joint.")
    stored = store_upload(file, organisation=instalment.organisation, by=by)
    paper = PaymentPaper.objects.create(
        instalment=instalment,
        organisation=instalment.organisation,
        kind=kind,
        reference=" ".join(reference.split())[:60],
        file=stored,
        added_by=by,
    )
    record(
        instalment, by=by, verb="join_paper", data={"kind": kind, "reference": paper.reference, "sha256": stored.sha256}
    )
    return paper


def wake_statement(pk: int) -> None:
    from payments.tasks import make_statement

    wake(make_statement, pk)


def make_statement(pk: int) -> PaymentPaper | None:
    """The « décompte » of a payment, as PDF, kept with it. Running it again does nothing more.

    It is made outside the lock; who comes second under the lock throws theirs away.
    """
    instalment = _reading().get(pk=pk)
    if not _wants(instalment):
        return None
    content = letters.render("statement", data_of(instalment))
    with transaction.atomic():
        fresh = locked(_reading(), pk)
        if not _wants(fresh) or fresh.amount_cents != instalment.amount_cents:
            return None
        application = fresh.application
        name = f"Décompte {application.number} versement {fresh.position}.pdf"
        file = issue(content, name=name, organisation=application.organisation, by=MACHINE)
        paper = PaymentPaper.objects.create(
            instalment=fresh, organisation=application.organisation, kind=PaperKind.STATEMENT, file=file
        )
        record(fresh, by=MACHINE, verb="join_paper", data={"kind": paper.kind, "sha256": file.sha256})
    return paper


def waiting() -> list[int]:
    """Payments asked for without their statement: lost tasks, found again every minute."""
    found = Instalment.objects.filter(state__in=WITH_STATEMENT).exclude(papers__kind=PaperKind.STATEMENT)
    return [one.pk for one in found.order_by("pk")[:200] if _wants(one)]


def _wants(instalment: Instalment) -> bool:
    from payments.papers import needs_statement

    made = PaymentPaper.objects.filter(instalment=instalment, kind=PaperKind.STATEMENT).exists()
    return needs_statement(instalment) and instalment.state in WITH_STATEMENT and not made


def _reading() -> Any:
    return Instalment.objects.select_related(
        "application__call__fund", "application__organisation", "application__instructor", "decision"
    )


def data_of(instalment: Instalment) -> dict[str, Any]:
    """What the PDF says; see documents.letters."""
    application, decision = instalment.application, instalment.decision
    siblings = Instalment.objects.filter(decision=decision, state__in=settlement.GONE).order_by("position")
    before = [one for one in siblings if one.pk != instalment.pk]
    gone = sum(one.amount_cents for one in before)
    settled = Settlement.objects.filter(decision=decision).first()
    void = instalment.state == InstalmentState.VOID
    granted = settled.granted_cents if settled else granted_cents(application)
    return {
        "head": letters.letterhead(application.call.fund, contact=application.instructor),
        "number": application.number,
        "date": local(database_now()),
        "commune": application.organisation.name,
        "title": application.title,
        "act_number": decision.act_number,
        "act_date": decision.act_date,
        "granted_cents": granted,
        "lines": [{"label": one["label"], "amount": euros(one["cents"])} for one in settled.explained]
        if settled
        else [],
        "paid": [{"label": settlement.paid_words(one), "amount": euros(one.amount_cents)} for one in before],
        "gone_cents": gone,
        "amount_cents": 0 if void else instalment.amount_cents,
        "recover_cents": settled.recover_cents if settled else 0,
        "left_cents": max(granted - gone - instalment.amount_cents, 0) if not settled else 0,
    }
