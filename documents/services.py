"""Files in and out: what people deposit waits for the antivirus; what the fund issues is ready at once."""

import hashlib
import io
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, BinaryIO

import structlog
from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from accounts.models import Organisation
from common.actors import MACHINE, Actor
from common.errors import DomainError
from common.typography import filesize
from common.wake import wake
from documents.inspection import inspect
from documents.models import StoredFile, new_key
from documents.names import display_name, extension
from documents.scanning import ScannerDown, Verdict
from documents.scanning import scan as ask_scanner
from documents.states import FileState, Origin
from journal.services import advance, begin, locked

BLOCK = 64 * 1024
OUR_ENGINE = "fonds"
log = structlog.get_logger(__name__)


class Altered(Exception):
    """What lies in storage is not what was stored: missing, or with another hash."""


@dataclass(frozen=True)
class Deposit:
    """Bytes that were checked and put in storage; no row says so yet."""

    name: str
    content_type: str
    size: int
    sha256: str
    path: str


def deposit(uploaded_file: UploadedFile) -> Deposit:
    """Check what a person gives and put its bytes in storage. DomainError, in words, when it cannot be accepted.

    Slow (a PDF is opened in a process of its own): call it before the transaction that keeps it.
    """
    name = display_name(uploaded_file.name or "")
    size, digest = _measure(uploaded_file)
    kind = inspect(uploaded_file.file or uploaded_file, extension(name))  # type: ignore[arg-type]
    uploaded_file.seek(0)
    return Deposit(name, kind.content_type, size, digest, _put(uploaded_file))


def keep(deposited: Deposit, *, organisation: Organisation | None, by: Actor) -> StoredFile:
    """The row of a deposit, in quarantine, in the caller's transaction; who fails to commit it calls `discard`."""
    stored = StoredFile(
        origin=Origin.UPLOADED,
        organisation=organisation,
        name=deposited.name,
        content_type=deposited.content_type,
        size=deposited.size,
        sha256=deposited.sha256,
        path=deposited.path,
        uploaded_by_id=by.actor_id,
    )
    begin(stored, by=by, data={"sha256": stored.sha256, "size": stored.size})
    transaction.on_commit(partial(_wake, stored.pk), robust=True)
    return stored


def discard(deposited: Deposit) -> None:
    """The bytes of a deposit that was not kept."""
    default_storage.delete(deposited.path)


def store_upload(uploaded_file: UploadedFile, *, organisation: Organisation | None, by: Actor) -> StoredFile:
    """Keep what a person deposits, in quarantine. DomainError, in words for that person, when it cannot be accepted.

    The bytes are in storage before the row exists; a row that cannot be written leaves no bytes behind.
    """
    deposited = deposit(uploaded_file)
    try:
        with transaction.atomic():
            return keep(deposited, organisation=organisation, by=by)
    except BaseException:
        discard(deposited)
        raise


def issue(
    content: bytes,
    *,
    name: str,
    organisation: Organisation | None,
    by: Actor,
    content_type: str = "application/pdf",
) -> StoredFile:
    """Keep a document the fund makes (receipt, letter, export): ready at once, by our own word."""
    stored = StoredFile(
        origin=Origin.ISSUED,
        organisation=organisation,
        name=display_name(name),
        content_type=content_type,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        uploaded_by_id=by.actor_id,
    )
    stored.path = _put(io.BytesIO(content))
    try:
        with transaction.atomic():
            begin(stored, by=by, data={"sha256": stored.sha256, "size": stored.size})
            advance(stored, stored.clear, engine=OUR_ENGINE, sha256=stored.sha256, by=by)
    except BaseException:
        default_storage.delete(stored.path)
        raise
    return stored


def _measure(file: UploadedFile) -> tuple[int, str]:
    limit = settings.UPLOAD_MAX_BYTES
    digest, size = hashlib.sha256(), 0
    for block in file.chunks(BLOCK):
        size += len(block)
        if size > limit:
            raise DomainError(
                f"Ce fichier dépasse {filesize(limit)}. Réduisez-le (par exemple en enregistrant le PDF en taille réduite), puis joignez-le."
            )
        digest.update(block)
    if size == 0:
        raise DomainError(
            "Ce fichier est vide. Vérifiez qu’il s’ouvre sur votre ordinateur, puis joignez-le de nouveau."
        )
    return size, digest.hexdigest()


def _put(content: Any) -> str:
    try:
        return default_storage.save(f"{datetime.now(UTC):%Y/%m}/{new_key()}", File(content))
    except OSError as error:
        log.error("storage_refused", error=str(error))
        raise DomainError(
            "Le fichier n’a pas pu être enregistré : le dépôt est momentanément indisponible. Rien d’autre n’est perdu ; réessayez dans quelques minutes."
        ) from error


def _wake(pk: int) -> None:
    from documents.tasks import scan_file

    wake(scan_file, pk)


def scan(pk: int) -> FileState:
    """Judge a file in quarantine; its state afterwards. Raises ScannerDown when the antivirus cannot tell."""
    stored = StoredFile.objects.get(pk=pk)
    if stored.state != FileState.QUARANTINED:
        return FileState(stored.state)
    try:
        with open_verified(stored) as content:
            verdict = ask_scanner(content, stored.name)
    except Altered as error:
        log.error("stored_file_altered", file=pk, error=str(error))
        verdict = Verdict(FileState.UNREADABLE, OUR_ENGINE, str(error))
    return _conclude(pk, verdict)


@transaction.atomic
def _conclude(pk: int, verdict: Verdict) -> FileState:
    stored = locked(StoredFile.objects.all(), pk)
    if stored.state != FileState.QUARANTINED:  # another worker was faster
        return FileState(stored.state)
    if verdict.state == FileState.CLEAN:
        advance(stored, stored.clear, engine=verdict.engine, sha256=stored.sha256, by=MACHINE)
    elif verdict.state == FileState.INFECTED:
        advance(stored, stored.condemn, engine=verdict.engine, note=verdict.note, by=MACHINE, reason=verdict.note)
    else:
        advance(stored, stored.reject, engine=verdict.engine, note=verdict.note, by=MACHINE, reason=verdict.note)
    return FileState(stored.state)


def scan_waiting(limit: int = 200) -> int:
    """Judge what waits, oldest first; how many were judged. Stops when the antivirus is down."""
    judged = 0
    for pk in (
        StoredFile.objects.filter(state=FileState.QUARANTINED).order_by("pk").values_list("pk", flat=True)[:limit]
    ):
        try:
            scan(pk)
        except ScannerDown as error:
            log.warning("antivirus_down", error=str(error))
            break
        except Exception:
            log.exception("scan_failed", file=pk)
            continue
        judged += 1
    return judged


def open_verified(stored: StoredFile) -> BinaryIO:
    """A private copy of the stored bytes, at its beginning, whose hash was found right. Altered otherwise.

    A copy, so that what was verified is what is read.
    """
    copy = tempfile.SpooledTemporaryFile(max_size=2 * 1024 * 1024)  # noqa: SIM115 - the caller closes it
    digest = hashlib.sha256()
    try:
        with default_storage.open(stored.path) as source:
            while block := source.read(BLOCK):
                digest.update(block)
                copy.write(block)
    except FileNotFoundError as error:
        copy.close()
        raise Altered("le fichier manque dans le dépôt") from error
    if digest.hexdigest() != stored.sha256:
        copy.close()
        raise Altered("l’empreinte ne correspond pas")
    copy.seek(0)
    return copy  # type: ignore[return-value]


def as_attachment(stored: StoredFile) -> dict[str, str]:
    """How a message names a stored file (notifications): the bytes are read, and their hash checked, when it leaves."""
    return {"name": stored.name, "path": stored.path, "type": stored.content_type, "sha256": stored.sha256}
