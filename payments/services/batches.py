"""A batch: put together, sealed once, transmitted. Sealing orders the money; nothing of it changes afterwards."""

import hashlib
from collections.abc import Iterable
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from django.db import connection, transaction

from common.clock import database_now
from common.dates import local
from common.errors import DomainError, NotAllowed, Stale
from common.money import euros
from fund.services import lock_envelope, move, next_number
from journal.services import advance, begin, locked, record
from payments import content, policies, readiness
from payments.models import BankVersion, Batch, Instalment, PaymentLine
from payments.notifications import InstalmentOrderedMail
from payments.services.credits import refuse_over_payment_credits
from payments.states import BatchState, LineState

SERIES = "LOT"


def _require_preparer(by: Any) -> None:
    if not policies.can_prepare_batches(by):
        raise NotAllowed("Un lot est préparé et scellé par une personne des finances chargée de la préparation.")


def require_neutral(pk: int, *, by: Any) -> None:
    """Who has an interest in one line of a batch does nothing with it, and reads nothing of it: another person does."""
    if not Batch.objects.visible_to(by).filter(pk=pk).exists():
        raise NotAllowed("Ce lot n’est pas pour vous : une autre personne des finances s’en charge.")


def _require_open(batch: Batch) -> None:
    if batch.state != BatchState.OPEN:
        raise DomainError(f"Le lot {batch.number} est déjà scellé : son contenu ne change plus.")


@transaction.atomic
def create_batch(*, by: Any) -> Batch:
    """A new empty batch; the one this person already left empty, where there is one (a double click)."""
    _require_preparer(by)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"create_batch:{by.pk}"])
    empty = Batch.objects.filter(prepared_by=by, state=BatchState.OPEN, lines__isnull=True).order_by("pk").first()
    if empty:
        return empty
    batch = Batch(prepared_by=by, year=_year_now())
    begin(batch, by=by)
    return batch


@transaction.atomic
def add_lines(pk: int, instalment_ids: Iterable[int], *, by: Any, version: int | None = None) -> Batch:
    """Put instalments in an open batch, all or none. Raises DomainError with the first that is not ready, and why."""
    _require_preparer(by)
    wanted = sorted(set(instalment_ids))
    if not wanted:
        raise DomainError("Choisissez au moins un versement.")
    instalments = list(
        readiness.candidates()
        .filter(pk__in=wanted)
        .filter(pk__in=Instalment.objects.visible_to(by).values("pk"))
        .order_by("pk")
        .select_for_update(no_key=True, of=("self",))
    )
    # The accounts before the batch, as in a seal: the database reads them when a line is inserted.
    accounts = BankVersion.objects.filter(organisation__in=[i.organisation_id for i in instalments], state="verified")
    list(accounts.order_by("pk").select_for_update(no_key=True))
    batch = locked(Batch.objects.select_related("prepared_by"), pk, version=version)
    _require_open(batch)
    if batch.prepared_by_id != by.pk:
        raise NotAllowed(f"Ce lot est préparé par {batch.prepared_by} : préparez le vôtre.")
    if len(instalments) != len(wanted):
        raise DomainError("Un des versements choisis n’existe plus.")
    rows = readiness.examine(instalments, preparer=batch.prepared_by)
    for row in rows:
        if not row.ready:
            raise DomainError(f"{row.instalment.application.reference} : {row.reason}.")
    for row in rows:
        _line(batch, row).save(force_insert=True)
    batch.version += 1
    batch.save()
    added = {row.instalment.application.number: row.instalment.amount_cents for row in rows}
    record(batch, by=by, verb="add_lines", data={"instalments": wanted, "cents": added})
    return batch


def _line(batch: Batch, row: readiness.Row) -> PaymentLine:
    """The database copies amount and persons itself; the same values are written here for the reader."""
    instalment, account = row.instalment, row.account
    return PaymentLine(
        batch=batch,
        instalment=instalment,
        organisation_id=instalment.organisation_id,
        bank_version=account,
        amount_cents=instalment.amount_cents,
        decision_recorded_by=instalment.decision.recorded_by,
        iban_verified_by=account.verified_by,  # type: ignore[union-attr]
        certified_by=instalment.certified_by,
        endorsed_by=instalment.endorsed_by,
        approved_by=instalment.approved_by,
        prepared_by=batch.prepared_by,
    )


@transaction.atomic
def remove_line(line_id: int, *, by: Any, version: int | None = None) -> Batch:
    """Take a line out of a batch that is still open; the instalment is ready again."""
    _require_preparer(by)
    line = PaymentLine.objects.filter(pk=line_id).select_related("instalment__application").first()
    if line is None:
        raise DomainError("Cette ligne n’est plus dans le lot.")
    locked(Instalment.objects.all(), line.instalment_id)
    batch = locked(Batch.objects.all(), line.batch_id, version=version)
    _require_open(batch)
    if not PaymentLine.objects.filter(pk=line_id).delete()[0]:
        raise DomainError("Cette ligne n’est plus dans le lot.")
    batch.version += 1
    batch.save()
    data = {"instalment": line.instalment_id, "application": line.instalment.application.number}
    record(batch, by=by, verb="remove_line", data=data)
    return batch


@transaction.atomic
def seal_batch(pk: int, *, by: Any, version: int | None = None) -> Batch:
    """Seal an open batch: number without a gap, totals, canonical content and its SHA-256; each line's money is ordered.

    Locks envelopes, instalments, accounts, batch, in this order; the number comes last. Everything is examined again
    under these locks, then once more by the database. Raises DomainError when a line is no longer ready.
    """
    _require_preparer(by)
    require_neutral(pk, by=by)
    lines = _lock_lines(pk)
    batch = locked(Batch.objects.select_related("prepared_by"), pk, version=version)
    _require_open(batch)
    if {line.pk for line in lines} != set(batch.lines.values_list("pk", flat=True)):
        raise Stale
    _examine_again(batch, lines, by)
    for line in lines:
        _order(line, by=by)
    year = _year_now()
    refuse_over_payment_credits(lines, year)
    number = f"{SERIES}-{year}-{next_number(SERIES, year):03d}"
    data = content.build(batch, lines, number=number, sealed_by=by)
    batch.number, batch.year = number, year
    batch.content = content.canonical(data)
    batch.sha256 = hashlib.sha256(batch.content.encode()).hexdigest()
    batch.line_count, batch.total_cents = data["nombre"], data["total"]
    figures = {"number": number, "lines": batch.line_count, "cents": batch.total_cents, "sha256": batch.sha256}
    advance(batch, batch.seal, actor=by, by=by, data=figures)
    for line in lines:
        InstalmentOrderedMail(line.instalment, batch, line.bank_version).queue()
    return batch


def _lock_lines(batch_pk: int) -> list[PaymentLine]:
    """The lines, once what they stand on is locked: envelopes, then instalments, then accounts, each by ascending id."""
    of_batch = PaymentLine.objects.filter(batch=batch_pk)
    for envelope in sorted(set(of_batch.values_list("instalment__application__call__envelope", flat=True))):
        lock_envelope(envelope)
    for model, name in ((Instalment, "instalment"), (BankVersion, "bank_version")):
        ids = of_batch.values_list(name, flat=True)
        list(model.objects.filter(pk__in=list(ids)).order_by("pk").select_for_update(no_key=True))
    return content.lines_of(Batch(pk=batch_pk))


def _examine_again(batch: Batch, lines: list[PaymentLine], by: Any) -> None:
    if not lines:
        raise DomainError("Ce lot est vide : ajoutez au moins un versement avant de le sceller.")
    rows = readiness.examine((line.instalment for line in lines), preparer=batch.prepared_by, in_batch=batch.pk)
    for line, row in zip(lines, rows, strict=True):
        reference = row.instalment.application.reference
        if not row.ready:
            raise DomainError(f"{reference} : {row.reason}. Retirez cette ligne du lot, puis scellez-le.")
        if row.account is None or row.account.pk != line.bank_version_id:
            raise DomainError(
                f"{reference} : la commune a changé de compte depuis que la ligne est dans le lot. "
                "Retirez cette ligne, puis remettez-la avec le nouveau compte."
            )
        acted = (
            *(line.decision_recorded_by_id, line.iban_verified_by_id, line.certified_by_id, line.endorsed_by_id),
            *(line.approved_by_id, row.instalment.requested_by_id, row.account.declared_by_id),
        )
        if by.pk in acted:
            raise DomainError(
                f"Vous êtes déjà intervenu sur {reference} (décision, compte, demande, service fait, visa ou approbation) : "
                "une autre personne des finances doit sceller ce lot."
            )


def _order(line: PaymentLine, *, by: Any) -> None:
    """The operation's id comes from the line: the ledger itself refuses to order the same line twice."""
    instalment = line.instalment
    move(
        instalment.application.call.envelope,
        "order",
        line.amount_cents,
        by=by,
        subject=instalment.application.number or "",
        operation=uuid5(NAMESPACE_URL, f"payment-line:{line.pk}"),
        label=str(instalment)[:200],
    )
    advance(instalment, instalment.order, by=by, data={"cents": line.amount_cents, "line": line.pk})


@transaction.atomic
def mark_transmitted(pk: int, *, by: Any, version: int | None = None) -> Batch:
    """The file of the batch was given to the finance software."""
    _require_preparer(by)
    require_neutral(pk, by=by)
    batch = locked(Batch.objects.all(), pk, version=version)
    advance(batch, batch.transmit, by=by, refusal=f"Ce lot est à l’étape « {batch.get_state_display()} ».")
    return batch


def total_of(batch: Batch) -> str:
    """What the button says: « Sceller 48 160,00 € »."""
    live = batch.lines.filter(state=LineState.LIVE).values_list("amount_cents", flat=True)
    return euros(sum(live))


def _year_now() -> int:
    """The year in Paris by the database's clock."""
    return local(database_now()).year
