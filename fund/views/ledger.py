"""The ledger, filtered, with its running balance; and the years beside each other."""

from collections.abc import Collection
from typing import Any

from django.db.models import BigIntegerField, Case, F, Sum, Value, When
from django.db.models.functions import Coalesce, TruncDate
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import for_roles
from accounts.states import READING_ROLES
from common.dates import PARIS
from common.hidden import hidden_from
from common.paging import newest_first
from fund.forms.votes import LedgerForm
from fund.models import Fund, Movement
from fund.states import Account, CreditMode
from fund.words import MOVEMENT_WORDS
from fund.year import years

PRINTED = 1000


@require_safe
@for_roles(*READING_ROLES)
def ledger(request: HttpRequest) -> HttpResponse:
    """Where a figure comes from: its movements, newest first, and what stands on the account after each."""
    form = LedgerForm(request.GET or None, words=MOVEMENT_WORDS)
    asked = form.cleaned_data if form.is_valid() else {}
    unseen = hidden_from(request.user).numbers
    upto = movements(asked | {"du": None})
    if asked.get("dossier"):
        upto = upto.exclude(subject__in=unseen)
    account = asked.get("compte") or Account.AVAILABLE.value
    printed = "imprimer" in request.GET
    shown = upto.filter(day__gte=asked["du"]) if asked.get("du") else upto
    page = newest_first(shown.exclude(subject__in=unseen), request.GET, size=PRINTED if printed else 50)
    balance = _running(page.rows, upto, account, unseen)
    context = {
        "form": form,
        "page": page,
        "account": Account(account),
        "total": standing(shown, account),
        "opening": balance,
        "unseen": shown.filter(subject__in=unseen).count() if unseen else 0,
    }
    return render(request, "fund/ledger.html", context)


def _running(rows: list[Movement], upto: Any, account: str, unseen: Collection[str]) -> int:
    """Write on each movement what stands on the account after it; what stood before the oldest. The balances count the
    movements that are not shown (`unseen`, the files in which the reader has an interest)."""
    if not rows:
        return 0
    balance = standing(upto.filter(pk__lte=rows[0].pk), account)
    passed = list(upto.filter(subject__in=unseen, pk__range=(rows[-1].pk, rows[0].pk))) if unseen else []
    for movement in sorted([*rows, *passed], key=lambda one: -one.pk):
        movement.words, movement.after = MOVEMENT_WORDS[movement.verb], balance
        movement.signed = signed(movement, account)
        balance -= movement.signed
    return balance


def movements(asked: dict[str, Any]) -> Any:
    rows = Movement.objects.select_related("envelope__line__budget").annotate(
        day=TruncDate(Coalesce("occurred_at", "recorded_at"), tzinfo=PARIS)
    )
    wanted: dict[str, Any] = {
        "envelope": asked.get("ligne"),
        "verb": asked.get("mouvement"),
        "subject__iexact": (asked.get("dossier") or "").strip(),
        "day__gte": asked.get("du"),
        "day__lte": asked.get("au"),
    }
    rows = rows.filter(**{name: value for name, value in wanted.items() if value})
    if account := asked.get("compte"):
        rows = rows.filter(from_account=account) | rows.filter(to_account=account)
    return rows


def signed(movement: Movement, account: str) -> int:
    """What the movement does to an account (« voté » counts what the vote brought in)."""
    way = (movement.to_account == account) - (movement.from_account == account)
    return movement.amount_cents * (-way if account == Account.VOTED else way)


def standing(rows: Any, account: str) -> int:
    way = -1 if account == Account.VOTED else 1
    moved = Case(
        When(to_account=account, then=F("amount_cents") * way),
        When(from_account=account, then=F("amount_cents") * -way),
        default=Value(0),
        output_field=BigIntegerField(),
    )
    return int(rows.aggregate(cents=Sum(moved))["cents"] or 0)


@require_safe
@for_roles(*READING_ROLES)
def budget_years(request: HttpRequest) -> HttpResponse:
    fund = Fund.objects.order_by("pk").first()
    context = {"years": years(), "ae_cp": fund is not None and fund.credit_mode == CreditMode.AE_CP}
    return render(request, "fund/years.html", context)
