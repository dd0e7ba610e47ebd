"""What the pages of a session show, and who sees it. Never a file its reader has an interest in, nor its part of a total."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum

from accounts.states import READING_ROLES, Role
from applications.models import Application
from applications.states import ApplicationState
from common.money import rate
from fund.models import EnvelopeBalance
from reviews.committee_states import ALLOCABLE, Attendance, Outcome, SessionState
from reviews.models import AgendaItem, CommitteeMember, CommitteeSession

RUNNING = (SessionState.PLANNED, SessionState.OPEN)
DECIDED = (SessionState.CLOSED, SessionState.SIGNED)
RELATED = ("application__organisation", "application__opinion", "decided_by", "decision")


def can_run(user: Any) -> bool:
    """Plans, invites, opens and closes."""
    return bool(user.has_role(Role.FUND_MANAGER))


def can_write(user: Any) -> bool:
    """Holds the pen while the committee sits."""
    return bool(user.has_role(Role.INSTRUCTOR, Role.FUND_MANAGER))


def can_sign(user: Any) -> bool:
    return bool(user.has_role(Role.HEAD_OF_SERVICE))


def invited_to(user: Any) -> Q:
    """A member who reads no file by their role sees those of the sessions they are invited to (applications.visibility)."""
    if not user.has_role(Role.EVALUATOR) or user.has_role(*READING_ROLES):
        return Q(pk__in=[])
    sessions = CommitteeSession.objects.visible_to(user).exclude(state=SessionState.CANCELLED)
    mine = AgendaItem.objects.filter(application=OuterRef("pk"), session__in=sessions)
    return Q(Exists(mine)) & ~Q(state=ApplicationState.DRAFT)


def items_seen(session: CommitteeSession, user: Any) -> QuerySet[AgendaItem]:
    """The agenda without the files this person has an interest in."""
    seen = Application.objects.visible_to(user).exclude(organisation__in=user.organisation_ids())
    return AgendaItem.objects.filter(session=session, application__in=seen)


def sees_everything(session: CommitteeSession, user: Any) -> bool:
    """The minutes name every file: they open for whoever may see all of them."""
    return items_seen(session, user).count() == AgendaItem.objects.filter(session=session).count()


# --- Money -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Room:
    """The envelope as the session stands: available, promised by this session, by others that were closed."""

    available: int
    granted: int
    elsewhere: int = 0

    @property
    def left(self) -> int:
        return self.available - self.elsewhere - self.granted

    @property
    def over(self) -> int:
        return max(-self.left, 0)

    @property
    def bar(self) -> str:
        """Width of what is granted, in per cent with one decimal."""
        whole = self.available - self.elsewhere
        filled = min(rate(self.granted, whole), 10_000) if whole > 0 else 10_000 * (self.granted > 0)
        return f"{filled // 100}.{filled % 100 // 10}%"


def room_of(session: CommitteeSession, items: QuerySet[AgendaItem] | None = None) -> Room:
    """`items`: those the reader sees. Without it, everything: for the rules, never for a page."""
    balance = EnvelopeBalance.objects.filter(envelope=session.call.envelope_id).values_list("available", flat=True)
    waiting = Q(outcome=Outcome.GRANTED, decision=None, application__state__in=ALLOCABLE)
    of_session = AgendaItem.objects.filter(session=session) if items is None else items
    others = AgendaItem.objects.filter(waiting, session__call__envelope=session.call.envelope_id)
    others = others.filter(session__state__in=DECIDED).exclude(session=session)
    return Room(balance.first() or 0, _sum(of_session.filter(waiting)), _sum(others) if items is None else 0)


def _sum(items: QuerySet[AgendaItem]) -> int:
    return int(items.aggregate(total=Sum("amount_cents"))["total"] or 0)


# --- People ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Seat:
    """A member before one file: may they vote, did they leave the room, what did they say."""

    member: CommitteeMember
    out: bool
    reason: str
    choice: str

    @property
    def name(self) -> str:
        return str(self.member.user.get_full_name())

    @property
    def votes(self) -> bool:
        return self.member.attendance == Attendance.PRESENT and not self.out


def seats_of(item: AgendaItem, members: Sequence[CommitteeMember]) -> list[Seat]:
    """`item` with its recusals and votes prefetched or not: two queries at most."""
    out = {one.member_id: one.reason for one in item.recusals.all()}
    said = {one.member_id: one.choice for one in item.votes.all()}
    return [Seat(one, one.pk in out, out.get(one.pk, ""), said.get(one.pk, "")) for one in members]


def members_of(session: CommitteeSession) -> list[CommitteeMember]:
    return list(session.members.select_related("user"))


def present(members: Iterable[CommitteeMember]) -> int:
    return sum(one.attendance == Attendance.PRESENT for one in members)
