"""The files of a sealed batch: made once, kept, always the same bytes; each download is written in the journal."""

import hashlib
import json
from typing import Any

from django.conf import settings
from django.db import transaction

from common.errors import DomainError, NotAllowed
from journal.services import record_read
from payments import files, policies
from payments.models import Batch, BatchExport
from payments.states import BatchState, ExportFormat


@transaction.atomic
def export_batch(pk: int, format: str, *, by: Any) -> BatchExport:
    """The CSV or XLSX of a sealed batch. Raises DomainError when what is stored is not what was sealed."""
    if not policies.can_export_batches(by):
        raise NotAllowed("Les fichiers d’un lot sont téléchargés par les finances.")
    batch = Batch.objects.get(pk=pk)
    if batch.state == BatchState.OPEN:
        raise DomainError("Ce lot n’est pas scellé : il n’a pas encore de fichier.")
    _require_intact(batch.content.encode(), batch.sha256)
    export = BatchExport.objects.filter(batch=batch, format=format).first() or _make(batch, ExportFormat(format))
    _require_intact(bytes(export.content), export.sha256)
    record_read(batch, by=by, what=f"export_{format}")
    return export


def _make(batch: Batch, format: ExportFormat) -> BatchExport:
    """Insert, or read what another download just inserted: one file for ever."""
    data = json.loads(batch.content)
    if format == ExportFormat.CSV:
        content = files.as_csv(data, separator=settings.CSV_SEPARATOR)
    else:
        content = files.as_xlsx(data)
    made = BatchExport(batch=batch, format=format, content=content, sha256=hashlib.sha256(content).hexdigest())
    BatchExport.objects.bulk_create([made], ignore_conflicts=True)
    return BatchExport.objects.get(batch=batch, format=format)


def _require_intact(content: bytes, sha256: str) -> None:
    if hashlib.sha256(content).hexdigest() != sha256:
        raise DomainError("Ce lot n’a plus l’empreinte de son scellé : n’en faites rien et prévenez l’administrateur.")
