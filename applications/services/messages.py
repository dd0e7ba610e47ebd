"""Messages about a file: written once, never changed; each goes by mail to the other side."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Sum

from accounts.models import User
from applications import conversation, policies
from applications.models import Application, FileMessage, MessagePaper, MessageReading
from applications.models.messages import MAX_TEXT, Author
from applications.notifications.messages import ToCommune, ToDesk
from applications.services.reading import locked_file, require
from common.clock import database_now
from common.errors import DomainError, NotAllowed
from common.typography import filesize
from documents import services as storage
from documents.models import StoredFile
from journal.services import once, record

MAX_PAPERS = 5
MAX_AN_HOUR = 30
VERBS = {
    (Author.COMMUNE, True): "ask_question",
    (Author.DESK, True): "answer_question",
    (Author.COMMUNE, False): "write_to_desk",
    (Author.DESK, False): "write_to_commune",
}


def write_to_desk(
    pk: int, *, by: User, text: str, key: UUID, uploads: Sequence[UploadedFile] = (), share_draft: bool = False
) -> FileMessage:
    """A question on a draft (with the draft itself, if the commune chooses so), or a message on a file that was sent.

    The same key writes one message, however often the form is posted. Raises DomainError for an empty or too long text, a
    file the service refuses, or too many messages in an hour.
    """
    return _once(pk, Author.COMMUNE, by=by, text=text, key=key, uploads=uploads, share_draft=share_draft)


def write_to_commune(pk: int, *, by: User, text: str, key: UUID, uploads: Sequence[UploadedFile] = ()) -> FileMessage:
    """The answer to a question, or a message about a file; what the commune wrote before is then dealt with."""
    return _once(pk, Author.DESK, by=by, text=text, key=key, uploads=uploads, share_draft=False)


def _once(
    pk: int, side: Author, *, by: User, text: str, key: UUID, uploads: Sequence[UploadedFile], share_draft: bool
) -> FileMessage:
    text = text.replace("\r\n", "\n").strip()
    _refuse_text(text, uploads)
    deposits = _deposit(uploads)  # slow, so nobody waits for it on a lock
    kept: list[StoredFile] = []
    try:
        answer = once(
            by=by,
            operation=f"message-{side}",
            key=key,
            request={"application": pk, "text": text, "files": [[one.name, one.sha256] for one in deposits]},
            act=lambda: {"id": _write(pk, side, by=by, text=text, papers=deposits, share=share_draft, kept=kept).pk},
        )
    except BaseException:
        _discard(deposits)
        raise
    if not kept:  # the same form again: its documents are those of the first time
        _discard(deposits)
    return FileMessage.objects.get(pk=answer["id"])


def _deposit(uploads: Sequence[UploadedFile]) -> list[storage.Deposit]:
    deposits: list[storage.Deposit] = []
    for upload in uploads:
        try:
            deposits.append(storage.deposit(upload))
        except DomainError as refusal:
            _discard(deposits)
            raise DomainError(f"« {upload.name} » : {refusal}") from refusal
    return deposits


def _discard(deposits: Sequence[storage.Deposit]) -> None:
    for one in deposits:
        storage.discard(one)


def _write(
    pk: int,
    side: Author,
    *,
    by: User,
    text: str,
    papers: Sequence[storage.Deposit],
    share: bool,
    kept: list[StoredFile],
) -> FileMessage:
    application = locked_file(pk, children=share)
    _refuse_strangers(application, side, by=by)
    _refuse_too_many(application, by=by, papers=papers)
    question = conversation.is_question(application)
    message = FileMessage.objects.create(
        application=application,
        author=by,
        side=side,
        kind=conversation.kind_for(application),
        text=text,
        shared=conversation.draft_as_shown(application) if share and question else None,
    )
    kept += [_join(message, paper, by=by) for paper in papers]
    _deal_with(application, _other(side), by=by)
    data: dict[str, Any] = {"message": message.pk, "files": [[one.name, one.sha256] for one in kept]}
    if message.shared:
        data["draft_shown"] = True
    record(application, by=by, verb=VERBS[side, question], data=data)
    (ToDesk if side == Author.COMMUNE else ToCommune)(message, by=by).queue()
    return message


def _other(side: str) -> Author:
    return Author.DESK if side == Author.COMMUNE else Author.COMMUNE


def _refuse_strangers(application: Application, side: Author, *, by: User) -> None:
    if side == Author.COMMUNE:
        require(
            policies.can_write_to_desk(by, application), "Vous lisez ce dossier ; un rédacteur peut écrire au service."
        )
        return
    require(policies.can_write_to_commune(by, application), "Seul le service du fonds répond à la commune.")
    if not conversation.followed(by).filter(pk=application.pk).exists():
        raise NotAllowed("Cette conversation ne vous est pas ouverte.")


def _refuse_text(text: str, uploads: Sequence[UploadedFile]) -> None:
    if not text:
        raise DomainError("Écrivez votre message : il est vide.")
    if len(text) > MAX_TEXT:
        raise DomainError(f"Un message compte au plus {MAX_TEXT} caractères. Joignez le reste dans un document.")
    if len(uploads) > MAX_PAPERS:
        raise DomainError(
            f"Un message porte au plus {MAX_PAPERS} documents. Envoyez les autres dans un second message."
        )


def _refuse_too_many(application: Application, *, by: User, papers: Sequence[storage.Deposit]) -> None:
    hour_ago = database_now() - timedelta(hours=1)
    if FileMessage.objects.filter(author=by, written_at__gt=hour_ago).count() >= MAX_AN_HOUR:
        raise DomainError(
            f"Vous avez écrit {MAX_AN_HOUR} messages en une heure. Votre texte est gardé ci-dessous : "
            "envoyez-le dans quelques minutes, ou téléphonez au service."
        )
    limit = settings.UPLOAD_MAX_BYTES_PER_APPLICATION
    stored = MessagePaper.objects.filter(message__application=application).aggregate(sum=Sum("file__size"))["sum"] or 0
    if papers and stored + sum(one.size for one in papers) > limit:
        raise DomainError(f"Les documents des messages d’un dossier pèsent au plus {filesize(limit)} ensemble.")


def _join(message: FileMessage, paper: storage.Deposit, *, by: User) -> StoredFile:
    """In quarantine like any other; it belongs to the commune of the file, whoever sends it."""
    stored = storage.keep(paper, organisation=message.application.organisation, by=by)
    MessagePaper.objects.create(message=message, file=stored)
    return stored


# --- Read, dealt with ------------------------------------------------------------------------------------------


@transaction.atomic
def mark_messages_read(pk: int, *, by: User, up_to: int) -> None:
    """The commune has read what the service wrote, up to this message."""
    application = locked_file(pk)
    require(policies.can_write_to_desk(by, application), "Vous lisez ce dossier sans y écrire.")
    _deal_with(application, Author.DESK, by=by, up_to=up_to)


@transaction.atomic
def nothing_to_answer(pk: int, *, by: User, up_to: int) -> None:
    """The desk has read what the commune wrote, up to this message, and nothing is to be answered."""
    application = locked_file(pk)
    _refuse_strangers(application, Author.DESK, by=by)
    if _deal_with(application, Author.COMMUNE, by=by, up_to=up_to):
        record(application, by=by, verb="nothing_to_answer", data={"message": up_to})


def _deal_with(application: Application, side: str, *, by: User, up_to: int | None = None) -> int:
    """Mark what this side wrote as read by `by`; how many messages were."""
    found = FileMessage.objects.filter(application=application, side=side, reading=None)
    if up_to is not None:
        found = found.filter(pk__lte=up_to)
    made = MessageReading.objects.bulk_create([MessageReading(message=one, by=by) for one in found])
    return len(made)
