"""Votes of credits: what a line receives or gives, and what a year may pay. Lock order: envelopes, then lines, then the year."""

from datetime import date
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Sum
from django.db.models.functions import Now
from django.utils import timezone

from accounts.states import Role
from common.actors import Actor
from common.errors import DomainError
from common.money import euros
from fund.models import Budget, BudgetLine, BudgetVote, Envelope, Fund, PaymentCredit
from fund.policies import require
from fund.services.ledger import balance_of, lock_envelope, move
from fund.states import Account, CreditMode, VoteKind
from journal.models import Kind
from journal.services import record

ENGAGED = (Account.RESERVED, Account.COMMITTED, Account.ORDERED)


def vote_line(
    line: BudgetLine,
    cents: int,
    *,
    kind: VoteKind,
    deliberation: str,
    by: Actor,
    voted_on: date | None = None,
    operation: UUID | None = None,
    label: str = "",
) -> BudgetVote:
    """Give `cents` to a line the caller has locked with its envelope (or take `-cents`): the row, the amount, the ledger."""
    act, day = said(deliberation, voted_on)
    operation = operation or uuid4()
    envelope = Envelope.objects.filter(line=line).first()
    movement = None
    if envelope:
        words = f"{label or VoteKind(kind).label}, délibération {act}"[:200]
        movement = move(
            envelope,
            "vote" if cents > 0 else "lower",
            abs(cents),
            by=by,
            subject=f"BUDGET-{envelope.year}",
            operation=operation,
            label=words,
        )
        record(envelope, by=by, verb="vote", kind=Kind.MONEY, data={"cents": cents, "label": words})
    line.amount_cents += cents
    if line.amount_cents < 0:
        raise DomainError(f"« {line.label} » ne porte que {euros(line.amount_cents - cents)}.")
    line.save(update_fields=["amount_cents"])
    return BudgetVote.objects.create(
        line=line,
        kind=kind,
        amount_cents=cents,
        deliberation=act,
        voted_on=day,
        label=label[:200],
        operation=operation,
        movement=movement,
        actor_id=by.actor_id,
        actor_label=by.actor_label,
    )


def said(deliberation: str, voted_on: date | None) -> tuple[str, date]:
    """The deliberation and its date, or a DomainError that says what is missing."""
    act, day = " ".join(deliberation.split()), voted_on or timezone.localdate()
    if not act or len(act) > 120:
        raise DomainError("Indiquez la délibération qui le décide (120 caractères au plus).")
    if day > timezone.localdate():
        raise DomainError("La date d’une délibération ne peut pas être à venir.")
    return act, day


@transaction.atomic
def vote(envelope_id: int, cents: int, *, by: Actor, label: str) -> BudgetVote:
    """Bring voted credits into the line of an envelope (or take `-cents` out of what is still available)."""
    require(by, Role.FUND_MANAGER)
    envelope = lock_envelope(envelope_id)
    line = _lock_lines(envelope.line_id)[0]
    kind = VoteKind.AMENDMENT if line.votes.exists() else VoteKind.INITIAL
    return vote_line(line, cents, kind=kind, deliberation=label, by=by)


@transaction.atomic
def transfer(
    source_pk: int, target_pk: int, *, cents: int, deliberation: str, voted_on: date | None, by: Actor, label: str = ""
) -> tuple[BudgetVote, BudgetVote]:
    """From a line to another of the same year (transfer), or of the next year (carry-over): two votes, one deliberation.

    Raises DomainError when the line it leaves does not hold it any more: what is engaged stays.
    """
    require(by, Role.FUND_MANAGER)
    if source_pk == target_pk:
        raise DomainError("Choisissez deux lignes différentes.")
    if cents <= 0:
        raise DomainError("Le montant est supérieur à zéro.")
    for pk in Envelope.objects.filter(line__in=(source_pk, target_pk)).order_by("pk").values_list("pk", flat=True):
        lock_envelope(pk)
    lines = {line.pk: line for line in _lock_lines(source_pk, target_pk)}
    source, target = lines[source_pk], lines[target_pk]
    kind = _kind_between(source, target)
    operation = uuid4()
    taken, given = (
        vote_line(
            line,
            signed,
            kind=kind,
            deliberation=deliberation,
            voted_on=voted_on,
            by=by,
            operation=operation,
            label=label or f"{kind.label}, {_named(source)} vers {_named(target)}",
        )
        for line, signed in ((source, -cents), (target, cents))
    )
    data = {"from": source.pk, "to": target.pk, "cents": cents, "deliberation": taken.deliberation}
    record(source.budget, by=by, verb=kind.value, kind=Kind.MONEY, reason=label, data=data)
    if target.budget_id != source.budget_id:
        record(target.budget, by=by, verb=kind.value, kind=Kind.MONEY, reason=label, data=data)
    return taken, given


def _named(line: BudgetLine) -> str:
    return f"{line.label} {line.budget.year}"


def _kind_between(source: BudgetLine, target: BudgetLine) -> VoteKind:
    for line in (source, target):
        refuse_closed(line.budget)
    if source.budget_id == target.budget_id:
        return VoteKind.TRANSFER
    if target.budget.year != source.budget.year + 1 or target.budget.fund_id != source.budget.fund_id:
        raise DomainError("Des crédits se reportent d’un exercice au suivant, et vers lui seul.")
    return VoteKind.CARRY_OVER


def refuse_closed(budget: Budget) -> None:
    if budget.closed_at:
        raise DomainError(f"L’exercice {budget.year} est clos : son budget ne change plus.")


def _lock_lines(*pks: int) -> list[BudgetLine]:
    """The lines by ascending id; DomainError when one is gone."""
    rows = BudgetLine.objects.filter(pk__in=pks).select_related("budget").order_by("pk")
    lines = list(rows.select_for_update(no_key=True, of=("self",)))
    if len(lines) != len(set(pks)):
        raise DomainError("Cette ligne de budget n’existe plus.")
    return lines


@transaction.atomic
def close_budget(pk: int, *, by: Actor) -> Budget:
    """Close a year: nothing moves after. Raises DomainError while a euro is still engaged (what is left falls)."""
    require(by, Role.FUND_MANAGER)
    envelopes = Envelope.objects.filter(line__budget=pk).order_by("pk")
    locked = [lock_envelope(one) for one in envelopes.values_list("pk", flat=True)]
    budget = Budget.objects.select_for_update(no_key=True).get(pk=pk)
    if budget.closed_at:
        raise DomainError(f"L’exercice {budget.year} est déjà clos.")
    balances = [balance_of(envelope) for envelope in locked]
    engaged = sum(balance[account] for balance in balances for account in ENGAGED)
    if engaged:
        raise DomainError(
            f"{euros(engaged)} restent engagés sur {budget.year} : un exercice se clôt quand tout est payé, réduit ou annulé."
        )
    budget.closed_at = Now()
    budget.save(update_fields=["closed_at"])
    budget.refresh_from_db()
    left = sum(balance[Account.AVAILABLE] for balance in balances)
    record(budget, by=by, verb="close_budget", kind=Kind.MONEY, data={"year": budget.year, "available": left})
    return budget


@transaction.atomic
def vote_payments(
    budget_pk: int, cents: int, *, deliberation: str, voted_on: date | None, by: Actor, key: UUID | None = None
) -> PaymentCredit:
    """Raise (or lower, `-cents`) the payment credits of a year. They never fall under what its batches have ordered."""
    require(by, Role.FUND_MANAGER)
    act, day = said(deliberation, voted_on)
    budget = Budget.objects.get(pk=budget_pk)
    refuse_closed(budget)
    if not cents:
        raise DomainError("Le montant n’est pas zéro.")
    ceiling = payments_voted(budget.year) + cents
    if ceiling < 0:
        raise DomainError("Les crédits de paiement d’un exercice ne descendent pas au-dessous de zéro.")
    credit = PaymentCredit.objects.create(
        budget=budget,
        key=key or uuid4(),
        amount_cents=cents,
        deliberation=act,
        voted_on=day,
        actor_id=by.actor_id,
        actor_label=by.actor_label,
    )
    data = {"cents": cents, "total": ceiling, "deliberation": act}
    record(budget, by=by, verb="vote_payments", kind=Kind.MONEY, data=data)
    return credit


def payments_voted(year: int) -> int:
    return int(PaymentCredit.objects.filter(budget__year=year).aggregate(cents=Sum("amount_cents"))["cents"] or 0)


def payment_ceiling(year: int) -> int | None:
    """What the batches of a year may order in all; None where credits are annual."""
    mode = Fund.objects.order_by("pk").values_list("credit_mode", flat=True).first()
    return payments_voted(year) if mode == CreditMode.AE_CP else None
