"""Which characters our bundled fonts can draw. A PDF/UA document refuses a character without a glyph: it is replaced."""

import struct
import unicodedata
from functools import cache
from pathlib import Path

FONTS = Path(__file__).with_name("fonts")
UNKNOWN = "\ufffd"
BREAK_AFTER = 40  # characters without a space; then a line may break
ZERO_WIDTH_SPACE = "\u200b"
_KEPT = "\n\u200d\ufe0f"  # joiner and variation selector: parts of emoji


@cache
def drawable() -> frozenset[int]:
    return frozenset().union(*(_characters(path) for path in sorted(FONTS.glob("*.ttf"))))


def drawable_text(text: str) -> str:
    """The same text, made of what can be drawn; no hidden control; long unbroken runs may break."""
    # The narrow space of our fonts is too narrow to be seen between thousands; their ordinary one is narrow.
    text = text.replace("\u202f", "\u00a0")
    lines = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    known = drawable()
    shown: list[str] = []
    run = 0
    for char in lines:
        if char in _KEPT:
            shown.append(char)
        elif unicodedata.category(char) in ("Cc", "Cf"):
            continue
        else:
            shown.append(char if ord(char) in known else UNKNOWN)
        run = 0 if char.isspace() or char in "-\u2010" else run + 1
        if run == BREAK_AFTER:
            shown.append(ZERO_WIDTH_SPACE)
            run = 0
    return "".join(shown)


def _characters(path: Path) -> set[int]:
    """The `cmap` of a TrueType font: formats 4 (up to U+FFFF) and 12 (all of Unicode), https://learn.microsoft.com/typography/opentype/spec/cmap"""
    data = path.read_bytes()
    tables = {
        data[at : at + 4]: struct.unpack(">II", data[at + 8 : at + 16])
        for at in range(12, 12 + 16 * struct.unpack(">H", data[4:6])[0], 16)
    }
    start = tables[b"cmap"][0]
    found: set[int] = set()
    for i in range(struct.unpack(">H", data[start + 2 : start + 4])[0]):
        at = start + struct.unpack(">I", data[start + 8 + 8 * i : start + 12 + 8 * i])[0]
        form = struct.unpack(">H", data[at : at + 2])[0]
        if form == 12:
            for group in range(struct.unpack(">I", data[at + 12 : at + 16])[0]):
                first, last, _ = struct.unpack(">III", data[at + 16 + 12 * group : at + 28 + 12 * group])
                found.update(range(first, last + 1))
        elif form == 4:
            found |= _format_4(data, at)
    return found


def _format_4(data: bytes, at: int) -> set[int]:
    count = struct.unpack(">H", data[at + 6 : at + 8])[0] // 2
    column = [at + 14, at + 16 + 2 * count, at + 16 + 4 * count, at + 16 + 6 * count]
    ends, starts, deltas, offsets = (struct.unpack(f">{count}H", data[c : c + 2 * count]) for c in column)
    found: set[int] = set()
    for i in range(count):
        for code in range(starts[i], min(ends[i], 0xFFFE) + 1):
            if offsets[i] == 0:
                glyph = (code + deltas[i]) & 0xFFFF
            else:
                where = column[3] + 2 * i + offsets[i] + 2 * (code - starts[i])
                glyph = struct.unpack(">H", data[where : where + 2])[0]
            if glyph:
                found.add(code)
    return found
