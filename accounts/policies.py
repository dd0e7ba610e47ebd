"""Who may give and take which right. The administrator manages accounts and has no right on files or money."""

from typing import Any

from accounts.models import Membership, Organisation, User
from accounts.states import DESK_ROLES, ORGANISATION_ROLES, READING_ROLES, STAFF_ROLES, WRITING_ROLES, Role


def grantable_roles(by: User, organisation_id: int | None) -> tuple[Role, ...]:
    """The roles this person may give: in an organisation, or (None) in the fund's staff.

    A drafter brings colleagues who write or read; only a signatory makes another signatory.
    """
    if organisation_id is None:
        return STAFF_ROLES if by.has_role(Role.ADMINISTRATOR) else ()
    if by.has_role(Role.ADMINISTRATOR, Role.FUND_MANAGER) or organisation_id in by.organisation_ids(Role.SIGNATORY):
        return ORGANISATION_ROLES
    if organisation_id in by.organisation_ids(Role.DRAFTER):
        return (Role.READER, Role.DRAFTER)
    return ()


def can_grant(by: User, role: str, organisation_id: int | None, *, to: User | None = None, email: str = "") -> bool:
    """Nobody gives a right to themselves."""
    oneself = (to is not None and to.pk == by.pk) or email.strip().lower() == by.email.lower()
    return not oneself and role in grantable_roles(by, organisation_id)


def can_end(by: User, membership: Membership) -> bool:
    """Who may give a role may take it away; a drafter takes nothing away."""
    if membership.organisation_id is not None and by.has_role(Role.ADMINISTRATOR, Role.FUND_MANAGER):
        return True
    if membership.organisation_id is not None:
        return membership.organisation_id in by.organisation_ids(Role.SIGNATORY)
    return by.has_role(Role.ADMINISTRATOR)


def can_manage_accounts(by: Any) -> bool:
    return bool(by.is_authenticated and by.has_role(Role.ADMINISTRATOR))


def can_manage_directory(by: Any) -> bool:
    """Import the communes, correct their address and SIRET."""
    return bool(by.is_authenticated and by.has_role(Role.ADMINISTRATOR, Role.FUND_MANAGER))


def can_edit_plan(by: Any) -> bool:
    return bool(by.is_authenticated and by.has_role(*DESK_ROLES))


def can_read_directory(by: Any) -> bool:
    return bool(by.is_authenticated and by.has_role(*READING_ROLES, Role.ADMINISTRATOR))


def teams_of(user: User) -> list[Organisation]:
    """The organisations whose colleagues the person sees."""
    found = {m.organisation_id: m.organisation for m in user.active_memberships if m.organisation}
    return sorted(found.values(), key=lambda organisation: organisation.sort_name)


def writes_for(user: User, organisation_id: int) -> bool:
    return organisation_id in user.organisation_ids(*WRITING_ROLES)
