"""Who may act on the fund, its budget and its calls."""

from accounts.states import Role
from common.actors import Actor
from common.errors import NotAllowed


def require(by: Actor, *roles: str) -> None:
    """Raise NotAllowed unless the actor is the machine or holds one of these roles in the fund's staff."""
    if not (by.is_machine or by.has_role(*roles)):  # type: ignore[attr-defined]
        raise NotAllowed("Votre rôle ne permet pas cette action.")


def manages_fund(user: object) -> bool:
    return getattr(user, "is_authenticated", False) and user.has_role(Role.FUND_MANAGER)  # type: ignore[attr-defined]
