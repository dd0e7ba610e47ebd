"""What a declared interest hides beyond the file itself: its lines in the ledger, its mails, its entries of the journal.

Those rooms stand below the files and know them by a number or a chain only; `reviews` says here which ones a person must not read.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Hidden:
    """Ids and numbers of the files, and (type, id) of everything the journal writes about them."""

    files: frozenset[int] = frozenset()
    numbers: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.files)


Rule = Callable[[Any], Hidden]
Subjects = Callable[[Hidden], dict[str, set[int]]]
_rules: list[tuple[Rule, Subjects]] = []
_beside: list[Subjects] = []


def register(rule: Rule, subjects: Subjects) -> None:
    """Called in an app's `ready()`. `rule` takes the user; `subjects` gives the ids by type (`label_lower`) of what hangs below."""
    if not _rules:
        _rules.append((rule, subjects))


def register_beside(subjects: Subjects) -> None:
    """Called in an app's `ready()`: what holds a file among others (a batch) and is hidden whole with it."""
    if subjects not in _beside:
        _beside.append(subjects)


def hidden_from(user: Any) -> Hidden:
    """One query. Falsy for nearly everybody."""
    if not _rules or not user.is_authenticated:
        return Hidden()
    return _rules[0][0](user)


def subjects_of(hidden: Hidden) -> dict[str, set[int]]:
    """`label_lower` -> ids: the files and what hangs below them. Many queries: for pages of the journal alone."""
    if not hidden:
        return {}
    found = _rules[0][1](hidden)
    for subjects in _beside:
        for label, ids in subjects(hidden).items():
            found[label] = found.get(label, set()) | ids
    return found
