"""The account of an award: what is due, what is left, what is released, what comes back. Pure, in cents."""

from dataclasses import dataclass
from typing import Any

from applications.models import Application, Decision
from applications.report_parts import account, granted_cents, reading
from applications.states import ReportState
from common.dates import day
from common.money import euros
from payments.models import Instalment
from payments.states import InstalmentState

GONE = (InstalmentState.ORDERED, InstalmentState.PAID)
ON_ITS_WAY = (
    InstalmentState.REQUESTED,
    InstalmentState.CERTIFIED,
    InstalmentState.ENDORSED,
    InstalmentState.APPROVED,
)


@dataclass(frozen=True)
class Sums:
    """due = gone + balance - recover, and granted = gone + balance + released: to the cent, nothing negative."""

    granted: int
    due: int
    gone: int

    @property
    def balance(self) -> int:
        return max(self.due - self.gone, 0)

    @property
    def recover(self) -> int:
        return max(self.gone - self.due, 0)

    @property
    def released(self) -> int:
        return self.granted - max(self.due, self.gone)


@dataclass(frozen=True)
class Computed:
    sums: Sums
    lines: list[dict[str, Any]]  # {label, cents, total?}: the calculation, line by line


def compute(application: Application, decision: Decision) -> Computed | None:
    """The account as the accepted report makes it; None while no report is accepted."""
    report = reading().filter(application=application, state=ReportState.ACCEPTED).first()
    if report is None:
        return None
    figures = account(report, granted_cents(application))
    instalments = list(Instalment.objects.filter(decision=decision, state__in=GONE).order_by("position"))
    sums = Sums(figures.aid.granted, figures.aid.cents, sum(one.amount_cents for one in instalments))
    lines: list[dict[str, Any]] = [
        {"label": "Dépenses éligibles prévues", "cents": figures.planned.eligible_cost},
        {"label": "Dépenses éligibles justifiées au bilan", "cents": figures.justified},
    ]
    lines += [{"label": f"Plafond : {_short(limit.reason)}", "cents": limit.cents} for limit in figures.aid.limits]
    lines.append({"label": "Aide due : le plus bas de ces plafonds", "cents": sums.due, "total": True})
    lines += [{"label": f"À déduire : {paid_words(one)}", "cents": -one.amount_cents} for one in instalments]
    if sums.recover:
        lines.append({"label": "Trop versé, à rembourser", "cents": sums.recover, "total": True})
    else:
        lines.append({"label": "Solde à verser", "cents": sums.balance, "total": True})
    return Computed(sums, lines)


def _short(reason: str) -> str:
    return reason[:1].lower() + reason[1:]


def paid_words(instalment: Instalment) -> str:
    """« acompte payé le 3 mars 2026, mandat 1234 »."""
    kind = instalment.get_kind_display().lower()
    if instalment.paid_on is None:
        return f"{kind}, transmis au comptable"
    return f"{kind} payé le {day(instalment.paid_on)}, mandat {instalment.mandate or 'sans numéro'}"


def outcome_words(sums: Sums) -> str:
    """What the account changes, in one sentence."""
    if sums.recover:
        return f"La commune a reçu {euros(sums.recover)} de trop : un titre de recettes est demandé aux finances."
    if not sums.balance:
        return "Plus rien n’est dû : le dossier se clôt sans autre versement."
    if sums.released:
        return f"Le solde est de {euros(sums.balance)} ; {euros(sums.released)} reviennent à l’enveloppe."
    return f"Le solde est de {euros(sums.balance)}."
