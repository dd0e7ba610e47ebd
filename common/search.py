"""Text as one looks for it: no case, no accents, plain apostrophes (the database has no unaccent)."""

import re
import unicodedata

_ARTICLE = re.compile(r"^(le|la|les|l) ")
_NOT_WORD = re.compile(r"[^a-z0-9]+")


def fold(text: str) -> str:
    """« Châteauneuf-les-Martigues » gives « chateauneuf les martigues »."""
    plain = unicodedata.normalize("NFKD", text.replace("œ", "oe").replace("Œ", "OE").replace("æ", "ae"))
    plain = "".join(char for char in plain if not unicodedata.combining(char)).lower()
    return _NOT_WORD.sub(" ", plain).strip()


def sort_key(name: str) -> str:
    """How a French directory sorts it: without its article (« Les Pennes-Mirabeau » under P)."""
    return _ARTICLE.sub("", fold(name))
