"""Lists as sheets: in XLSX text stays text, whatever it begins with; amounts are numbers and days are days."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import xlsxwriter

SAME_DAY = datetime(2000, 1, 1)  # noqa: DTZ001 - a mark, not an instant
TEXT_STAYS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


def a_book(target: Any, **options: Any) -> Any:
    """A workbook that never takes a text for a formula, a link or a number; the same bytes for the same content."""
    book = xlsxwriter.Workbook(target, TEXT_STAYS | options)
    book.set_properties({"created": SAME_DAY})  # else the hour of the export, which is no part of the list
    return book


def write_table(book: Any, title: str, headers: Sequence[str], rows: Iterable[Iterable[Any]]) -> None:
    """One sheet under its headers, row by row: Decimal are amounts, dates are dates, int are numbers, the rest is text."""
    sheet, bold = book.add_worksheet(title), book.add_format({"bold": True, "bottom": 1})
    money, day = book.add_format({"num_format": "#,##0.00"}), book.add_format({"num_format": "dd/mm/yyyy"})
    for place, header in enumerate(headers):
        sheet.set_column(place, place, max(12, len(header) + 2))
        sheet.write_string(0, place, header, bold)
    for number, row in enumerate(rows, start=1):
        for place, value in enumerate(row):
            if isinstance(value, Decimal):
                sheet.write_number(number, place, value, money)
            elif isinstance(value, date):
                sheet.write_datetime(number, place, value, day)
            elif isinstance(value, int):
                sheet.write_number(number, place, value)
            else:
                sheet.write_string(number, place, value)
    sheet.freeze_panes(1, 0)


def as_text(value: Any, mark: str) -> str:
    """A cell of a CSV: amounts with this decimal mark, days as 31/12/2026."""
    if isinstance(value, Decimal):
        return str(value).replace(".", mark)
    return value.strftime("%d/%m/%Y") if isinstance(value, date) else str(value)
