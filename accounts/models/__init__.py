from accounts.models.absences import Absence, Delegation
from accounts.models.joining import JoinRequest
from accounts.models.lookup import CompanyLookup
from accounts.models.people import Invitation, Membership, Organisation, User

__all__ = ["Absence", "CompanyLookup", "Delegation", "Invitation", "JoinRequest", "Membership", "Organisation", "User"]
