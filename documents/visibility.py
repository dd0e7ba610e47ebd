"""Who may download a file, in one place. Apps above say which files come with what their users may see."""

from collections.abc import Callable
from typing import Any

from django.db.models import Q

from documents.states import Origin

Rule = Callable[[Any], Q]
_rules: list[Rule] = []


def register(rule: Rule) -> None:
    """Called in an app's `ready()`. A rule takes the user and gives a Q on StoredFile (subqueries, no joins)."""
    if rule not in _rules:
        _rules.append(rule)


def visible(user: Any) -> Q | None:
    """The Q of the files this person may download, None for nothing at all.

    What people of their organisation deposited; plus what the rules above say. What the fund issues to an organisation is
    seen through those rules only: a letter exists before it is notified.
    """
    if not user.is_authenticated or not user.is_active:
        return None
    seen = Q(origin=Origin.UPLOADED, organisation__in=user.organisation_ids())
    for rule in _rules:
        seen |= rule(user)
    return seen
