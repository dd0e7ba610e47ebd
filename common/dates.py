"""Days and hours as they are written in French, always in Europe/Paris."""

from calendar import monthrange
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone

from common.typography import NNBSP, plural

PARIS = ZoneInfo("Europe/Paris")

MONTHS = (
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
)
# No-break space: « 22 novembre » must not be cut at the end of a line.
NBSP = "\u00a0"


def local(value: datetime) -> datetime:
    """The same instant on a clock in Marseille. A naive datetime has no instant: refused."""
    if value.tzinfo is None:
        raise ValueError("A naive datetime cannot be shown: it does not say which clock it is on")
    return value.astimezone(PARIS)


def months_later(since: date, count: int) -> date:
    """The same day of a later month, or its last day: 31 December and two months give 28 (or 29) February."""
    year, month = divmod(since.month - 1 + count, 12)
    year, month = since.year + year, month + 1
    return date(year, month, min(since.day, monthrange(year, month)[1]))


def _as_day(value: date) -> date:
    return local(value).date() if isinstance(value, datetime) else value


def day_short(value: date) -> str:
    """22 novembre, 1er mars."""
    shown = _as_day(value)
    number = "1er" if shown.day == 1 else str(shown.day)
    return f"{number}{NBSP}{MONTHS[shown.month - 1]}"


def day(value: date) -> str:
    """22 novembre 2026."""
    return f"{day_short(value)} {_as_day(value).year}"


def hour(value: datetime) -> str:
    """17 h 30."""
    shown = local(value)
    return f"{shown.hour}{NNBSP}h{NNBSP}{shown.minute:02d}"


def moment(value: date) -> str:
    """22 novembre 2026 à 17 h 30; a plain date has no hour."""
    return f"{day(value)} à {hour(value)}" if isinstance(value, datetime) else day(value)


def relative(value: date, *, now: datetime | None = None) -> str:
    """aujourd’hui à 10 h 42, hier, demain à 9 h 00; otherwise the moment itself."""
    today = _as_day(now or timezone.now())
    word = {0: "aujourd\u2019hui", -1: "hier", 1: "demain"}.get((_as_day(value) - today).days)
    if word is None:
        return moment(value)
    return f"{word} à {hour(value)}" if isinstance(value, datetime) else word


def days_left(deadline: date, *, now: datetime | None = None) -> int:
    """Calendar days in Paris until the deadline; negative when it is past."""
    return (_as_day(deadline) - _as_day(now or timezone.now())).days


def remaining(deadline: date, *, now: datetime | None = None) -> str:
    """il reste 15 jours, il reste 3 heures, c’est aujourd’hui, en retard de 3 jours."""
    instant = now or timezone.now()
    days = days_left(deadline, now=instant)
    if isinstance(deadline, datetime) and days <= 0:
        left = deadline - instant
        if left <= timedelta(0) and days == 0:
            return "délai dépassé aujourd\u2019hui"
        if left > timedelta(0):
            return _in_the_day(left)
    if days == 0:
        return "c\u2019est aujourd\u2019hui"
    if days < 0:
        return f"en retard de {-days}{NBSP}jour{plural(-days)}"
    return f"il reste {days}{NBSP}jour{plural(days)}"


def _in_the_day(left: timedelta) -> str:
    minutes = max(1, int(left.total_seconds() // 60))
    if minutes < 60:
        return f"il reste {minutes}{NBSP}minute{plural(minutes)}"
    return f"il reste {minutes // 60}{NBSP}heure{plural(minutes // 60)}"
