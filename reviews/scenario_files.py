"""A scenario as a sheet: the lines one may see."""

import io
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import xlsxwriter
from defusedcsv import csv
from django.conf import settings

from applications.listing import BOM, plain_text
from common.money import percent, rate
from reviews.models import ScenarioLine
from reviews.scenarios import Lines, Row

Column = tuple[str, Callable[[Row, ScenarioLine | None], Any]]


def _amount(cents: int | None) -> Decimal | str:
    return "" if cents is None else Decimal(cents).scaleb(-2)


def _given(line: ScenarioLine | None) -> int:
    return line.proposed_cents if line else 0


COLUMNS: tuple[Column, ...] = (
    ("Rang", lambda row, line: row.rank or ""),
    ("Numéro", lambda row, line: row.number),
    ("Commune", lambda row, line: plain_text(row.commune)),
    ("Plan local", lambda row, line: "oui" if row.has_plan else "non"),
    ("Thème", lambda row, line: row.theme_label),
    ("Action", lambda row, line: plain_text(row.title)),
    ("Note sur 100", lambda row, line: row.points_shown),
    ("Coût retenu", lambda row, line: _amount(row.cost)),
    ("Demandé", lambda row, line: _amount(row.requested)),
    ("Proposé par l’instruction", lambda row, line: _amount(row.opinion)),
    ("Scénario", lambda row, line: _amount(_given(line))),
    ("Taux", lambda row, line: percent(rate(_given(line), row.cost)) if _given(line) and row.cost else ""),
    ("Rang de réserve", lambda row, line: line.reserve_rank or "" if line else ""),
    ("Remarque", lambda row, line: plain_text(line.remark) if line else ""),
)


def csv_of(columns: Sequence[Column], rows: Sequence[Row], lines: Lines) -> bytes:
    mark = "." if settings.CSV_SEPARATOR == "," else ","
    target = io.StringIO()
    pen = csv.writer(target, delimiter=settings.CSV_SEPARATOR, lineterminator="\r\n")
    pen.writerow([header for header, _ in columns])
    for row in rows:
        cells = (cell(row, lines.get(row.pk)) for _, cell in columns)
        pen.writerow([str(one).replace(".", mark) if isinstance(one, Decimal) else one for one in cells])
    return (BOM + target.getvalue()).encode()


def xlsx_of(columns: Sequence[Column], rows: Sequence[Row], lines: Lines) -> bytes:
    """Text stays text, whatever it begins with; amounts are numbers."""
    target = io.BytesIO()
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    book = xlsxwriter.Workbook(target, options)
    sheet = book.add_worksheet("Scénario")
    bold, money = book.add_format({"bold": True, "bottom": 1}), book.add_format({"num_format": "#,##0.00"})
    for place, (header, _) in enumerate(columns):
        sheet.set_column(place, place, max(12, len(header) + 2))
        sheet.write_string(0, place, header, bold)
    for number, row in enumerate(rows, start=1):
        for place, (_, cell) in enumerate(columns):
            value = cell(row, lines.get(row.pk))
            if isinstance(value, Decimal):
                sheet.write_number(number, place, value, money)
            elif isinstance(value, int):
                sheet.write_number(number, place, value)
            else:
                sheet.write_string(number, place, value)
    sheet.freeze_panes(1, 0)
    book.close()
    return target.getvalue()
