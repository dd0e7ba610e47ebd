"""Every list of finance as a file (django-import-export): CSV as it is read, XLSX and ODS with exact amounts and real dates."""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from defusedcsv import csv
from django.conf import settings
from django.db.models import QuerySet
from import_export import fields, resources, widgets

from applications.listing import Echo
from common.dates import local
from common.errors import DomainError
from common.sheets import a_book, as_text, write_table

ODS_ROWS = 20_000
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
}


class Euros(widgets.Widget):
    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> Decimal | str:
        return "" if value is None else (Decimal(value) / 100).quantize(Decimal("0.01"))


class Day(widgets.Widget):
    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> date | str:
        if isinstance(value, datetime):
            return local(value).date()
        return value or ""


class Whole(widgets.Widget):
    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> int | str:
        return "" if value is None else int(value)


class Words(widgets.Widget):
    """Text; what a sheet cannot hold (control characters) is left out."""

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return "" if value is None else "".join(c if c.isprintable() else " " for c in str(value))


WIDGETS: dict[str, type[widgets.Widget]] = {"text": Words, "money": Euros, "date": Day, "number": Whole}


@dataclass(frozen=True)
class Column:
    header: str
    attribute: str | Callable[[Any], Any]
    kind: str = "text"


class ListResource(resources.Resource):
    """The columns of one list, in their order."""

    def __init__(self, columns: tuple[Column, ...]) -> None:
        super().__init__()
        self.fields = {str(place): _field(column) for place, column in enumerate(columns)}

    def get_export_order(self) -> list[str]:
        return list(self.fields)

    def rows(self, queryset: "QuerySet[Any]") -> Iterator[list[Any]]:
        """One row at a time: the memory does not grow with the list."""
        for thing in queryset.iterator(chunk_size=1000):
            yield self.export_resource(thing)


def _field(column: Column) -> fields.Field:
    widget = WIDGETS[column.kind]()
    if callable(column.attribute):
        return _Computed(column.attribute, column.header, widget)
    return fields.Field(attribute=column.attribute, column_name=column.header, widget=widget)


class _Computed(fields.Field):
    def __init__(self, compute: Callable[[Any], Any], header: str, widget: widgets.Widget) -> None:
        super().__init__(column_name=header, widget=widget)
        self.compute = compute

    def get_value(self, instance: Any) -> Any:
        return self.compute(instance)


def csv_pieces(columns: tuple[Column, ...], queryset: "QuerySet[Any]") -> Iterator[bytes]:
    """Streamed; formulas neutralised; the separator of the collectivity, its decimal mark."""
    resource, mark = ListResource(columns), "." if settings.CSV_SEPARATOR == "," else ","
    writer = csv.writer(Echo(), delimiter=settings.CSV_SEPARATOR, lineterminator="\r\n")
    yield "\ufeff".encode() + writer.writerow(resource.get_export_headers()).encode()
    for row in resource.rows(queryset):
        yield writer.writerow([as_text(value, mark) for value in row]).encode()


def as_xlsx(columns: tuple[Column, ...], queryset: "QuerySet[Any]", title: str) -> Any:
    """Written row by row to a temporary file; text stays text, whatever it begins with."""
    target = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it
    book, resource = a_book(target, constant_memory=True), ListResource(columns)
    write_table(book, title[:31], resource.get_export_headers(), resource.rows(queryset))
    book.close()
    target.seek(0)
    return target


def as_ods(columns: tuple[Column, ...], queryset: "QuerySet[Any]", title: str) -> bytes:
    """Built in memory by its library: bounded."""
    import tablib

    if queryset.count() > ODS_ROWS:
        raise DomainError(f"Cette liste dépasse {ODS_ROWS} lignes : resserrez les filtres, ou prenez le CSV ou l’XLSX.")
    resource = ListResource(columns)
    dataset = tablib.Dataset(headers=resource.get_export_headers(), title=title[:31])
    for row in resource.rows(queryset):
        dataset.append(row)
    made: bytes = dataset.export("ods")
    return made
