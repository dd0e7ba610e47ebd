"""The floor: the same server, session and middleware; so many rows by index, a minimal template. And the count of queries."""

from collections.abc import Callable
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.template import engines

from applications.models import Application

MINIMAL = """<!doctype html><html lang="fr"><title>Plancher</title><table>{% for row in rows %}<tr><td>{{ row.number }}</td>
<td>{{ row.organisation.name }}</td><td>{{ row.title }}</td><td>{{ row.requested_cents }}</td></tr>{% endfor %}</table></html>"""
template = engines["django"].from_string(MINIMAL)


def rows_by_index(request: HttpRequest, rows: int) -> HttpResponse:
    """`rows` applications by the index of the primary key, with their organisation, in one query."""
    found = Application.objects.select_related("organisation").order_by("-id")[:rows]
    return HttpResponse(template.render({"rows": found}))


class CountQueries:
    """Says in `X-Queries` how many queries the answer cost (streamed parts excepted)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        count = 0

        def counted(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
            nonlocal count
            count += 1
            return execute(sql, params, many, context)

        with connection.execute_wrapper(counted):
            response = self.get_response(request)
        response.headers["X-Queries"] = str(count)
        return response
