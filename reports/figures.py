"""The figures of the fund at an instant: read-only sums, used by the dashboard and by the weekly report."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Q, Sum

from applications.models import Application
from applications.states import UNDECIDED, ApplicationState
from fund.models import Call, Envelope
from fund.services import balance_of
from fund.states import CallState
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


@dataclass(frozen=True)
class Figures:
    """Cents and counts of one year of the fund."""

    year: int
    call: Call
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
    def sent(self) -> int:
        return sum(count for state, count in self.states.items() if state != ApplicationState.DRAFT)

    @property
    def undecided(self) -> int:
        return sum(self.states.get(state, 0) for state in UNDECIDED)

    @property
    def committed_cents(self) -> int:
        """Committed and not yet paid (ordered included)."""
        return self.balance["committed"] + self.balance["ordered"]


def current_call() -> Call | None:
    """The call the fund lives with: the newest one that was published."""
    calls = Call.objects.select_related("envelope__line__budget", "fund").exclude(state=CallState.DRAFT)
    return calls.order_by("-year", "-pk").first()


def figures(call: Call, *, today: date, since: date) -> Figures:
    """Everything for a call, in seven queries whatever the number of files."""
    files = Application.objects.filter(call=call)
    undecided = Q(state__in=UNDECIDED)
    counts = files.aggregate(
        late=Count("pk", filter=undecided & Q(due_on__lt=today)),
        soon=Count("pk", filter=undecided & Q(due_on__gte=today, due_on__lte=today + SOON)),
        received=Count("pk", filter=Q(submitted_at__date__gte=since)),
    )
    proposed = Opinion.objects.filter(
        application__call=call, application__state__in=(ApplicationState.UNDER_REVIEW, ApplicationState.REVIEWED)
    ).aggregate(cents=Sum("proposed_cents"))
    instalments = dict(
        Instalment.objects.filter(application__call=call).values_list("state").annotate(n=Count("pk")).order_by()
    )
    return Figures(
        year=call.year,
        call=call,
        balance=balance_of(call.envelope),
        proposed_cents=proposed["cents"] or 0,
        states=dict(files.values_list("state").annotate(n=Count("pk")).order_by()),
        late=counts["late"],
        due_soon=counts["soon"],
        received_since=counts["received"],
        to_certify=instalments.get(InstalmentState.REQUESTED, 0),
        to_approve=instalments.get(InstalmentState.CERTIFIED, 0),
        ready_to_pay=instalments.get(InstalmentState.APPROVED, 0),
    )


def most_urgent(call: Call, *, limit: int = 8) -> list[Application]:
    """The undecided files whose answer is due first."""
    waiting = Application.objects.filter(call=call, state__in=UNDECIDED).select_related("organisation", "instructor")
    return list(waiting.order_by("due_on", "pk")[:limit])


def by_theme(call: Call) -> list[dict[str, Any]]:
    """Theme -> files sent and cents asked."""
    sent = Application.objects.filter(call=call).exclude(state=ApplicationState.DRAFT)
    themes = sent.values("theme").annotate(files=Count("pk"), cents=Sum("requested_cents"))
    return [dict(row) for row in themes.order_by("-cents", "theme")]


def envelopes() -> list[Envelope]:
    return list(Envelope.objects.select_related("line__budget", "balance").order_by("-line__budget__year"))
