"""Writing a letter about a file: what it says is frozen in the transaction of the verb that sends it."""

from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from applications import letter_texts
from applications.letter_data import text_of
from applications.models import Application, FileLetter
from applications.services.letter_texts import in_force
from common.wake import wake
from journal.services import record


def write_letter(application: Application, kind: str, *, occasion: str, said: dict[str, Any], by: Any) -> FileLetter:
    """The letter of this kind for this occasion, in the text now in force; its PDF is made after the commit.

    `said` holds what the template asks (documents.letters); days become ISO dates. DomainError when the text in force asks
    what the file has not.
    """
    from applications.file_letters import known_data

    words = in_force(application.call_id, kind, seen=None)
    said = {"signatory": signatory_of(application, by), **said}
    letter_texts.filled(kind, text_of(words, kind), known_data(application, said, at=timezone.now(), contact=by))
    letter = FileLetter(
        application=application,
        kind=kind,
        occasion=occasion,
        text=words,
        said={name: value.isoformat() if isinstance(value, date) else value for name, value in said.items()},
        written_by=by,
    )
    letter.save(force_insert=True)
    record(letter, by=by, verb="write_letter", data={"letter": letter.get_kind_display(), "file": application.number})
    transaction.on_commit(lambda: _wake(letter.pk), robust=True)
    return letter


def signatory_of(application: Application, who: Any) -> dict[str, str]:
    """Who writes, in their own capacity; the service's when their function is not known."""
    return {"name": who.get_full_name(), "capacity": who.job or application.call.fund.service_name}


def _wake(pk: int) -> None:
    from applications.tasks import make_file_letter

    wake(make_file_letter, pk)
