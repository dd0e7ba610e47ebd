"""A session as it was seen when it closed: its members, its files in and out, who left the room, the votes, the money."""

import json
from typing import Any

from django.db import connection
from django.db.models import F

from applications.models import Application
from applications.states import ApplicationState
from fund.states import Theme
from reviews.averages import results
from reviews.committee import Room, members_of
from reviews.committee_states import Attendance
from reviews.models import AgendaItem, CommitteeMember, CommitteeSession, Conflict


def snapshot_of(session: CommitteeSession, room: Room) -> dict[str, Any]:
    """Texts, whole numbers and lists: the database prints it the same way each time it is read."""
    members = members_of(session)
    items = list(
        session.items.select_related("application__organisation", "application__opinion").prefetch_related(
            "recusals", "votes"
        )
    )
    points = results(item.application_id for item in items)
    late = _declared_late(items)
    return {
        "title": session.title,
        "call": session.call.title,
        "held_at": session.held_at.isoformat(),
        "place": session.place,
        "quorum": session.quorum,
        "quorum_waiver": session.quorum_waiver,
        "vote_mode": session.vote_mode,
        "members": [_member(one) for one in members],
        "files": [
            _file(place, item, members, points.get(item.application_id), late.get(item.application_id, []))
            for place, item in enumerate(items, start=1)
        ],
        "out": _left_out(session, items),
        "available_cents": room.available - room.elsewhere,
        "granted_cents": room.granted,
    }


def print_of(snapshot: dict[str, Any]) -> str:
    """SHA-256 of the snapshot as the database writes it: the guard of the close makes the same."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT encode(sha256(convert_to((%s::jsonb)::text, 'UTF8')), 'hex')", [json.dumps(snapshot)])
        return str(cursor.fetchone()[0])


def _member(one: CommitteeMember) -> dict[str, Any]:
    return {
        "id": one.user_id,
        "name": one.user.get_full_name(),
        "capacity": one.capacity or one.user.job,
        "attendance": one.attendance if one.attendance == Attendance.PRESENT else Attendance.EXCUSED.value,
    }


def _file(place: int, item: AgendaItem, members: list[CommitteeMember], result: Any, late: list[str]) -> dict[str, Any]:
    file, names = item.application, {one.pk: one.user.get_full_name() for one in members}
    opinion = getattr(file, "opinion", None)
    return {
        "position": place,
        "application": file.pk,
        "number": str(file.number),
        "commune": file.organisation.name,
        "title": file.title,
        "theme": file.theme,
        "state": file.state,
        "requested_cents": file.requested_cents,
        "allowed_cents": file.allowed_cents,
        "advice": opinion.advice if opinion else "",
        "opinion_cents": opinion.proposed_cents if opinion else 0,
        "points": result.shown if result else "",
        "proposed_cents": item.proposed_cents,
        "outcome": item.outcome,
        "amount_cents": item.amount_cents,
        "reasons": item.reasons,
        "voters": item.voters,
        "votes": [item.votes_for, item.votes_against, item.abstentions] if item.votes_for is not None else [],
        "named": [[names[one.member_id], one.choice] for one in item.votes.all()],
        "recusals": [[names[one.member_id], one.reason] for one in item.recusals.all()],
        "declared_late": late,
        "passages": item.passages,
    }


def _declared_late(items: list[AgendaItem]) -> dict[int, list[str]]:
    """Whose interest was declared once their grid was handed in: their notes left the averages."""
    found = Conflict.objects.filter(
        application__in=[item.application_id for item in items],
        application__reviews__evaluator=F("user"),
        application__reviews__submitted_at__isnull=False,
        lifted_at__isnull=True,
    ).select_related("user")
    told: dict[int, list[str]] = {}
    for one in found.order_by("user__last_name", "pk"):
        told.setdefault(one.application_id, []).append(one.user.get_full_name())
    return told


def _left_out(session: CommitteeSession, items: list[AgendaItem]) -> list[dict[str, Any]]:
    """Files of the call that were not before the committee, and where they stood."""
    inside = [item.application_id for item in items]
    found = Application.objects.sent().filter(call=session.call_id).exclude(pk__in=inside).order_by("number")
    return [
        {"number": str(number), "commune": commune, "state": ApplicationState(state).label, "requested_cents": cents}
        for number, commune, state, cents in found.values_list(
            "number", "organisation__name", "state", "requested_cents"
        )
    ]


def theme_label(code: str) -> str:
    return str(Theme(code).label) if code in Theme.values else ""
