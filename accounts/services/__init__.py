"""Every verb on people, their rights and the directory of communes. Rights change at the next request."""

from accounts.services.directory import import_communes, save_contacts, save_plan
from accounts.services.invitations import (
    accept_as_member,
    accept_invitation,
    invite,
    open_invitation,
    resend_invitation,
    revoke_invitation,
)
from accounts.services.rights import (
    deactivate_account,
    end_role,
    end_sessions,
    grant_role,
    reactivate_account,
    save_profile,
)

__all__ = [
    "accept_as_member",
    "accept_invitation",
    "deactivate_account",
    "end_role",
    "end_sessions",
    "grant_role",
    "import_communes",
    "invite",
    "open_invitation",
    "reactivate_account",
    "resend_invitation",
    "revoke_invitation",
    "save_contacts",
    "save_plan",
    "save_profile",
]
