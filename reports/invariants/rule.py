"""One rule: what it says, and the query that lists what breaks it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Invariant:
    code: str
    sentence: str
    query: str  # one row a violation, its first column says where
