"""How a row of a return becomes what it says (django-import-export): amounts to the cent, days, and a status in a word."""

from typing import Any

from import_export import fields, resources, widgets

from common.cells import Cents, Day, Text, bare
from documents.tables import Table
from payments.models import ReturnLine

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
