"""Averages out of 100, exact: weighted over the criteria that apply, over the grids handed in (never a recused one).

A note is 0 to 5; points of a grid = Σ weight × note / Σ weight × 20 over its criteria that apply. Fractions inside,
rounded to one decimal, half up, only when shown. Two files with the same points share a rank (1, 2, 2, 4).
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from reviews.models import Review, Score
from reviews.states import MAX_SCORE, ReviewState


@dataclass(frozen=True)
class CriterionResult:
    criterion_id: int
    label: str
    weight: int
    mean: Fraction | None  # of the notes given, 0 to 5
    lowest: int | None
    highest: int | None

    @property
    def mean_shown(self) -> str:
        return "" if self.mean is None else tenths(self.mean)


@dataclass(frozen=True)
class Result:
    """What the grids of one file give."""

    application_id: int
    points: Fraction  # 0 to 100
    grids: int
    spread: Fraction  # between the highest and the lowest grid
    limit: int  # of the call: a wider spread asks for one more reading
    criteria: tuple[CriterionResult, ...] = ()

    @property
    def shown(self) -> str:
        return tenths(self.points)

    @property
    def is_wide(self) -> bool:
        """The grids are so far apart that one more person reads the file."""
        return self.spread > self.limit

    @property
    def spread_shown(self) -> str:
        return tenths(self.spread)


@dataclass(frozen=True)
class Ranked:
    rank: int
    tied: bool
    result: Result


def tenths(value: Fraction) -> str:
    """86,0: one decimal, half up, in French."""
    tens = (value * 10 + Fraction(1, 2)).__floor__()
    return f"{tens // 10},{tens % 10}"


def points(notes: Iterable[tuple[int, int | None]]) -> Fraction | None:
    """Points out of 100 of one grid, from (weight, note); None when no criterion applies."""
    given = [(weight, note) for weight, note in notes if note is not None]
    weights = sum(weight for weight, _ in given)
    if not weights:
        return None
    return Fraction(100 * sum(weight * note for weight, note in given), MAX_SCORE * weights)


def average_of(review: Review) -> str | None:
    """The points of one grid, as shown."""
    found = points(Score.objects.filter(review=review).values_list("criterion__weight", "value"))
    return None if found is None else tenths(found)


def results(application_ids: Iterable[int]) -> dict[int, Result]:
    """Application id -> result, for those that have a grid handed in. One query."""
    rows = (
        Score.objects.filter(review__application__in=list(application_ids), review__state=ReviewState.SUBMITTED)
        .order_by("criterion__position", "criterion_id", "review_id")
        .values_list(
            "review__application_id", "criterion__call__second_reading_over",
            "review_id", "criterion_id", "criterion__label", "criterion__weight", "value",
        )
    )  # fmt: skip
    by_file: dict[int, list[tuple[int, int, str, int, int | None]]] = defaultdict(list)
    limits: dict[int, int] = {}
    for application_id, limit, *rest in rows:
        limits[application_id] = limit
        by_file[application_id].append(tuple(rest))  # type: ignore[arg-type]
    found = {}
    for application_id, scores in by_file.items():
        result = _result(application_id, scores, limits[application_id])
        if result is not None:
            found[application_id] = result
    return found


def _result(application_id: int, scores: list[tuple[int, int, str, int, int | None]], limit: int) -> Result | None:
    grids: dict[int, list[tuple[int, int | None]]] = defaultdict(list)
    criteria: dict[int, tuple[str, int, list[int]]] = {}
    for review_id, criterion_id, label, weight, value in scores:
        grids[review_id].append((weight, value))
        notes = criteria.setdefault(criterion_id, (label, weight, []))[2]
        if value is not None:
            notes.append(value)
    totals = [one for one in map(points, grids.values()) if one is not None]
    if not totals:
        return None
    return Result(
        application_id=application_id,
        points=sum(totals, Fraction(0)) / len(totals),
        grids=len(totals),
        spread=max(totals) - min(totals),
        limit=limit,
        criteria=tuple(
            CriterionResult(
                criterion_id,
                label,
                weight,
                Fraction(sum(notes), len(notes)) if notes else None,
                min(notes, default=None),
                max(notes, default=None),
            )
            for criterion_id, (label, weight, notes) in criteria.items()
        ),
    )


def ranked(found: Iterable[Result]) -> list[Ranked]:
    """Best first; equal points share a rank, and the following rank counts them all."""
    ordered = sorted(found, key=lambda one: (-one.points, one.application_id))
    ranks: list[Ranked] = []
    for position, result in enumerate(ordered, start=1):
        same = [one for one in ordered if one.points == result.points]
        rank = ranks[-1].rank if ranks and ranks[-1].result.points == result.points else position
        ranks.append(Ranked(rank, len(same) > 1, result))
    return ranks
