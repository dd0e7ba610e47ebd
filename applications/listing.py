"""The list of files as CSV, sent as it is read: flat memory, formulas neutralised, any number of rows."""

import re
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from itertools import islice
from tempfile import TemporaryFile
from typing import IO, Any, Protocol

from defusedcsv import csv
from django.conf import settings
from django.utils import timezone

from accounts.states import PlanStatus
from applications.models.application import ApplicationQuerySet
from applications.states import ApplicationState
from common.sheets import a_book, write_table
from fund.states import ActionType, Theme

BOM = "\ufeff"
CHUNK = 500
# What a spreadsheet skips before it looks for a formula; a line break inside a cell breaks naive readers.
_UNSEEN = re.compile(r"[\x00-\x1f\x7f]+")

_STATES = dict(ApplicationState.choices)
_THEMES = dict(Theme.choices)
_TYPES = dict(ActionType.choices)
_PLANS = dict(PlanStatus.choices)


def plain_text(value: Any) -> str:
    return _UNSEEN.sub(" ", value or "").strip()


def _money(mark: str) -> Callable[[int | None], str]:
    def write(cents: int | None) -> str:
        return "" if cents is None else f"{cents // 100}{mark}{cents % 100:02d}"

    return write


def _day(value: Any) -> str:
    return f"{value:%d/%m/%Y}" if value else ""


def _moment(value: Any) -> str:
    return f"{timezone.localtime(value):%d/%m/%Y %H:%M}" if value else ""


def _columns(mark: str, extra: Iterable[tuple[str, str]]) -> list[tuple[str, str, Callable[[Any], str]]]:
    """Header, field of the query, how it is written. `extra` are amounts known to the apps above."""
    money = _money(mark)
    return [
        ("Numéro", "number", plain_text),
        ("Commune", "organisation__name", plain_text),
        ("SIREN", "organisation__siren", plain_text),
        ("Plan local", "organisation__plan_status", _PLANS.__getitem__),
        ("Action", "title", plain_text),
        ("Thème", "theme", lambda value: _THEMES.get(value, value)),
        ("Type d’action", "action_type", lambda value: _TYPES.get(value, value)),
        ("État", "state", _STATES.__getitem__),
        ("Instruit par", "instructor__last_name", plain_text),
        ("Envoyé le", "submitted_at", _moment),
        ("Réponse due le", "due_on", _day),
        ("Coût total", "total_cost_cents", money),
        ("Coût retenu", "eligible_cost_cents", money),
        ("Demandé", "requested_cents", money),
        *((header, name, money) for header, name in extra),
    ]


class Beside(Protocol):
    """More columns, fetched for a few files at a time."""

    headers: list[str]

    def cells(self, ids: list[int]) -> dict[int, list[str]]: ...


def as_csv(
    found: ApplicationQuerySet, *, extra: Iterable[tuple[str, str]] = (), beside: Beside | None = None
) -> Iterator[str]:
    """Lines of CSV for a streamed answer, read through a server-side cursor."""
    separator = settings.CSV_SEPARATOR
    columns = _columns("." if separator == "," else ",", extra)
    writers = [write for _, _, write in columns]
    pen = csv.writer(Echo(), delimiter=separator, lineterminator="\r\n")
    yield BOM + pen.writerow([*(header for header, _, _ in columns), *(beside.headers if beside else ())])
    rows = found.values_list("pk", *(name for _, name, _ in columns)).iterator(chunk_size=CHUNK)
    for chunk in batched(rows, CHUNK):
        more = beside.cells([row[0] for row in chunk]) if beside else {}
        yield "".join(
            pen.writerow(
                [*(write(value) for write, value in zip(writers, row[1:], strict=True)), *more.get(row[0], ())]
            )
            for row in chunk
        )


def as_xlsx(
    found: ApplicationQuerySet, *, extra: Iterable[tuple[str, str]] = (), beside: Beside | None = None
) -> IO[bytes]:
    """The same list as a workbook, written row by row to a file: amounts are numbers, days are days, text stays text."""
    target = TemporaryFile()  # noqa: SIM115 - the answer closes it once sent
    book = a_book(target, constant_memory=True)
    columns = _columns(",", extra)
    kinds = [KINDS.get(getattr(write, "__name__", ""), write) for _, _, write in columns]
    headers = [*(header for header, _, _ in columns), *(beside.headers if beside else ())]

    def rows() -> Iterator[list[Any]]:
        fields = found.values_list("pk", *(name for _, name, _ in columns)).iterator(chunk_size=CHUNK)
        for chunk in batched(fields, CHUNK):
            more = beside.cells([row[0] for row in chunk]) if beside else {}
            for row in chunk:
                yield [*(as_cell(value) for as_cell, value in zip(kinds, row[1:], strict=True)), *more.get(row[0], ())]

    write_table(book, "Dossiers", headers, rows())
    book.close()
    target.seek(0)
    return target


def _euros(cents: int | None) -> Any:
    return "" if cents is None else Decimal(cents) / 100


def _date(value: Any) -> Any:
    return value or ""


def _local_day(value: Any) -> Any:
    return timezone.localtime(value).date() if value else ""


# How a column of the CSV is written in a workbook, by the name of its writer; the others are text in both.
KINDS: dict[str, Callable[[Any], Any]] = {"write": _euros, "_day": _date, "_moment": _local_day}


def batched(rows: Iterable[Any], size: int) -> Iterator[list[Any]]:
    each = iter(rows)
    while chunk := list(islice(each, size)):
        yield chunk


class Echo:
    """A file that gives back what is written: the line goes straight to the answer."""

    def write(self, line: str) -> str:
        return line
