from accounts.models import CompanyLookup, Invitation, JoinRequest, Membership, Organisation, User
from common.admin import show

show(
    User,
    "email",
    "first_name",
    "last_name",
    "job",
    "is_active",
    "last_login",
    "date_joined",
    search=("email", "last_name"),
)
show(
    Organisation,
    "name",
    "insee_code",
    "siren",
    "siret",
    "siret_checked",
    "population",
    "plan_status",
    "plan_adopted_on",
    search=("sort_name", "insee_code", "siren"),
)
show(Membership, "user", "organisation", "role", "started_at", "ended_at", related=("user", "organisation"))
show(
    Invitation,
    "email",
    "organisation",
    "role",
    "invited_by",
    "created_at",
    "expires_at",
    "accepted_at",
    related=("organisation", "invited_by"),
)
show(
    JoinRequest,
    "last_name",
    "first_name",
    "email",
    "organisation",
    "state",
    "created_at",
    "confirmed_at",
    "decided_by",
    related=("organisation", "decided_by"),
)
show(CompanyLookup, "organisation", "state", "siret", "asked_by", "asked_at", related=("organisation", "asked_by"))
