"""The committee sits: who is there, who leaves the room, what is answered to each file, how it was voted."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from applications.models import Application
from applications.services.decisions import check_amount
from applications.states import GONE, ApplicationState
from common.errors import DomainError, NotAllowed
from common.money import euros
from fund.services import lock_envelope
from journal.services import advance, locked, record
from reviews.committee import can_write, members_of, present, room_of
from reviews.committee_states import ALLOCABLE, Attendance, Choice, Outcome, SessionState, VoteMode
from reviews.models import AgendaItem, CommitteeMember, CommitteeSession, Recusal, Vote
from reviews.neutrality import interested
from reviews.services.committee import item_of, recuse_interested, running

S = SessionState
INTERESTED = "Vous avez un intérêt dans ce dossier : une autre personne tient la plume."


@dataclass(frozen=True)
class Answer:
    """What the pen wrote of one file. `out` are the members who leave the room by hand, with why."""

    outcome: str = ""
    cents: int = 0
    reasons: str = ""
    notes: str = ""
    counts: tuple[int, int, int] | None = None
    named: Mapping[int, str] = field(default_factory=dict)
    out: Mapping[int, str] = field(default_factory=dict)


@transaction.atomic
def take_attendance(pk: int, *, attendance: Mapping[int, str], by: Any, version: int | None = None) -> CommitteeSession:
    """Who is there; members who are not named keep what was written of them."""
    session = running(pk, by=by, version=version, allowed=can_write)
    changed = {}
    for member in members_of(session):
        given = attendance.get(member.pk, member.attendance)
        if given not in Attendance.values:
            raise DomainError("Cette présence n’existe pas.")
        if given != member.attendance:
            changed[str(member.user_id)] = member.attendance = given
            member.save(update_fields=["attendance"])
    if changed:
        session.version += 1
        session.save()
        record(session, by=by, verb="attendance", data=changed)
    return session


@transaction.atomic
def open_session(pk: int, *, by: Any, waiver: str = "", version: int | None = None) -> CommitteeSession:
    """With its quorum; without it only by the manager's written word (second convocation, rule of the committee)."""
    session = running(pk, by=by, version=version, states=(S.PLANNED,))
    there, waiver = present(members_of(session)), waiver.strip()
    if not session.items.exists():
        raise DomainError("L’ordre du jour est vide : inscrivez des dossiers avant d’ouvrir la séance.")
    if not there:
        raise DomainError("Personne n’est présent : notez les présences avant d’ouvrir la séance.")
    if there < session.quorum and not waiver:
        raise DomainError(
            f"Le quorum n’est pas atteint : {there} présents pour {session.quorum}. Complétez les présences, reportez la "
            "séance, ou écrivez pourquoi elle peut se tenir sans quorum."
        )
    recuse_interested(session)
    advance(
        session,
        session.open,
        waiver=waiver if there < session.quorum else "",
        by=by,
        reason=waiver,
        data={"present": there, "quorum": session.quorum},
    )
    return session


@transaction.atomic
def answer_item(pk: int, item_pk: int, *, answer: Answer, by: Any, version: int | None = None) -> AgendaItem:
    """Keep what the committee answers to one file, with its votes and those who left the room. Stale when another pen wrote."""
    lock_money(pk)
    session = running(pk, by=by, states=(S.OPEN,), allowed=can_write)
    item = item_of(session, item_pk, version=version)
    locked(Application.objects.all(), item.application_id)  # an interest is declared before this answer or after it
    if by.pk in interested([by.pk], [item.application_id])[item.application_id]:
        raise NotAllowed(INTERESTED)
    recuse_interested(session)
    item.refresh_from_db(fields=["version", "voters"])
    members = {one.pk: one for one in members_of(session)}
    out = _step_aside(item, members, answer)
    seated = [one.pk for one in members.values() if one.attendance == Attendance.PRESENT and one.pk not in out]
    before = _figures(item)
    _check(session, item, answer, present(members.values()), len(seated))
    _vote(session, item, answer, seated)
    item.outcome, item.reasons, item.notes = answer.outcome, answer.reasons.strip(), answer.notes.strip()
    item.amount_cents = answer.cents if answer.outcome == Outcome.GRANTED else 0
    item.decided_by = by if answer.outcome else None
    item.voters = len(seated) if answer.outcome else None
    item.version += 1
    item.save()
    if _figures(item) != before:
        record(item.application, by=by, verb="committee_answer", data={"session": session.pk, **_told(item)})
    return item


# --- Pieces ------------------------------------------------------------------------------------------------------


def lock_money(pk: int) -> None:
    envelope = CommitteeSession.objects.filter(pk=pk).values_list("call__envelope", flat=True).first()
    if envelope is None:
        raise DomainError("Cette séance n’existe plus.")
    lock_envelope(envelope)


def _step_aside(item: AgendaItem, members: Mapping[int, CommitteeMember], answer: Answer) -> set[int]:
    """Those with an interest always; the others as the pen wrote. Votes of who leaves go."""
    forced = interested([one.user_id for one in members.values()], [item.application_id])[item.application_id]
    must = {pk for pk, one in members.items() if one.user_id in forced}
    out = must | {pk for pk in answer.out if pk in members}
    known = set(item.recusals.values_list("member", flat=True))
    Vote.objects.filter(item=item).delete()
    Recusal.objects.filter(item=item, member__in=known - out).delete()
    Recusal.objects.bulk_create(
        Recusal(item=item, member_id=pk, reason=" ".join(answer.out.get(pk, "").split())[:200])
        for pk in sorted(out - known)
    )
    return out


def _check(session: CommitteeSession, item: AgendaItem, answer: Answer, there: int, seated: int) -> None:
    if answer.outcome not in ("", *Outcome.values):
        raise DomainError("Choisissez une des réponses proposées.")
    if answer.outcome in (Outcome.REFUSED, Outcome.ADJOURNED) and not answer.reasons.strip():
        what = "refus" if answer.outcome == Outcome.REFUSED else "ajournement"
        raise DomainError(f"Un {what} est motivé : écrivez le motif.")
    if answer.outcome in ("", Outcome.ADJOURNED):
        return
    file = item.application
    if file.state not in ALLOCABLE:
        label = ApplicationState(file.state).label.lower()
        raise DomainError(f"Le dossier est maintenant « {label} » : le comité ne peut que l’ajourner.")
    if there < session.quorum and not session.quorum_waiver:
        raise DomainError(
            f"Le quorum n’est plus atteint : {there} présents pour {session.quorum}. Le dossier peut être ajourné."
        )
    if not seated:
        raise DomainError("Tous les membres présents quittent la salle : le dossier ne peut qu’être ajourné.")
    if answer.outcome == Outcome.WAITLISTED and file.state == ApplicationState.WAITLISTED:
        raise DomainError("Ce dossier est déjà sur la liste d’attente : accordez, refusez ou ajournez.")
    if answer.outcome != Outcome.WAITLISTED:
        _answered_once(item)
    if answer.outcome == Outcome.GRANTED:
        check_amount(file, session.call, answer.cents, answer.reasons)
        left = room_of(session).left + (item.amount_cents if item.outcome == Outcome.GRANTED else 0)
        if answer.cents > left:
            raise DomainError(
                f"Il reste {euros(max(left, 0))} dans l’enveloppe : on ne peut accorder {euros(answer.cents)}."
            )


def _answered_once(item: AgendaItem) -> None:
    others = AgendaItem.objects.filter(
        application=item.application_id, outcome__in=(Outcome.GRANTED, Outcome.REFUSED)
    ).exclude(session=item.session_id)
    other = others.exclude(session__state=S.CANCELLED).exclude(decision__state__in=GONE).select_related("session")
    if (found := other.first()) is not None:
        raise DomainError(f"Ce dossier a déjà reçu une réponse dans « {found.session.title} ».")


def _vote(session: CommitteeSession, item: AgendaItem, answer: Answer, seated: list[int]) -> None:
    counts = answer.counts
    if session.vote_mode == VoteMode.NAMED:
        given = {pk: said for pk, said in answer.named.items() if said in Choice.values}
        if set(given) - set(seated):
            raise DomainError("Seuls votent les membres présents qui ne quittent pas la salle.")
        Vote.objects.bulk_create(Vote(item=item, member_id=pk, choice=said) for pk, said in given.items())
        said = list(given.values())
        counts = (said.count(Choice.FOR), said.count(Choice.AGAINST), said.count(Choice.ABSTAIN)) if said else None
    elif session.vote_mode == VoteMode.NONE:
        counts = None
    if counts is not None and (min(counts) < 0 or sum(counts) > len(seated)):
        raise DomainError(f"{sum(counts)} voix pour {len(seated)} votants : comptez de nouveau.")
    item.votes_for, item.votes_against, item.abstentions = counts or (None, None, None)


def _figures(item: AgendaItem) -> tuple[Any, ...]:
    return (item.outcome, item.amount_cents, item.reasons, item.votes_for, item.votes_against, item.abstentions)


def _told(item: AgendaItem) -> dict[str, Any]:
    return {
        "outcome": item.outcome,
        "amount_cents": item.amount_cents,
        "votes": [item.votes_for, item.votes_against, item.abstentions],
    }
