"""Who is writing where in a file, just now. A passing knowledge: it lives in the cache and is gone by itself.

When Redis does not answer each process knows only what it heard: nobody is disturbed, less is shown.
"""

from dataclasses import dataclass
from typing import Any

from django.core.cache import cache

from applications.models import Application
from applications.sections import BY_SLUG

SECONDS = 45
REMEMBERED = 3600
MOST_PEOPLE = 30


@dataclass(frozen=True)
class Here:
    """Somebody who writes: their name, and the title of the section."""

    name: str
    section: str


def beat(application: Application, user: Any, slug: str) -> None:
    """This person writes in this section now; said again every twenty seconds or so."""
    if slug not in BY_SLUG:
        return
    people = cache.get(_people(application)) or []
    if user.pk not in people:
        cache.set(_people(application), [*people, user.pk][-MOST_PEOPLE:], REMEMBERED)
    cache.set(_person(application, user.pk), {"name": user.get_full_name(), "section": slug}, SECONDS)


def leave(application: Application, user: Any) -> None:
    cache.delete(_person(application, user.pk))


def others(application: Application, user: Any) -> list[Here]:
    """Everybody else who writes in this file."""
    people = [pk for pk in cache.get(_people(application)) or [] if pk != user.pk]
    found = cache.get_many([_person(application, pk) for pk in people]) if people else {}
    return [Here(one["name"], BY_SLUG[one["section"]].title) for one in found.values() if one["section"] in BY_SLUG]


def _people(application: Application) -> str:
    return f"presence:{application.pk}"


def _person(application: Application, pk: int) -> str:
    return f"presence:{application.pk}:{pk}"
