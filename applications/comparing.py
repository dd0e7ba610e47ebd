"""Before and after, side by side, with what differs marked word by word."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

from applications.asking import label_of
from applications.content import text_of
from applications.models import Application, Correction

Mark = Literal["same", "gone", "new"]
WORDS = re.compile(r"\w+|\s+|[^\w\s]")
LINES = re.compile(r"[^\n]*\n?")
# Word by word up to here: beyond, a comparison line by line is as clear, and never slow.
MOST = 3000


@dataclass(frozen=True)
class Part:
    mark: Mark
    text: str


@dataclass(frozen=True)
class Difference:
    """What a field or a table was and what it is; `before` and `after` are cut where they differ."""

    label: str
    before: tuple[Part, ...]
    after: tuple[Part, ...]


def compare(label: str, before: str, after: str) -> Difference:
    old, new = WORDS.findall(before), WORDS.findall(after)
    if len(old) + len(new) > MOST:
        old, new = LINES.findall(before), LINES.findall(after)
    left: list[Part] = []
    right: list[Part] = []
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        same = tag == "equal"
        if b > a:
            left.append(Part("same" if same else "gone", "".join(old[a:b])))
        if d > c:
            right.append(Part("same" if same else "new", "".join(new[c:d])))
    return Difference(label, tuple(left), tuple(right))


def difference_of(correction: Correction, application: Application) -> Difference:
    name = correction.name
    before, after = (text_of(name, value, application) for value in (correction.before, correction.after))
    return compare(label_of(name, application), before, after)


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[Difference]:
    return [compare(label_of(name), text_of(name, before.get(name)), text_of(name, after[name])) for name in after]


AROUND = 80


def edges(before: str, after: str) -> tuple[int, int]:
    """How many characters are the same at the beginning and at the end of both."""
    start = 0
    while start < min(len(before), len(after)) and before[start] == after[start]:
        start += 1
    end = 0
    while end < min(len(before), len(after)) - start and before[-1 - end] == after[-1 - end]:
        end += 1
    return start, end


def around_change(before: str, after: str) -> tuple[str, str]:
    """Both texts from a little before what differs to a little after: a mail quotes a long text no further."""
    start, end = edges(before, after)
    first = max(0, start - AROUND)
    return tuple(_cut(text, first, len(text) - max(0, end - AROUND)) for text in (before, after))  # type: ignore[return-value]


def _cut(text: str, first: int, last: int) -> str:
    return f"{'…' if first else ''}{text[first:last]}{'…' if last < len(text) else ''}"
