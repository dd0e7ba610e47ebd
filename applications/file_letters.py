"""The PDF of a letter about a file: made after the commit, by a task that may run twice; then its mails leave with it."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import transaction

from accounts.models import User
from applications.letter_data import recipient_lines, text_of
from applications.letter_texts import filled
from applications.models import Application, FileLetter
from applications.notifications.desk import FILE_LETTER
from applications.states import LetterKind
from common.actors import MACHINE
from documents import letters
from documents import services as documents
from journal.services import record
from notifications.models import Message
from notifications.services import attach

TEMPLATES = {
    LetterKind.INADMISSIBLE: "inadmissibility_letter",
    LetterKind.PIECES: "piece_request",
    LetterKind.ADJOURNED: "adjournment_letter",
    LetterKind.APPEAL: "appeal_letter",
    LetterKind.CONVENTION: "convention",
}
NAMES = {
    LetterKind.INADMISSIBLE: "Lettre d’irrecevabilité",
    LetterKind.PIECES: "Demande de pièces",
    LetterKind.ADJOURNED: "Lettre d’ajournement",
    LetterKind.APPEAL: "Réponse au recours",
    LetterKind.CONVENTION: "Convention",
}


def make(pk: int) -> bool:
    """Make the PDF of a letter and let its mails leave. False when already done.

    The PDF is made outside the lock; who comes second under the lock throws theirs away.
    """
    letter = _fetch().get(pk=pk)
    if letter.file_id:
        return False
    content = letters.render(TEMPLATES[LetterKind(letter.kind)], data_of(letter))
    with transaction.atomic():
        letter = _fetch().select_for_update(no_key=True, of=("self",)).get(pk=pk)
        if letter.file_id:
            return False
        application = letter.application
        name = f"{NAMES[LetterKind(letter.kind)]} {application.number}.pdf"
        letter.file = documents.issue(content, name=name, organisation=application.organisation, by=MACHINE)
        letter.save(update_fields=["file"])
        record(letter, by=MACHINE, verb="make_letter", data={"letter_sha256": letter.file.sha256})
        for message in Message.objects.filter(
            subject_ref=application.number, awaits=FILE_LETTER, dedup_key__contains=f":letter-{letter.pk}:"
        ):
            attach(message, documents.as_attachment(letter.file))
    return True


def waiting() -> list[int]:
    """Letters without their PDF: lost tasks, found again every minute."""
    return list(FileLetter.objects.filter(file=None).order_by("pk").values_list("pk", flat=True)[:200])


def data_of(letter: FileLetter) -> dict[str, Any]:
    """What the letter says, as it was frozen. Days of `said` are ISO dates."""
    data = known_data(letter.application, letter.said, at=letter.written_at, contact=letter.written_by)
    return {**data, "body": filled(letter.kind, text_of(letter.text, letter.kind), data)}


def known_data(
    application: Application, said: Mapping[str, Any], *, at: Any, contact: User | None = None
) -> dict[str, Any]:
    """The data of a letter about a file, but for its own text."""
    call = application.call
    return {
        "head": letters.letterhead(call.fund, contact=application.instructor or contact),
        "number": application.number,
        "date": at,
        "recipient": recipient_lines(application),
        "commune": application.organisation.name,
        "title": application.title,
        "year": call.year,
        **{name: _read(name, value) for name, value in said.items()},
    }


def _read(name: str, value: Any) -> Any:
    """Days travel as text in `said`."""
    return date.fromisoformat(value) if name.endswith("_on") and isinstance(value, str) else value


def _fetch() -> Any:
    return FileLetter.objects.select_related(
        "application__organisation", "application__call__fund", "application__instructor", "written_by", "text"
    )
