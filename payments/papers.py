"""The documents that the legal basis of a payment requires (CGCT, annexe I), each with its state."""

from dataclasses import dataclass

from applications.models import FinalReport
from applications.states import ReportState
from documents.models import StoredFile
from documents.states import FileState
from fund.models import PlannedShare
from fund.states import LegalBasis
from payments.models import Instalment, PaymentPaper
from payments.states import PaperKind

# Rubriques 76 (fonds de concours) and 78 (participations): an agreement, and a title of the beneficiary for each payment.
WITH_TITLE = (LegalBasis.SHARED_COST_FUND, LegalBasis.AGREEMENT)
RUBRICS = {LegalBasis.SHARED_COST_FUND: "76", LegalBasis.AGREEMENT: "78"}


@dataclass(frozen=True)
class Paper:
    """`state`: « ok » is there, « wait » comes by itself, « no » is missing. `kind` where the commune may join it."""

    label: str
    state: str
    note: str = ""
    file: StoredFile | None = None
    kind: str = ""


def wanted(instalment: Instalment) -> list[Paper]:
    """What this payment needs, in the accountant's order. Three queries."""
    basis = instalment.application.call.legal_basis
    decision = instalment.decision
    siblings = PaymentPaper.objects.filter(instalment__decision=decision).select_related("file").order_by("pk")
    mine = {one.kind: one for one in siblings if one.instalment_id == instalment.pk}
    found = [Paper("Décision d’attribution", "ok", f"Acte {decision.act_number}", decision.letter)]
    if basis in WITH_TITLE:
        agreement = next((one for one in reversed(list(siblings)) if one.kind == PaperKind.AGREEMENT), None)
        found.append(_of_commune(PaperKind.AGREEMENT, agreement))
        found.append(_of_commune(PaperKind.TITLE, mine.get(PaperKind.TITLE)))
    if instalment.kind == PlannedShare.Kind.BALANCE:
        accepted = FinalReport.objects.filter(application=instalment.application_id, state=ReportState.ACCEPTED)
        report = accepted.select_related("document").first()
        found.append(
            Paper("Bilan de l’action", "ok", "Accepté par le service", report.document)
            if report
            else Paper("Bilan de l’action", "no", "Le bilan doit être accepté par le service")
        )
    if needs_statement(instalment):
        made = mine.get(PaperKind.STATEMENT)
        note = "Il rappelle les sommes déjà versées" if made else "Le service l’établit quand le versement est demandé"
        found.append(Paper("Décompte", "ok" if made else "wait", note, made.file if made else None))
    return found


def _of_commune(kind: PaperKind, paper: PaymentPaper | None) -> Paper:
    if paper is None:
        return Paper(kind.label, "no", "À joindre par la commune", None, kind.value)
    if paper.file.state != FileState.CLEAN:
        waits = paper.file.state == FileState.QUARANTINED
        return Paper(kind.label, "wait" if waits else "no", paper.file.get_state_display(), None, kind.value)
    return Paper(kind.label, "ok", f"N° {paper.reference}" if paper.reference else "", paper.file, kind.value)


def needs_statement(instalment: Instalment) -> bool:
    """From the second payment on, and for a balance: a statement that recalls the sums already paid."""
    return instalment.position > 1 or instalment.kind == PlannedShare.Kind.BALANCE


def missing(instalment: Instalment, *, or_waiting: bool = False) -> list[str]:
    """Labels of what the commune must still join (or of what the antivirus still holds)."""
    states = ("no", "wait") if or_waiting else ("no",)
    return [one.label for one in wanted(instalment) if one.state in states and one.kind]
