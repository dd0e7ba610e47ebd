"""Refuse what no linter knows: binary floats near money, days of another clock, inline style and handlers, hosts of others in pages."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

APPS = (
    "accounts", "applications", "common", "config", "demo", "documents", "fund", "journal", "notifications", "payments",
    "reports", "reviews",
)  # fmt: skip
# Seconds, ports and processes: no euro passes here.
WITHOUT_MONEY = ("common/supervisor/",)
ELSEWHERE = re.compile(
    r"(?<!'Europe/Paris'\))(?<!%\(today\)s)(?<!months'\))::date\b|(?<![`\w])current_date(?!`)|CAST\([^)]* AS date\)",
    re.IGNORECASE,
)
IN_PAGES = {
    "an inline style (the CSP refuses it)": re.compile(r"\sstyle\s*=", re.IGNORECASE),
    "an inline handler (the CSP refuses it)": re.compile(r"\son[a-z]+\s*=\s*[\"']", re.IGNORECASE),
    "a resource of another host": re.compile(
        r"<(?:script|link|img|iframe|source)[^>]+(?:src|href)\s*=\s*[\"'](?:https?:)?//"
    ),
}


def floats(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "float":
            yield node.lineno, "float(): money is Decimal or whole cents"
        name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", None)
        if name == "FloatField":
            yield getattr(node, "lineno", 0), "FloatField: money is Decimal or whole cents"


def days(path: Path) -> Iterator[tuple[int, str]]:
    """A moment becomes a day in Paris: the database's session speaks UTC, one or two hours behind each night."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if ELSEWHERE.search(line):
            yield number, "a day of the session's clock: (… AT TIME ZONE 'Europe/Paris')::date"


def in_pages(path: Path) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        for what, pattern in IN_PAGES.items():
            if pattern.search(line):
                yield number, what


def main() -> int:
    found = []
    for app in APPS:
        for path in sorted(Path(app).rglob("*.py")):
            if not str(path).startswith(WITHOUT_MONEY):
                found += [(path, *hit) for hit in floats(path)]
            if "migrations" not in path.parts:
                found += [(path, *hit) for hit in days(path)]
    for path in sorted(Path("templates").rglob("*.html")):
        if "emails" not in path.parts:
            found += [(path, *hit) for hit in in_pages(path)]
    for path, number, what in found:
        print(f"{path}:{number}: {what}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
