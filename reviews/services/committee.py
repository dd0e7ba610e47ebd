"""A session of the committee before it sits: planned, changed, its agenda built, its members invited, cancelled.

Lock order: envelope, session, item, file. The session is locked by every verb: two people who run it take turns.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Max
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import User
from accounts.states import STAFF_ROLES
from applications.models import Application
from common.errors import DomainError, NotAllowed, Stale
from fund.models import Call
from fund.states import CallState, Theme
from journal.services import advance, begin, locked, record
from reviews.averages import ranked, results
from reviews.committee import RUNNING, can_run
from reviews.committee_notifications import SessionCancelled, SessionInvitation
from reviews.committee_states import ALLOCABLE, Outcome, ScenarioState, SessionState, VoteMode
from reviews.models import AgendaItem, CommitteeMember, CommitteeSession, Recusal, Scenario, ScenarioLine
from reviews.neutrality import interested

S = SessionState
THEMES = {code: place for place, code in enumerate(Theme.values)}
ONLY_MANAGER = "La séance est préparée et conduite par le gestionnaire du fonds."
MOST_MEMBERS = 60


@dataclass(frozen=True)
class Plan:
    """What is said of a session before it sits."""

    title: str
    held_at: datetime
    place: str
    quorum: int
    vote_mode: str = VoteMode.NONE
    scenario: int | None = None


@transaction.atomic
def plan_session(call_pk: int, *, plan: Plan, members: Mapping[int, str], by: Any) -> CommitteeSession:
    """A planned session with its members (account -> capacity); the files are put on its agenda afterwards."""
    _runs(by)
    call = Call.objects.get(pk=call_pk)
    if call.state == CallState.DRAFT:
        raise DomainError("Une séance porte sur un appel publié.")
    session = CommitteeSession(call=call, created_by=by)
    _apply(session, plan, members)
    begin(session, by=by, verb="plan", data={"held_at": plan.held_at, "members": len(members)})
    _seat(session, members)
    return session


@transaction.atomic
def change_session(
    pk: int, *, plan: Plan, members: Mapping[int, str], by: Any, version: int | None = None
) -> CommitteeSession:
    """While it is planned. Whoever was invited is told again when it is invited again."""
    session = running(pk, by=by, version=version, states=(S.PLANNED,))
    _apply(session, plan, members)
    _save(session, by=by, verb="change_session", data={"held_at": plan.held_at, "members": len(members)})
    _seat(session, members)
    recuse_interested(session)
    return session


@transaction.atomic
def cancel_session(pk: int, *, reason: str, by: Any, version: int | None = None) -> CommitteeSession:
    session = running(pk, by=by, version=version, states=(S.PLANNED,))
    if not reason.strip():
        raise DomainError("Dites pourquoi la séance est annulée : les membres convoqués le lisent.")
    advance(session, session.cancel, by=by, reason=reason.strip())
    if session.invited_at:
        for member in session.members.select_related("user"):
            SessionCancelled(session, member, reason=reason.strip()).queue()
    return session


@transaction.atomic
def invite(pk: int, *, by: Any, version: int | None = None) -> int:
    """A mail to each member, with the session for their diary; each reads the agenda without the files of their interests."""
    session = running(pk, by=by, version=version, states=(S.PLANNED,))
    if session.held_at <= timezone.now():
        raise DomainError("La date de la séance est passée : changez-la avant de convoquer.")
    members = list(session.members.select_related("user"))
    if not members:
        raise DomainError("Aucun membre : ajoutez ceux du comité avant de convoquer.")
    recuse_interested(session)
    session.invited_at = Now()
    _save(session, by=by, verb="invite", data={"members": len(members)})
    for member in members:
        SessionInvitation(session, member).queue()
    return len(members)


# --- Agenda ------------------------------------------------------------------------------------------------------


@transaction.atomic
def add_files(pk: int, *, files: Iterable[int], by: Any) -> int:
    """Put files of the call on the agenda, by theme then by rank; amounts come from the scenario, else from the opinion."""
    session = running(pk, by=by)
    seen = Application.objects.visible_to(by).exclude(organisation__in=by.organisation_ids())
    wanted = seen.filter(pk__in=list(files), call=session.call_id, state__in=ALLOCABLE)
    chosen = list(wanted.exclude(agenda_items__session=session).select_related("opinion"))
    elsewhere = AgendaItem.objects.filter(session__state__in=RUNNING, application__in=chosen).exclude(session=session)
    taken = elsewhere.select_related("application", "session").first()
    if taken is not None:
        raise DomainError(
            f"Le dossier {taken.application.number} est déjà à l’ordre du jour de « {taken.session.title} »."
        )
    last = session.items.aggregate(last=Max("position"))["last"] or 0
    amounts = _proposed(session, chosen)
    ordered = sorted(chosen, key=_order(chosen))
    AgendaItem.objects.bulk_create(
        AgendaItem(session=session, application=file, position=place, proposed_cents=amounts[file.pk])
        for place, file in enumerate(ordered, start=last + 1)
    )
    recuse_interested(session)
    _save(session, by=by, verb="add_files", data={"files": len(ordered)})
    return len(ordered)


@transaction.atomic
def remove_file(pk: int, item_pk: int, *, by: Any) -> None:
    session = running(pk, by=by)
    item = item_of(session, item_pk)
    if item.outcome or item.passages:
        raise DomainError("Le comité a déjà répondu à ce dossier : il reste à l’ordre du jour.")
    item.delete()
    _save(session, by=by, verb="remove_file", data={})


@transaction.atomic
def move_file(pk: int, item_pk: int, *, up: bool, by: Any) -> None:
    """One place up or down."""
    session = running(pk, by=by)
    order = list(session.items.order_by("position", "pk"))
    place = next((index for index, one in enumerate(order) if one.pk == item_pk), None)
    if place is None:
        raise DomainError("Ce dossier n’est plus à l’ordre du jour.")
    other = place - 1 if up else place + 1
    if 0 <= other < len(order):
        order[place], order[other] = order[other], order[place]
        _number(order)
        _save(session, by=by, verb="order_files", data={})


@transaction.atomic
def order_files(pk: int, *, by_rank: bool, by: Any) -> None:
    """All again: by rank of the notes, or by theme then rank."""
    session = running(pk, by=by)
    items = list(session.items.select_related("application"))
    key = _order([one.application for one in items], themes=not by_rank)
    _number(sorted(items, key=lambda one: key(one.application)))
    _save(session, by=by, verb="order_files", data={"by_rank": by_rank})


@transaction.atomic
def present_again(pk: int, item_pk: int, *, by: Any, version: int | None = None) -> AgendaItem:
    """Second passage of an adjourned file in the same session: at the end, its first answer kept."""
    session = running(pk, by=by, states=(S.OPEN,))
    item = item_of(session, item_pk, version=version)
    if item.outcome != Outcome.ADJOURNED:
        raise DomainError("Seul un dossier ajourné repasse devant le comité.")
    item.passages = [*item.passages, _told(item)]
    item.votes.all().delete()
    item.outcome, item.amount_cents, item.reasons, item.decided_by = "", 0, "", None
    item.votes_for = item.votes_against = item.abstentions = item.voters = None
    item.position = (session.items.aggregate(last=Max("position"))["last"] or 0) + 1
    item.version += 1
    item.save()
    record(item.application, by=by, verb="committee_again", data={"session": session.pk})
    return item


def _told(item: AgendaItem) -> dict[str, Any]:
    return {
        "outcome": item.outcome,
        "reasons": item.reasons,
        "votes": [item.votes_for, item.votes_against, item.abstentions] if item.votes_for is not None else [],
        "voters": item.voters,
    }


# --- Pieces ------------------------------------------------------------------------------------------------------


def running(
    pk: int, *, by: Any, version: int | None = None, states: tuple[str, ...] = RUNNING, allowed: Any = can_run
) -> CommitteeSession:
    """The session, locked, by a person who may, in one of these states."""
    if not allowed(by):
        raise NotAllowed(ONLY_MANAGER)
    if not CommitteeSession.objects.visible_to(by).filter(pk=pk).exists():
        raise NotAllowed("Cette séance ne vous est pas ouverte.")
    session = locked(CommitteeSession.objects.select_related("call"), pk, version=version)
    if session.state not in states:
        label = S(session.state).label.lower()
        raise DomainError(f"La séance est maintenant « {label} ». Rien n’a été changé.")
    return session


def item_of(session: CommitteeSession, pk: int, *, version: int | None = None) -> AgendaItem:
    item = AgendaItem.objects.select_for_update(no_key=True, of=("self",)).select_related("application")
    found = item.filter(session=session, pk=pk).first()
    if found is None:
        raise DomainError("Ce dossier n’est plus à l’ordre du jour.")
    if version is not None and found.version != version:
        raise Stale(
            "Une autre personne vient d’écrire sur ce dossier. Votre saisie est gardée à l’écran : comparez, puis enregistrez."
        )
    return found


def recuse_interested(session: CommitteeSession) -> int:
    """Whoever has an interest leaves the room for that file; how many are new.

    A vote given before the interest was known goes, and the answer is to be taken again: `voters` is emptied.
    """
    members = {one.user_id: one for one in session.members.all()}
    items = list(session.items.all())
    found = interested(members, [one.application_id for one in items])
    known = set(Recusal.objects.filter(item__session=session).values_list("item", "member"))
    fresh = [
        (item, members[person])
        for item in items
        for person in sorted(found.get(item.application_id, ()))
        if (item.pk, members[person].pk) not in known
    ]
    for item, member in fresh:
        item.votes.filter(member=member).delete()
    answered = {item.pk for item, _ in fresh if item.outcome}
    AgendaItem.objects.filter(pk__in=answered).update(voters=None, version=F("version") + 1)
    reason = (
        "Intérêt déclaré en cours de séance" if session.state == S.OPEN else "Intérêt déclaré ou lien avec la commune"
    )
    Recusal.objects.bulk_create(Recusal(item=item, member=member, reason=reason) for item, member in fresh)
    return len(fresh)


def _runs(by: Any) -> None:
    if not can_run(by):
        raise NotAllowed(ONLY_MANAGER)


def _apply(session: CommitteeSession, plan: Plan, members: Mapping[int, str]) -> None:
    title, place = " ".join(plan.title.split()), " ".join(plan.place.split())
    if not title or not place:
        raise DomainError("Donnez l’intitulé et le lieu de la séance.")
    if not 1 <= plan.quorum <= max(len(members), 1):
        raise DomainError(f"Le quorum va de 1 au nombre de membres ({len(members)}).")
    if len(members) > MOST_MEMBERS:
        raise DomainError(f"Un comité a {MOST_MEMBERS} membres au plus.")
    if plan.scenario and not _retained(session.call_id, plan.scenario):
        raise DomainError("Le scénario choisi n’est pas retenu pour cet appel.")
    session.title, session.place, session.held_at = title[:120], place[:200], plan.held_at
    session.quorum, session.vote_mode, session.scenario_id = plan.quorum, plan.vote_mode, plan.scenario


def _retained(call_pk: int, pk: int) -> bool:
    return Scenario.objects.filter(pk=pk, call=call_pk, state=ScenarioState.RETAINED).exists()


def _seat(session: CommitteeSession, members: Mapping[int, str]) -> None:
    staff = User.objects.filter(pk__in=members, is_active=True, memberships__role__in=STAFF_ROLES)
    able = set(staff.filter(memberships__ended_at=None).values_list("pk", flat=True))
    if able != set(members):
        raise DomainError("Un des membres n’a plus de compte dans le service ou le comité.")
    known = {one.user_id: one for one in session.members.all()}
    gone = [one.pk for person, one in known.items() if person not in members]
    Recusal.objects.filter(member__in=gone).delete()
    CommitteeMember.objects.filter(pk__in=gone).delete()
    for person, capacity in members.items():
        capacity = " ".join(capacity.split())[:120]
        if person not in known:
            CommitteeMember.objects.create(session=session, user_id=person, capacity=capacity)
        elif known[person].capacity != capacity:
            known[person].capacity = capacity
            known[person].save(update_fields=["capacity"])


def _save(session: CommitteeSession, *, by: Any, verb: str, data: dict[str, Any]) -> None:
    session.version += 1
    session.save()
    record(session, by=by, verb=verb, data=data)


def _proposed(session: CommitteeSession, files: list[Application]) -> dict[int, int]:
    if session.scenario_id:
        lines = ScenarioLine.objects.filter(scenario=session.scenario_id, application__in=files)
        given = dict(lines.values_list("application", "proposed_cents"))
        return {file.pk: given.get(file.pk, 0) for file in files}
    return {file.pk: _least(file) for file in files}


def _least(file: Application) -> int:
    opinion = getattr(file, "opinion", None)
    return min(opinion.proposed_cents, file.requested_cents, file.allowed_cents) if opinion else 0


def _order(files: list[Application], *, themes: bool = True) -> Any:
    """By theme in their usual order, then the best noted first, then by number."""
    ranks = {one.result.application_id: one.rank for one in ranked(results(file.pk for file in files).values())}

    def key(file: Application) -> tuple[int, int, str]:
        place = THEMES.get(file.theme, len(THEMES)) if themes else 0
        return place, ranks.get(file.pk, 10**6), str(file.number)

    return key


def _number(order: list[AgendaItem]) -> None:
    for place, item in enumerate(order, start=1):
        item.position = place
    AgendaItem.objects.bulk_update(order, ["position"])
