"""Who gets how much, once the set is chosen: exact, and in one pass."""

from collections import Counter
from collections.abc import Sequence

from reviews.allocation.problem import Candidate, Rules


def amounts(
    candidates: Sequence[Candidate], chosen: frozenset[int], rules: Rules, envelope_cents: int
) -> dict[int, int]:
    """Units for each chosen file. The bounds are nested (file, commune, with or without plan, envelope), so serving in
    order of points gives at once the greatest sum and the best served."""
    kept = [one for one in candidates if one.file.id in chosen]
    given = {one.file.id: one.least for one in kept}
    if not rules.partial:
        return given
    room = envelope_cents // rules.unit_cents
    cap = room if rules.commune_cents is None else rules.commune_cents // rules.unit_cents
    left = {"": room - sum(given.values())}
    for one in kept:
        left.setdefault(one.file.commune, cap)
        left[one.file.commune] -= one.least
    left_with_plan = _room_with_plan(kept, rules, room, cap)
    for one in sorted(kept, key=lambda one: (-one.points, one.place)):
        more = min(one.most - one.least, left[""], left[one.file.commune])
        if one.file.has_plan:
            more = min(more, left_with_plan)
            left_with_plan -= more
        given[one.file.id] += more
        left[""] -= more
        left[one.file.commune] -= more
    return given


def _room_with_plan(kept: Sequence[Candidate], rules: Rules, room: int, cap: int) -> int:
    """How much more than their least the communes with a plan may get, so that the sum given is the greatest possible."""
    with_plan = [one for one in kept if one.file.has_plan]
    least = sum(one.least for one in with_plan)
    if not rules.without_plan_bp:
        return room
    others = [one for one in kept if not one.file.has_plan]
    most_with, most_without = _most(with_plan, cap), _most(others, cap)
    least_without = sum(one.least for one in others)
    # The greatest total: the envelope, what all may get, or what keeps the share when the others are at their most.
    total = min(room, most_without + most_with, most_without * 10_000 // rules.without_plan_bp)
    without = max(-(-rules.without_plan_bp * total // 10_000), least_without)
    return min(total - without, most_with) - least


def _most(kept: Sequence[Candidate], cap: int) -> int:
    sums: Counter[str] = Counter()
    for one in kept:
        sums[one.file.commune] += one.most
    return sum(min(value, cap) for value in sums.values())
