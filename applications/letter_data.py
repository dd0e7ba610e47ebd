"""What the letter of a decision says: its data, as `documents.letters` reads it."""

from typing import Any

from django.utils import timezone

from accounts.models import User
from applications.letter_texts import SORTS, filled
from applications.models import Application, Decision, LetterText
from applications.states import DecisionKind
from common.dates import day
from common.errors import DomainError
from common.money import rate, split
from documents import letters
from fund.models import Fund, PlannedShare

TO_COME = "(à venir)"


def text_of(version: LetterText | None, kind: str) -> str:
    """The words of a version; those of the product when there is none, or when it says to come back to them."""
    return (version.text if version else "") or SORTS[kind].standard


def letter_data(decision: Decision) -> dict[str, Any]:
    """What the letter says, in the text frozen by its signature. DomainError when the text asks what the file has not."""
    data = known_data(decision)
    kind = decision.letter_kind
    return {**data, **_plan(decision), "body": filled(kind, text_of(decision.text, kind), data)}


def draft_data(decision: Decision, text: str) -> dict[str, Any]:
    """The letter before its signature, in this text: the act and who signs are still to come."""
    now = timezone.now()
    data = known_data(decision) | {
        "date": now,
        "signed_at": now,
        "act_number": TO_COME,
        "act_date": timezone.localdate(),
    }
    data["signatory"] = {name: value or TO_COME for name, value in data["signatory"].items()}
    return {**data, **_plan(decision), "draft": "oui", "body": filled(decision.letter_kind, text, data)}


def check_signable_text(decision: Decision, text: str, *, by: User, delegation: Any = None, **act: Any) -> None:
    """DomainError when the letter could not be made: its text asks what this file has not, or nobody knows in what
    capacity `by` signs (CRPA L. 212-1). `act` is the number and the date to come."""
    if not signatory(decision.application.call.fund, by, delegation)["capacity"]:
        raise DomainError(
            "La lettre dit en quelle qualité vous signez : indiquez votre fonction dans votre profil, ou faites écrire la "
            "qualité du signataire dans les réglages du fonds."
        )
    filled(decision.letter_kind, text, known_data(decision) | act)


def known_data(decision: Decision) -> dict[str, Any]:
    """What is known of a decision, signed or not; the fields of its text are read in it."""
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
            "report_due_on": call.report_due_on,
        }
    return data


def _plan(decision: Decision) -> dict[str, Any]:
    return {"instalments": planned_instalments(decision)} if decision.kind == DecisionKind.GRANT else {}


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
