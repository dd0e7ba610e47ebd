"""When a commune may ask for an instalment, and what it is told when it may not yet."""

from collections.abc import Sequence

from applications.models import Application, Decision, FinalReport
from applications.report_parts import lost_cents
from applications.states import ApplicationState, DecisionState, ReportState
from fund.models import PlannedShare
from payments import papers, settlement
from payments.models import BankVersion, Instalment, Recovery, Settlement
from payments.states import BankState, InstalmentState, RecoveryState

GONE = (InstalmentState.ORDERED, InstalmentState.PAID)


def obstacle(
    instalment: Instalment,
    siblings: list[Instalment],
    *,
    has_account: bool,
    has_report: bool,
    balance_cents: int | None = None,
    missing: Sequence[str] = (),
) -> str:
    """Why this instalment cannot be asked for now, as a sentence; empty when it can.

    `balance_cents`: what the accepted report leaves to pay, as long as the account is not made. `missing`: papers to join.
    """
    if instalment.state != InstalmentState.PLANNED:
        return f"Ce versement est déjà à l’étape « {instalment.get_state_display()} »."
    if instalment.decision.state != DecisionState.NOTIFIED:
        return "La décision n’est pas encore notifiée à la commune."
    if instalment.application.state != ApplicationState.GRANTED:
        return "Le dossier n’est plus en cours de versement."
    if any(other.position < instalment.position and other.state not in GONE for other in siblings):
        return "Le versement précédent doit d’abord être ordonnancé."
    if instalment.kind == PlannedShare.Kind.BALANCE and not has_report:
        return "Le solde se demande quand le bilan de l’action est accepté."
    if balance_cents == 0:
        return "D’après le bilan, il ne reste rien à verser : le service arrête le décompte et vous l’envoie."
    if not has_account:
        return "Indiquez d’abord les coordonnées bancaires de la commune."
    if missing:
        return f"Il manque : {', '.join(name[:1].lower() + name[1:] for name in missing)}."
    return ""


def has_account(organisation_id: int) -> bool:
    """Declared is enough to ask; only a verified one is paid."""
    usable = BankVersion.objects.filter(
        organisation=organisation_id, state__in=(BankState.DECLARED, BankState.VERIFIED)
    )
    return usable.exists()


def has_accepted_report(application: Application) -> bool:
    return FinalReport.objects.filter(application=application, state=ReportState.ACCEPTED).exists()


def obstacle_now(instalment: Instalment) -> str:
    """The same, read from the database."""
    siblings = list(Instalment.objects.filter(decision=instalment.decision_id))
    to_come = unsettled(instalment.application, instalment.decision)
    return obstacle(
        instalment,
        siblings,
        has_account=has_account(instalment.organisation_id),
        has_report=has_accepted_report(instalment.application),
        balance_cents=to_come.sums.balance if to_come else None,
        missing=papers.missing(instalment),
    )


def unsettled(application: Application, decision: Decision) -> settlement.Computed | None:
    """The account that the accepted report makes, as long as it is not made."""
    if Settlement.objects.filter(decision=decision).exists():
        return None
    return settlement.compute(application, decision)


def all_paid(application: Application) -> bool:
    """Nothing is left to pay or to get back for this award (asked by `applications.closing`)."""
    instalments = Instalment.objects.filter(application=application)
    if not instalments.exists() or instalments.exclude(state__in=(InstalmentState.PAID, InstalmentState.VOID)).exists():
        return False
    settled = Settlement.objects.filter(application=application).first()
    if settled is None:
        return not lost_cents(application)
    open_recovery = Recovery.objects.filter(
        application=application, state__in=(RecoveryState.ASKED, RecoveryState.ISSUED)
    )
    return not open_recovery.exists()
