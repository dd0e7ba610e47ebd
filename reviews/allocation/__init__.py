"""How to share an envelope between files: the best set under the rules that were ticked. Advice: a person decides.

Pure: no database, no clock, whole numbers only. What is sought, in this order:

1. the greatest sum of points of the files retained (points in tenths, as they are shown; no grid counts zero);
2. with equal sums, the files sent first (file k of n in the order of numbers weighs n − k + 1, and the sum is greatest);
3. the amounts: in full, each retained file gets the most it may; with a floor, each gets its floor, then what is left is
   given by points (then by number), to each as much as the rules let through: no other way gives more in all.

Amounts are whole units (euros or tens of euros). The solver only chooses the set; amounts are computed exactly, and the
whole is checked again by `faults`, which shares nothing with the solver, before anybody sees it. The same files and the
same rules give the same answer, in whatever order they come.
"""

from collections.abc import Sequence
from dataclasses import replace

from common.money import euros
from common.typography import counted
from reviews.allocation.amounts import amounts
from reviews.allocation.check import faults
from reviews.allocation.problem import Candidate, File, Line, NotSound, Proposal, Rules, prepared, tenth, themes_of
from reviews.allocation.search import best_set
from reviews.allocation.words import described, theme_label
from reviews.allocation.words import reasons as reasons_of

__all__ = ["File", "Line", "NotSound", "Proposal", "Rules", "described", "faults", "moving", "propose", "tenth"]


def propose(files: Sequence[File], rules: Rules, envelope_cents: int) -> Proposal:
    """The best sharing of the envelope, its reasons file by file; or the rules that clash."""
    candidates = prepared(files, rules)
    chosen, proven = best_set(candidates, rules, envelope_cents)
    if chosen is None:
        clash = clashing(candidates, files, rules, envelope_cents)
        return Proposal(clash=clash, envelope_cents=envelope_cents)
    units = amounts(candidates, chosen, rules, envelope_cents)
    cents = {pk: value * rules.unit_cents for pk, value in units.items()}
    found = faults(files, rules, envelope_cents, cents)
    if found:
        raise NotSound("; ".join(found))
    reasons = reasons_of(candidates, chosen, units, rules, envelope_cents)
    lines = tuple(Line(one.file, cents.get(one.file.id, 0), reasons[one.file.id]) for one in candidates)
    return Proposal(lines=lines, proven=proven, envelope_cents=envelope_cents)


def clashing(
    candidates: Sequence[Candidate], files: Sequence[File], rules: Rules, envelope_cents: int
) -> tuple[str, ...]:
    """A smallest group of rules that cannot hold together: each is needed for the clash."""
    kept = rules
    for loosened in (
        {"least_points": None},
        {"without_plan_bp": 0},
        {"commune_cents": None},
        {"commune_files": None},
        {"file_cents": None},
        {"partial": True},
    ):
        tried = replace(kept, **loosened)
        if tried != kept and best_set(prepared(files, tried), tried, envelope_cents)[0] is None:
            kept = tried
    enough = sum(file.requested_cents for file in files)
    words = [words for name, words in described(kept) if name != "partial" or not kept.partial]
    if best_set(prepared(files, kept), kept, enough)[0] is not None:
        words.append(f"L’enveloppe de {euros(envelope_cents)}")
    for theme in themes_of(candidates):
        asking = sum(file.theme == theme for file in files)
        if asking < rules.theme_files:
            words.append(f"Thème « {theme_label(theme)} » : {counted(asking, 'seul dossier,dossiers')}")
    return tuple(words)


# --- How the answer moves with the envelope -----------------------------------------------------------------------

STEPS = (-20, -10, -5, 0, 5, 10, 20)


def moving(files: Sequence[File], rules: Rules, envelope_cents: int) -> list[tuple[int, Proposal]]:
    """The same search with the envelope a little smaller or larger, in per cent."""
    return [(step, propose(files, rules, envelope_cents * (100 + step) // 100)) for step in STEPS]
