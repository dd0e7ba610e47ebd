"""Walk everything a person may open, by the links, forms and fragments of each page, and keep what was read."""

import io
import re
from collections import Counter, deque
from collections.abc import Iterable
from html import unescape
from urllib.parse import urljoin, urlsplit

from django.test import Client
from openpyxl import load_workbook

LINK = re.compile(r"""(?:href|hx-get|action|src|data-url)=["']([^"'#]+)""")
# Not pages of ours, or what ends the walk.
OUTSIDE = re.compile(r"^/(?:static/|compte/logout|admin/|demo/)")
TEXTS = ("text/", "application/json")


def walk(client: Client, starts: Iterable[str], *, most: int = 900, queries: int = 3) -> dict[str, str]:
    """Address -> what it shows as text (pages, fragments, CSV, XLSX), for each address that answers 200.

    All the starts are opened; of the links, at most so many queries of one page.
    """
    waiting = deque(starts)
    seen: set[str] = set()
    read: dict[str, str] = {}
    first, followed = set(waiting), Counter[str]()
    while waiting and len(seen) < most:
        path = waiting.popleft()
        page, _, query = path.partition("?")
        if path in seen or OUTSIDE.match(path) or (query and path not in first and followed[page] >= queries):
            continue
        followed[page] += bool(query)
        seen.add(path)
        answer = client.get(path)
        if answer.status_code in (301, 302, 303):
            waiting.append(_ours(path, answer["Location"]))
            continue
        if answer.status_code != 200:
            continue
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
        kind = answer.headers.get("Content-Type", "")
        read[path] = text_of(body, kind)
        if kind.startswith("text/html"):
            waiting.extend(_ours(path, unescape(found)) for found in LINK.findall(read[path]))
    return read


def _ours(here: str, address: str) -> str:
    parts = urlsplit(urljoin(here, address))
    if (parts.netloc and parts.netloc != "testserver") or parts.scheme not in ("", "http", "https"):
        return "/static/"
    return parts.path + (f"?{parts.query}" if parts.query else "")


def text_of(body: bytes, kind: str) -> str:
    if kind.startswith(TEXTS):
        return body.decode(errors="replace")
    if "spreadsheetml" in kind:
        book = load_workbook(io.BytesIO(body), read_only=True)
        return "\n".join(str(cell) for sheet in book for row in sheet.values for cell in row if cell is not None)
    return body.decode("latin-1")
