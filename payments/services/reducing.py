"""A lower award: what is still planned is lowered with it; what a commune already asked for stays."""

from typing import Any

from django.db import transaction
from django.db.models import Sum

from applications.models import Decision
from common.actors import Actor
from common.errors import DomainError
from common.money import euros
from journal.services import record
from payments.models import AwardAct, Instalment, Settlement
from payments.states import ActKind, ActState, InstalmentState


def obstacle_to_reduction(sender: Any, *, decision: Decision, award_cents: int, **kwargs: Any) -> str:
    """Receiver of `award_reduction_checked`: why the award cannot be lowered to that, as a sentence; empty when it can."""
    return obstacle(decision, list(Instalment.objects.filter(decision=decision).order_by("pk")), award_cents)


def obstacle(decision: Decision, instalments: list[Instalment], award_cents: int) -> str:
    if Settlement.objects.filter(decision=decision).exists():
        return "Le décompte de l’aide est arrêté : son montant ne change plus."
    planned = [one for one in instalments if one.state == InstalmentState.PLANNED]
    settled = (InstalmentState.PLANNED, InstalmentState.VOID)
    engaged = sum(one.amount_cents for one in instalments if one.state not in settled)
    if not planned:
        return "Tous les versements sont déjà demandés ou payés : le montant ne peut plus baisser ainsi. Écrivez au service."
    least = engaged + len(planned)  # one cent each: an instalment never falls to nothing
    if award_cents < least:
        return (
            f"{euros(engaged)} sont déjà demandés ou payés et un versement reste prévu : l’aide ne peut pas descendre "
            f"au-dessous de {euros(least)}."
        )
    return ""


def taken_by_acts(sender: Any, *, decision: Decision, **kwargs: Any) -> int:
    """Receiver of `award_acts_counted`: the cents that signed reductions took from the award."""
    signed = AwardAct.objects.filter(decision=decision, state=ActState.SIGNED, kind=ActKind.REDUCTION)
    return int(signed.aggregate(cents=Sum("released_cents"))["cents"] or 0)


@transaction.atomic
def reduce_plan(sender: Any, *, decision: Decision, award_cents: int, by: Actor, **kwargs: Any) -> None:
    """Receiver of `award_reduced`, in its transaction: the planned instalments share what is left, each in its proportion."""
    found = Instalment.objects.select_for_update(no_key=True, of=("self",)).filter(decision=decision).order_by("pk")
    lower(decision, list(found), award_cents, by=by)


def lower(decision: Decision, instalments: list[Instalment], award_cents: int, *, by: Actor) -> None:
    """Lower the planned ones of these instalments, which the caller has locked, until all sum to `award_cents`."""
    if refusal := obstacle(decision, instalments, award_cents):
        raise DomainError(refusal)
    planned = [one for one in instalments if one.state == InstalmentState.PLANNED]
    live = [one for one in instalments if one.state != InstalmentState.VOID]
    engaged = sum(one.amount_cents for one in live) - sum(one.amount_cents for one in planned)
    for one, cents in zip(planned, shares([x.amount_cents for x in planned], award_cents - engaged), strict=True):
        if cents == one.amount_cents:
            continue
        before, one.amount_cents = one.amount_cents, cents
        one.version += 1
        one.save(update_fields=["amount_cents", "version"])
        record(one, by=by, verb="reduce", kind="money", data={"before_cents": before, "cents": cents})


def shares(amounts: list[int], total: int) -> list[int]:
    """`total` shared in the proportion of these amounts, to the cent; none grows, none falls to nothing."""
    whole = sum(amounts)
    parts = [max(1, amount * total // whole) for amount in amounts]
    for place in range(len(parts)):  # cents lost by rounding down, then cents taken by the least of one
        while sum(parts) < total and parts[place] < amounts[place]:
            parts[place] += min(total - sum(parts), amounts[place] - parts[place])
    for place in range(len(parts)):
        while sum(parts) > total and parts[place] > 1:
            parts[place] -= min(sum(parts) - total, parts[place] - 1)
    return parts
