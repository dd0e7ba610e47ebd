"""How the « état liquidatif » is written: data of the collectivity, for each finance software has its own format."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from payments.content import COLUMNS, MORE_COLUMNS, Column
from payments.models import ExportLayout

KNOWN = {column.key: column for column in (*COLUMNS, *MORE_COLUMNS)}
WIDTHS = {"text": 18, "money": 14, "date": 12, "number": 10}
SEPARATORS = {";": "Point-virgule", ",": "Virgule", "\t": "Tabulation", "|": "Barre verticale"}
ENCODINGS = {"utf-8-sig": "UTF-8 avec marque (Excel)", "utf-8": "UTF-8", "cp1252": "Windows-1252"}
DATES = {"%d/%m/%Y": "31/12/2026", "%Y-%m-%d": "2026-12-31", "%Y%m%d": "20261231", "%d%m%Y": "31122026"}
SHEET_DATES = {"%d/%m/%Y": "dd/mm/yyyy", "%Y-%m-%d": "yyyy-mm-dd", "%Y%m%d": "yyyymmdd", "%d%m%Y": "ddmmyyyy"}
MARKS = {",": "1234,50", ".": "1234.50"}
# Without these a payment cannot be made nor recognised when it comes back.
NEEDED = ("dossier", "montant", "iban")


@dataclass(frozen=True)
class Shown:
    """One column of the file: what it holds, its header there, its width in a sheet."""

    column: Column
    header: str
    width: int


@dataclass(frozen=True)
class Layout:
    separator: str
    encoding: str
    date_format: str
    decimal_mark: str
    columns: tuple[Shown, ...]
    row: ExportLayout | None = None


def default() -> Layout:
    separator = settings.CSV_SEPARATOR
    mark = "." if separator == "," else ","
    columns = tuple(Shown(column, column.header, WIDTHS[column.kind]) for column in COLUMNS)
    return Layout(separator, "utf-8-sig", "%d/%m/%Y", mark, columns)


def in_force() -> Layout:
    """The last one written, else ours."""
    row = ExportLayout.objects.order_by("-pk").first()
    return default() if row is None else read(row)


def read(row: ExportLayout) -> Layout:
    columns = tuple(Shown(KNOWN[one["key"]], one["header"], one["width"]) for one in row.columns)
    return Layout(row.separator, row.encoding, row.date_format, row.decimal_mark, columns, row)


def problem(columns: Sequence[dict[str, Any]]) -> str:
    """What is wrong with these columns, as a sentence; empty when nothing is."""
    keys, headers = [one["key"] for one in columns], [one["header"].casefold() for one in columns]
    if missing := [KNOWN[key].header for key in NEEDED if key not in keys]:
        return f"Il faut garder {', '.join(f'« {name} »' for name in missing)} : sans cela un versement ne se paie ni ne se retrouve."
    if len(set(keys)) != len(keys) or len(set(headers)) != len(headers):
        return "Deux colonnes ont le même titre : donnez à chacune le sien."
    return ""


def stored(layout: Layout) -> dict[str, Any]:
    """The same as columns of `ExportLayout`."""
    return {
        "separator": layout.separator,
        "encoding": layout.encoding,
        "date_format": layout.date_format,
        "decimal_mark": layout.decimal_mark,
        "columns": [{"key": one.column.key, "header": one.header, "width": one.width} for one in layout.columns],
    }
