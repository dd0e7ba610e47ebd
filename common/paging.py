"""Pages by key: the next page starts after the last row shown, so that the cost does not grow with the past."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import QueryDict

PAGE = 50


@dataclass(frozen=True)
class Page:
    """Rows of one page (newest id first) and the addresses of its neighbours, for `{% pager %}`."""

    rows: list[Any]
    previous_url: str
    next_url: str


def newest_first(queryset: "QuerySet[Any]", query: QueryDict, *, size: int = PAGE) -> Page:
    """Newest ids first; `?apres=<id>` shows what is older than it, `?avant=<id>` what is newer."""
    after, before = _number(query.get("apres")), _number(query.get("avant"))
    if before is not None:
        rows = list(queryset.filter(pk__gt=before).order_by("pk")[: size + 1])
        more, rows = len(rows) > size, rows[:size][::-1]
        return Page(
            rows, _url(query, "avant", rows[0].pk) if more else "", _url(query, "apres", rows[-1].pk) if rows else ""
        )
    queryset = queryset if after is None else queryset.filter(pk__lt=after)
    rows = list(queryset.order_by("-pk")[: size + 1])
    more, rows = len(rows) > size, rows[:size]
    return Page(
        rows,
        _url(query, "avant", rows[0].pk) if after is not None and rows else "",
        _url(query, "apres", rows[-1].pk) if more else "",
    )


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None


def _url(query: QueryDict, name: str, key: int) -> str:
    kept = [(k, v) for k, values in query.lists() for v in values if k not in ("apres", "avant")]
    return f"?{urlencode([*kept, (name, key)])}"
