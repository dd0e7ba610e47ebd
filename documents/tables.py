"""Reading a table somebody gives: CSV of any separator and encoding, or XLSX; limited, and refused in one sentence."""

import csv
import io
from dataclasses import dataclass
from typing import Any

from openpyxl import load_workbook

from common.errors import DomainError
from documents.inspection import inspect

MAX_BYTES = 5 * 1024 * 1024
MAX_ROWS, MAX_COLUMNS, MAX_CELL = 20_000, 100, 1_000
BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
UNREADABLE = "Ce fichier n’est pas un tableau que nous savons lire. Enregistrez-le en CSV ou en XLSX, puis recommencez."


@dataclass(frozen=True)
class Table:
    """`rows` are (number in the file, cells as long as the headers); empty rows are left out."""

    headers: list[str]
    rows: list[tuple[int, list[Any]]]


def read(content: bytes, name: str) -> Table:
    """Raises DomainError when it is no table, or one too big."""
    if not content.strip():
        raise DomainError("Ce fichier est vide.")
    if len(content) > MAX_BYTES:
        raise DomainError("Ce fichier dépasse 5 Mo : découpez-le.")
    is_sheet = content.startswith(b"PK\x03\x04") or name.lower().endswith((".xlsx", ".xls", ".ods"))
    cells = _sheet(content) if is_sheet else _csv(content)
    return _table(cells)


def _sheet(content: bytes) -> list[list[Any]]:
    inspect(io.BytesIO(content), "xlsx")
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()
        rows = []
        for row in sheet.iter_rows(max_col=MAX_COLUMNS, values_only=True):
            rows.append(list(row))
            if len(rows) > MAX_ROWS + 1:
                break
        return rows
    except Exception as error:  # a damaged workbook breaks its reader in many ways
        raise DomainError(UNREADABLE) from error


def _csv(content: bytes) -> list[list[Any]]:
    text = _text(content)
    first = next((line for line in text.splitlines() if line.strip()), "")
    separator = max(";\t,|", key=first.count)
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    except csv.Error as error:
        raise DomainError(UNREADABLE) from error


def _text(content: bytes) -> str:
    encoding = next((name for mark, name in BOMS if content.startswith(mark)), "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    if "\x00" in text:
        raise DomainError(UNREADABLE)
    return text


def _table(cells: list[list[Any]]) -> Table:
    filled = [(number, row) for number, row in enumerate(cells, start=1) if any(_said(cell) for cell in row)]
    if len(filled) < 2:
        raise DomainError("Il faut une ligne de titres et au moins une ligne dessous.")
    if len(filled) > MAX_ROWS + 1:
        raise DomainError(f"Ce fichier a plus de {MAX_ROWS} lignes : découpez-le.")
    headers = [_said(cell)[:80] for cell in filled[0][1]]
    while headers and not headers[-1]:
        headers.pop()
    if len(headers) > MAX_COLUMNS:
        raise DomainError(f"Ce fichier a plus de {MAX_COLUMNS} colonnes.")
    named = [name for name in headers if name]
    if len(named) < 2 or len(set(named)) != len(named):
        raise DomainError("La première ligne doit donner un titre différent à chaque colonne.")
    width = len(headers)
    rows = []
    for number, row in filled[1:]:
        if any(_said(cell) for cell in row[width:]):
            raise DomainError(f"La ligne {number} a plus de cellules que la ligne de titres.")
        rows.append((number, [*row[:width], *[""] * (width - len(row))]))
    return Table(headers, rows)


def _said(cell: Any) -> str:
    return "" if cell is None else str(cell)[:MAX_CELL].strip()
