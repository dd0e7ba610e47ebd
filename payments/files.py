"""The files of a sealed batch, made from its frozen content alone: the same content gives the same bytes."""

import io
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from defusedcsv import csv

from common.sheets import a_book
from payments.content import Column
from payments.layout import SHEET_DATES, Layout

# A fixed date of creation: the file says nothing of the moment it was made.
CREATED = datetime(2000, 1, 1)  # noqa: DTZ001 - written as it is in the file, whatever the clock


def as_csv(data: dict[str, Any], layout: Layout) -> bytes:
    """End of line CRLF, formulas neutralised; a letter that the encoding does not have becomes its nearest, or « ? »."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=layout.separator, lineterminator="\r\n")
    writer.writerow([shown.header for shown in layout.columns])
    writer.writerows(
        [written(shown.column, row.get(shown.column.key, ""), layout) for shown in layout.columns]
        for row in data["lignes"]
    )
    return encoded(text.getvalue(), layout.encoding)


def encoded(text: str, encoding: str) -> bytes:
    if encoding == "cp1252":
        text = text.replace("\u202f", "\u00a0").replace("\u2011", "-")
    return text.encode(encoding, errors="replace")


def written(column: Column, value: Any, layout: Layout) -> str:
    if column.kind == "money":
        sign = "-" if value < 0 else ""
        return f"{sign}{abs(value) // 100}{layout.decimal_mark}{abs(value) % 100:02d}"
    if column.kind == "date" and value:
        return date.fromisoformat(value).strftime(layout.date_format)
    return str(value)


def as_xlsx(data: dict[str, Any], layout: Layout) -> bytes:
    """One sheet: headers, one line a payment with amounts as numbers and dates as dates, a total."""
    target = io.BytesIO()
    book = a_book(target, in_memory=True)
    book.set_properties({"title": f"État liquidatif {data['lot']}", "created": CREATED})
    sheet = book.add_worksheet(data["lot"])
    bold = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    formats = {
        "money": book.add_format({"num_format": "#,##0.00"}),
        "date": book.add_format({"num_format": SHEET_DATES[layout.date_format]}),
        "number": book.add_format({"num_format": "0"}),
        "text": book.add_format({"num_format": "@"}),
    }
    for index, shown in enumerate(layout.columns):
        sheet.set_column(index, index, shown.width)
        sheet.write_string(0, index, shown.header, bold)
    for number, row in enumerate(data["lignes"], start=1):
        _write_row(sheet, number, row, layout, formats)
    _write_total(sheet, data, layout, book.add_format({"bold": True, "top": 1, "num_format": "#,##0.00"}))
    sheet.freeze_panes(1, 2)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    book.close()
    return target.getvalue()


def _write_row(sheet: Any, number: int, row: dict[str, Any], layout: Layout, formats: dict[str, Any]) -> None:
    for index, shown in enumerate(layout.columns):
        column = shown.column
        value, shape = row.get(column.key, ""), formats[column.kind]
        if column.kind == "money":
            sheet.write_number(number, index, Decimal(value) / 100, shape)
        elif column.kind == "number":
            sheet.write_number(number, index, value, shape)
        elif column.kind == "date" and value:
            sheet.write_datetime(number, index, date.fromisoformat(value), shape)
        else:
            sheet.write_string(number, index, str(value), shape)


def _write_total(sheet: Any, data: dict[str, Any], layout: Layout, shape: Any) -> None:
    """Under the amounts; the word in the first column, unless the amounts stand there."""
    keys = [shown.column.key for shown in layout.columns]
    below, amounts = len(data["lignes"]) + 1, keys.index("montant")
    if amounts:
        sheet.write_string(below, 0, "Total", shape)
    sheet.write_number(below, amounts, Decimal(data["total"]) / 100, shape)
