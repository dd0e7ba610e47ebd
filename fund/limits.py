"""How much a call allows for a cost: each rule that bounds it, in words. One place for the public page and for the files."""

from dataclasses import dataclass

from common.money import euros, percent, share
from fund.models import Call
from fund.states import LegalBasis


@dataclass(frozen=True)
class Limit:
    """One rule that bounds the amount, in words."""

    cents: int
    reason: str
    code: str = ""  # rate, ceiling, own_share, shared_cost


@dataclass(frozen=True)
class Allowed:
    cents: int
    limits: tuple[Limit, ...]  # the tightest first

    @property
    def reason(self) -> str:
        return self.limits[0].reason if self.limits else ""


def allowed_for(call: Call, *, cost: int, total_cost: int, other_subsidies: int) -> Allowed:
    """The most the call allows, with each rule that bounds it.

    The minimum own share is a rule of the fund, on the total cost. A fonds de concours may not exceed what the
    beneficiary finances itself, net of subsidies (CGCT L. 5215-26): half of what the other subsidies leave.
    """
    if cost == 0:
        return Allowed(0, (Limit(0, "Le maximum se calcule dès que les charges sont remplies."),))
    own = share(total_cost, call.min_own_share_bp, rounding="ceil")
    limits = [
        Limit(
            share(cost, call.max_rate_bp), f"{percent(call.max_rate_bp)} de {euros(cost)} de dépenses retenues", "rate"
        ),
        Limit(call.ceiling_cents, f"plafond de {euros(call.ceiling_cents)} par action", "ceiling"),
        Limit(
            max(0, cost - other_subsidies - own),
            f"ce qui laisse à la commune {percent(call.min_own_share_bp)} du coût total, soit {euros(own)}",
            "own_share",
        ),
    ]
    if call.legal_basis == LegalBasis.SHARED_COST_FUND:
        limits.append(
            Limit(
                max(0, cost - other_subsidies) // 2,
                "fonds de concours : pas plus que ce que la commune finance elle-même, hors subventions",
                "shared_cost",
            )
        )
    limits.sort(key=lambda limit: limit.cents)
    return Allowed(limits[0].cents, tuple(limits))
