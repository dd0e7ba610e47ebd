"""The texts of letters, call by call: written by the manager of the fund, version after version."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from accounts.states import Role
from applications import letter_texts as words
from applications.models import LetterText
from applications.states import LetterKind
from common.errors import DomainError, NotAllowed, Stale
from fund.models import Call
from journal.services import record


@transaction.atomic
def write_letter_text(call_pk: int, *, kind: str, text: str, why: str = "", seen: int, by: Any) -> LetterText:
    """A new version of the text of a letter, for the letters to come; those already signed keep theirs.

    `seen` is the number of the version it was written from (0: the standard text). An empty text is the return to the
    standard one. DomainError for an unknown field, Stale when somebody wrote another version meanwhile.
    """
    if not by.has_role(Role.FUND_MANAGER):
        raise NotAllowed("Le gestionnaire du fonds écrit les textes des lettres.")
    call = Call.objects.select_for_update(no_key=True).filter(pk=call_pk).first()
    if call is None or kind not in words.SORTS:
        raise DomainError("Cette lettre n’existe pas.")
    last = newest(call.pk, kind)
    if (last.number if last else 0) != seen:
        raise Stale("Une autre version de ce texte a été enregistrée entre-temps. Relisez-la, puis reprenez la vôtre.")
    text = text.replace("\r\n", "\n").strip()
    words.check(kind, text)
    before = last.text if last else ""
    if text == words.SORTS[kind].standard.strip():
        text = ""
    if text == before:
        raise DomainError("Ce texte est déjà celui en service : rien n’a changé.")
    made = LetterText(call=call, kind=kind, text=text, why=" ".join(why.split())[:200], written_by=by, number=0)
    made.save(force_insert=True)
    made.refresh_from_db()
    told = {"letter": LetterKind(kind).label, "number": made.number, "standard": not text}
    record(made, by=by, verb="write_letter_text", data=told, reason=made.why)
    return made


def newest(call_pk: int, kind: str) -> LetterText | None:
    return LetterText.objects.filter(call_id=call_pk, kind=kind).order_by("-number").first()


def newest_of(texts: Iterable[LetterText], kind: str) -> LetterText | None:
    """The same among texts already read."""
    return max((one for one in texts if one.kind == kind), key=lambda one: one.number, default=None)


def in_force(call_pk: int, kind: str, *, seen: str | None) -> LetterText | None:
    """The version a letter is signed with, held until the commit; Stale when who signs has read another (`seen`: its id, "" for none)."""
    Call.objects.select_for_update(no_key=True).only("pk").get(pk=call_pk)
    last = newest(call_pk, kind)
    if seen is not None and seen != (str(last.pk) if last else ""):
        raise Stale("Le texte de la lettre a changé depuis que vous l’avez lue. Relisez-la avant de signer.")
    return last
