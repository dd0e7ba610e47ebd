"""The documents and the photos of a final report. Each waits for the antivirus, as every file that is deposited."""

import hashlib
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from accounts.models import User
from applications import report_parts
from applications.models import FinalReport, ReportDocument, ReportPhoto
from applications.services.reports import report_to_write, written
from applications.states import PhotoPeople, ProofKind
from common.errors import DomainError
from common.typography import filesize
from documents.photos import redrawn
from documents.services import store_upload

MAX_PHOTOS = 12
PHOTO_FIELDS = ("caption", "alternative", "credit", "people", "rights", "publish")


@transaction.atomic
def attach_proof(pk: int, *, kind: str, upload: UploadedFile, by: User) -> ReportDocument:
    """Join a document that justifies. The same file twice is the same file: it is joined once."""
    report = report_to_write(pk, by=by)
    if kind not in ProofKind.values:
        raise DomainError("Dites d’abord ce qu’est ce document : facture, décompte, feuille de présence…")
    known = _twin(report.documents.all(), upload)
    if known:
        return known
    _refuse_heavy(report, upload)
    stored = store_upload(upload, organisation=report.application.organisation, by=by)
    proof = ReportDocument.objects.create(
        report=report, organisation=report.application.organisation, kind=kind, file=stored, added_by=by
    )
    written(report, by=by, part=report_parts.PROOFS.slug, data={"name": stored.name, "sha256": stored.sha256})
    return proof


@transaction.atomic
def remove_proof(pk: int, proof_id: int, *, by: User) -> None:
    """Take a document out of a report; the journal keeps its name and hash. Twice does nothing more."""
    _remove(report_to_write(pk, by=by), "documents", proof_id, report_parts.PROOFS.slug, by=by)


@transaction.atomic
def add_photo(pk: int, *, upload: UploadedFile, by: User) -> ReportPhoto:
    """Join a photo, drawn again without what the camera wrote in it. Caption and consent follow on its own page."""
    report = report_to_write(pk, by=by)
    if len(report.photos.all()) >= MAX_PHOTOS:
        raise DomainError(f"Un bilan porte {MAX_PHOTOS} photos au plus : gardez les meilleures.")
    picture = redrawn(upload)
    known = _twin(report.photos.all(), picture)
    if known:
        return known
    _refuse_heavy(report, picture)
    stored = store_upload(picture, organisation=report.application.organisation, by=by)
    photo = ReportPhoto.objects.create(
        report=report, organisation=report.application.organisation, file=stored, added_by=by
    )
    written(report, by=by, part=report_parts.PHOTOS.slug, data={"name": stored.name, "sha256": stored.sha256})
    return photo


@transaction.atomic
def save_photo(pk: int, photo_id: int, *, by: User, **values: Any) -> ReportPhoto:
    """Caption, description, author, consent of the people, right to publish: only what a photo declares."""
    report = report_to_write(pk, by=by)
    photo = report.photos.filter(pk=photo_id).first()
    if photo is None:
        raise DomainError("Cette photo n’est plus dans le bilan.")
    given = {name: values[name] for name in PHOTO_FIELDS if name in values}
    if given.get("people", "") not in ("", *PhotoPeople.values):
        raise DomainError("Dites si l’on reconnaît quelqu’un sur la photo.")
    if all(getattr(photo, name) == value for name, value in given.items()):
        return photo
    for name, value in given.items():
        setattr(photo, name, value)
    photo.save(update_fields=list(given))
    written(report, by=by, part=report_parts.PHOTOS.slug, data={"photo": photo.pk, "people": photo.people})
    return photo


@transaction.atomic
def remove_photo(pk: int, photo_id: int, *, by: User) -> None:
    _remove(report_to_write(pk, by=by), "photos", photo_id, report_parts.PHOTOS.slug, by=by)


def _remove(report: FinalReport, name: str, row_id: int, part: str, *, by: User) -> None:
    row = getattr(report, name).select_related("file").filter(pk=row_id).first()
    if row is None:
        return
    data = {"removed": row.file.name, "sha256": row.file.sha256}
    row.delete()
    written(report, by=by, part=part, data=data)


def _twin(rows: Any, upload: UploadedFile) -> Any:
    """A file of the report with the same bytes, that the antivirus did not refuse: a double click joins once."""
    digest = hashlib.sha256()
    for block in upload.chunks():
        digest.update(block)
    upload.seek(0)
    same = [one for one in rows if one.file.sha256 == digest.hexdigest() and one.file.state not in report_parts.REFUSED]
    return same[0] if same else None


def _refuse_heavy(report: FinalReport, upload: UploadedFile) -> None:
    limit = settings.UPLOAD_MAX_BYTES_PER_APPLICATION
    kept = [one.file.size for one in report.documents.all()] + [one.file.size for one in report.photos.all()]
    total = (upload.size or 0) + sum(kept)
    if total > limit:
        raise DomainError(f"Les fichiers d’un bilan pèsent au plus {filesize(limit)} ensemble. Allégez ce fichier.")
