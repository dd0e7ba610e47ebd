"""« Puis-je demander ? »: a first answer on the public page, with nothing kept. The file itself is checked in full later.

Apps above may tell a person what they know of their own commune (`tell`): the answer to everybody else never says it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from accounts.models import Organisation
from accounts.states import PlanStatus
from common.dates import day, local
from common.money import euros, percent, share
from fund.limits import allowed_for
from fund.models import Call
from fund.states import ActionType, Audience, Theme


@dataclass(frozen=True)
class Asked:
    """The five questions: who, what, in which domain, from when, at what cost and with which other subsidies."""

    organisation: Organisation
    action_type: str
    theme: str
    starts_on: date
    cost_cents: int
    other_cents: int = 0


@dataclass(frozen=True)
class Answer:
    """`refusals` are what a file with these figures would be refused for, by code of the check; `cents` the maximum."""

    yes: bool
    title: str
    reasons: tuple[str, ...]
    cents: int
    refusals: tuple[str, ...] = ()
    own_cents: int = 0


@dataclass(frozen=True)
class Note:
    """Something to know before beginning, with the page where it is dealt with."""

    text: str
    url: str
    label: str


Teller = Callable[[Any, Call, Organisation], list[Note]]
_tellers: list[Teller] = []


def tell(teller: Teller) -> None:
    """Called in an app's `ready()`. It takes the person, the call and the commune, and must say nothing to strangers."""
    if teller not in _tellers:
        _tellers.append(teller)


def notes_for(user: Any, call: Call, organisation: Organisation) -> list[Note]:
    return [note for teller in _tellers for note in teller(user, call, organisation)]


def may_apply(call: Call, organisation: Organisation) -> str:
    """Empty, or why not."""
    if call.audience == Audience.WITH_PLAN and organisation.plan_status != PlanStatus.ADOPTED:
        return (
            f"Cet appel est réservé aux communes dotées d’un plan local adopté. {organisation.name} n’en a pas encore."
        )
    if call.audience == Audience.WITHOUT_PLAN and organisation.plan_status == PlanStatus.ADOPTED:
        return f"Cet appel est réservé aux communes sans plan local. {organisation.name} en a un."
    return ""


def answer(call: Call, asked: Asked, *, today: date) -> Answer:
    """What a file with these figures would be answered if it were sent today (or on the first day of the call)."""
    most = allowed_for(call, cost=asked.cost_cents, total_cost=asked.cost_cents, other_subsidies=asked.other_cents)
    why = _refusals(call, asked, most.cents, first_day=max(today, local(call.opens_at).date()))
    if why:
        return Answer(False, _title(why), tuple(why.values()), most.cents, tuple(why))
    own = asked.cost_cents - asked.other_cents - most.cents
    reasons = [f"{most.reason[:1].upper()}{most.reason[1:]}.", _own_share(call, asked, own)]
    return Answer(True, f"Oui, jusqu’à {euros(most.cents)}.", tuple(reasons), most.cents, own_cents=own)


def _refusals(call: Call, asked: Asked, most: int, *, first_day: date) -> dict[str, str]:
    """Code of the check -> sentence. All of them at once: one mends everything before asking again."""
    why: dict[str, str] = {}
    if reason := may_apply(call, asked.organisation):
        why["organisation"] = reason
    if asked.action_type not in call.action_types:
        why["action_type"] = f"Cet appel ne finance pas : {ActionType(asked.action_type).label.lower()}."
    if asked.theme not in call.themes:
        why["theme"] = f"Cet appel ne retient pas ce domaine : {Theme(asked.theme).label.lower()}."
    if asked.starts_on < first_day:
        why["dates"] = (
            "L’action doit commencer après l’envoi du dossier, donc "
            f"le {day(first_day)} au plus tôt. Ce qui est déjà engagé n’est pas financé."
        )
    if most < call.floor_cents:
        why["amount"] = _too_little(call, asked, most)
    return why


def _too_little(call: Call, asked: Asked, most: int) -> str:
    floor = f"Le fonds n’accorde pas moins de {euros(call.floor_cents)}."
    if asked.other_cents >= asked.cost_cents:
        return f"Les autres subventions couvrent déjà le coût de l’action : il ne reste rien à aider. {floor}"
    with_others = f" et {euros(asked.other_cents)} d’autres subventions" if asked.other_cents else ""
    return f"Pour {euros(asked.cost_cents)} de dépenses{with_others}, l’aide serait de {euros(most)} au plus. {floor}"


def _title(why: dict[str, str]) -> str:
    if set(why) == {"amount"}:
        return "Non, le montant serait trop faible."
    if set(why) == {"dates"}:
        return "Pas à cette date."
    return "Non, pas à cet appel."


def _own_share(call: Call, asked: Asked, own: int) -> str:
    """What is left to the commune when the fund gives its maximum."""
    least = share(asked.cost_cents, call.min_own_share_bp, rounding="ceil")
    words = f"La commune apporterait {euros(own)}"
    if asked.other_cents:
        words += f", avec {euros(asked.other_cents)} d’autres subventions"
    if not least:
        return f"{words}."
    return f"{words} ; l’appel lui demande au moins {percent(call.min_own_share_bp)} du coût, soit {euros(least)}."
