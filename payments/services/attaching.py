"""A row of a return that named no line of ours, or several: a person says which line it is, and the row has its effect."""

import csv
import io
from pathlib import PurePath
from typing import Any

from django.db import transaction

from common.errors import DomainError
from journal.services import record
from payments import content, resources
from payments.models import Instalment, PaymentLine, ReturnDifference, ReturnImport, ReturnLine
from payments.services.returns import apply_return, map_columns, read_return, settle_difference, table_of
from payments.states import BatchState, DifferenceKind, InstalmentState, LineState

ATTACHABLE = (DifferenceKind.UNKNOWN, DifferenceKind.AMBIGUOUS)
SHOWN = 100


def may_be_attached(difference: ReturnDifference) -> bool:
    return difference.kind in ATTACHABLE and difference.returned_id is not None and difference.settled_by_id is None


def candidates(difference: ReturnDifference, *, by: Any) -> list[PaymentLine]:
    """The ordered lines of sealed batches for the very amount of the row, the latest batch first; `SHOWN` at most, of those `by` sees."""
    if difference.returned is None:
        return []
    found = PaymentLine.objects.filter(
        amount_cents=difference.returned.amount_cents,
        state=LineState.LIVE,
        instalment__state=InstalmentState.ORDERED,
        instalment__in=Instalment.objects.visible_to(by),
    ).exclude(batch__state=BatchState.OPEN)
    return list(
        found.select_related("batch", "instalment__application", "organisation").order_by("-batch_id", "pk")[:SHOWN]
    )


@transaction.atomic
def attach(pk: int, *, line: int, reason: str, by: Any) -> ReturnImport:
    """The row is read again as a return of its own that names `line`, by the same way and under the same guards; then
    the difference is settled, with the one that said the line was missing. Whatever that return would not simply apply (amount, day, already paid) refuses the whole."""
    difference = ReturnDifference.objects.select_for_update(no_key=True, of=("self",)).filter(pk=pk).first()
    if difference is None or not may_be_attached(difference):
        raise DomainError("Cet écart est déjà réglé, ou ne se rattache pas.")
    chosen = next((one for one in candidates(difference, by=by) if one.pk == line), None)
    if chosen is None:
        raise DomainError(
            "Cette ligne n’attend plus ce montant. Rechargez la page : les lignes possibles y sont à jour."
        )
    row = _as_it_was_read(difference)
    name = f"Rattachement, {PurePath(difference.imported.name).stem}, ligne {row.row}.csv"
    imported = read_return(_one_row(row, chosen), name, by=by)
    columns = {field: title for field, (title, _words) in resources.TITLES.items()}
    imported = map_columns(imported.pk, columns, by=by, version=imported.version)
    imported = apply_return(imported.pk, by=by, version=imported.version, whole=False)
    apart = imported.differences.filter(returned__isnull=False).first()
    if apart is not None:
        raise DomainError(f"Rien n’a été rattaché. {apart.detail}.")
    settle_difference(pk, reason=reason, by=by)
    for missing in ReturnDifference.objects.filter(line=chosen, kind=DifferenceKind.MISSING, settled_by__isnull=True):
        settle_difference(missing.pk, reason=f"Rattaché : {reason.strip()}", by=by)
    record(difference, by=by, verb="attach", reason=reason.strip(), data={"line": chosen.pk, "return": imported.pk})
    return imported


def _as_it_was_read(difference: ReturnDifference) -> ReturnLine:
    """With what the line kept in the database does not say: its word for the state."""
    returned = difference.returned
    rows, _problems = resources.rows_of(table_of(difference.imported), difference.imported.mapping)
    return next(row for row in rows if returned is not None and row.row == returned.row)


def _one_row(row: Any, line: PaymentLine) -> bytes:
    place = [one.pk for one in content.lines_of(line.batch)].index(line.pk) + 1
    said = {
        "reference": line.instalment.application.number,
        "batch": line.batch.number,
        "position": place,
        "mandate": row.mandate,
        "bordereau": row.bordereau,
        "mandated_on": row.mandated_on or "",
        "paid_on": row.paid_on or "",
        "amount_cents": f"{row.amount_cents // 100},{row.amount_cents % 100:02d}",
        "status": row.status,
        "reason": row.reason,
    }
    written = io.StringIO()
    table = csv.writer(written, delimiter=";", lineterminator="\r\n")
    table.writerow([resources.TITLES[field][0] for field in said])
    table.writerow(said.values())
    return written.getvalue().encode("utf-8-sig")
