"""What finance gives back: a file is read, mapped, looked at, then applied whole and once. Differences wait for a person."""

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.db.models.functions import Now

from common.clock import database_now
from common.dates import local
from common.errors import DomainError, NotAllowed
from common.hidden import hidden_from
from documents import tables
from documents.names import display_name
from fund.services import lock_envelope, move
from journal.services import advance, begin, locked, record
from payments import matching, policies, resources
from payments.matching import Verdict
from payments.models import Batch, Instalment, PaymentLine, ReturnDifference, ReturnImport, ReturnLine
from payments.notifications import InstalmentPaidMail
from payments.services.reconciling import reconcile_if_done
from payments.services.taking_back import WITH_FILE, take_back
from payments.states import DifferenceKind, InstalmentState, LineState, ReturnOutcome, ReturnState

NEEDED = "amount_cents"


@dataclass
class Preview:
    """What applying would do, or what is wrong with the file; nothing was written."""

    headers: list[str]
    verdicts: list[Verdict]
    problems: list[str]

    @property
    def counts(self) -> Counter[str]:
        return Counter(verdict.outcome.value for verdict in self.verdicts)


def _require(by: Any) -> None:
    if not policies.can_import_returns(by):
        raise NotAllowed("Le retour des paiements est importé par les finances.")


@transaction.atomic
def read_return(content: bytes, name: str, *, by: Any) -> ReturnImport:
    """Keep the file, its columns guessed or as they were last time. The same file again is the same import."""
    _require(by)
    table = tables.read(content, name)
    sha256 = hashlib.sha256(content).hexdigest()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"return:{sha256}"])
    known = ReturnImport.objects.filter(sha256=sha256).exclude(state=ReturnState.DISCARDED).first()
    if known is not None:
        return known
    made = ReturnImport(
        name=display_name(name), sha256=sha256, content=content, mapping=_columns_of(table.headers), imported_by=by
    )
    begin(made, by=by, verb="read", data={"sha256": sha256, "rows": len(table.rows)})
    return made


def _columns_of(headers: list[str]) -> dict[str, str]:
    """The columns of the last return that was applied with these titles, else a guess."""
    for one in ReturnImport.objects.filter(state=ReturnState.APPLIED).order_by("-applied_at")[:20]:
        if one.mapping and set(one.mapping.values()) <= set(headers):
            return dict(one.mapping)
    return resources.guess(headers)


@transaction.atomic
def map_columns(pk: int, columns: dict[str, str], *, by: Any, version: int | None = None) -> ReturnImport:
    _require(by)
    imported = locked(ReturnImport.objects.all(), pk, version=version)
    if imported.state != ReturnState.READ:
        raise DomainError("Ce retour est déjà traité : ses colonnes ne changent plus.")
    headers = table_of(imported).headers
    chosen = {field: header for field, header in columns.items() if header in headers and field in resources.TITLES}
    if len(set(chosen.values())) != len(chosen):
        raise DomainError("Une même colonne ne peut pas servir deux fois.")
    imported.mapping = chosen
    imported.version += 1
    imported.save()
    record(imported, by=by, verb="map_columns", data=chosen)
    return imported


def table_of(imported: ReturnImport) -> tables.Table:
    return tables.read(bytes(imported.content), imported.name)


def preview(imported: ReturnImport) -> Preview:
    table, columns = table_of(imported), imported.mapping
    lacking = []
    if NEEDED not in columns:
        lacking.append("Dites quelle colonne porte le montant.")
    if "reference" not in columns and not {"batch", "position"} <= set(columns):
        lacking.append("Dites quelle colonne porte le n° de dossier, ou celles du n° de lot et du n° de ligne.")
    if "paid_on" not in columns and "status" not in columns:
        lacking.append("Dites quelle colonne porte la date de paiement, ou l’état.")
    if lacking:
        return Preview(table.headers, [], lacking)
    rows, problems = resources.rows_of(table, columns)
    verdicts, _ = matching.judge(rows, today=local(database_now()).date()) if not problems else ([], None)
    return Preview(table.headers, verdicts, problems)


def require_neutral_reader(imported: ReturnImport, user: Any) -> None:
    """A return that was not applied has no rows yet: its file is read for what is hidden from this person."""
    hidden = hidden_from(user)
    if not hidden or imported.state == ReturnState.APPLIED:
        return
    verdicts = preview(imported).verdicts
    ours = {verdict.line.instalment.application_id for verdict in verdicts if verdict.line}
    text = "\n".join(verdict.returned.reference for verdict in verdicts)
    if ours & hidden.files or any(number in text for number in hidden.numbers):
        raise NotAllowed("Ce retour n’est pas pour vous : une autre personne des finances l’applique.")


@transaction.atomic
def apply_return(pk: int, *, by: Any, version: int | None = None, whole: bool = True) -> ReturnImport:
    """All the rows or none. What agrees is paid or rejected in the ledger; every difference is listed, nothing is corrected.

    The lines of the same batches that a `whole` return leaves out are listed as missing.
    """
    _require(by)
    _lock_what_it_says(ReturnImport.objects.get(pk=pk))
    imported = locked(ReturnImport.objects.all(), pk, version=version)
    if imported.state != ReturnState.READ:
        raise DomainError("Ce retour est déjà traité.")
    found = preview(imported)
    require_neutral_reader(imported, by)
    if found.problems:
        raise DomainError("Rien n’a été appliqué. " + " ".join(found.problems[:3]))
    rows = [_written(imported, verdict) for verdict in found.verdicts]
    batches: set[int] = set()
    for verdict, row in zip(found.verdicts, rows, strict=True):
        if verdict.line is not None:
            batches.add(verdict.line.batch_id)
        if verdict.outcome == ReturnOutcome.PAID:
            _pay(row, by=by)
        elif verdict.outcome == ReturnOutcome.REJECTED:
            _reject(row, by=by)
        elif verdict.kind is not None:
            ReturnDifference.objects.create(
                imported=imported, returned=row, line=verdict.line, kind=verdict.kind, detail=verdict.detail
            )
    if whole:
        _list_missing(imported, batches, {verdict.line.pk for verdict in found.verdicts if verdict.line})
    data = {"rows": len(rows), **found.counts}
    advance(imported, imported.apply, actor=by, rows=len(rows), by=by, data=data)
    for batch in Batch.objects.select_for_update(no_key=True).filter(pk__in=batches).order_by("pk"):
        reconcile_if_done(batch, by=by)
    return imported


def _lock_what_it_says(imported: ReturnImport) -> None:
    """Envelopes, instalments, batches, each by ascending id: what the rows are compared with stays as it is."""
    lines = [verdict.line for verdict in preview(imported).verdicts if verdict.line]
    for envelope in sorted({line.instalment.application.call.envelope_id for line in lines}):
        lock_envelope(envelope)
    for model, ids in (
        (Instalment, {line.instalment_id for line in lines}),
        (Batch, {line.batch_id for line in lines}),
    ):
        list(model.objects.filter(pk__in=ids).order_by("pk").select_for_update(no_key=True))


def _written(imported: ReturnImport, verdict: Verdict) -> ReturnLine:
    row = verdict.returned
    said = [row.reference, row.batch, row.position, row.mandate, row.bordereau, row.mandated_on, row.paid_on]  # type: ignore[attr-defined]
    said += [row.amount_cents, row.status, row.reason]  # type: ignore[attr-defined]
    row.fingerprint = hashlib.sha256(json.dumps(said, cls=DjangoJSONEncoder).encode()).hexdigest()
    row.imported, row.line, row.outcome = imported, verdict.line, verdict.outcome
    row.save(force_insert=True)
    return row


def _pay(row: ReturnLine, *, by: Any) -> None:
    line = PaymentLine.objects.select_related(*WITH_FILE).get(returns=row)
    instalment = locked(
        Instalment.objects.select_related("application__call__fund", "application__organisation"), line.instalment_id
    )
    move(
        line.instalment.application.call.envelope,
        "pay",
        line.amount_cents,
        by=by,
        subject=instalment.application.number or "",
        operation=uuid5(NAMESPACE_URL, f"payment-line-paid:{line.pk}"),
        label=f"{instalment}, mandat {row.mandate}"[:200],
    )
    data = {"cents": line.amount_cents, "mandate": row.mandate, "return": row.imported_id, "row": row.row}
    advance(instalment, instalment.pay, paid_on=row.paid_on, mandate=row.mandate, by=by, data=data)
    InstalmentPaidMail(instalment).queue()


def _reject(row: ReturnLine, *, by: Any) -> None:
    line = PaymentLine.objects.select_related(*WITH_FILE).get(returns=row)
    take_back(
        line, kind=LineState.REJECTED, reason=row.reason or "Rejet du comptable, sans motif dans le retour", by=by
    )


def _list_missing(imported: ReturnImport, batches: set[int], spoken_of: set[int]) -> None:
    """Lines of the same batches that the return leaves out; listed once until somebody settles it."""
    left_out = (
        PaymentLine.objects.filter(batch__in=batches, state=LineState.LIVE, instalment__state=InstalmentState.ORDERED)
        .exclude(pk__in=spoken_of)
        .exclude(differences__kind=DifferenceKind.MISSING, differences__settled_by__isnull=True)
        .select_related("batch", "instalment__application")
    )
    for line in left_out.order_by("pk"):
        ReturnDifference.objects.create(
            imported=imported,
            line=line,
            kind=DifferenceKind.MISSING,
            detail=f"{line.instalment.application.number}, du lot {line.batch.number}, n’est pas dans ce retour",
        )


@transaction.atomic
def discard_return(pk: int, *, by: Any, version: int | None = None) -> ReturnImport:
    """A file read by mistake, before it is applied."""
    _require(by)
    imported = locked(ReturnImport.objects.all(), pk, version=version)
    advance(imported, imported.discard, by=by, refusal="Ce retour est déjà traité : il ne s’écarte plus.")
    return imported


@transaction.atomic
def settle_difference(pk: int, *, reason: str, by: Any) -> ReturnDifference:
    """Somebody looked, and says why nothing more is expected. Nothing moves."""
    _require(by)
    difference = ReturnDifference.objects.select_for_update(no_key=True).filter(pk=pk).first()
    if difference is None or difference.settled_by_id is not None:
        raise DomainError("Cet écart est déjà réglé.")
    why = reason.strip()[:300]
    if not why:
        raise DomainError("Donnez le motif : il est écrit au journal.")
    difference.settled_by, difference.settled_at, difference.reason = by, Now(), why
    difference.save(update_fields=["settled_by", "settled_at", "reason"])
    record(difference, by=by, verb="settle_difference", reason=why, data={"kind": difference.kind})
    return difference
