"""The files of a sealed batch, made from its frozen content alone: the same content gives the same bytes."""

import io
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import xlsxwriter
from defusedcsv import csv

from payments.content import COLUMNS, Column

BOM = "\ufeff"
# A fixed date of creation: the file says nothing of the moment it was made.
CREATED = datetime(2000, 1, 1)  # noqa: DTZ001 - written as it is in the file, whatever the clock
WIDTHS = {"text": 18, "money": 14, "date": 12, "number": 10}


def as_csv(data: dict[str, Any], *, separator: str) -> bytes:
    """UTF-8 with BOM, end of line CRLF, formulas neutralised. Amounts 3500,00 (3500.00 when the comma separates)."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=separator, lineterminator="\r\n")
    writer.writerow([column.header for column in COLUMNS])
    mark = "." if separator == "," else ","
    writer.writerows([_written(column, row[column.key], mark) for column in COLUMNS] for row in data["lignes"])
    return (BOM + text.getvalue()).encode()


def _written(column: Column, value: Any, mark: str) -> str:
    if column.kind == "money":
        return f"{value // 100}{mark}{value % 100:02d}"
    if column.kind == "date" and value:
        return date.fromisoformat(value).strftime("%d/%m/%Y")
    return str(value)


def as_xlsx(data: dict[str, Any]) -> bytes:
    """One sheet: headers, one line a payment with amounts as numbers and dates as dates, a total."""
    target = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(target, options)
    book.set_properties({"title": f"État liquidatif {data['lot']}", "created": CREATED})
    sheet = book.add_worksheet(data["lot"])
    bold = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    formats = {
        "money": book.add_format({"num_format": "#,##0.00"}),
        "date": book.add_format({"num_format": "dd/mm/yyyy"}),
        "number": book.add_format({"num_format": "0"}),
        "text": book.add_format({"num_format": "@"}),
    }
    for index, column in enumerate(COLUMNS):
        sheet.set_column(index, index, WIDTHS[column.kind])
        sheet.write_string(0, index, column.header, bold)
    for number, row in enumerate(data["lignes"], start=1):
        _write_row(sheet, number, row, formats)
    _write_total(sheet, data, book.add_format({"bold": True, "top": 1, "num_format": "#,##0.00"}))
    sheet.freeze_panes(1, 2)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    book.close()
    return target.getvalue()


def _write_row(sheet: Any, number: int, row: dict[str, Any], formats: dict[str, Any]) -> None:
    for index, column in enumerate(COLUMNS):
        value, shape = row[column.key], formats[column.kind]
        if column.kind == "money":
            sheet.write_number(number, index, Decimal(value) / 100, shape)
        elif column.kind == "number":
            sheet.write_number(number, index, value, shape)
        elif column.kind == "date" and value:
            sheet.write_datetime(number, index, date.fromisoformat(value), shape)
        else:
            sheet.write_string(number, index, str(value), shape)


def _write_total(sheet: Any, data: dict[str, Any], shape: Any) -> None:
    keys: Sequence[str] = [column.key for column in COLUMNS]
    below = len(data["lignes"]) + 1
    sheet.write_string(below, 0, "Total", shape)
    sheet.write_number(below, keys.index("montant"), Decimal(data["total"]) / 100, shape)
