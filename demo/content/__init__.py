"""The texts and figures of the demonstration, as data.

``load()`` reads the JSON files beside this module, checks them (``checks.py``) and answers frozen objects
(``shapes.py``). Nothing here knows Django. All persons are invented; the communes are real.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from common.typography import of_name as of_commune

from .call_shapes import CallBook, DocumentText, Letters
from .checks import problems
from .reading import ContentError, build, build_all
from .shapes import Content, PastAction, Person, Project

HERE = Path(__file__).parent

__all__ = ["Content", "ContentError", "load", "merge", "of_commune", "read"]


def read() -> Content:
    """Read without the checks between files: the shapes alone are verified."""
    projects = [_json(path) for path in sorted((HERE / "projects").glob("*.json"))]
    return Content(
        book=build(CallBook, _json(HERE / "call.json"), "call"),
        projects=build_all(Project, projects, "projects"),
        past=build_all(PastAction, _json(HERE / "past.json"), "past"),
        people=build_all(Person, _json(HERE / "people.json"), "people"),
        letters=build(Letters, _json(HERE / "letters.json"), "letters"),
        document_texts=build_all(DocumentText, _json(HERE / "documents.json"), "documents"),
    )


@cache
def load() -> Content:
    """The whole content, checked. Raises ContentError with every problem found."""
    content = read()
    if found := problems(content):
        raise ContentError("\n".join(found))
    return content


def merge(text: str, values: dict[str, str]) -> str:
    """Fill the merge fields of a text; an unknown field is a KeyError, never an empty blank in a letter."""
    return text.format_map(values)


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
