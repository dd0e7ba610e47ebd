"""The waiting lists: who is next, what fits in what is left; the managers are told when money comes back.

Advice only: a file leaves the list by a decision (`applications.services.grant` or `reject`), taken by a person.
"""

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from django.conf import settings
from django.db.models import Min
from django.urls import reverse

from accounts.models import Membership, User
from accounts.states import Role
from applications.models import Application, Decision
from applications.states import ApplicationState, DecisionKind, DecisionState
from common.hidden import hidden_from
from fund.models import Call, Envelope, Movement
from fund.states import Account
from notifications.mail import Mail, Recipient
from reviews.averages import Result, results

S = ApplicationState
SAID = (DecisionState.SIGNED, DecisionState.NOTIFIED)


@dataclass
class Row:
    rank: int
    application: Application
    result: Result | None
    cents: int  # what would be granted: the amount proposed, else the amount asked within the rules
    fits: bool
    signed: bool  # its own decision is signed: it may leave the list


@dataclass
class WaitingList:
    """The files of one call that wait for money, the best noted first; `left` is what is available on its envelope."""

    call: Call
    left: int
    rows: list[Row] = field(default_factory=list)

    @property
    def fitting(self) -> list[Row]:
        return [row for row in self.rows if row.fits]

    @property
    def cents(self) -> int:
        return sum(row.cents for row in self.rows)


def waiting_lists(user: Any) -> list[WaitingList]:
    """Those of the files this person may see. A file fits when it and those before it that fit find their money."""
    files = (
        Application.objects.on_desk_of(user)
        .filter(state=S.WAITLISTED)
        .select_related("call__envelope__balance", "organisation", "opinion")
        .order_by("call_id", "submitted_at", "pk")
    )
    found, scores = list(files), results([one.pk for one in files])
    signed = set(
        Decision.objects.filter(application__in=found, kind=DecisionKind.WAITLIST, state__in=SAID).values_list(
            "application", flat=True
        )
    )
    by_call: dict[int, list[Application]] = {}
    for one in found:
        by_call.setdefault(one.call_id, []).append(one)
    room: dict[int, int] = {}
    return [_list(files, scores, signed, room) for files in by_call.values()]


def _list(files: list[Application], scores: dict[int, Result], signed: set[int], room: dict[int, int]) -> WaitingList:
    call = files[0].call
    left = room.setdefault(call.envelope_id, call.envelope.balance.available)
    waiting = WaitingList(call, left)
    best_first = sorted(files, key=lambda one: -(scores[one.pk].points if one.pk in scores else Fraction(0)))
    for rank, one in enumerate(best_first, start=1):
        cents = wanted_cents(one)
        fits = one.pk in signed and cents <= room[call.envelope_id]
        if fits:
            room[call.envelope_id] -= cents
        waiting.rows.append(Row(rank, one, scores.get(one.pk), cents, fits, one.pk in signed))
    return waiting


def wanted_cents(application: Application) -> int:
    opinion = getattr(application, "opinion", None)
    most = min(application.requested_cents, application.allowed_cents)
    return min(opinion.proposed_cents, most) if opinion and opinion.proposed_cents else most


class MoneyBack(Mail):
    """Money came back to an envelope whose calls have files waiting: to a manager, for the files they may see."""

    kind = "waiting_list_money"

    def __init__(self, lists: list[WaitingList], movement: int, *, to: User) -> None:
        self.lists, self.movement, self.to = lists, movement, to

    def recipients(self) -> list[Recipient]:
        return [Recipient.of(self.to)]

    def context(self) -> dict[str, Any]:
        call = self.lists[0].call
        link = settings.BASE_URL + reverse("waiting_list")
        return {"lists": self.lists, "left": self.lists[0].left, "fund": call.fund, "link": link}

    def key(self) -> str | None:
        return f"waiting-list-{self.movement}"


def tell_of_money_back() -> int:
    """Once a movement that brings money back after the list was signed, while a file of it fits: the managers are told."""
    people = Membership.objects.filter(organisation=None, role=Role.FUND_MANAGER, ended_at=None, user__is_active=True)
    told = 0
    for envelope in Envelope.objects.filter(calls__applications__state=S.WAITLISTED).distinct():
        movement = _last_return(envelope)
        if movement is None:
            continue
        for one in people.select_related("user"):
            mine = [each for each in waiting_lists(one.user) if each.call.envelope_id == envelope.pk and each.fitting]
            # Money that came back from a file hidden from them says nothing to them.
            if mine and movement.subject not in hidden_from(one.user).numbers:
                MoneyBack(mine, movement.pk, to=one.user).queue()
                told += 1
    return told


def _last_return(envelope: Envelope) -> Movement | None:
    """The last movement into what is available, once somebody was put on the list."""
    first = Decision.objects.filter(
        application__call__envelope=envelope, application__state=S.WAITLISTED, state__in=SAID
    ).aggregate(at=Min("signed_at"))["at"]
    back = Movement.objects.filter(envelope=envelope, to_account=Account.AVAILABLE, recorded_at__gt=first)
    return back.order_by("-pk").first() if first else None
