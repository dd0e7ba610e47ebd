"""When a commune may ask for an instalment, and what it is told when it may not yet."""

from applications.models import Application, FinalReport
from applications.report_parts import lost_cents
from applications.states import ApplicationState, DecisionState, ReportState
from common.money import euros
from fund.models import PlannedShare
from payments.models import BankVersion, Instalment
from payments.states import BankState, InstalmentState

GONE = (InstalmentState.ORDERED, InstalmentState.PAID)


def obstacle(
    instalment: Instalment, siblings: list[Instalment], *, has_account: bool, has_report: bool, lost_cents: int = 0
) -> str:
    """Why this instalment cannot be asked for now, as a sentence; empty when it can.

    `lost_cents`: what the report takes from the award, as long as the award was not reduced by it.
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
    if instalment.kind == PlannedShare.Kind.BALANCE and lost_cents:
        return (
            f"D’après le bilan, l’aide due est moindre de {euros(lost_cents)}. Demandez d’abord que l’aide soit réduite "
            "de cette somme (« Modifier l’action ») : le solde suivra."
        )
    if not has_account:
        return "Indiquez d’abord les coordonnées bancaires de la commune."
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
    return obstacle(
        instalment,
        siblings,
        has_account=has_account(instalment.organisation_id),
        has_report=has_accepted_report(instalment.application),
        lost_cents=lost_cents(instalment.application),
    )


def all_paid(application: Application) -> bool:
    """Nothing is left to pay for this award (asked by `applications.closing`)."""
    instalments = Instalment.objects.filter(application=application)
    return instalments.exists() and not instalments.exclude(state=InstalmentState.PAID).exists()
