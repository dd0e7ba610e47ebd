"""A line of a sealed batch taken back: by us (a mistake), or by the accountant (a rejection). The batch itself never changes."""

import hashlib
import json
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from django.db import transaction

from common.clock import database_now
from common.dates import local
from common.errors import DomainError, NotAllowed
from fund.models import Movement
from fund.services import lock_envelope, move, next_number, reverse
from journal.services import advance, locked, record, record_read
from payments import files, layout, policies
from payments.content import canonical
from payments.models import Batch, ContraryLine, Instalment, PaymentLine
from payments.notifications import InstalmentStoppedMail
from payments.services.holds import require_not_held
from payments.services.reconciling import reconcile_if_done
from payments.states import BatchState, InstalmentState, LineState

SERIES = "ANN"
WITH_FILE = ("batch", "instalment__application__call__envelope", "instalment__application__call__fund",
             "instalment__application__organisation")  # fmt: skip


@transaction.atomic
def cancel_line(pk: int, *, reason: str, by: Any) -> ContraryLine:
    """A mistake found after the seal: a contrary line, numbered and sealed; the instalment goes back to be approved again.

    Not by who prepared or sealed the batch. Raises DomainError when the payment has already come back from finance.
    """
    if not policies.can_cancel_lines(by):
        raise NotAllowed("Une ligne scellée est annulée par une personne des finances chargée de l’approbation.")
    line = _line(pk)
    if by.pk in (line.batch.prepared_by_id, line.batch.sealed_by_id):
        raise DomainError("Vous avez préparé ou scellé ce lot : une autre personne des finances annule ses lignes.")
    return take_back(line, kind=LineState.CANCELLED, reason=reason, by=by)


def _line(pk: int) -> PaymentLine:
    line = PaymentLine.objects.filter(pk=pk).select_related(*WITH_FILE).first()
    if line is None:
        raise DomainError("Cette ligne n’existe plus.")
    return line


def take_back(line: PaymentLine, *, kind: LineState, reason: str, by: Any) -> ContraryLine:
    """In the caller's transaction: the ledger, the contrary line, the line, the instalment, then the batch if all is settled."""
    why = reason.strip()[:300]
    if not why:
        raise DomainError("Donnez le motif : il est écrit au journal et la commune le lit.")
    envelope = lock_envelope(line.instalment.application.call.envelope_id)
    if envelope.line.budget.closed_at:
        raise DomainError(f"L’exercice {envelope.year} est clos : aucun mouvement n’y est plus possible.")
    instalment = locked(
        Instalment.objects.select_related("application__call__fund", "application__organisation"), line.instalment_id
    )
    batch = locked(Batch.objects.all(), line.batch_id)
    line = PaymentLine.objects.select_related(*WITH_FILE).get(pk=line.pk)
    _require_ordered(line, instalment, batch)
    movement = _move_back(line, kind, envelope, by)
    contrary = _contrary(line, batch, kind=kind, reason=why, movement=movement, by=by)
    PaymentLine.objects.filter(pk=line.pk).update(state=kind)
    verb = instalment.cancel_order if kind == LineState.CANCELLED else instalment.reject
    advance(
        instalment, verb, why=why, by=by, reason=why, data={"contrary": contrary.number, "cents": line.amount_cents}
    )
    data = {"contrary": contrary.number, "line": line.pk, "cents": contrary.amount_cents, "sha256": contrary.sha256}
    record(batch, by=by, verb=f"line_{kind.value}", reason=why, data=data)
    InstalmentStoppedMail(instalment).queue()
    reconcile_if_done(batch, by=by)
    return contrary


def _require_ordered(line: PaymentLine, instalment: Instalment, batch: Batch) -> None:
    if batch.state == BatchState.OPEN:
        raise DomainError("Ce lot n’est pas scellé : retirez simplement la ligne.")
    if line.state != LineState.LIVE:
        raise DomainError(f"Cette ligne est déjà « {line.get_state_display()} ».")
    if instalment.state != InstalmentState.ORDERED:
        raise DomainError(
            f"Ce versement est « {instalment.get_state_display()} » : une somme payée ne s’annule pas, elle se recouvre."
        )


def _move_back(line: PaymentLine, kind: LineState, envelope: Any, by: Any) -> Movement:
    """A mistake is the mirror of its movement; a rejection is a movement of its own."""
    ordered = Movement.objects.filter(operation=uuid5(NAMESPACE_URL, f"payment-line:{line.pk}"), verb="order").first()
    if kind == LineState.CANCELLED and ordered:
        return reverse(ordered, by=by)
    return move(
        envelope,
        "reject",
        line.amount_cents,
        by=by,
        subject=line.instalment.application.number or "",
        operation=uuid5(NAMESPACE_URL, f"payment-line-back:{line.pk}"),
        label=f"{LineState(kind).label} : {line.instalment}"[:200],
    )


def _contrary(
    line: PaymentLine, batch: Batch, *, kind: LineState, reason: str, movement: Movement, by: Any
) -> ContraryLine:
    rows = json.loads(batch.content)["lignes"]
    row = rows[batch.lines.filter(pk__lt=line.pk).count()]
    year = local(database_now()).year
    number = f"{SERIES}-{year}-{next_number(SERIES, year):03d}"
    row = row | {"montant": -line.amount_cents, "objet": f"{number} annule {batch.number} : {row['objet']}"[:100]}
    content = canonical({"numero": number, "nature": kind.value, "motif": reason, "par": by.actor_label, "ligne": row})
    return ContraryLine.objects.create(
        line=line,
        number=number,
        kind=kind,
        amount_cents=-line.amount_cents,
        movement=movement,
        reason=reason,
        made_by_id=by.actor_id,
        content=content,
        sha256=hashlib.sha256(content.encode()).hexdigest(),
        csv=files.as_csv({"lignes": [row]}, layout.in_force()),
    )


@transaction.atomic
def export_contrary(pk: int, *, by: Any) -> ContraryLine:
    """The file of a contrary line, made when it was: the same bytes for ever. Each download is written in the journal."""
    if not policies.can_export_batches(by):
        raise NotAllowed("Les annulations sont téléchargées par les finances.")
    contrary = ContraryLine.objects.get(pk=pk)
    require_not_held()
    if hashlib.sha256(contrary.content.encode()).hexdigest() != contrary.sha256:
        raise DomainError("Cette annulation n’a plus son empreinte : n’en faites rien et prévenez l’administrateur.")
    record_read(contrary, by=by, what="export_contrary")
    return contrary
