"""Every verb on people, their rights and the directory of communes. Rights change at the next request."""

from accounts.services.absences import cancel_absence, declare_absence, delegate_signature, revoke_delegation
from accounts.services.directory import import_communes, save_contacts, save_plan
from accounts.services.invitations import (
    accept_as_member,
    accept_invitation,
    invite,
    open_invitation,
    resend_invitation,
    revoke_invitation,
)
from accounts.services.joining import accept_join, ask_as_known, ask_to_join, confirm_address, open_join, refuse_join
from accounts.services.lookup import ask_directory, keep_lookup
from accounts.services.people import change_roles, hand_over, hand_over_by_mail, remove_person
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
    "accept_join",
    "ask_as_known",
    "ask_directory",
    "ask_to_join",
    "cancel_absence",
    "change_roles",
    "confirm_address",
    "deactivate_account",
    "declare_absence",
    "delegate_signature",
    "end_role",
    "end_sessions",
    "grant_role",
    "hand_over",
    "hand_over_by_mail",
    "import_communes",
    "invite",
    "keep_lookup",
    "open_invitation",
    "open_join",
    "reactivate_account",
    "refuse_join",
    "remove_person",
    "resend_invitation",
    "revoke_delegation",
    "revoke_invitation",
    "save_contacts",
    "save_plan",
    "save_profile",
]
