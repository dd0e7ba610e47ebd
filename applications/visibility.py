"""Who sees a file, in one place. Apps above say who else may see it, or must not, without being imported here."""

from collections.abc import Callable
from typing import Any

from django.db.models import Q

from accounts.states import DESK_ROLES, READING_ROLES, Role
from applications.states import ApplicationState

Rule = Callable[[Any], Q]
HELPING_ROLES = (Role.INSTRUCTOR, Role.FUND_MANAGER)
# `reviews` widens (an evaluator sees what is assigned to them) and narrows (a declared interest hides everything).
_widened_by: list[Rule] = []
_narrowed_by: list[Rule] = []


def register(*, widen: Rule | None = None, narrow: Rule | None = None) -> None:
    """Called in an app's `ready()`. A rule takes the user and gives a Q on Application."""
    if widen and widen not in _widened_by:
        _widened_by.append(widen)
    if narrow and narrow not in _narrowed_by:
        _narrowed_by.append(narrow)


def visible(user: Any) -> Q | None:
    """The Q of what this person may see, None for nothing at all.

    Their organisations' files; for staff who read files, those that were sent, and the drafts they were given the hand on;
    plus and minus the rules above.
    """
    if not user.is_authenticated or not user.is_active:
        return None
    seen = Q(organisation__in=user.organisation_ids())
    if user.has_role(*READING_ROLES):
        seen |= ~Q(state=ApplicationState.DRAFT)
    if user.has_role(*HELPING_ROLES):
        seen |= _helped(user)
    for rule in _widened_by:
        seen |= rule(user)
    for rule in _narrowed_by:
        seen &= rule(user)
    return seen


def _helped(user: Any) -> Q:
    """Drafts whose commune gave the hand to this person, as long as it does."""
    from applications.models import Assistance

    mine = Assistance.objects.filter(helper=user, ended_at__isnull=True).values("application")
    return Q(state=ApplicationState.DRAFT, pk__in=mine)


def heard(user: Any, asked: Q) -> Q | None:
    """The Q of the files whose conversation this person of the desk follows, None for nothing at all.

    Those they see, once sent; and the drafts whose commune asked a question (`asked`), never those of their own commune.
    """
    seen = visible(user)
    if seen is None:
        return None
    followed = seen & ~Q(state=ApplicationState.DRAFT)
    if user.has_role(*DESK_ROLES):
        questions = Q(state=ApplicationState.DRAFT) & asked & ~Q(organisation__in=user.organisation_ids())
        for rule in _narrowed_by:
            questions &= rule(user)
        followed |= questions
    return followed
