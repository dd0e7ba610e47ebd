"""Files, rules, the answer; what a rule means for a file and for a set of files, in whole numbers."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from common.money import euros


@dataclass(frozen=True)
class File:
    """A file that asks. `points` are tenths of a point, None without a grid; `most_cents` is what it may get at most."""

    id: int
    number: str
    commune: str
    theme: str
    has_plan: bool
    points: int | None
    requested_cents: int
    most_cents: int
    floor_cents: int = 0


@dataclass(frozen=True)
class Rules:
    """The rules ticked; None or zero where a rule is not. Shares are basis points."""

    least_points: int | None = None
    without_plan_bp: int = 0
    commune_cents: int | None = None
    commune_files: int | None = None
    theme_files: int = 0
    file_cents: int | None = None
    partial: bool = False
    unit_cents: int = 100

    def __post_init__(self) -> None:
        if self.unit_cents <= 0 or not 0 <= self.without_plan_bp <= 10_000:
            raise ValueError("unit or share out of bounds")


@dataclass(frozen=True)
class Candidate:
    """A file in whole units, once the rules about itself were applied. `barred` says why it cannot be retained."""

    file: File
    place: int  # in the order of numbers
    most: int
    least: int
    barred: str = ""

    @property
    def points(self) -> int:
        return self.file.points or 0


@dataclass(frozen=True)
class Line:
    file: File
    cents: int
    reason: str

    @property
    def retained(self) -> bool:
        return self.cents > 0


@dataclass(frozen=True)
class Proposal:
    lines: tuple[Line, ...] = ()
    clash: tuple[str, ...] = ()  # the rules that cannot hold together
    proven: bool = True
    envelope_cents: int = 0
    cents: int = field(init=False)
    points: int = field(init=False)
    retained: int = field(init=False)

    def __post_init__(self) -> None:
        kept = [line for line in self.lines if line.retained]
        object.__setattr__(self, "cents", sum(line.cents for line in kept))
        object.__setattr__(self, "points", sum(line.file.points or 0 for line in kept))
        object.__setattr__(self, "retained", len(kept))

    @property
    def points_shown(self) -> str:
        return tenth(self.points)

    @property
    def left_cents(self) -> int:
        return self.envelope_cents - self.cents


class NotSound(Exception):
    """The answer of the solver does not hold: nothing is shown."""


def tenth(points: int) -> str:
    return f"{points // 10},{points % 10}"


def prepared(files: Sequence[File], rules: Rules) -> list[Candidate]:
    """The files in the order of their numbers, with their bounds in whole units."""
    unit, made = rules.unit_cents, []
    for place, file in enumerate(sorted(files, key=lambda one: (one.number, one.id))):
        caps = [file.requested_cents, file.most_cents]
        caps += [cap for cap in (rules.file_cents, rules.commune_cents if rules.partial else None) if cap is not None]
        most = min(caps) // unit
        least = -(-max(file.floor_cents, 1) // unit) if rules.partial else most
        one = Candidate(file, place, most, least)
        made.append(replace(one, barred=_bar(one, rules)))
    return made


def _bar(one: Candidate, rules: Rules) -> str:
    file = one.file
    if rules.least_points is not None and file.points is None:
        return "Écarté : aucune grille rendue, et un seuil de note est demandé."
    if rules.least_points is not None and one.points < rules.least_points:
        return f"Écarté : note {tenth(one.points)}, sous le seuil de {tenth(rules.least_points)}."
    if one.most <= 0:
        return "Écarté : aucun montant ne peut lui être proposé."
    if one.most < one.least or one.most * rules.unit_cents < file.floor_cents:
        most = euros(one.most * rules.unit_cents)
        return f"Écarté : il pourrait recevoir {most} au plus, sous le plancher de {euros(file.floor_cents)}."
    return ""


# --- The rules on a set, in whole numbers ----------------------------------------------------------------------


def broken(chosen: Sequence[Candidate], rules: Rules, envelope_cents: int) -> list[str]:
    """The rules that leave no amounts possible for this set; empty when it can be served. Minima by theme aside."""
    unit, found = rules.unit_cents, []
    room = envelope_cents // unit
    spent = sum(one.least for one in chosen)
    if spent > room:
        found.append("envelope")
    by_commune: dict[str, list[Candidate]] = defaultdict(list)
    for one in chosen:
        by_commune[one.file.commune].append(one)
    cap = None if rules.commune_cents is None else rules.commune_cents // unit
    if cap is not None and any(sum(one.least for one in group) > cap for group in by_commune.values()):
        found.append("commune_cents")
    if rules.commune_files is not None and any(len(group) > rules.commune_files for group in by_commune.values()):
        found.append("commune_files")
    if not _share_can_hold(by_commune, rules, room, cap):
        found.append("without_plan")
    return found


def _share_can_hold(groups: dict[str, list[Candidate]], rules: Rules, room: int, cap: int | None) -> bool:
    """With the plans' communes at their least and the others as high as they can go, is the share reached?"""
    if not rules.without_plan_bp:
        return True
    least_with = sum(one.least for group in groups.values() for one in group if one.file.has_plan)
    least_without = sum(one.least for group in groups.values() for one in group if not one.file.has_plan)
    most_without = sum(
        min(sum(one.most for one in group if not one.file.has_plan), cap if cap is not None else room)
        for group in groups.values()
    )
    without = max(least_without, min(most_without, room - least_with))
    return 10_000 * without >= rules.without_plan_bp * (without + least_with)


def themes_lacking(chosen: Sequence[Candidate], candidates: Sequence[Candidate], rules: Rules) -> list[str]:
    """Themes that files ask for and that have fewer than the minimum."""
    if not rules.theme_files:
        return []
    served = Counter(one.file.theme for one in chosen)
    return [theme for theme in themes_of(candidates) if served[theme] < rules.theme_files]


def themes_of(candidates: Sequence[Candidate]) -> list[str]:
    return sorted({one.file.theme for one in candidates})
