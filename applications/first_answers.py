"""What was answered to « Puis-je demander ? », carried into a new draft so that nobody types it twice."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from common.dates import day
from common.money import euros
from fund.estimate import Asked
from fund.limits import allowed_for
from fund.models import Call
from fund.states import ActionType, Theme

TO_DETAIL = "Coût estimé, à détailler compte par compte"
OTHERS = "Autres subventions, à préciser"
OWN = "Reste à la charge de la commune, à vérifier"


@dataclass(frozen=True)
class FirstAnswers:
    action_type: str
    theme: str
    starts_on: date
    cost_cents: int
    other_cents: int

    @classmethod
    def of(cls, asked: Asked) -> "FirstAnswers":
        return cls(asked.action_type, asked.theme, asked.starts_on, asked.cost_cents, asked.other_cents)

    def sections(self, call: Call) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
        """(section, values, rows), as `save_section` takes them."""
        return [
            ("chantier", {"theme": self.theme, "action_type": self.action_type}, {}),
            ("description", {"starts_on": self.starts_on}, {}),
            ("budget", {}, {"budget_lines": self._lines(call)}),
        ]

    def _lines(self, call: Call) -> list[dict[str, Any]]:
        """A balanced budget that asks for the maximum: a start, whose labels say what is to be written."""
        most = allowed_for(
            call, cost=self.cost_cents, total_cost=self.cost_cents, other_subsidies=self.other_cents
        ).cents
        lines = [
            _line("charge", "62", self.cost_cents, label=TO_DETAIL),
            _line(
                "product",
                "74",
                most,
                label=call.fund.name,
                funder=call.fund.authority_name,
                status="requested",
                is_request=True,
            ),
        ]
        if self.other_cents:
            lines.append(_line("product", "74", self.other_cents, funder=OTHERS))
        own = self.cost_cents - self.other_cents - most
        if own > 0:
            lines.append(_line("product", "autofinancement", own, label=OWN))
        return lines

    def words(self) -> list[tuple[str, str]]:
        """For the person, before they begin."""
        return [
            ("Type d’action", ActionType(self.action_type).label),
            ("Domaine", Theme(self.theme).label),
            ("Début", day(self.starts_on)),
            ("Coût", euros(self.cost_cents)),
            ("Autres subventions", euros(self.other_cents)),
        ]


def _line(side: str, account: str, cents: int, **fields: Any) -> dict[str, Any]:
    blank = {"label": "", "funder": "", "status": "", "is_request": False}
    return {"side": side, "account": account, "amount_cents": cents, **blank, **fields}
