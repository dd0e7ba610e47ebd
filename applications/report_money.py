"""Planned beside done: sums, gaps in words, and the aid that follows from what was justified. Pure functions, in cents."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from applications.answers import line_words
from applications.eligibility import Money, allowed, money_of
from applications.models import ReportLine
from applications.states import Side
from common.money import euros, percent, rate
from fund.limits import Limit
from fund.models import Call

_FIGURE = re.compile(r"([0-9]+(?:[ \u00a0\u202f][0-9]{3})*)(?:[,.]([0-9]+))?[ \u00a0\u202f]?(%?)")


@dataclass(frozen=True)
class _Amount:
    side: str
    account: str
    amount_cents: int
    is_request: bool


@dataclass(frozen=True)
class Aid:
    """What is due in the end, and each rule that bounds it (the tightest first)."""

    granted: int
    cents: int
    limits: tuple[Limit, ...]

    @property
    def reduced(self) -> int:
        """How much of the award is lost."""
        return self.granted - self.cents

    @property
    def reason(self) -> str:
        return self.limits[0].reason if self.limits else ""


@dataclass(frozen=True)
class Account:
    """The two budgets of a report. In what was done, the line of the fund is the aid that is due."""

    planned: Money
    done: Money
    aid: Aid

    @property
    def justified(self) -> int:
        """The eligible spending, by the rule of the application: charges, voluntary contributions apart."""
        return self.done.eligible_cost


def account_of(call: Call, lines: Iterable[ReportLine], granted: int) -> Account:
    lines = list(lines)
    planned = money_of(_Amount(x.side, x.account, x.planned_cents, x.is_request) for x in lines)
    typed = money_of(_Amount(x.side, x.account, x.done_cents or 0, x.is_request) for x in lines)
    aid = aid_due(call, planned, typed, granted)
    done = money_of(
        _Amount(x.side, x.account, aid.cents if x.is_request else x.done_cents or 0, x.is_request) for x in lines
    )
    return Account(planned, done, aid)


def justified_cents(lines: Iterable[ReportLine]) -> int:
    return money_of(_Amount(x.side, x.account, x.done_cents or 0, x.is_request) for x in lines).eligible_cost


def aid_due(call: Call, planned: Money, done: Money, granted: int) -> Aid:
    """The award, pro rata of the eligible spending really borne, never more than the rules of the call on it."""
    if not planned.eligible_cost:
        return Aid(granted, granted, (Limit(granted, "aide accordée"),))
    share_bp = rate(granted, planned.eligible_cost)
    # In cents, from the amounts themselves: a rounded rate could cost or give a cent.
    pro_rata = granted * done.eligible_cost // planned.eligible_cost
    limits = [
        Limit(granted, f"aide accordée : {euros(granted)}"),
        Limit(pro_rata, f"{percent(share_bp)} de {euros(done.eligible_cost)} de dépenses justifiées"),
        *allowed(call, done).limits,
    ]
    limits.sort(key=lambda limit: limit.cents)
    return Aid(granted, limits[0].cents, tuple(limits))


# --- Gaps in words ---------------------------------------------------------------------------------------------


def gap_words(planned: int, done: int | None) -> str:
    """How an amount differs from the plan: « 800,00 € de moins que prévu (− 10 %) »."""
    if done is None:
        return ""
    if done == planned:
        return "comme prévu"
    if not planned:
        return "non prévu"
    difference = done - planned
    side = "de plus" if difference > 0 else "de moins"
    sign = "+\u202f" if difference > 0 else "−\u202f"
    return f"{euros(abs(difference))} {side} que prévu ({sign}{percent(rate(abs(difference), planned))})"


def measure_words(target: str, done: str) -> str:
    """How a count differs from its target, where both are figures; nothing is said of words."""
    wanted, counted = figure(target), figure(done)
    if wanted is None or counted is None:
        return ""
    if counted == wanted:
        return "cible atteinte"
    gap = abs(counted - wanted)
    words = f"{_plain(gap)} de plus que la cible" if counted > wanted else f"{_plain(gap)} de moins que la cible"
    if wanted:
        words += f" ({_plain((counted * 100 / wanted).quantize(Decimal(1)))}\u202f% de la cible)"
    return words


def figure(text: str) -> Decimal | None:
    """The number a person wrote, None for anything else (« trois guides »)."""
    match = _FIGURE.fullmatch(text.strip())
    if match is None:
        return None
    whole = re.sub(r"\D", "", match[1])
    return Decimal(f"{whole}.{match[2]}" if match[2] else whole)


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace(".", ",")


def rows_of(lines: Iterable[ReportLine], side: Side, aid_cents: int) -> list[dict[str, Any]]:
    """The lines of one side for a reader, each with its gap."""
    rows = []
    for line in lines:
        if line.side == side:
            done = aid_cents if line.is_request else line.done_cents
            rows.append(
                {"line": line, "words": line_words(line), "done": done, "gap": gap_words(line.planned_cents, done)}
            )
    return rows
