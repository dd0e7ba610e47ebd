"""Who may act on the fund, its budget and its calls."""

from typing import Any

from accounts.states import READING_ROLES, Role
from common.actors import Actor
from common.errors import NotAllowed
from fund.models import Call
from fund.states import CallState


def require(by: Actor, *roles: str) -> None:
    """Raise NotAllowed unless the actor is the machine or holds one of these roles in the fund's staff."""
    if not (by.is_machine or by.has_role(*roles)):  # type: ignore[attr-defined]
        raise NotAllowed("Votre rôle ne permet pas cette action.")


def manages_fund(user: Any) -> bool:
    return bool(user.is_authenticated and user.has_role(Role.FUND_MANAGER))


def reads_budget(user: Any) -> bool:
    return bool(user.is_authenticated and user.has_role(*READING_ROLES))


def rules_are_frozen(call: Call) -> bool:
    """An application was sent: its rules are promised. (Read through the relation: the app above is not imported.)"""
    return call.state != CallState.DRAFT and call.applications.filter(number__isnull=False).exists()
