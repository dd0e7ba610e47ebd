"""The letter of a signed decision: made after the commit, by a task that may run twice; then the decision is notified."""

from typing import Any

from django.db import transaction

from accounts.models import User
from applications.models import Application, Decision
from applications.notifications.desk import LETTER, LETTER_MAILS
from applications.services.reports import open_report
from applications.states import DecisionKind, DecisionState
from common.actors import MACHINE
from common.dates import day
from common.money import rate, split
from documents import letters
from documents import services as documents
from fund.models import Fund, PlannedShare
from journal.services import advance, locked
from notifications.models import Message
from notifications.services import attach

TEMPLATES = {
    DecisionKind.GRANT: "award_letter",
    DecisionKind.REJECT: "refusal_letter",
    DecisionKind.WAITLIST: "waitlist_letter",
}
NAMES = {
    DecisionKind.GRANT: "Lettre d’attribution",
    DecisionKind.REJECT: "Lettre de refus",
    DecisionKind.WAITLIST: "Lettre de mise en liste d’attente",
}


def make(pk: int) -> bool:
    """Make the letter of a signed decision, notify the decision and let its messages leave. False when already done.

    The PDF is made and stored outside the lock; who comes second under the lock throws theirs away.
    """
    decision = _fetch().get(pk=pk)
    if decision.state != DecisionState.SIGNED:
        return False
    content = letters.render(TEMPLATES[DecisionKind(decision.kind)], letter_data(decision))
    with transaction.atomic():
        decision = locked(_fetch(), pk)
        if decision.state != DecisionState.SIGNED:
            return False
        application = decision.application
        name = f"{NAMES[DecisionKind(decision.kind)]} {application.number}.pdf"
        decision.letter = documents.issue(content, name=name, organisation=application.organisation, by=MACHINE)
        advance(decision, decision.notify, by=MACHINE, data={"letter_sha256": decision.letter.sha256})
        if decision.kind == DecisionKind.GRANT:
            open_report(application.pk, by=MACHINE)
        for message in Message.objects.filter(
            kind__in=[mail.kind for mail in LETTER_MAILS.values()],
            subject_ref=application.number,
            dedup_key__contains=f":decision-{decision.pk}:",
            awaits=LETTER,
        ):
            attach(message, documents.as_attachment(decision.letter))
    return True


def waiting() -> list[int]:
    """Signed decisions whose letter is not made: lost tasks, found again every minute."""
    return list(Decision.objects.filter(state=DecisionState.SIGNED).order_by("pk").values_list("pk", flat=True)[:200])


def letter_data(decision: Decision) -> dict[str, Any]:
    """What the letter says. Before the signature it may be shown as a draft: the act is then still to come."""
    application = decision.application
    call = application.call
    data: dict[str, Any] = {
        "head": letters.letterhead(call.fund, contact=application.instructor or decision.recorded_by),
        "number": application.number,
        "date": decision.signed_at,
        "recipient": recipient_lines(application),
        "commune": application.organisation.name,
        "title": application.title,
        "year": call.year,
        "act_number": decision.act_number,
        "act_date": decision.act_date,
        "requested_cents": application.requested_cents,
        "reasons": decision.reasons or default_reasons(decision),
        "signatory": signatory(call.fund, decision.signed_by, decision.delegation),
        "signed_at": decision.signed_at,
    }
    if decision.kind == DecisionKind.GRANT:
        data |= {
            "amount_cents": decision.amount_cents,
            "eligible_cents": application.eligible_cost_cents,
            "rate_bp": rate(decision.amount_cents, application.eligible_cost_cents),
            "instalments": planned_instalments(decision),
            "report_due_on": call.report_due_on,
        }
    return data


def planned_instalments(decision: Decision) -> list[dict[str, Any]]:
    """The plan of the call applied to the award, exact to the cent (the same split as the payments')."""
    plan = list(PlannedShare.objects.filter(call_id=decision.application.call_id))
    amounts = split(decision.amount_cents, [one.share_bp for one in plan]) if plan else []
    return [
        {"label": one.get_kind_display(), "amount_cents": cents}
        for one, cents in zip(plan, amounts, strict=True)
        if cents
    ]


def recipient_lines(application: Application) -> list[str]:
    return ["Madame ou Monsieur le Maire", *application.organisation.postal_lines]


def signatory(fund: Fund, signer: User | None, delegation: Any = None) -> dict[str, str]:
    """Who signs an act, in the capacity the fund gives to its signatory, else by their own job; or by delegation of who has it."""
    if signer is None:
        return {"name": "", "capacity": fund.signatory_title}
    if delegation is not None:
        whose = fund.signatory_title or delegation.giver.job
        return {"name": signer.get_full_name(), "capacity": f"{whose}, par délégation ({delegation.reference})"}
    return {"name": signer.get_full_name(), "capacity": fund.signatory_title or signer.job}


def default_reasons(decision: Decision) -> str:
    if decision.kind == DecisionKind.GRANT:
        return "Le dossier répond aux critères de l’appel ; le montant accordé est celui que la commune a demandé."
    sent = decision.application.submitted_at
    when = f" du {day(sent)}" if sent else ""
    return f"Le dossier{when} répond aux critères de l’appel, mais les crédits disponibles ne permettent pas de l’aider à ce jour."


def _fetch() -> Any:
    return Decision.objects.select_related(
        "application__organisation",
        "application__call__fund",
        "application__instructor",
        "recorded_by",
        "signed_by",
        "delegation__giver",
    )
