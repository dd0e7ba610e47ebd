"""The other files of the same commune and of its CCAS: what was asked, granted, paid and reported; what comes near this file.

A file a person may not see takes no part in what they are shown.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from django.db.models import Exists, OuterRef, Q, Subquery, Sum

from applications.awards import granted_to
from applications.models import Application, FinalReport, Renewal
from applications.states import REPORT_WITH_COMMUNE, ApplicationState, ReportState
from common.dates import day
from common.search import fold
from common.typography import counted
from fund.models import Movement
from reviews.models import DuplicateVerdict

S = ApplicationState
MOST = 40
# A file that ended without money asks nothing twice.
WITHOUT_MONEY = (S.WITHDRAWN, S.INADMISSIBLE, S.REJECTED, S.CANCELLED, S.LAPSED)
READ = (
    *("id", "public_id", "number", "title", "state", "stakes", "diagnostic", "description", "submitted_at"),
    *("requested_cents", "organisation_id", "call_id"),
    *("organisation__name", "organisation__kind", "organisation__population", "call__year", "call__title"),
)


def others(application: Application, user: Any) -> list[Any]:
    """The other files of the commune and its CCAS (one INSEE code) that this person may see, newest first. One query."""
    same = Q(organisation_id=application.organisation_id)
    if application.organisation.insee_code:
        same |= Q(organisation__insee_code=application.organisation.insee_code)
    report = FinalReport.objects.filter(application=OuterRef("pk"))
    found = Application.objects.on_desk_of(user).sent().filter(same).exclude(pk=application.pk)
    found = (
        found.select_related("organisation", "call")
        .only(*READ)
        .annotate(
            granted=granted_to("pk"),
            report_state=Subquery(report.values("state")[:1]),
            report_due_on=Subquery(report.values("due_on")[:1]),
            goes_on=Exists(Renewal.objects.filter(application=application, origin=OuterRef("pk"))),
        )
    )
    return list(found.order_by("-submitted_at", "-pk")[:MOST])


def paid_to(files: Iterable[Any]) -> dict[str, int]:
    """Cents paid by number of file, as the ledger says. One query."""
    numbers = [one.number for one in files if one.granted]
    if not numbers:
        return {}
    paid = Movement.objects.filter(subject__in=numbers, verb="pay", reverses__isnull=True, reversed_by__isnull=True)
    return dict(paid.order_by().values_list("subject").annotate(total=Sum("amount_cents")))


# --- The past of the commune -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Past:
    """One other file: `report` is said in words, `late` when it is overdue."""

    file: Any
    paid: int
    report: str
    late: bool

    @property
    def state(self) -> str:
        return S(self.file.state).label.lower()


@dataclass(frozen=True)
class Year:
    year: int
    files: tuple[Past, ...]
    asked: int
    granted: int
    paid: int


def _past(file: Any, paid: dict[str, int], today: date) -> Past:
    words, late = "", False
    if file.report_state in REPORT_WITH_COMMUNE and file.state == S.GRANTED:
        late = file.report_due_on < today
        words = f"bilan {'en retard depuis' if late else 'attendu'} le {day(file.report_due_on)}"
    elif file.report_state:
        words = f"bilan {ReportState(file.report_state).label.lower()}"
    return Past(file, paid.get(file.number, 0), words, late)


def history(files: Sequence[Any], *, today: date) -> list[Year]:
    """By year of the call, newest first. One query, where something was granted."""
    paid = paid_to(files)
    by_year = sorted(files, key=lambda one: -one.call.year)
    years = []
    for year, group in groupby(by_year, key=lambda one: one.call.year):
        rows = tuple(_past(one, paid, today) for one in group)
        asked = sum(one.file.requested_cents for one in rows)
        granted = sum(one.file.granted or 0 for one in rows)
        years.append(Year(year, rows, asked, granted, sum(one.paid for one in rows)))
    return years


def per_inhabitant(application: Application, files: Sequence[Any]) -> tuple[int, int] | None:
    """Cents granted over all these years, and cents a head; None without a population or an award."""
    people = [application.organisation.population, *(one.organisation.population for one in files)]
    population = max((one for one in people if one), default=0)
    granted = sum(one.granted or 0 for one in files)
    return (granted, (granted + population // 2) // population) if population and granted else None


def late_reports(files: Sequence[Any], *, today: date) -> list[str]:
    """The numbers of the awarded files whose report is overdue."""
    return [
        one.number
        for one in files
        if one.state == S.GRANTED and one.report_state in REPORT_WITH_COMMUNE and one.report_due_on < today
    ]


# --- The files that come near ------------------------------------------------------------------------------------

LEVELS = ((0.8, "presque identiques"), (0.5, "très proches"), (0.3, "proches"))
SUSPECT, SHOWN = 0.5, 0.3
SHINGLE = 3


@dataclass(frozen=True)
class Near:
    """Another file of the same commune that resembles this one, from 0 to 1."""

    file: Any
    score: float
    verdict: Any = None

    @property
    def words(self) -> str:
        return next(words for least, words in LEVELS if self.score >= least)

    @property
    def settled(self) -> bool:
        return self.verdict is not None and self.verdict.distinct

    @property
    def suspect(self) -> bool:
        """To be judged: near enough, still asking for money or awarded, and not announced as what goes on."""
        return self.score >= SUSPECT and not (self.settled or self.file.goes_on or self.file.state in WITHOUT_MONEY)

    @property
    def other_applicant(self) -> str:
        return self.file.organisation.name


def _grams(text: str) -> Counter[str]:
    padded = f"  {fold(text)} "
    return Counter(padded[at : at + 3] for at in range(len(padded) - 2))


def _shingles(text: str) -> set[tuple[str, ...]]:
    words = fold(text).split()
    return {tuple(words[at : at + SHINGLE]) for at in range(len(words) - SHINGLE + 1)}


def _texts(file: Any) -> str:
    return f"{file.stakes} {file.diagnostic} {file.description}"


def likeness(one: Any, other: Any) -> float:
    """How near two files read: their titles by trigrams of letters, their texts by what the shorter shares with the longer."""
    left, right = _grams(one.title), _grams(other.title)
    title = 2 * (left & right).total() / max(1, left.total() + right.total())
    mine, theirs = _shingles(_texts(one)), _shingles(_texts(other))
    fewest = min(len(mine), len(theirs))
    if fewest < 5:  # hardly a sentence: the titles alone say something
        return title
    text = len(mine & theirs) / fewest
    return max(0.4 * title + 0.6 * text, 0.9 * text, 0.7 * title)


def near(application: Application, files: Sequence[Any], verdicts: dict[int, Any]) -> list[Near]:
    """The files that come near this one, nearest first; `verdicts` by id of the other file."""
    found = [Near(one, likeness(application, one), verdicts.get(one.pk)) for one in files]
    return sorted((one for one in found if one.score >= SHOWN), key=lambda one: (-one.score, one.file.pk))


def verdicts_on(application: Application, files: Sequence[Any]) -> dict[int, Any]:
    """The last verdict on each pair this file makes, by id of the other. One query, where there are others."""
    if not files:
        return {}
    pairs = DuplicateVerdict.objects.filter(Q(first=application) | Q(second=application)).select_related("by")
    return {one.second_id if one.first_id == application.pk else one.first_id: one for one in pairs.order_by("pk")}


def duplicate_words(found: Sequence[Near]) -> str:
    """Why the check of duplicates fails; empty when nothing is to be judged."""
    suspects = [one for one in found if one.suspect]
    by_words: dict[str, list[str]] = defaultdict(list)
    for one in suspects:
        by_words[one.words].append(f"{one.file.number} ({one.other_applicant}, {one.file.call.year})")
    told = " ; ".join(f"textes {words} : {', '.join(names)}" for words, names in by_words.items())
    return f"{counted(len(suspects), 'dossier')} à comparer, {told}" if suspects else ""
