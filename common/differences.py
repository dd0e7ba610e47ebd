"""What changed between two texts, word by word, for people to read."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

WORDS = re.compile(r"\S+\s*|\s+")  # a word goes with the space after it
MOST_WORDS = 6000  # comparing is quadratic: beyond, the texts are shown one after the other


@dataclass(frozen=True)
class Part:
    kind: Literal["same", "gone", "new"]
    text: str


def differences(old: str, new: str) -> list[Part]:
    """The parts of both texts, in reading order: what stays, what is gone, what is new."""
    before, after = WORDS.findall(old), WORDS.findall(new)
    if len(before) + len(after) > MOST_WORDS:
        return [*_part("gone", old), *_part("new", new)]
    parts: list[Part] = []
    for code, i, j, k, m in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if code == "equal":
            parts += _part("same", "".join(before[i:j]))
        else:
            parts += [*_part("gone", "".join(before[i:j])), *_part("new", "".join(after[k:m]))]
    return parts


def _part(kind: Literal["same", "gone", "new"], text: str) -> list[Part]:
    return [Part(kind, text)] if text else []
