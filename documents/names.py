"""The name of a file, as it is shown and downloaded: what people wrote, without what deceives or breaks headers."""

import re
import unicodedata
from pathlib import PurePosixPath

MAX_LENGTH = 200
_FORBIDDEN = re.compile(r'[\\/:*?"<>|]+')
# Invisible or direction-changing: categories control, format (right-to-left override…), private use, surrogate.
_HIDDEN = ("Cc", "Cf", "Co", "Cs", "Cn")


def display_name(raw: str) -> str:
    """« ..\\evil\\rapport‮fdp.exe » gives « rapportfdp.exe »; at most 200 characters, the extension kept."""
    last = raw.replace("\\", "/").rsplit("/", 1)[-1]
    seen = "".join(
        " " if char in "\r\n\t" else char
        for char in unicodedata.normalize("NFC", last)
        if char in "\r\n\t" or unicodedata.category(char) not in _HIDDEN
    )
    clean = " ".join(_FORBIDDEN.sub("-", seen).split()).strip(". ")
    if not clean or not PurePosixPath(clean).stem:
        return "document"
    if len(clean) > MAX_LENGTH:
        suffix = PurePosixPath(clean).suffix[:10]
        clean = clean[: MAX_LENGTH - len(suffix)].rstrip(". ") + suffix
    return clean


def extension(name: str) -> str:
    """pdf, in lower case; empty when there is none."""
    return PurePosixPath(name).suffix.lower().removeprefix(".")
