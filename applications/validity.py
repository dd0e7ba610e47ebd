"""Documents that expire: until when one is valid, and what is out of date on a given day. Pure functions."""

from calendar import monthrange
from datetime import date
from typing import Any

from applications.models import Application
from common.dates import day
from documents.states import FileState

REFUSED_FILES = (FileState.INFECTED, FileState.UNREADABLE, FileState.DISCARDED)


def valid_until(document: Any, dated_on: date | None) -> date | None:
    """The last day on which a document of this date is accepted; None where it does not expire or has no date yet."""
    if document is None or document.valid_months is None or dated_on is None:
        return None
    months = dated_on.year * 12 + dated_on.month - 1 + document.valid_months
    year, month = divmod(months, 12)
    return date(year, month + 1, min(dated_on.day, monthrange(year, month + 1)[1]))


def readable(application: Application, code: str) -> list[Any]:
    """The files that answer a document of the call and were not refused."""
    return [one for one in application.attachments.all() if one.code == code and one.file.state not in REFUSED_FILES]


def out_of_date(application: Application, on: date) -> list[str]:
    """One sentence for each required document whose files are all too old on that day, or bear no date."""
    return [
        sentence
        for document in application.call.documents.all()
        if document.required and document.valid_months
        for sentence in [_what_is_wrong(document, readable(application, document.code), on)]
        if sentence
    ]


def _what_is_wrong(document: Any, given: list[Any], on: date) -> str:
    until = [valid_until(document, one.dated_on) for one in given]
    if not given or any(last is not None and last >= on for last in until):
        return ""
    if None in until:
        return f"Indiquez la date de la pièce « {document.label} »."
    newest = max(one.dated_on for one in given)
    return f"La pièce « {document.label} » date du {day(newest)} ; joignez-en une {document.age}."
