"""How words are counted: one pattern, for the server and for the counter of the page."""

import re

# What separates words, and what alone is not one (« Oui ! » is one word, « l’action » too).
_SEPARATORS = r"\s\x1c-\x1f\u0085\ufeff\u200b"
# Nothing is escaped that needs not be: browsers refuse it.
_POINTS = r"""!?:;.,…«»“”"'’‘()\[\]{}/\-–—•*=+%&"""
WORDS = rf"(?:^|[{_SEPARATORS}])[{_POINTS}]*[^{_SEPARATORS}{_POINTS}]"
_WORD = re.compile(WORDS)


def count_words(text: str) -> int:
    return sum(1 for _ in _WORD.finditer(text))
