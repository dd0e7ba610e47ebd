"""The figures of the fund at an instant: read-only sums, used by the dashboard and by the weekly report."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, Q, Sum

from applications.models import Application
from applications.states import UNDECIDED, ApplicationState
from common.dates import PARIS
from common.hidden import Hidden
from fund.models import Call, EnvelopeBalance
from fund.states import Account, CallState
from payments.models import Instalment
from payments.states import InstalmentState
from reviews.models import Opinion

# States in the order a file goes through them.
SHOWN = (
    ApplicationState.DRAFT,
    ApplicationState.SUBMITTED,
    ApplicationState.IN_INSTRUCTION,
    ApplicationState.AWAITING_COMMUNE,
    ApplicationState.UNDER_REVIEW,
    ApplicationState.REVIEWED,
    ApplicationState.GRANTED,
    ApplicationState.WAITLISTED,
    ApplicationState.REJECTED,
    ApplicationState.INADMISSIBLE,
    ApplicationState.WITHDRAWN,
    ApplicationState.CLOSED,
)
SOON = timedelta(days=14)
NOTHING = Hidden()


@dataclass(frozen=True)
class Figures:
    """Cents and counts of one year of the fund."""

    year: int
    call: Call
    calls: tuple[Call, ...]
    balance: dict[str, int]
    proposed_cents: int
    states: dict[str, int]
    late: int
    due_soon: int
    received_since: int
    to_certify: int
    to_approve: int
    ready_to_pay: int

    @property
    def title(self) -> str:
        return self.call.title if len(self.calls) == 1 else f"{len(self.calls)} appels en cours"

    @property
    def sent(self) -> int:
        return sum(count for state, count in self.states.items() if state != ApplicationState.DRAFT)

    @property
    def undecided(self) -> int:
        return sum(self.states.get(state, 0) for state in UNDECIDED)

    @property
    def committed_cents(self) -> int:
        """Committed and not yet paid (ordered included)."""
        return self.balance["committed"] + self.balance["ordered"]


def live_calls() -> list[Call]:
    """The calls the fund lives with, newest first: published and not archived; the newest archived one when none lives."""
    calls = Call.objects.select_related("envelope__line__budget", "fund").exclude(state=CallState.DRAFT)
    calls = calls.order_by("-year", "-pk")
    return list(calls.exclude(state=CallState.ARCHIVED)) or list(calls[:1])


def figures(calls: Sequence[Call], *, today: date, since: date, without: Hidden = NOTHING) -> Figures:
    """Everything for these calls together, in a fixed number of queries whatever the number of files.

    `without` is what the reader must not see: no count moves with those files. What the envelope holds is the budget's.
    """
    undecided = Q(state__in=UNDECIDED)
    # One reading of the files gives every count of them.
    counts = list(
        Application.objects.filter(call__in=calls)
        .exclude(pk__in=without.files)
        .values("state")
        .annotate(
            files=Count("pk"),
            late=Count("pk", filter=undecided & Q(due_on__lt=today)),
            soon=Count("pk", filter=undecided & Q(due_on__gte=today, due_on__lte=today + SOON)),
            received=Count("pk", filter=Q(submitted_at__gte=start_of(since))),
        )
        .order_by()
    )
    proposed = (
        Opinion.objects.filter(
            application__call__in=calls,
            application__state__in=(ApplicationState.UNDER_REVIEW, ApplicationState.REVIEWED),
        )
        .exclude(application__in=without.files)
        .aggregate(cents=Sum("proposed_cents"))
    )
    instalments = dict(
        Instalment.objects.filter(application__call__in=calls)
        .exclude(application__in=without.files)
        .values_list("state")
        .annotate(n=Count("pk"))
        .order_by()
    )
    return Figures(
        year=calls[0].year,
        call=calls[0],
        calls=tuple(calls),
        balance=_together({call.envelope_id for call in calls}),
        proposed_cents=proposed["cents"] or 0,
        states={row["state"]: row["files"] for row in counts},
        late=sum(row["late"] for row in counts),
        due_soon=sum(row["soon"] for row in counts),
        received_since=sum(row["received"] for row in counts),
        to_certify=instalments.get(InstalmentState.REQUESTED, 0),
        to_approve=instalments.get(InstalmentState.CERTIFIED, 0),
        ready_to_pay=instalments.get(InstalmentState.APPROVED, 0),
    )


def start_of(day: date) -> datetime:
    """Midnight in Paris."""
    return datetime.combine(day, time.min, PARIS)


def _together(envelopes: set[int]) -> dict[str, int]:
    """Account -> cents, over these envelopes (two calls may share one)."""
    sums = EnvelopeBalance.objects.filter(envelope__in=envelopes).aggregate(
        **{f"{account}_cents": Sum(account) for account in Account.values}
    )
    return {account: sums[f"{account}_cents"] or 0 for account in Account.values}


def most_urgent(calls: Sequence[Call], *, without: Hidden = NOTHING, limit: int = 8) -> list[Application]:
    """The undecided files whose answer is due first."""
    waiting = Application.objects.filter(call__in=calls, state__in=UNDECIDED).select_related(
        "organisation", "instructor"
    )
    return list(waiting.exclude(pk__in=without.files).order_by("due_on", "pk")[:limit])


def by_theme(calls: Sequence[Call], *, without: Hidden = NOTHING) -> list[dict[str, Any]]:
    """Theme -> files sent and cents asked."""
    sent = Application.objects.filter(call__in=calls).exclude(state=ApplicationState.DRAFT)
    themes = (
        sent.exclude(pk__in=without.files).values("theme").annotate(files=Count("pk"), cents=Sum("requested_cents"))
    )
    return [dict(row) for row in themes.order_by("-cents", "theme")]
