"""What is said to the members of a committee. Each reads an agenda without the files they have an interest in."""

from datetime import UTC, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar, Event

from common.actors import MACHINE
from documents import services as documents
from notifications.mail import Mail, Recipient
from reviews.committee import items_seen
from reviews.models import CommitteeMember, CommitteeSession

LASTS = timedelta(hours=3)


class SessionMail(Mail):
    def __init__(self, session: CommitteeSession, member: CommitteeMember) -> None:
        self.session, self.member = session, member

    def recipients(self) -> list[Recipient]:
        return [Recipient.of(self.member.user)] if self.member.user.is_active else []

    def context(self) -> dict[str, Any]:
        link = settings.BASE_URL + reverse("committee_detail", args=[self.session.pk])
        return {"session": self.session, "call": self.session.call, "fund": self.session.call.fund, "link": link}

    def key(self) -> str | None:
        return f"committee-{self.session.pk}:{self.session.version}"


class SessionInvitation(SessionMail):
    kind = "committee_invitation"

    def context(self) -> dict[str, Any]:
        items = items_seen(self.session, self.member.user).select_related("application__organisation")
        return {**super().context(), "items": list(items)}

    def attachments(self) -> list[dict[str, Any]]:
        name = f"comite-{self.session.pk}.ics"
        content = diary_of(self.session, "REQUEST" if self.session.state == "planned" else "CANCEL")
        return [
            documents.as_attachment(
                documents.issue(content, name=name, organisation=None, by=MACHINE, content_type="text/calendar")
            )
        ]


class SessionCancelled(SessionInvitation):
    kind = "committee_cancelled"

    def __init__(self, session: CommitteeSession, member: CommitteeMember, *, reason: str) -> None:
        super().__init__(session, member)
        self.reason = reason

    def context(self) -> dict[str, Any]:
        return {**SessionMail.context(self), "reason": self.reason}


def diary_of(session: CommitteeSession, method: str) -> bytes:
    """The session for a diary (RFC 5545): hours in UTC, the same identifier whatever changes."""
    calendar, event = Calendar(), Event()
    calendar.add("prodid", "-//Fonds d'initiative//Comité//FR")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH" if method == "REQUEST" else method)
    event.add("uid", f"comite-{session.pk}@{urlsplit(settings.BASE_URL).hostname}")
    event.add("dtstamp", timezone.now().astimezone(UTC))
    event.add("sequence", session.version)
    event.add("summary", session.title)
    event.add("location", session.place)
    event.add("dtstart", session.held_at.astimezone(UTC))
    event.add("dtend", (session.held_at + LASTS).astimezone(UTC))
    event.add("status", "CONFIRMED" if method == "REQUEST" else "CANCELLED")
    event.add("url", settings.BASE_URL + reverse("committee_detail", args=[session.pk]))
    calendar.add_component(event)
    return bytes(calendar.to_ical())
