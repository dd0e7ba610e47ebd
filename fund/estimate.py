"""« Puis-je demander ? »: a first answer on the public page, with nothing kept. The file itself is checked in full later."""

from dataclasses import dataclass

from accounts.models import Organisation
from accounts.states import PlanStatus
from common.money import euros, percent, share
from fund.models import Call
from fund.states import ActionType, Audience, LegalBasis


@dataclass(frozen=True)
class Answer:
    yes: bool
    title: str
    reasons: tuple[str, ...]
    cents: int = 0


def most_for(call: Call, cost_cents: int) -> int:
    """The most for an action of that cost without any other subsidy."""
    own = share(cost_cents, call.min_own_share_bp, rounding="ceil")
    bounds = [share(cost_cents, call.max_rate_bp), call.ceiling_cents, max(0, cost_cents - own)]
    if call.legal_basis == LegalBasis.SHARED_COST_FUND:
        bounds.append(cost_cents // 2)
    return min(bounds)


def may_apply(call: Call, organisation: Organisation) -> str:
    """Empty, or why not."""
    if call.audience == Audience.WITH_PLAN and organisation.plan_status != PlanStatus.ADOPTED:
        return (
            f"Cet appel est réservé aux communes dotées d’un plan local adopté. {organisation.name} n’en a pas encore."
        )
    if call.audience == Audience.WITHOUT_PLAN and organisation.plan_status == PlanStatus.ADOPTED:
        return f"Cet appel est réservé aux communes sans plan local. {organisation.name} en a un."
    return ""


def answer(call: Call, organisation: Organisation, action_type: str, cost_cents: int) -> Answer:
    refusal = may_apply(call, organisation)
    if not refusal and action_type not in call.action_types:
        refusal = f"Cet appel ne finance pas : {ActionType(action_type).label.lower()}."
    if refusal:
        return Answer(False, "Non, pas à cet appel.", (refusal,))
    cents = most_for(call, cost_cents)
    if cents < call.floor_cents:
        return Answer(
            False,
            "Non, le montant serait trop faible.",
            (
                f"Pour {euros(cost_cents)} de dépenses, l’aide serait de {euros(cents)} au plus.",
                f"Le fonds n’accorde pas moins de {euros(call.floor_cents)}.",
            ),
        )
    reasons = [f"{percent(call.max_rate_bp)} de {euros(cost_cents)}, dans la limite de {euros(call.ceiling_cents)}."]
    if call.min_own_share_bp:
        own = share(cost_cents, call.min_own_share_bp, rounding="ceil")
        reasons.append(f"La commune apporte au moins {euros(own)}.")
    return Answer(True, f"Oui, jusqu’à {euros(cents)}.", tuple(reasons), cents)
