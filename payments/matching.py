"""What each row of a return says of our lines: an effect, nothing new, or a difference that a person will settle."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q

from common.cells import bare
from common.money import euros
from payments.models import PaymentLine, ReturnLine
from payments.states import BatchState, DifferenceKind, InstalmentState, LineState, ReturnOutcome

D, O = DifferenceKind, ReturnOutcome  # noqa: E741
REJECTING, PAYING = ("rejet", "refus", "annul"), ("paye", "regle", "vire", "solde")


@dataclass
class Verdict:
    """One row: `line` is ours when it was found; `kind` and `detail` when it is a difference."""

    returned: ReturnLine
    outcome: ReturnOutcome
    line: PaymentLine | None = None
    kind: DifferenceKind | None = None
    detail: str = ""


class Ledger:
    """The lines of sealed batches that these rows may speak of, found in two queries."""

    def __init__(self, rows: Iterable[Any]) -> None:
        self.rows = list(rows)
        wanted = {row.reference.upper() for row in self.rows if row.reference}
        lots = {row.batch.upper() for row in self.rows if row.batch}
        files = {name.split("-E")[0] for name in wanted}
        spoken = Q(instalment__application__number__in=files) | Q(batch__number__in=lots)
        found = (
            PaymentLine.objects.filter(spoken)
            .exclude(batch__state=BatchState.OPEN)
            .select_related("batch", "instalment__application__call")
            .order_by("pk")
        )
        self.by_file: dict[str, list[PaymentLine]] = defaultdict(list)
        self.by_place: dict[tuple[str, str], PaymentLine] = {}
        self.lines = list(found)
        places: dict[int, int] = defaultdict(int)
        for line in self._whole_batches():
            places[line.batch_id] += 1
            self.by_place[line.batch.number or "", str(places[line.batch_id])] = line
        for line in self.lines:
            self.by_file[line.instalment.application.number or ""].append(line)

    def _whole_batches(self) -> list[PaymentLine]:
        batches = {line.batch_id for line in self.lines}
        every = PaymentLine.objects.filter(batch__in=batches).select_related("batch", "instalment__application__call")
        return list(every.order_by("batch_id", "pk"))

    def candidates(self, row: Any) -> list[PaymentLine]:
        """By batch and line where both are given, else by file: what is ordered first, then of the amount told."""
        if row.batch and row.position:
            exact = self.by_place.get((row.batch.upper(), row.position.lstrip("0")))
            number = exact.instalment.application.number if exact else ""
            if exact and (not row.reference or row.reference.upper().split("-E")[0] == number):
                return [exact]
            return []
        found = self.by_file.get(row.reference.upper().split("-E")[0], [])
        if row.batch:
            found = [line for line in found if line.batch.number == row.batch.upper()]
        for narrower in (
            [line for line in found if line.state == LineState.LIVE],
            [
                line
                for line in found
                if line.instalment.state == InstalmentState.ORDERED and line.state == LineState.LIVE
            ],
            [line for line in found if line.amount_cents == row.amount_cents],
        ):
            kept = [line for line in found if line in narrower]
            found = kept if kept and len(found) > 1 else found
        return found


def judge(rows: list[Any], *, today: date) -> tuple[list[Verdict], Ledger]:
    """A verdict a row, in the order of the file. Nothing is written."""
    ledger = Ledger(rows)
    seen: dict[int, ReturnLine] = {}
    verdicts = []
    for row in rows:
        verdict = _judge(row, ledger.candidates(row), seen, today)
        if verdict.line and verdict.outcome in (O.PAID, O.REJECTED):
            seen[verdict.line.pk] = row
        verdicts.append(verdict)
    return verdicts, ledger


def told(row: Any) -> ReturnOutcome:
    """What the row tells: its word for the state, else whether it has a day of payment."""
    word = bare(row.status)
    if any(sign in word for sign in REJECTING):
        return O.REJECTED
    if row.paid_on and (not word or any(sign in word for sign in PAYING)):
        return O.PAID
    return O.NOTED


def _judge(row: Any, found: list[PaymentLine], seen: dict[int, ReturnLine], today: date) -> Verdict:
    def differs(kind: DifferenceKind, detail: str, line: PaymentLine | None = None) -> Verdict:
        return Verdict(row, O.DIFFERENCE, line, kind, f"Ligne {row.row} : {detail}"[:300])

    name = row.reference or f"{row.batch} ligne {row.position}"
    if not found:
        return differs(D.UNKNOWN, f"« {name} » ne correspond à aucune ligne d’un lot scellé")
    if len(found) > 1:
        return differs(D.AMBIGUOUS, f"{len(found)} lignes possibles pour « {name} », {euros(row.amount_cents)}")
    line, says = found[0], told(row)
    earlier = seen.get(line.pk)
    if earlier is not None:
        same = (earlier.mandate, earlier.paid_on, earlier.amount_cents) == (row.mandate, row.paid_on, row.amount_cents)
        kind = D.DUPLICATE if same else D.TWICE
        return differs(kind, f"{name} est déjà à la ligne {earlier.row} de ce fichier", line)
    if line.state != LineState.LIVE:
        if line.state == LineState.REJECTED and says == O.REJECTED:
            return Verdict(row, O.KNOWN, line)
        return differs(D.TAKEN_BACK, f"{name} : cette ligne est « {line.get_state_display()} »", line)
    if row.amount_cents != line.amount_cents:
        return differs(D.AMOUNT, f"{name} : {euros(row.amount_cents)} au retour, {euros(line.amount_cents)} ici", line)
    if line.instalment.state == InstalmentState.PAID:
        return _already_paid(row, line, says, differs)
    if says == O.PAID and (row.paid_on > today or row.paid_on < line.batch.sealed_at.date()):  # type: ignore[union-attr]
        return differs(D.DATE, f"{name} : payé le {row.paid_on:%d/%m/%Y}, avant le sceau ou dans l’avenir", line)
    return Verdict(row, says, line)


def _already_paid(row: Any, line: PaymentLine, says: ReturnOutcome, differs: Any) -> Verdict:
    """The same payment told again is known; another mandate or day is a second payment, or a rejection after it."""
    paid = line.instalment
    if says == O.NOTED or (says == O.PAID and (row.mandate, row.paid_on) == (paid.mandate, paid.paid_on)):
        return Verdict(row, O.KNOWN, line)
    verdict: Verdict = differs(
        D.TWICE,
        f"{line.instalment.application.number} est déjà payé (mandat {paid.mandate or 'sans numéro'}, {paid.paid_on:%d/%m/%Y})",
        line,
    )
    return verdict
