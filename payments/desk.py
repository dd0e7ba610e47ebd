"""The desk of finance: what is due now, the cash of the months to come, by commune and by line, beside the payment credits."""

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Min, Q, Sum
from django.db.models.functions import TruncMonth
from django.urls import reverse
from django.utils import timezone

from common.dates import MONTHS
from common.money import euros
from fund.models import EnvelopeBalance
from fund.services import payment_ceiling
from payments.dues import AGES, ON_ITS_WAY, STAGES, dues, end_of_month, end_of_week, waited
from payments.services.credits import ordered_in
from payments.states import InstalmentState

UNPAID = ~Q(state=InstalmentState.PAID)
WAY = Q(stage__in=ON_ITS_WAY)
PLANNED = Q(stage="prevu")


def link(**asked: Any) -> str:
    return f"{reverse('due_list')}?{urlencode(asked)}"


def desk_page(user: Any) -> dict[str, Any]:
    today = timezone.localdate()
    rows = dues(user).order_by()
    months = forecast(rows)
    return {
        "today": today,
        "facts": _now(rows, today),
        "stages": _stages(rows),
        "ages": [label for _, _, label in AGES.values()],
        "months": months,
        "months_total": sum(one["cents"] for one in months),
        "communes": _communes(rows, today),
        "lines": _lines(rows, today),
        "credits": _credits(rows, today),
    }


def _now(rows: Any, today: date) -> list[dict[str, Any]]:
    """This week and this month: what is on its way, and what the plans bring by then."""
    week, month = Q(expected_on__lte=end_of_week(today)) & UNPAID, Q(expected_on__lte=end_of_month(today)) & UNPAID
    late = PLANNED & Q(due_on__lt=today)
    sums = rows.aggregate(
        week=Sum("amount_cents", filter=week), week_n=Count("pk", filter=week),
        month=Sum("amount_cents", filter=month), month_n=Count("pk", filter=month),
        way=Sum("amount_cents", filter=WAY), way_n=Count("pk", filter=WAY),
        late=Sum("amount_cents", filter=late), late_n=Count("pk", filter=late),
    )  # fmt: skip
    shown = (
        ("week", "Dû cette semaine", {"quand": "semaine"}),
        ("month", "Dû ce mois-ci", {"quand": "mois"}),
        ("way", "Demandé, pas encore payé", {"etape": "en-cours"}),
        ("late", "Échéance passée, pas demandé", {"retard": "1"}),
    )
    return [
        {"label": label, "value": euros(sums[key] or 0), "count": sums[f"{key}_n"], "url": link(**asked)}
        for key, label, asked in shown
    ]


def _stages(rows: Any) -> list[dict[str, Any]]:
    """What is on its way, stage by stage, with its ages."""
    ages = {f"age_{code}": Sum("amount_cents", filter=waited(code)) for code in AGES}
    grouped = (
        rows.filter(WAY).values("stage").annotate(n=Count("pk"), cents=Sum("amount_cents"), oldest=Min("since"), **ages)
    )
    found = {one["stage"]: one for one in grouped}
    return [
        {
            "label": STAGES[code],
            "count": found.get(code, {}).get("n", 0),
            "cents": found.get(code, {}).get("cents", 0),
            "oldest": found.get(code, {}).get("oldest"),
            "url": link(etape=code),
            "ages": [
                {"cents": found.get(code, {}).get(f"age_{age}") or 0, "url": link(etape=code, depuis=age)}
                for age in AGES
            ],
        }
        for code in ON_ITS_WAY
    ]


def forecast(rows: Any) -> list[dict[str, Any]]:
    """The cash to come, month by month: what is on its way, and what the plans of the awards say."""
    grouped = (
        rows.filter(UNPAID)
        .annotate(month=TruncMonth("expected_on"))
        .values("month")
        .annotate(n=Count("pk"), way=Sum("amount_cents", filter=WAY), planned=Sum("amount_cents", filter=PLANNED))
        .order_by("month")
    )
    shown, running = [], 0
    for one in grouped:
        way, planned = one["way"] or 0, one["planned"] or 0
        running += way + planned
        month = f"{one['month']:%Y-%m}"
        shown.append(
            {
                "label": f"{MONTHS[one['month'].month - 1]} {one['month'].year}",
                "count": one["n"],
                "way": way,
                "planned": planned,
                "cents": way + planned,
                "running": running,
                "url": link(mois=month),
                "way_url": link(mois=month, etape="en-cours"),
                "planned_url": link(mois=month, etape="prevu"),
            }
        )
    return shown


def _sums(today: date) -> dict[str, Any]:
    paid = Q(state=InstalmentState.PAID, paid_on__gte=date(today.year, 1, 1))
    return {
        "way": Sum("amount_cents", filter=WAY, default=0),
        "month": Sum("amount_cents", filter=UNPAID & Q(expected_on__lte=end_of_month(today)), default=0),
        "left": Sum("amount_cents", filter=UNPAID, default=0),
        "paid": Sum("amount_cents", filter=paid, default=0),
    }


def _communes(rows: Any, today: date) -> list[dict[str, Any]]:
    grouped = rows.values("organisation", "organisation__name", "organisation__sort_name").annotate(**_sums(today))
    return [
        one
        | {
            "name": one["organisation__name"],
            "way_url": link(commune=one["organisation"], etape="en-cours"),
            "month_url": link(commune=one["organisation"], quand="mois"),
            "left_url": link(commune=one["organisation"], etape="a-payer"),
            "paid_url": link(commune=one["organisation"], etape="paye", annee=today.year),
        }
        for one in grouped.order_by("organisation__sort_name")
        if one["left"] or one["paid"]
    ]


def _lines(rows: Any, today: date) -> list[dict[str, Any]]:
    """Each budget line that carries an envelope: the ledger beside what the plans will draw from it."""
    line = "application__call__envelope__line"
    drawn = {one[line]: one for one in rows.values(line).annotate(**_sums(today))}
    balances = EnvelopeBalance.objects.select_related("envelope__line__budget").order_by(
        "-envelope__line__budget__year"
    )
    none = dict.fromkeys(_sums(today), 0)
    return [
        {
            "label": f"{one.envelope.line.label}, {one.envelope.year}",
            "balance": one,
            "month_url": link(ligne=one.envelope.line_id, quand="mois"),
            "left_url": link(ligne=one.envelope.line_id, etape="a-payer"),
            **drawn.get(one.envelope.line_id, none),
        }
        for one in balances
    ]


def _credits(rows: Any, today: date) -> dict[str, Any]:
    """The year: what its batches may order, what they ordered, what is still expected of it, what would be left."""
    ceiling, ordered = payment_ceiling(today.year), ordered_in(today.year)
    to_order = UNPAID & ~Q(stage="ordonnance") & Q(expected_on__lte=date(today.year, 12, 31))
    expected = rows.aggregate(cents=Sum("amount_cents", filter=to_order, default=0))["cents"]
    expected_url = link(etape="a-ordonnancer", annee=today.year)
    left = None if ceiling is None else ceiling - ordered - expected
    return {
        "year": today.year,
        "ceiling": ceiling,
        "ordered": ordered,
        "expected": expected,
        "left": left,
        "expected_url": expected_url,
    }
