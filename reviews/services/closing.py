"""A session ends: what still lacks, the close that freezes it as it was seen, the deliberation signed by another person."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from common.dates import local
from common.errors import DomainError, NotAllowed
from common.money import euros
from common.wake import wake
from journal.services import advance, locked
from reviews.committee import Room, can_sign, room_of, sees_everything
from reviews.committee_snapshot import print_of, snapshot_of
from reviews.committee_states import ALLOCABLE, Outcome, SessionState, VoteMode
from reviews.models import AgendaItem, CommitteeSession
from reviews.services.committee import recuse_interested, running
from reviews.services.sitting import lock_money

S = SessionState


@dataclass(frozen=True)
class Lack:
    """What stands in the way of the close; `item` when it is about a file."""

    words: str
    item: AgendaItem | None = None


def lacks(session: CommitteeSession, room: Room, items: list[AgendaItem]) -> list[Lack]:
    """`items` with their application; `room` counts every file for the rules, those seen for a page."""
    found = [lack for item in items for lack in _of_item(session, item)]
    if room.over:
        found.append(Lack(f"Les montants accordés dépassent l’enveloppe de {euros(room.over)} : baissez-en."))
    return found


def _of_item(session: CommitteeSession, item: AgendaItem) -> list[Lack]:
    if not item.outcome:
        return [Lack("le comité n’a pas encore répondu", item)]
    found = []
    if item.voters is None:
        found.append(Lack("un intérêt a été déclaré depuis la réponse : reprenez-la", item))
    if item.outcome != Outcome.ADJOURNED:
        if item.application.state not in ALLOCABLE:
            found.append(Lack("le dossier n’est plus à décider : ajournez-le", item))
        if session.vote_mode != VoteMode.NONE and item.votes_for is None:
            found.append(Lack("le vote n’est pas noté", item))
    return found


@transaction.atomic
def close_session(pk: int, *, by: Any, version: int | None = None) -> CommitteeSession:
    """Freeze the session. It comes back still open when an interest was declared since: those answers are taken again."""
    lock_money(pk)
    session = running(pk, by=by, version=version, states=(S.OPEN,))
    if recuse_interested(session):
        return session
    room = room_of(session)
    found = lacks(session, room, list(session.items.select_related("application")))
    if found:
        raise DomainError(_first(found))
    snapshot = snapshot_of(session, room)
    digest = print_of(snapshot)
    advance(session, session.close, closer=by, snapshot=snapshot, sha256=digest, by=by, data={"sha256": digest})
    transaction.on_commit(lambda: _wake(session.pk), robust=True)
    return session


def _first(found: list[Lack]) -> str:
    lack = found[0]
    words = f"{lack.item.application.number} : {lack.words}" if lack.item else lack.words
    rest = (
        f" ; et {len(found) - 1} autre{'s' if len(found) > 2 else ''} point{'s' if len(found) > 2 else ''}"
        if found[1:]
        else ""
    )
    return f"La séance ne peut pas être close. {words}{rest}."


@transaction.atomic
def sign_session(
    pk: int, *, number: str, on: date, executory_on: date, act_reference: str, by: Any, version: int | None = None
) -> CommitteeSession:
    """The deliberation of a closed session, given by another person than who closed it."""
    if not can_sign(by):
        raise NotAllowed("La séance est signée par la direction du service.")
    session = locked(CommitteeSession.objects.select_related("call"), pk, version=version)
    if session.closed_by_id == by.pk:
        raise NotAllowed("Vous avez clos cette séance : une autre personne la signe.")
    if not sees_everything(session, by):
        raise NotAllowed("Vous avez un intérêt dans un dossier de la séance : une autre personne la signe.")
    act = {
        "deliberation_number": " ".join(number.split())[:60],
        "deliberation_date": on,
        "executory_on": executory_on,
        "act_reference": " ".join(act_reference.split())[:80],
    }
    if not act["deliberation_number"] or not act["act_reference"]:
        raise DomainError("Indiquez le numéro de la délibération et la référence de l’acte.")
    if on > timezone.localdate():
        raise DomainError("La date de la délibération ne peut pas être à venir.")
    if on < local(session.held_at).date():
        raise DomainError("La délibération ne peut pas être antérieure à la séance.")
    if executory_on < on:
        raise DomainError("La délibération devient exécutoire à sa date ou après.")
    told = {**act, "deliberation_date": on.isoformat(), "executory_on": executory_on.isoformat()}
    advance(
        session,
        session.sign,
        signatory=by,
        act=act,
        by=by,
        data=told,
        refusal="La séance n’est pas close, ou déjà signée.",
    )
    return session


def _wake(pk: int) -> None:
    from reviews.tasks import make_minutes

    wake(make_minutes, pk)
