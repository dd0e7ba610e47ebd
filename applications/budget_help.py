"""What helps to finish a budget: why the amount is bounded, and the figures that would put it right."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from applications import eligibility
from applications.eligibility import Money
from applications.forms.budget import Budget
from applications.models import Application
from applications.states import Side
from common.money import euros, euros_bare, percent, share
from fund.models import Call
from fund.states import LegalBasis

OWN = "autofinancement"


@dataclass(frozen=True)
class Offer:
    """One figure that would mend the budget: what it says on the button, and what it writes there."""

    code: str  # what the form sends: maximum, equilibre
    words: str
    cents: int

    @property
    def typed(self) -> str:
        return euros_bare(self.cents)


@dataclass(frozen=True)
class Help:
    rule: str  # the rule that bounds the amount, explained with the figures of this budget
    law: str  # what the legal basis of the call asks, where it asks something
    offers: tuple[Offer, ...]


def help_for(call: Call, figures: Money, lines: Iterable[Any]) -> Help:
    if figures.is_empty:
        return Help("", _law(call), ())
    return Help(_rule(call, figures), _law(call), tuple(_offers(call, figures, lines)))


def _rule(call: Call, figures: Money) -> str:
    """The tightest rule, told with this budget's own figures."""
    limit = eligibility.allowed(call, figures).limits[0]
    cost, others = euros(figures.eligible_cost), euros(figures.other_subsidies)
    most = euros(limit.cents)
    if limit.code == "shared_cost":
        left = max(0, figures.eligible_cost - figures.other_subsidies)
        return (
            f"Les dépenses sont de {cost} et les autres subventions de {others} : il reste {euros(left)} à payer à deux. "
            f"La métropole ne peut pas en payer plus que la commune, donc {most} au plus."
        )
    if limit.code == "own_share":
        own = euros(share(figures.total_cost, call.min_own_share_bp, rounding="ceil"))
        return (
            f"La commune garde à sa charge {percent(call.min_own_share_bp)} du coût total, soit {own}. "
            f"Une fois les autres subventions déduites ({others}), il reste {most} pour le fonds."
        )
    if limit.code == "ceiling":
        return f"L’appel plafonne l’aide à {most} par action, quel que soit le budget."
    return f"L’appel paie au plus {percent(call.max_rate_bp)} des dépenses : pour {cost}, cela fait {most}."


def _law(call: Call) -> str:
    if call.legal_basis != LegalBasis.SHARED_COST_FUND:
        return ""
    return (
        "L’aide de cet appel est un fonds de concours (code général des collectivités territoriales, article L. 5215-26) : "
        "son montant ne peut pas dépasser ce que la commune finance elle-même, une fois les autres subventions déduites. "
        "Une subvention de plus, même d’un autre financeur, abaisse donc le maximum."
    )


def _offers(call: Call, figures: Money, lines: Iterable[Any]) -> Iterable[Offer]:
    most = eligibility.allowed(call, figures).cents
    if figures.requested > most:  # first things first: the balance depends on what is asked
        yield Offer("maximum", f"Ramener la demande au maximum permis, {euros(most)}", most)
        return
    own = next((line.amount_cents for line in lines if line.account == OWN and line.side == Side.PRODUCT), 0)
    balanced = own + figures.gap
    if figures.gap and balanced >= 0:
        yield Offer("equilibre", f"Équilibrer par l’autofinancement, {euros(balanced)}", balanced)


def filled(application: Application, data: QueryDict) -> QueryDict:
    """The form as it was typed, with one figure put right: shown again before anything is saved."""
    budget = Budget(application, data=data)
    lines = budget.models()
    offers = {one.code: one for one in help_for(application.call, eligibility.money_of(lines), lines).offers}
    offer, target = offers.get(data.get("remplir", "")), data.copy()
    if offer is None:
        return target
    target[input_of(budget, offer)] = offer.typed
    return target


def input_of(budget: Budget, offer: Offer) -> str:
    """The name of the input that an offer fills; of several lines of own funds, the first takes the difference."""
    if offer.code == "maximum":
        return str(budget.request.add_prefix("amount"))
    row = next(form for form in budget.own.forms if form["account"].value() == OWN)
    return str(row.add_prefix("amount"))
