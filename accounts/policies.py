"""Who may give and take which right. The administrator manages accounts and has no right on files or money."""

from typing import Any

from accounts.models import Membership, Organisation, User
from accounts.states import DESK_ROLES, FILE_ROLES, READING_ROLES, STAFF_ROLES, WRITING_ROLES, Role

KEEPERS = (Role.ADMINISTRATOR, Role.FUND_MANAGER)  # of the accounts of communes, in the fund's staff


def grantable_roles(by: User, organisation_id: int | None) -> tuple[Role, ...]:
    """The roles this person may give: in an organisation, or (None) in the fund's staff.

    A drafter brings colleagues who write or read; only a signatory or the commune's administrator makes a signatory.
    """
    if organisation_id is None:
        return STAFF_ROLES if by.has_role(Role.ADMINISTRATOR) else ()
    if by.has_role(*KEEPERS) or organisation_id in by.organisation_ids(Role.SIGNATORY, Role.ORGANISATION_ADMIN):
        return FILE_ROLES
    if organisation_id in by.organisation_ids(Role.DRAFTER):
        return (Role.READER, Role.DRAFTER)
    return ()


def can_administer(by: Any, organisation_id: int | None) -> bool:
    """Answer who asks to join a commune, name its administrator, change the roles of its people."""
    if organisation_id is None or not by.is_authenticated:
        return False
    return by.has_role(*KEEPERS) or organisation_id in by.organisation_ids(Role.ORGANISATION_ADMIN)


def can_grant(by: User, role: str, organisation_id: int | None, *, to: User | None = None, email: str = "") -> bool:
    """Nobody gives a right to themselves."""
    oneself = (to is not None and to.pk == by.pk) or email.strip().lower() == by.email.lower()
    if role == Role.ORGANISATION_ADMIN:
        return not oneself and can_administer(by, organisation_id)
    return not oneself and role in grantable_roles(by, organisation_id)


def can_end(by: User, membership: Membership) -> bool:
    """Who may give a role may take it away; a drafter takes nothing away, a signatory not the administration."""
    if membership.organisation_id is None:
        return by.has_role(Role.ADMINISTRATOR)
    if can_administer(by, membership.organisation_id):
        return True
    signs = membership.organisation_id in by.organisation_ids(Role.SIGNATORY)
    return signs and membership.role != Role.ORGANISATION_ADMIN


def can_keep_accounts_of_communes(by: Any) -> bool:
    """The requests to join of every commune."""
    return bool(by.is_authenticated and by.has_role(*KEEPERS))


def can_manage_accounts(by: Any) -> bool:
    return bool(by.is_authenticated and by.has_role(Role.ADMINISTRATOR))


def can_manage_directory(by: Any) -> bool:
    """Import the communes, correct their address and SIRET."""
    return bool(by.is_authenticated and by.has_role(*KEEPERS))


def can_edit_contacts(by: Any, organisation: Organisation) -> bool:
    """The commune's own administrator too; what only the staff may say (SIRET checked, mail domains) stays theirs."""
    return can_manage_directory(by) or can_administer(by, organisation.pk)


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
