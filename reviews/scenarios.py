"""What the pages of the scenarios show: the files a call may still give to, and the figures of a scenario.

Only what the person may see: a file they have an interest in gives neither a line nor its part of a total.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from accounts.states import PlanStatus
from applications.models import Application
from common.money import percent, rate
from fund.models import Call, EnvelopeBalance
from fund.states import Theme
from reviews.allocation import File
from reviews.averages import Result, ranked, results
from reviews.committee_states import ALLOCABLE
from reviews.models import Conflict, Scenario, ScenarioLine

FIELDS = (
    "pk",
    "number",
    "public_id",
    "title",
    "theme",
    "state",
    "organisation_id",
    "organisation__name",
    "organisation__plan_status",
    "organisation__population",
    "requested_cents",
    "allowed_cents",
    "eligible_cost_cents",
    "opinion__proposed_cents",
)


@dataclass(frozen=True)
class Row:
    """A file of the call, as the grid shows it."""

    pk: int
    number: str
    public_id: Any
    commune: str
    commune_id: int
    population: int
    has_plan: bool
    theme: str
    title: str
    state: str
    requested: int
    allowed: int
    cost: int
    opinion: int | None
    result: Result | None
    rank: int | None = None
    writable: bool = True

    @property
    def most(self) -> int:
        return min(self.requested, self.allowed)

    @property
    def points(self) -> Fraction | None:
        return self.result.points if self.result else None

    @property
    def points_shown(self) -> str:
        return self.result.shown if self.result else ""

    @property
    def tenths(self) -> int | None:
        """The points in tenths, rounded as they are shown."""
        return None if self.result is None else (self.result.points * 10 + Fraction(1, 2)).__floor__()

    @property
    def theme_label(self) -> str:
        return Theme(self.theme).label if self.theme in Theme.values else ""


@dataclass(frozen=True)
class Figures:
    """The totals of a scenario, over the rows given."""

    cents: int
    available: int
    helped: int
    files: int
    requested: int
    without_plan: int
    reserve: int

    @property
    def left(self) -> int:
        return self.available - self.cents

    @property
    def over(self) -> int:
        return max(-self.left, 0)

    @property
    def share_without_plan(self) -> str:
        return percent(rate(self.without_plan, self.cents) // 10 * 10) if self.cents else ""

    @property
    def bar(self) -> str:
        """Width of the bar, in per cent with one decimal."""
        filled = min(rate(self.cents, self.available), 10_000) if self.available > 0 else 10_000 * (self.cents > 0)
        return f"{filled // 100}.{filled % 100 // 10}%"


Lines = dict[int, ScenarioLine]


def seen_files(user: Any, call: Call) -> Any:
    """The files sent to the call that this person may see without an interest in them."""
    return (
        Application.objects.visible_to(user).sent().filter(call=call).exclude(organisation__in=user.organisation_ids())
    )


def rows_of(user: Any, call: Call, *, also: Iterable[int] = ()) -> list[Row]:
    """By points, the best first; then those without a grid, by number. `also`: files of a scenario decided since."""
    found = seen_files(user, call).filter(state__in=ALLOCABLE) | seen_files(user, call).filter(pk__in=list(also))
    helped = set(found.filter(assistances__helper=user).values_list("pk", flat=True))
    given = list(found.order_by("number").values(*FIELDS).distinct())
    points = results(one["pk"] for one in given)
    ranks = {one.result.application_id: one.rank for one in ranked(points.values())}
    rows = [replace(_row(one, points.get(one["pk"]), ranks), writable=one["pk"] not in helped) for one in given]
    return sorted(rows, key=lambda row: (row.rank is None, row.rank or 0, row.number))


def _row(one: dict[str, Any], result: Result | None, ranks: dict[int, int]) -> Row:
    return Row(
        pk=one["pk"],
        number=one["number"],
        public_id=one["public_id"],
        commune=one["organisation__name"],
        commune_id=one["organisation_id"],
        population=one["organisation__population"] or 0,
        has_plan=one["organisation__plan_status"] == PlanStatus.ADOPTED,
        theme=one["theme"],
        title=one["title"],
        state=one["state"],
        requested=one["requested_cents"],
        allowed=one["allowed_cents"],
        cost=one["eligible_cost_cents"],
        opinion=one["opinion__proposed_cents"],
        result=result,
        rank=ranks.get(one["pk"]),
    )


def lines_of(scenario: Scenario) -> Lines:
    return {line.application_id: line for line in ScenarioLine.objects.filter(scenario=scenario)}


def figures(rows: Sequence[Row], lines: Lines, available: int) -> Figures:
    served = [(row, lines[row.pk].proposed_cents) for row in rows if row.pk in lines and lines[row.pk].proposed_cents]
    return Figures(
        cents=sum(cents for _, cents in served),
        available=available,
        helped=len(served),
        files=len(rows),
        requested=sum(row.requested for row in rows),
        without_plan=sum(cents for row, cents in served if not row.has_plan),
        reserve=sum(row.pk in lines and lines[row.pk].reserve_rank is not None for row in rows),
    )


def available_of(call: Call) -> int:
    """What the envelope of the call has left to commit."""
    found = EnvelopeBalance.objects.filter(envelope=call.envelope_id).values_list("available", flat=True).first()
    return found or 0


def set_aside(user: Any, call: Call) -> int:
    """Of how many files of the call this person stepped aside."""
    return Conflict.objects.filter(user=user, application__call=call, lifted_at=None).count()


def files_to_share(rows: Iterable[Row], floor_cents: int, *, by_opinion: bool) -> list[File]:
    """The rows as the search takes them: what may be given now, at most what was asked and is allowed."""
    return [
        File(
            id=row.pk,
            number=row.number,
            commune=str(row.commune_id),
            theme=row.theme,
            has_plan=row.has_plan,
            points=row.tenths,
            requested_cents=row.requested,
            most_cents=min(row.most, row.opinion) if by_opinion and row.opinion is not None else row.most,
            floor_cents=floor_cents,
        )
        for row in rows
        if row.state in ALLOCABLE and row.writable
    ]
