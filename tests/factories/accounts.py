"""People and communes of the tests. Plain functions; what is not said is made up and unique."""

from itertools import count
from typing import Any

from stdnum import luhn

from accounts.models import Membership, Organisation, User
from accounts.states import STAFF_ROLES, PlanStatus, Role
from common.search import sort_key

PASSWORD = "une phrase longue et sans malice"
_number = count(1)


def a_commune(name: str = "", **fields: Any) -> Organisation:
    number = next(_number)
    root = f"21{number:06d}"
    name = name or f"Commune-{number:03d}"
    return Organisation.objects.create(
        **{
            "name": name,
            "sort_name": sort_key(name),
            "siren": root + luhn.calc_check_digit(root),
            "insee_code": f"{13000 + number:05d}",
            "department": "13",
            "arrondissement": "Marseille",
            "postal_codes": ["13400"],
            "population": 12_345,
            "population_total": 12_600,
            "address": "1, place de la Mairie",
            "email": f"mairie{number}@commune.test",
            "phone": f"04 91 {number // 10_000 % 100:02d} {number // 100 % 100:02d} {number % 100:02d}",
            "plan_status": PlanStatus.NONE,
            **fields,
        }
    )


def a_user(role: str = "", organisation: Organisation | None = None, **fields: Any) -> User:
    """A person who holds `role`: in `organisation` (made up for a commune's role), else in the fund's staff."""
    number = next(_number)
    fields = {
        "email": f"personne{number}@exemple.test",
        "first_name": "Claire",
        "last_name": f"Moustier-{number}",
        "job": "Chargée de mission",
        "password": PASSWORD,
        **fields,
    }
    user = User.objects.create_user(**fields)
    if role:
        a_membership(user, role, organisation)
    return user


def a_membership(user: User, role: str, organisation: Organisation | None = None) -> Membership:
    """One more role for a person; forget what was read of their rights."""
    if role not in STAFF_ROLES and organisation is None:
        organisation = a_commune()
    user.__dict__.pop("active_memberships", None)
    return Membership.objects.create(user=user, role=role, organisation=organisation)


def a_reader(organisation: Organisation | None = None, **fields: Any) -> User:
    return a_user(Role.READER, organisation, **fields)


def a_drafter(organisation: Organisation | None = None, **fields: Any) -> User:
    return a_user(Role.DRAFTER, organisation, **fields)


def a_signatory(organisation: Organisation | None = None, **fields: Any) -> User:
    return a_user(Role.SIGNATORY, organisation, **fields)


def a_commune_administrator(organisation: Organisation | None = None, **fields: Any) -> User:
    return a_user(Role.ORGANISATION_ADMIN, organisation, **fields)


def an_instructor(**fields: Any) -> User:
    return a_user(Role.INSTRUCTOR, **fields)


def a_fund_manager(**fields: Any) -> User:
    return a_user(Role.FUND_MANAGER, **fields)


def a_head_of_service(**fields: Any) -> User:
    return a_user(Role.HEAD_OF_SERVICE, **fields)


def an_evaluator(**fields: Any) -> User:
    return a_user(Role.EVALUATOR, **fields)


def a_finance_preparer(**fields: Any) -> User:
    return a_user(Role.FINANCE_PREPARER, **fields)


def a_finance_approver(**fields: Any) -> User:
    return a_user(Role.FINANCE_APPROVER, **fields)


def an_auditor(**fields: Any) -> User:
    return a_user(Role.AUDITOR, **fields)


def an_administrator(**fields: Any) -> User:
    return a_user(Role.ADMINISTRATOR, **fields)


def one_of_each(organisation: Organisation | None = None) -> dict[str, User]:
    """A person for each role; those of a commune are all of the same one."""
    organisation = organisation or a_commune()
    return {role: a_user(role, None if role in STAFF_ROLES else organisation) for role in Role.values}
