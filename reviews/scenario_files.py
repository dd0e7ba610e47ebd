"""A scenario as a sheet: the lines one may see."""

import io
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from defusedcsv import csv
from django.conf import settings

from applications.listing import BOM, plain_text
from common.money import percent, rate
from common.sheets import a_book, as_text, write_table
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
        pen.writerow([as_text(one, mark) for one in cells])
    return (BOM + target.getvalue()).encode()


def xlsx_of(columns: Sequence[Column], rows: Sequence[Row], lines: Lines) -> bytes:
    """Text stays text, whatever it begins with; amounts are numbers."""
    target = io.BytesIO()
    book = a_book(target, in_memory=True)
    given = ([cell(row, lines.get(row.pk)) for _, cell in columns] for row in rows)
    write_table(book, "Scénario", [header for header, _ in columns], given)
    book.close()
    return target.getvalue()
