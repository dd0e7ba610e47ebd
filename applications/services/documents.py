"""The documents of a file: joined, replaced, taken again from an earlier file, dated, taken out."""

from datetime import date
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from accounts.models import User
from applications import policies, questionnaire
from applications.models import Application, Attachment, PieceRequest
from applications.services.reading import locked_file, pen, require, why_not_editable
from applications.validity import REFUSED_FILES, valid_until
from common.clock import database_now
from common.dates import day, local
from common.errors import DomainError
from common.typography import filesize
from documents import services as storage
from documents.models import StoredFile
from documents.names import display_name
from documents.states import FileState
from journal.services import locked, record


class AlreadyJoined(DomainError):
    """The same content is in the same place: it is kept once."""


def attach_document(
    pk: int,
    *,
    by: User,
    code: str,
    upload: UploadedFile,
    title: str = "",
    replaces: int | None = None,
    dated_on: date | None = None,
) -> Attachment:
    """Join a document to a draft, or to a file whose commune is asked for pieces. It is scanned before anybody reads it.

    Raises DomainError for a file the service refuses or when the file's documents together are too heavy, AlreadyJoined
    when this very content is there. What was there before stays then, also when it was to be replaced.
    """
    application = Application.objects.select_related("call", "organisation").get(pk=pk)
    _refuse_writing(application, by)
    _refuse_when_heavy(application, upload.size or 0, replaces)
    deposited = storage.deposit(upload)  # slow, so nobody waits for it on a lock
    try:
        with transaction.atomic():
            return _attach(pk, deposited, by=by, code=code, title=title, replaces=replaces, dated_on=dated_on)
    except BaseException:
        storage.discard(deposited)
        raise


def _attach(
    pk: int, deposited: storage.Deposit, *, by: User, code: str, replaces: int | None, **fields: Any
) -> Attachment:
    application = locked_file(pk)
    _refuse_writing(application, by)
    asked = _request_answered(application, by, code)
    if asked and replaces:
        fields["replaces"] = application.attachments.filter(pk=replaces, code=code).exclude(piece_request=asked).first()
    old = application.attachments.filter(pk=replaces).first() if replaces and asked is None else None
    _refuse_the_same(application, deposited.sha256, deposited.name, code, asked)
    _refuse_when_heavy(application, deposited.size, old.pk if old else None)
    data = {"code": code, "name": deposited.name, "sha256": deposited.sha256}
    if old is not None:
        data["replaces"] = old.file.name
        old.delete()
    stored = storage.keep(deposited, organisation=application.organisation, by=by)
    return _join(application, stored, by=by, code=code, verb="attach_document", data=data, asked=asked, **fields)


def _join(
    application: Application,
    stored: StoredFile,
    *,
    by: User,
    code: str,
    verb: str,
    data: dict[str, Any],
    asked: PieceRequest | None = None,
    title: str = "",
    dated_on: date | None = None,
    replaces: Attachment | None = None,
) -> Attachment:
    document = next((one for one in questionnaire.documents(application) if one.code == code), None)
    attachment = Attachment.objects.create(
        application=application,
        organisation=application.organisation,
        code=code[:40],
        title=(title or (document.label if document else ""))[:200],
        file=stored,
        piece_request=asked,
        added_by=by,
        dated_on=dated_on,
        replaces=replaces,
    )
    _touch(application)
    record(application, by=pen(by, application), verb=verb, data=data)
    return attachment


def _refuse_writing(application: Application, by: User) -> None:
    may = policies.can_edit(by, application) or policies.can_answer_pieces(by, application)
    require(may, why_not_editable(application))


def _request_answered(application: Application, by: User, code: str) -> PieceRequest | None:
    """The open request that this document answers; DomainError when it was not asked for."""
    if not policies.can_answer_pieces(by, application):
        return None
    asked = PieceRequest.objects.filter(application=application, answered_at=None).first()
    if asked and code not in {item.code for item in asked.asked if item.is_document}:
        raise DomainError("Cette pièce n’est pas demandée. Pour l’envoyer quand même, écrivez à la métropole.")
    return asked


def _refuse_the_same(application: Application, sha256: str, name: str, code: str, asked: PieceRequest | None) -> None:
    """The same document in the same place; one that was refused may be given again."""
    there = application.attachments.filter(code=code, file__sha256=sha256, piece_request=asked)
    if there.exclude(file__state__in=REFUSED_FILES).exists():
        raise AlreadyJoined(f"« {display_name(name)} » est déjà joint ici : le même contenu n’est gardé qu’une fois.")


def _refuse_when_heavy(application: Application, size: int, replaces: int | None) -> None:
    """The database weighs again (draft_guards.WEIGHT)."""
    limit = settings.UPLOAD_MAX_BYTES_PER_APPLICATION
    files = application.attachments.exclude(pk=replaces or 0)
    total = sum(files.values_list("file__size", flat=True))
    if total + size > limit:
        raise DomainError(
            f"Les pièces d’un dossier pèsent au plus {filesize(limit)} ensemble ; celles-ci pèsent déjà {filesize(total)}. "
            "Allégez ce fichier, ou retirez-en un autre."
        )


def reusable(application: Application, on: date) -> dict[str, Attachment]:
    """For each document of the call, the last one that the same commune gave with an earlier file, clean, still valid, and
    not yet in this one. One query."""
    documents = {document.code: document for document in application.call.documents.all()}
    there = {(one.code, one.file.sha256) for one in application.attachments.all()}
    given = (
        Attachment.objects.filter(
            organisation=application.organisation_id,
            application__number__isnull=False,
            code__in=documents,
            file__state=FileState.CLEAN,
        )
        .exclude(application=application)
        .select_related("file", "application__call")
        .order_by("-pk")[:200]
    )
    found: dict[str, Attachment] = {}
    for one in given:
        last = valid_until(documents[one.code], one.dated_on)
        if one.code not in found and (one.code, one.file.sha256) not in there and (last is None or last >= on):
            found[one.code] = one
    return found


@transaction.atomic
def reuse_document(pk: int, attachment_id: int, *, by: User) -> Attachment:
    """Join again, to a draft, a clean document that the same commune gave with an earlier file: the same stored file.

    Raises DomainError when it is not one of this commune's sent files, is out of date, or is already there.
    """
    application = locked_file(pk)
    require(policies.can_edit(by, application), why_not_editable(application))
    given = (
        Attachment.objects.select_related("application", "file")
        .filter(pk=attachment_id, organisation=application.organisation, application__number__isnull=False)
        .exclude(application=application)
        .first()
    )
    if given is None:
        raise DomainError("Cette pièce ne peut pas être reprise : joignez le fichier.")
    stored = locked(StoredFile.objects.all(), given.file_id)
    if stored.state != FileState.CLEAN:
        raise DomainError("Cette pièce n’est plus disponible : joignez le fichier.")
    _refuse_the_same(application, stored.sha256, stored.name, given.code, None)
    _refuse_when_heavy(application, stored.size, None)
    document = application.call.documents.filter(code=given.code).first()
    last = valid_until(document, given.dated_on)
    if last is not None and last < local(database_now()).date():
        raise DomainError(f"Cette pièce n’est plus valable depuis le {day(last)} : joignez-en une plus récente.")
    origin = given.application.number
    data = {"code": given.code, "name": stored.name, "sha256": stored.sha256, "from": origin}
    return _join(application, stored, by=by, code=given.code, verb="reuse_document", data=data, dated_on=given.dated_on)


@transaction.atomic
def date_document(pk: int, attachment_id: int, *, by: User, dated_on: date) -> None:
    """Say the date a document of a draft bears: what it is valid until follows from it."""
    application = locked_file(pk)
    require(policies.can_edit(by, application), why_not_editable(application))
    attachment = application.attachments.select_related("file").filter(pk=attachment_id).first()
    if attachment is None or attachment.dated_on == dated_on:
        return
    attachment.dated_on = dated_on
    attachment.save(update_fields=["dated_on"])
    _touch(application)
    data = {"code": attachment.code, "name": attachment.file.name, "dated_on": dated_on}
    record(application, by=pen(by, application), verb="date_document", data=data)


@transaction.atomic
def remove_document(pk: int, attachment_id: int, *, by: User) -> None:
    """Take a document out of a draft. The journal keeps its name and hash; removing it twice does nothing more."""
    application = locked_file(pk)
    require(policies.can_edit(by, application), why_not_editable(application))
    attachment = application.attachments.select_related("file").filter(pk=attachment_id).first()
    if attachment is None:
        return
    data = {"code": attachment.code, "name": attachment.file.name, "sha256": attachment.file.sha256}
    attachment.delete()
    _touch(application)
    record(application, by=pen(by, application), verb="remove_document", data=data)


def _touch(application: Application) -> None:
    application.version += 1
    application.save(update_fields=["version", "updated_at"])
