from accounts.models.joining import JoinRequest
from accounts.models.lookup import CompanyLookup
from accounts.models.people import Invitation, Membership, Organisation, User

__all__ = ["CompanyLookup", "Invitation", "JoinRequest", "Membership", "Organisation", "User"]
