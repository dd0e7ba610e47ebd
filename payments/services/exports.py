"""The files of a sealed batch: made once, kept, always the same bytes; each download is written in the journal."""

import hashlib
import json
from datetime import datetime
from typing import Any

from django.db import transaction

from common.dates import local
from common.errors import DomainError, NotAllowed
from common.typography import iban_grouped, siren, siret
from documents import letters
from fund.models import Fund
from journal.services import record_read
from payments import archive, files, layout, pes, policies, sepa
from payments.models import Batch, BatchExport
from payments.services.batches import require_neutral
from payments.services.holds import require_not_held
from payments.states import BatchState, ExportFormat

EXTENSIONS = {ExportFormat.PES: "xml", ExportFormat.SEPA: "xml"}
LONGEST_LIST = 2_000
LAID_OUT = (ExportFormat.CSV, ExportFormat.XLSX)


@transaction.atomic
def export_batch(pk: int, format: str, *, by: Any) -> BatchExport:
    """A file of a sealed batch. Raises DomainError when what is stored is not what was sealed, or exports are held."""
    if not policies.can_export_batches(by):
        raise NotAllowed("Les fichiers d’un lot sont téléchargés par les finances.")
    require_neutral(pk, by=by)
    batch = Batch.objects.select_related("prepared_by", "sealed_by").get(pk=pk)
    if batch.state == BatchState.OPEN:
        raise DomainError("Ce lot n’est pas scellé : il n’a pas encore de fichier.")
    require_not_held()
    _require_intact(batch.content.encode(), batch.sha256)
    export = BatchExport.objects.filter(batch=batch, format=format).first() or _make(batch, ExportFormat(format))
    _require_intact(bytes(export.content), export.sha256)
    record_read(batch, by=by, what=f"export_{format}")
    return export


def formats_for(batch: Batch) -> list[ExportFormat]:
    """What this fund may download: the two flows only where their settings are there."""
    offered = {ExportFormat.PES: pes.is_set(), ExportFormat.SEPA: sepa.is_set()}
    return [format for format in ExportFormat if offered.get(format, True)]


def name_of(batch: Batch, format: ExportFormat) -> str:
    """« LOT-2026-001.csv »; the flows say what they are."""
    middle = {ExportFormat.PES: "-pre-flux-pes", ExportFormat.SEPA: "-sepa", ExportFormat.ZIP: "-pieces"}.get(
        format, ""
    )
    return f"{batch.number}{middle}.{EXTENSIONS.get(format, format.value)}"


def _make(batch: Batch, format: ExportFormat) -> BatchExport:
    """Insert, or read what another download just inserted: one file for ever."""
    used = layout.in_force() if format in LAID_OUT else None
    content = _content(batch, format, used)
    made = BatchExport(
        batch=batch,
        format=format,
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
        layout=used.row if used else None,
    )
    BatchExport.objects.bulk_create([made], ignore_conflicts=True)
    return BatchExport.objects.get(batch=batch, format=format)


def _content(batch: Batch, format: ExportFormat, used: layout.Layout | None) -> bytes:
    data = json.loads(batch.content)
    assert batch.sealed_at is not None  # noqa: S101 - a sealed batch has its hour (batch_sealed_is_complete)
    sealed_at = local(batch.sealed_at)
    if format == ExportFormat.CSV:
        return files.as_csv(data, used or layout.default())
    if format == ExportFormat.XLSX:
        return files.as_xlsx(data, used or layout.default())
    if format == ExportFormat.ZIP:
        return archive.as_zip(data)
    if format == ExportFormat.PES:
        return pes.as_pes(data, sealed_on=sealed_at.date())
    if format == ExportFormat.SEPA:
        return sepa.as_sepa(data, sealed_at=sealed_at)
    return list_of(data, fund=Fund.objects.first(), sealed_at=batch.sealed_at, sha256=batch.sha256)


def list_of(data: dict[str, Any], *, fund: Any, sealed_at: datetime, sha256: str) -> bytes:
    """The list to sign, as PDF; it is read by a person, who does not read thousands of lines."""
    if data["nombre"] > LONGEST_LIST:
        raise DomainError(
            "La liste à signer s’arrête à 2 000 lignes : faites signer l’état XLSX, ou préparez des lots plus petits."
        )
    return letters.render(
        "payment_list",
        {
            "head": letters.letterhead(fund),
            "number": data["lot"],
            "date": sealed_at,
            "prepared_by": data["prepare_par"],
            "sealed_by": data["scelle_par"],
            "sealed_at": sealed_at,
            "total_cents": data["total"],
            "fingerprint": sha256,
            "lines": [
                {
                    "position": row["ligne"],
                    "file": row["dossier"],
                    "name": row["nom"],
                    "siret": siret(row["siret"]) if len(row["siret"]) == 14 else siren(row["siret"]),
                    "account": iban_grouped(row["iban"]),
                    "act": row["decision"],
                    "kind": row["type"],
                    "amount_cents": row["montant"],
                }
                for row in data["lignes"]
            ],
        },
    )


def _require_intact(content: bytes, sha256: str) -> None:
    if hashlib.sha256(content).hexdigest() != sha256:
        raise DomainError("Ce lot n’a plus l’empreinte de son scellé : n’en faites rien et prévenez l’administrateur.")
