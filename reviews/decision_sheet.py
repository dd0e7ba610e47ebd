"""Decisions written in a spreadsheet (django-import-export): the table to fill in, and the reading of what comes back.

A line of the reading, as JSON: {row, number, kind, cents, reasons, codes, error}. `row` is its number in the file; `error`
says what cannot be read, and such a line decides nothing. Amounts are in cents.
"""

import io
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from import_export import fields, resources, widgets

from applications.models import Decision
from applications.states import DecisionKind
from common.cells import Cents, Text, bare
from common.errors import DomainError
from common.sheets import a_book
from documents.tables import Table, read

TITLES = {
    "number": "N° de dossier",
    "kind": "Décision",
    "cents": "Montant accordé",
    "reasons": "Motifs",
    "codes": "Codes des motifs",
}
ALSO = {
    "dossier": "number",
    "numero": "number",
    "sens": "kind",
    "montant": "cents",
    "motif": "reasons",
    "codes": "codes",
}
NEEDED = ("number", "kind")
WORDS = {
    "accord": DecisionKind.GRANT,
    "accorde": DecisionKind.GRANT,
    "refus": DecisionKind.REJECT,
    "refuse": DecisionKind.REJECT,
    "listedattente": DecisionKind.WAITLIST,
    "attente": DecisionKind.WAITLIST,
}
MOST = 1000


class KindCell(widgets.Widget):
    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        word = bare(str(value or ""))
        if word and word not in WORDS:
            raise ValueError(f"« {str(value)[:30]} » n’est pas une décision : accord, refus ou liste d’attente")
        return WORDS[word].value if word else ""


class OptionalCents(Cents):
    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> int:
        empty = value is None or not str(value).strip().strip("0,.€ ")
        return 0 if empty else super().clean(value, row, **kwargs)


class Paragraphs(widgets.Widget):
    """Words of several lines, as they were written."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        text = "".join(c for c in str(value or "") if c.isprintable() or c == "\n").strip()
        if len(text) > 4000:
            raise ValueError("les motifs dépassent 4 000 caractères")
        return text


class Codes(widgets.Widget):
    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> list[str]:
        text = str(value or "").replace(";", ",")
        return [code.strip()[:12] for code in text.split(",") if code.strip()][:10]


class DecisionResource(resources.ModelResource):
    """A row becomes an unsaved decision with what it said; a wrong cell is an error of its row."""

    class Meta:
        model = Decision
        fields = ()
        import_id_fields = ()
        store_instance = True
        use_transactions = False

    def __init__(self, columns: dict[str, str]) -> None:
        super().__init__()
        shapes = {
            "number": Text(30),
            "kind": KindCell(),
            "cents": OptionalCents(),
            "reasons": Paragraphs(),
            "codes": Codes(),
        }
        self.fields = {
            name: fields.Field(name, column_name=header, widget=shapes[name]) for name, header in columns.items()
        }

    def get_import_fields(self) -> list[fields.Field]:
        return list(self.fields.values())

    def get_import_order(self) -> list[str]:
        return list(self.fields)

    def get_or_init_instance(self, instance_loader: Any, row: Any) -> tuple[Decision, bool]:
        """Nothing is looked for: a row is always a decision to come."""
        return Decision(kind=""), True

    def save_instance(self, instance: Any, is_create: bool, row: Any, **kwargs: Any) -> None:
        """Nothing is written here: the works of `reviews.bulk` decide, row by row."""

    def after_import(self, dataset: Any, result: Any, **kwargs: Any) -> None:
        """The library would set the table's sequence again, which the application role may not do, nor needs to."""


def read_lines(content: bytes, name: str) -> list[dict[str, Any]]:
    """The lines that say something. DomainError when it is no table of decisions, or an empty one."""
    table = read(content, name)
    columns = _columns(table)
    lines = _told(table, columns)
    if not lines:
        raise DomainError("Aucune ligne ne porte de décision : remplissez la colonne « Décision ».")
    if len(lines) > MOST:
        raise DomainError(f"Un tableau décide de {MOST} dossiers au plus : découpez-le.")
    twice = {
        number
        for number, times in Counter(key_of_file(line["number"]) for line in lines).items()
        if times > 1 and number
    }
    for line in lines:
        if key_of_file(line["number"]) in twice:
            line["error"] = "Ce dossier est sur plusieurs lignes : gardez-en une."
    return lines


def _columns(table: Table) -> dict[str, str]:
    ours = {bare(title): field for field, title in TITLES.items()} | {bare(word): field for word, field in ALSO.items()}
    found: dict[str, str] = {}
    for header in table.headers:
        field = ours.get(bare(header))
        if field and field not in found:
            found[field] = header
    missing = [f"« {TITLES[field]} »" for field in NEEDED if field not in found]
    if missing:
        raise DomainError(f"Il manque la colonne {' et la colonne '.join(missing)}. Partez du tableau à remplir.")
    return found


def _told(table: Table, columns: dict[str, str]) -> list[dict[str, Any]]:
    import tablib

    places = [table.headers.index(header) for header in columns.values()]
    dataset = tablib.Dataset(headers=list(columns.values()))
    for _, cells in table.rows:
        dataset.append([cells[place] for place in places])
    result = DecisionResource(columns).import_data(dataset, dry_run=False, raise_errors=False)
    lines = []
    for (number, cells), row in zip(table.rows, result.rows, strict=True):
        if row.errors or row.validation_error:
            line = {"number": _said(cells, table, columns["number"]), "error": _why(row)}
        else:
            line = {name: getattr(row.instance, name) for name in columns}
            if not line["kind"]:
                continue
            line["error"] = "" if line["number"] else "Il manque le numéro du dossier."
        lines.append({"row": number, "kind": "", "cents": 0, "reasons": "", "codes": [], "error": "", **line})
    return lines


def _why(row: Any) -> str:
    reasons = [str(error.error) for error in row.errors] or row.validation_error.messages
    text = " ; ".join(reasons)
    return text[:1].upper() + text[1:].rstrip(".") + "."


def _said(cells: list[Any], table: Table, header: str) -> str:
    return str(cells[table.headers.index(header)] or "")[:30].strip()


def key_of_file(number: str) -> str:
    """A number as it is compared: without spaces, whatever its case."""
    return number.upper().replace(" ", "")


def by_number(lines: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The lines that can be read, by number of file."""
    return {key_of_file(line["number"]): line for line in lines if not line["error"]}


def to_fill_in(rows: Iterable[dict[str, Any]]) -> bytes:
    """The XLSX to fill in: a row a file, the columns to write beside what is known of it."""
    target = io.BytesIO()
    book = a_book(target, in_memory=True)
    sheet, bold = book.add_worksheet("Décisions"), book.add_format({"bold": True, "bottom": 1})
    money, wrap = book.add_format({"num_format": "#,##0.00"}), book.add_format({"text_wrap": True})
    known = ("Commune", "Action", "Demandé", "Proposé", "Note")
    headers = (TITLES["number"], *known, TITLES["kind"], TITLES["cents"], TITLES["reasons"], TITLES["codes"])
    for place, (header, width) in enumerate(zip(headers, (15, 24, 44, 12, 12, 8, 16, 16, 60, 18), strict=True)):
        sheet.set_column(place, place, width, wrap if width == 60 else None)
        sheet.write_string(0, place, header, bold)
    count = 0
    for count, row in enumerate(rows, start=1):
        for place, name in enumerate(("number", "commune", "title")):
            sheet.write_string(count, place, row[name])
        for place, name in enumerate(("requested", "proposed"), start=3):
            if row[name]:
                sheet.write_number(count, place, Decimal(row[name]) / 100, money)
        sheet.write_string(count, 5, row["score"])
    last = max(count, 1)
    sheet.data_validation(1, 6, last, 6, {"validate": "list", "source": ["accord", "refus", "liste d’attente"]})
    sheet.set_column(7, 7, 16, money)
    sheet.freeze_panes(1, 1)
    book.close()
    return target.getvalue()
