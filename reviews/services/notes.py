"""Internal notes on a file, and the colleagues they call. The commune reads none of it."""

import re
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from accounts.models import Membership, User
from accounts.states import DESK_ROLES, Role
from applications.models import Application
from applications.services.instruction import locked_for_desk
from common.clock import database_now
from common.errors import DomainError, NotAllowed
from common.search import fold
from journal.services import once, record
from reviews.models import Conflict, Note, NoteMention
from reviews.models.notes import MENDED_WITHIN
from reviews.notifications import Mentioned

WORDS = 4000
# « @Nadia Ferrandi »: an address (nadia@…) calls nobody.
CALLED = re.compile(r"(?:^|[\s(«,;:])@([^\W\d_][\w’'-]*(?:[ \u00a0][^\W\d_][\w’'-]*)?(?:[ \u00a0][^\W\d_][\w’'-]*)?)")


def who_may_be_called(application: Application) -> list[User]:
    """The people of the desk without an interest in the file. One query."""
    holds = Membership.objects.filter(user=OuterRef("pk"), organisation=None, role__in=DESK_ROLES, ended_at=None)
    belongs = Membership.objects.filter(user=OuterRef("pk"), organisation_id=application.organisation_id, ended_at=None)
    declared = Conflict.objects.filter(user=OuterRef("pk"), application=application, lifted_at=None)
    people = User.objects.filter(Exists(holds), ~Exists(belongs), ~Exists(declared), is_active=True)
    return list(people.order_by("last_name", "first_name", "pk"))


def called_in(text: str, people: list[User]) -> list[User]:
    """The people named after an @, by their full name or by a last name that only one of them bears."""
    found: dict[int, User] = {}
    for match in CALLED.finditer(text):
        words = fold(match[1]).split()
        person = _named(words, people)
        if person is None:
            raise DomainError(
                f"« @{match[1]} » n’est personne de l’équipe à qui ce dossier est ouvert. Écrivez « @Prénom Nom », ou retirez l’@."
            )
        found[person.pk] = person
    return list(found.values())


def _named(words: list[str], people: list[User]) -> User | None:
    for person in people:
        full = fold(person.get_full_name()).split()
        if words[: len(full)] == full:
            return person
    same = [one for one in people if fold(one.last_name).split() == words[: len(fold(one.last_name).split())]]
    return same[0] if len(same) == 1 else None


@transaction.atomic
def write_note(pk: int, *, text: str, by: Any, key: UUID) -> Note:
    """Write a note; who is called in it is told by mail. The same form sent twice writes once."""
    application = locked_for_desk(pk, by=by)
    words = _checked(text)

    def act() -> dict[str, Any]:
        note = Note.objects.create(application=application, author=by, text=words)
        _call(note, by)
        record(application, by=by, verb="write_note")
        return {"note": note.pk}

    made = once(by=by, operation="write_note", key=key, request={"file": pk, "text": words}, act=act)
    return Note.objects.get(pk=made["note"])


@transaction.atomic
def mend_note(pk: int, *, text: str, by: Any) -> Note:
    """Mend one's own note, for a quarter of an hour; those it calls from now on are told."""
    note = Note.objects.select_for_update(no_key=True).get(pk=pk)
    locked_for_desk(note.application_id, by=by)
    if note.author_id != by.pk:
        raise NotAllowed("Une note se modifie par la personne qui l’a écrite.")
    if not can_mend(note, by):
        raise DomainError("Cette note a plus d’un quart d’heure : elle ne change plus. Écrivez-en une autre.")
    words = _checked(text)
    if words != note.text:
        note.text, note.edited_at = words, Now()
        note.save(update_fields=["text", "edited_at"])
        _call(note, by)
        record(note.application, by=by, verb="mend_note")
    return note


def can_mend(note: Note, user: Any) -> bool:
    return note.author_id == user.pk and database_now() <= note.written_at + MENDED_WITHIN


def _checked(text: str) -> str:
    words = text.replace("\r\n", "\n").strip()
    if not words:
        raise DomainError("Écrivez votre note.")
    if len(words) > WORDS:
        raise DomainError(f"Une note tient en {WORDS} caractères ; celle-ci en a {len(words)}.")
    return words


def _call(note: Note, by: Any) -> None:
    application = Application.objects.select_related("call__fund", "organisation").get(pk=note.application_id)
    known = set(note.mentions.values_list("person_id", flat=True))
    for person in called_in(note.text, who_may_be_called(application)):
        if person.pk in known or person.pk == by.pk:
            continue
        NoteMention.objects.create(note=note, person=person)
        Mentioned(application, note=note, person=person, by=by).queue()


def may_read_notes(user: Any) -> bool:
    return bool(user.has_role(*DESK_ROLES, Role.AUDITOR))


def notes_of(application: Application) -> list[Note]:
    """Newest first. One query."""
    return list(Note.objects.filter(application=application).select_related("author").order_by("-pk"))
