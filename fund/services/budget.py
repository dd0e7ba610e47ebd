"""The year's budget, its lines, and the fund's own page of settings."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import transaction

from accounts.states import Role
from common.actors import Actor
from common.errors import DomainError, Stale
from common.money import euros
from fund.models import Budget, BudgetLine, Envelope, Fund
from fund.policies import require
from fund.services.ledger import lock_envelope
from fund.services.votes import refuse_closed, said, vote_line
from fund.states import BudgetLineKind, VoteKind
from journal.models import Kind
from journal.services import record


@transaction.atomic
def create_budget(
    *, year: int, lines: Iterable[dict[str, Any]], by: Actor, deliberation: str = "", voted_on: date | None = None
) -> Budget:
    """Open a year: its lines (fields of BudgetLine) and the envelope of the fund, credited with its line's amount.

    Raises DomainError when the year already has a budget.
    """
    require(by, Role.FUND_MANAGER)
    fund = Fund.objects.select_for_update(no_key=True).order_by("pk").first()
    if fund is None:
        raise DomainError("Le fonds n’est pas encore décrit : commencez par ses réglages.")
    if Budget.objects.filter(fund=fund, year=year).exists():
        raise DomainError(f"Le budget {year} existe déjà : modifiez ses lignes.")
    asked = list(lines)
    if any(fields.get("amount_cents") for fields in asked):
        deliberation, voted_on = said(deliberation, voted_on)
    budget = Budget.objects.create(fund=fund, year=year, deliberation=deliberation, voted_on=voted_on)
    made = [_line(budget, by=by, **fields) for fields in asked]
    record(
        budget,
        by=by,
        verb="create_budget",
        kind=Kind.MONEY,
        data={"year": year, "deliberation": deliberation, "lines": {line.kind: line.amount_cents for line in made}},
    )
    return budget


def _line(budget: Budget, *, by: Actor, amount_cents: int, **fields: Any) -> BudgetLine:
    """A line of a new year with its first vote; the fund's has its envelope."""
    line = BudgetLine.objects.create(budget=budget, **fields)
    if line.kind == BudgetLineKind.FUND:
        Envelope.objects.create(line=line)
    if amount_cents:
        vote_line(
            line,
            amount_cents,
            kind=VoteKind.INITIAL,
            deliberation=budget.deliberation,
            voted_on=budget.voted_on,
            by=by,
            label=f"Vote du budget {budget.year}",
        )
    return line


@transaction.atomic
def add_line(
    budget_pk: int,
    *,
    label: str,
    by: Actor,
    cents: int = 0,
    deliberation: str = "",
    voted_on: date | None = None,
    **fields: str,
) -> BudgetLine:
    """Open a line of its own in a year, with its first vote when it has an amount.

    Raises DomainError when the year is closed or already has a line of that name.
    """
    require(by, Role.FUND_MANAGER)
    budget = Budget.objects.select_for_update(no_key=True).get(pk=budget_pk)
    refuse_closed(budget)
    label = " ".join(label.split())
    _one_a_name(budget, label)
    line = BudgetLine.objects.create(budget=budget, kind=BudgetLineKind.OTHER, label=label, **fields)
    if cents:
        vote_line(line, cents, kind=VoteKind.INITIAL, deliberation=deliberation, voted_on=voted_on, by=by)
    record(line, by=by, verb="add_line", kind=Kind.MONEY, data={"label": label, "cents": cents} | fields)
    return line


def _one_a_name(budget: Budget, label: str, *, but: int | None = None) -> None:
    if BudgetLine.objects.filter(budget=budget, label__iexact=label).exclude(pk=but or 0).exists():
        raise DomainError(f"Le budget {budget.year} a déjà une ligne « {label} ».")


@transaction.atomic
def amend_line(
    pk: int, *, cents: int, seen_cents: int, deliberation: str, by: Actor, voted_on: date | None = None, label: str = ""
) -> BudgetLine:
    """Vote a new amount for a line (décision modificative); the fund's line moves its envelope by the difference.

    Raises DomainError when the envelope has already engaged more than the new amount, Stale when the line changed
    since it was seen.
    """
    require(by, Role.FUND_MANAGER)
    envelope = Envelope.objects.filter(line_id=pk).first()
    if envelope:
        lock_envelope(envelope.pk)
    line = BudgetLine.objects.select_for_update(no_key=True, of=("self",)).select_related("budget").get(pk=pk)
    refuse_closed(line.budget)
    if line.amount_cents != seen_cents:
        raise Stale("Quelqu’un a modifié cette ligne entre-temps. Relisez son montant, puis recommencez si besoin.")
    if cents == line.amount_cents:
        raise DomainError(f"La ligne porte déjà {euros(cents)}.")
    before = line.amount_cents
    kind = VoteKind.AMENDMENT if line.votes.exists() else VoteKind.INITIAL
    vote_line(line, cents - before, kind=kind, deliberation=deliberation, voted_on=voted_on, by=by, label=label)
    data = {"from": before, "to": cents, "deliberation": deliberation}
    record(line, by=by, verb="amend_line", kind=Kind.MONEY, reason=label, data=data)
    return line


@transaction.atomic
def describe_line(pk: int, *, by: Actor, **fields: str) -> BudgetLine:
    """Change the words and accounts of a line, never its amount."""
    require(by, Role.FUND_MANAGER)
    line = BudgetLine.objects.select_for_update(no_key=True, of=("self",)).select_related("budget").get(pk=pk)
    _one_a_name(line.budget, fields.get("label", line.label), but=pk)
    changed = {name: value for name, value in fields.items() if getattr(line, name) != value}
    if changed:
        for name, value in changed.items():
            setattr(line, name, value)
        line.save(update_fields=list(changed))
        record(line, by=by, verb="describe_line", data=changed)
    return line


@transaction.atomic
def save_fund(*, by: Actor, seen: str, **fields: str) -> Fund:
    """Save the settings of the fund (the first save creates it). `seen` is the `fund_mark` the person started from."""
    require(by, Role.FUND_MANAGER)
    fund = Fund.objects.select_for_update(no_key=True).order_by("pk").first()
    if fund_mark(fund) != seen:
        raise Stale("Quelqu’un a modifié ces réglages entre-temps. Rechargez la page pour les relire.")
    fund = fund or Fund()
    changed = sorted(name for name, value in fields.items() if getattr(fund, name) != value)
    for name in changed:
        setattr(fund, name, fields[name])
    fund.save()
    if changed:
        record(fund, by=by, verb="save_settings", data={"fields": changed})
    return fund


def fund_mark(fund: Fund | None) -> str:
    """What the settings looked like: the number of the last change that the database kept."""
    if fund is None:
        return "0"
    last = fund.events.order_by("-pgh_id").values_list("pgh_id", flat=True).first()  # type: ignore[attr-defined]
    return str(last or 0)
