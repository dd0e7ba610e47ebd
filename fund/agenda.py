"""The dates of a call for a diary (RFC 5545). Hours travel in UTC: they are right on both sides of a change of hour.

The same version of a call gives the same bytes: the stamp is the hour of its last line in the journal.
"""

from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse
from icalendar import Alarm, Calendar, Event

from common.dates import moment
from fund.models import Call
from journal.services import history

CLOSING_ALARMS = (timedelta(days=14), timedelta(days=2))
REPORT_ALARM = timedelta(days=30)


def calendar_of(call: Call) -> bytes:
    """Opening, closing (with two reminders), expected decision, report due."""
    calendar = Calendar()
    calendar.add("prodid", "-//Fonds d'initiative//Calendrier des appels//FR")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", call.title)
    for event in _events(call):
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _events(call: Call) -> list[Event]:
    stamp = _stamp(call)
    closing = _event(
        call, stamp, "cloture", f"Fin du dépôt : {call.title}", call.closes_at, _closing_words(call), CLOSING_ALARMS
    )
    events = [
        _event(call, stamp, "ouverture", f"Ouverture : {call.title}", call.opens_at, "Le dépôt des dossiers commence."),
        closing,
    ]
    if call.decision_expected_on:
        words = "Chaque commune reçoit une réponse écrite et motivée."
        events.append(
            _event(call, stamp, "decision", f"Décision attendue : {call.title}", call.decision_expected_on, words)
        )
    words = "Compte rendu de l’action à rendre sur la plateforme, pour les communes aidées."
    events.append(
        _event(call, stamp, "bilan", f"Bilan à rendre : {call.title}", call.report_due_on, words, (REPORT_ALARM,))
    )
    return events


def _event(
    call: Call,
    stamp: datetime,
    name: str,
    summary: str,
    when: datetime | date,
    words: str,
    alarms: tuple[timedelta, ...] = (),
) -> Event:
    """An instant, or a whole day; the same name keeps the same identifier whatever changes."""
    url = settings.BASE_URL + reverse("call_detail", args=[call.slug])
    event = Event()
    event.add("uid", f"appel-{call.pk}-{name}@{urlsplit(settings.BASE_URL).hostname}")
    event.add("dtstamp", stamp)
    event.add("sequence", call.version)
    event.add("summary", summary)
    event.add("description", f"{words}\n\n{url}")
    event.add("url", url)
    event.add("transp", "TRANSPARENT")
    event.add("dtstart", when.astimezone(UTC) if isinstance(when, datetime) else when)
    if not isinstance(when, datetime):
        event.add("dtend", when + timedelta(days=1))
    for before in alarms:
        event.add_component(_alarm(summary, before))
    return event


def _alarm(summary: str, before: timedelta) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", summary)
    alarm.add("trigger", -before)
    return alarm


def _closing_words(call: Call) -> str:
    return f"Le dossier doit être signé et envoyé le {moment(call.closes_at)} (heure de Paris) au plus tard."


def _stamp(call: Call) -> datetime:
    last = history(call).last()
    return (last.at or call.opens_at).astimezone(UTC) if last else call.opens_at.astimezone(UTC)
