"""The check that shares nothing with the search: amounts against files and rules, read straight."""

from collections import defaultdict
from collections.abc import Sequence

from reviews.allocation.problem import File, Rules


def faults(files: Sequence[File], rules: Rules, envelope_cents: int, cents: dict[int, int]) -> list[str]:
    """Every rule that these amounts break, read straight from the files and the rules."""
    served = [file for file in files if cents.get(file.id)]
    total, found = sum(cents.values()), []
    if total > envelope_cents:
        found.append("over the envelope")
    if set(cents) - {file.id for file in files}:
        found.append("an unknown file")
    found += [f"{file.number}: {word}" for file in served for word in _file_faults(file, rules, cents[file.id])]
    by_commune: dict[str, list[int]] = defaultdict(list)
    for file in served:
        by_commune[file.commune].append(cents[file.id])
    for commune, given in by_commune.items():
        if rules.commune_cents is not None and sum(given) > rules.commune_cents:
            found.append(f"{commune}: over its ceiling")
        if rules.commune_files is not None and len(given) > rules.commune_files:
            found.append(f"{commune}: too many files")
    without = sum(cents[file.id] for file in served if not file.has_plan)
    if without * 10_000 < rules.without_plan_bp * total:
        found.append("communes without a plan under their share")
    for theme in {file.theme for file in files}:
        if sum(file.theme == theme for file in served) < rules.theme_files:
            found.append(f"{theme}: under its minimum")
    return found


def _file_faults(file: File, rules: Rules, cents: int) -> list[str]:
    caps = [file.requested_cents, file.most_cents, *([] if rules.file_cents is None else [rules.file_cents])]
    cap = min(caps)
    checks = {
        "negative": cents < 0,
        "more than it may": cents > cap,
        "under the floor": cents < file.floor_cents,
        "not in whole units": cents % rules.unit_cents != 0,
        "not in full": not rules.partial and cents + rules.unit_cents <= cap,
        "under the threshold": rules.least_points is not None
        and (file.points is None or file.points < rules.least_points),
    }
    return [word for word, wrong in checks.items() if wrong]
