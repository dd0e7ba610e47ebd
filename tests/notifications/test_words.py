"""Mails are written with the spaces of French printers, as the pages are."""

import re
from pathlib import Path

EMAILS = Path(__file__).resolve().parents[2] / "templates" / "emails"
TAG = re.compile(r"{[{%].*?[%}]}")
ORDINARY = re.compile(r"\S[ \u00a0][;:!?»%€](?=[\s<.,)X]|$)|«[ \u00a0]", re.MULTILINE)


def test_no_ordinary_space_stands_before_a_high_sign() -> None:
    wrong = [
        f"{path.name}: {found[0]!r}"
        for path in sorted(EMAILS.iterdir())
        if path.name != "base.html"  # its style sheet
        for found in ORDINARY.finditer(TAG.sub("X", path.read_text()))
    ]
    assert wrong == []
