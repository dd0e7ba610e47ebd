"""Count the queries of a request."""

from types import TracebackType

from django.db import connection
from django.test.utils import CaptureQueriesContext


class Counted:
    """`with Counted() as one: client.get(…)`, then `one.count`."""

    def __enter__(self) -> "Counted":
        self._capture = CaptureQueriesContext(connection)
        self._capture.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._capture.__exit__(kind, error, trace)
        self.count = len(self._capture)
        self.sql = [query["sql"] for query in self._capture.captured_queries]
