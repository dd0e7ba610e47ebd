"""What is still open in a year, and the years beside each other."""

from collections.abc import Collection
from typing import Any

from django.db.models import Case, F, IntegerField, Q, Sum, Value, When

from fund.models import Budget, BudgetLine, Call, EnvelopeBalance, Movement, PaymentCredit
from fund.states import ENDED, Account, BudgetLineKind

ENGAGED = (Account.RESERVED, Account.COMMITTED, Account.ORDERED)


def still_open(budget: Budget, *, unseen: Collection[str] = ()) -> dict[str, Any]:
    """The money still engaged, file by file, the calls that are not decided, and what falls with the close.

    `unseen`: numbers of files that the reader must not see; their money counts in the totals.
    """
    balances = list(EnvelopeBalance.objects.filter(envelope__line__budget=budget))
    return {
        "engaged": sum(getattr(one, account) for one in balances for account in ENGAGED),
        "left": sum(one.available for one in balances),
        "files": list(engaged_by_file(budget).exclude(subject__in=unseen)[:200]),
        "calls": list(Call.objects.filter(envelope__line__budget=budget).exclude(state__in=ENDED)),
    }


def engaged_by_file(budget: Budget) -> Any:
    """subject, cents: what each file holds of the year, reserved, committed or ordered."""
    inside, outside = Q(to_account__in=ENGAGED), Q(from_account__in=ENGAGED)
    signed = Case(
        When(inside & ~outside, then=F("amount_cents")),
        When(outside & ~inside, then=-F("amount_cents")),
        default=Value(0),
        output_field=IntegerField(),
    )
    rows = Movement.objects.filter(envelope__line__budget=budget).order_by().values("subject")
    return rows.annotate(cents=Sum(signed)).exclude(cents=0).order_by("subject")


def years() -> list[dict[str, Any]]:
    """Each year: what its lines carry, what its envelope did, its payment credits; three queries whatever the years."""
    budgets = list(Budget.objects.order_by("-year"))
    voted = dict(BudgetLine.objects.order_by().values_list("budget").annotate(Sum("amount_cents")))
    credits = dict(PaymentCredit.objects.order_by().values_list("budget").annotate(Sum("amount_cents")))
    funds = EnvelopeBalance.objects.filter(envelope__line__kind=BudgetLineKind.FUND).select_related("envelope__line")
    balances = {one.envelope.line.budget_id: one for one in funds}
    return [
        {
            "budget": one,
            "lines": voted.get(one.pk, 0),
            "balance": balances.get(one.pk),
            "payments": credits.get(one.pk, 0),
        }
        for one in budgets
    ]
