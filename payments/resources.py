"""How a row of a return becomes what it says (django-import-export): amounts to the cent, days, and a status in a word."""

import re
import unicodedata
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from import_export import fields, resources, widgets

from common.money import MAX_CENTS, parse_euros
from payments.models import ReturnLine
from payments.return_file import Table

# What a row may say, and the titles under which finance software says it.
TITLES = {
    "reference": ("N° de dossier", ("dossier", "reference", "engagement", "piece", "objet")),
    "batch": ("N° de lot", ("lot",)),
    "position": ("N° de ligne", ("ligne",)),
    "mandate": ("N° de mandat", ("mandat",)),
    "bordereau": ("N° de bordereau", ("bordereau",)),
    "mandated_on": ("Date de mandatement", ("mandatement", "emission", "datemandat")),
    "paid_on": ("Date de paiement", ("paiement", "paye", "reglement", "datepaiement")),
    "amount_cents": ("Montant", ("montant", "somme", "ttc", "net")),
    "status": ("État", ("etat", "statut", "situation")),
    "reason": ("Motif du rejet", ("motif", "commentaire", "observation")),
}
DAY = ("%d/%m/%Y", "%Y-%m-%d", "%d-%m-%Y", "%d.%m.%Y", "%Y%m%d", "%d/%m/%y")


def bare(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]", "", plain)


def guess(headers: list[str]) -> dict[str, str]:
    """Field -> header, for what can be recognised: our own titles first, then the usual words, dates before numbers."""
    free, found = [name for name in headers if name], {}
    ours = {bare(title): field for field, (title, _) in TITLES.items()}
    for header in list(free):
        if field := ours.get(bare(header)):
            found[field] = header
            free.remove(header)
    for field in ("mandated_on", "paid_on", *TITLES):
        words = TITLES[field][1]
        match = next((name for name in free if any(word in bare(name) for word in words)), "")
        if field not in found and match:
            found[field] = match
            free.remove(match)
    return found


class Cents(widgets.Widget):
    """« 1 234,50 », 1234.5 or a number of a sheet; never rounded."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> int:
        if isinstance(value, bool) or value is None:
            raise ValueError("il manque le montant")
        if isinstance(value, (int, float, Decimal)):
            exact = Decimal(str(value)) * 100
            if not exact.is_finite() or exact != exact.to_integral_value() or not 0 < exact <= MAX_CENTS:
                raise ValueError(f"« {value} » n’est pas un montant en euros et centimes")
            return int(exact)
        cents = parse_euros(str(value))
        if cents <= 0:
            raise ValueError("le montant est nul")
        return cents


class Day(widgets.Widget):
    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> date | None:
        if isinstance(value, datetime):
            value = value.date()
        if isinstance(value, date):
            return self._near(value, value)
        text = "" if value is None else str(value).strip().split(" ")[0].split("T")[0]
        if not text:
            return None
        for shape in DAY:
            try:
                return self._near(datetime.strptime(text, shape).date(), text)  # noqa: DTZ007 - a day has no hour
            except ValueError:
                continue
        raise ValueError(f"« {text[:30]} » n’est pas une date (31/12/2026)")

    @staticmethod
    def _near(day: date, written: Any) -> date:
        if not 2000 <= day.year <= 2100:
            raise ValueError(f"« {written} » n’est pas une date de notre temps")
        return day


class Text(widgets.Widget):
    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit = limit

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        text = "" if value is None else " ".join("".join(c if c.isprintable() else " " for c in str(value)).split())
        if len(text) > self.limit:
            raise ValueError(f"« {text[:30]}… » dépasse {self.limit} caractères")
        return text


class ReturnResource(resources.ModelResource):
    """Rows become unsaved lines, each with what it said; a wrong cell is an error with its line."""

    class Meta:
        model = ReturnLine
        fields = ()
        import_id_fields = ()
        store_instance = True
        use_transactions = False

    def __init__(self, columns: dict[str, str]) -> None:
        super().__init__()
        shapes: dict[str, widgets.Widget] = {
            "amount_cents": Cents(),
            "mandated_on": Day(),
            "paid_on": Day(),
            "reference": Text(60),
            "reason": Text(300),
        }
        self.fields = {
            name: fields.Field(name, column_name=header, widget=shapes.get(name, Text(20)))
            for name, header in columns.items()
        }

    def get_import_fields(self) -> list[fields.Field]:
        return list(self.fields.values())

    def get_import_order(self) -> list[str]:
        return list(self.fields)

    def get_or_init_instance(self, instance_loader: Any, row: Any) -> tuple[ReturnLine, bool]:
        """Nothing is looked for: a row is always a new line."""
        line = ReturnLine()
        line.batch = line.position = line.status = ""  # type: ignore[attr-defined]
        return line, True

    def save_instance(self, instance: Any, is_create: bool, row: Any, **kwargs: Any) -> None:
        """Saved later, with what comes of it, all of them or none."""

    def after_import(self, dataset: Any, result: Any, **kwargs: Any) -> None:
        """The library would set the table's sequence again, which the application role may not do, nor needs to."""


def rows_of(table: Table, columns: dict[str, str]) -> tuple[list[ReturnLine], list[str]]:
    """The lines that could be read, and what is wrong with the others, each with its number in the file."""
    import tablib

    chosen = [(field, header) for field, header in columns.items() if header in table.headers]
    places = [table.headers.index(header) for _, header in chosen]
    dataset = tablib.Dataset(headers=[header for _, header in chosen])
    for _, cells in table.rows:
        dataset.append([cells[place] for place in places])
    result = ReturnResource(dict(chosen)).import_data(dataset, dry_run=False, raise_errors=False)
    lines, problems = [], []
    for (number, _), row in zip(table.rows, result.rows, strict=True):
        if row.errors or row.validation_error:
            reasons = [str(error.error) for error in row.errors] or row.validation_error.messages
            problems += [f"Ligne {number} : {reason}." for reason in reasons]
            continue
        row.instance.row = number
        lines.append(row.instance)
    return lines, problems + [str(error.error) for error in result.base_errors]
