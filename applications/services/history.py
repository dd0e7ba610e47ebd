"""The history of a draft: what stood before each sitting, so that nothing written is ever out of reach."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_date

from accounts.models import User
from applications import questionnaire
from applications.models import Application, Version

SITTING = timedelta(minutes=5)
MOST_VERSIONS = 2000
LOSS = 200  # characters that disappear at once: what stood there is kept whoever wrote it
DATES = ("starts_on", "ends_on", "planned_on")


def keep(
    application: Application, section: str, unit: str, before: Any, after: Any, *, by: User, restores: Version | None
) -> bool:
    """Keep what stood in a unit, unless this person began on it less than five minutes ago. True when a sitting begins.

    What loses many words at once is kept in any case.

    A file keeps two thousand versions; after that it is written as before, and its history says that it stops.
    """
    last = Version.objects.filter(application=application, unit=unit).order_by("-pk").first()
    same = last is not None and last.by_id == by.pk and timezone.now() - last.begun_at < SITTING
    if last is not None and same and _turned(application, last.begun_at):
        same = False  # the signature was asked, or the draft came back: what follows is told apart
    if restores is None and same and len(str(before)) - len(str(after)) <= LOSS:
        return False
    if application.sittings.count() >= MOST_VERSIONS:
        return False
    Version.objects.create(application=application, section=section, unit=unit, before=before, by=by, restores=restores)
    return True


def _turned(application: Application, since: datetime) -> bool:
    asked = application.signature_asked_at
    return (asked is not None and asked > since) or application.remarks.filter(written_at__gt=since).exists()


def python(unit: str, value: Any) -> Any:
    """What a form would have given for this content."""
    if questionnaire.is_unit(unit):
        return value
    if unit in DATES:
        return parse_date(value) if value else None
    if isinstance(value, list):
        return [{k: python(k, v) for k, v in one.items()} if isinstance(one, dict) else one for one in value]
    return value
