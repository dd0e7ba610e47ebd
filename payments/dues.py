"""What is due and when: each payment of an award has a planned day, a stage, and the day since which it waits there.

The planned day follows from the award and its call: so many days after the act (an advance, an interim payment) or after the
day the report is due (the others), as the call's plan says; else thirty days, halfway, and that very day. What is already asked for is expected now; nothing is expected before today.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import (
    Case,
    CharField,
    DateField,
    DateTimeField,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)  # fmt: skip
from django.db.models.functions import Cast, Coalesce, Greatest
from django.utils import timezone

from common.search import sort_key
from fund.models import PlannedShare
from payments.models import Instalment, PaymentLine
from payments.states import BatchState, InstalmentState, LineState

S = InstalmentState
ADVANCE_DAYS = 30
# Where a payment stands for finance: the code of the address, its words, in the order of the way.
STAGES = {
    "demande": "Demandé par la commune, à certifier",
    "certifie": "Certifié, à viser ou à approuver",
    "approuve": "Approuvé, à mettre dans un lot",
    "en-lot": "Dans un lot en préparation",
    "ordonnance": "Ordonnancé, pas encore payé",
    "prevu": "Prévu, pas encore demandé",
    "paye": "Payé",
}
ON_ITS_WAY = ("demande", "certifie", "approuve", "en-lot", "ordonnance")
AGES = {"7": (0, 7, "Moins de 8 jours"), "30": (8, 30, "8 à 30 jours"), "plus": (31, None, "Plus de 30 jours")}


def planned_day() -> Any:
    """The day a payment is planned for, in the database."""
    act, report = F("decision__act_date"), F("application__call__report_due_on")
    half = ExpressionWrapper((report - act) / Value(2), output_field=DurationField())
    said = ExpressionWrapper(_days_said() * Value(timedelta(days=1)), output_field=DurationField())
    from_the_act = Q(kind__in=(PlannedShare.Kind.ADVANCE, PlannedShare.Kind.INTERIM))
    return Coalesce(
        Cast(Case(When(from_the_act, then=_after(act, said)), default=_after(report, said)), DateField()),
        Case(
            When(
                kind=PlannedShare.Kind.ADVANCE, then=Cast(_after(act, Value(timedelta(days=ADVANCE_DAYS))), DateField())
            ),
            When(kind=PlannedShare.Kind.INTERIM, then=Cast(_after(act, half), DateField())),
            default=report,
            output_field=DateField(),
        ),
        report,
    )


def _days_said() -> Any:
    """What the plan of the call says of this payment. A share that made no cent has no payment: hence « at least »."""
    shares = PlannedShare.objects.filter(
        call=OuterRef("application__call"), kind=OuterRef("kind"), position__gte=OuterRef("position") - Value(1)
    )
    return Subquery(shares.order_by("position").values("days_after")[:1])


def _after(start: Any, length: Any) -> Any:
    return ExpressionWrapper(start + length, output_field=DateTimeField())


def dues(user: Any) -> "QuerySet[Any]":
    """The payments this person may see, each with `due_on`, `expected_on`, `stage` and `since`; those without object are left out."""
    live = PaymentLine.objects.filter(instalment=OuterRef("pk"), state=LineState.LIVE)
    sealed = live.exclude(batch__state=BatchState.OPEN).values("batch__sealed_at")[:1]
    today = Value(timezone.localdate(), output_field=DateField())
    stages = {
        S.REQUESTED: "demande", S.CERTIFIED: "certifie", S.ENDORSED: "certifie", S.ORDERED: "ordonnance", S.PAID: "paye",
    }  # fmt: skip
    return (
        Instalment.objects.visible_to(user)
        .exclude(state=S.VOID)
        .annotate(
            due_on=planned_day(),
            stage=Case(
                *(When(state=state, then=Value(code)) for state, code in stages.items()),
                When(Q(state=S.APPROVED) & Exists(live), then=Value("en-lot")),
                When(state=S.APPROVED, then=Value("approuve")),
                default=Value("prevu"),
                output_field=CharField(),
            ),
            since=Case(
                When(state=S.REQUESTED, then=F("requested_at")),
                When(state=S.CERTIFIED, then=F("certified_at")),
                When(state=S.ENDORSED, then=F("endorsed_at")),
                When(state=S.APPROVED, then=F("approved_at")),
                When(state=S.ORDERED, then=Subquery(sealed)),
                output_field=DateTimeField(),
            ),
        )
        .annotate(
            expected_on=Case(
                When(state=S.PAID, then=F("paid_on")),
                When(state=S.PLANNED, then=Greatest(F("due_on"), today)),
                default=today,
                output_field=DateField(),
            )
        )
    )


def end_of_week(today: date) -> date:
    return today + timedelta(days=6 - today.weekday())


def end_of_month(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


@dataclass(frozen=True)
class Wanted:
    """What a list of dues is asked for; all of it may be left empty."""

    etape: str = ""  # a stage, « en-cours », « a-ordonnancer » or « a-payer »
    quand: str = ""  # semaine, mois
    mois: date | None = None
    commune: int | None = None
    ligne: int | None = None
    depuis: str = ""
    retard: bool = False
    annee: int | None = None
    q: str = ""


def wanted_rows(user: Any, wanted: Wanted) -> "QuerySet[Any]":
    rows, today = dues(user), timezone.localdate()
    if wanted.etape == "en-cours":
        rows = rows.filter(stage__in=ON_ITS_WAY)
    elif wanted.etape == "a-payer":
        rows = rows.exclude(state=S.PAID)
    elif wanted.etape == "a-ordonnancer":
        rows = rows.exclude(state=S.PAID).exclude(stage="ordonnance")
    elif wanted.etape:
        rows = rows.filter(stage=wanted.etape)
    if wanted.retard:
        rows = rows.filter(state=S.PLANNED, due_on__lt=today)
    if wanted.annee:
        rows = rows.filter(expected_on__year=wanted.annee)
    if wanted.quand:
        last = end_of_week(today) if wanted.quand == "semaine" else end_of_month(today)
        rows = rows.exclude(state=S.PAID).filter(expected_on__lte=last)
    if wanted.mois:
        rows = rows.filter(expected_on__gte=wanted.mois, expected_on__lte=end_of_month(wanted.mois))
        rows = rows if wanted.etape else rows.exclude(state=S.PAID)
    if wanted.commune:
        rows = rows.filter(organisation=wanted.commune)
    if wanted.ligne:
        rows = rows.filter(application__call__envelope__line=wanted.ligne)
    if wanted.depuis:
        rows = rows.filter(waited(wanted.depuis))
    if wanted.q.strip():
        named = Q(organisation__sort_name__contains=sort_key(wanted.q))
        rows = rows.filter(Q(application__number__icontains=wanted.q.strip()) | named)
    return rows


def waited(age: str) -> Q:
    """Those that stand in their stage for so long."""
    low, high, _ = AGES[age]
    within = Q(since__lte=timezone.now() - timedelta(days=low))
    return within if high is None else within & Q(since__gt=timezone.now() - timedelta(days=high + 1))
