"""The accounts of the demonstration, shown on its sign-in page and by `manage.py demo_accounts`; never elsewhere."""

from dataclasses import dataclass

from demo.content import read
from demo.seed.people import PASSWORD


@dataclass(frozen=True)
class DemoAccount:
    email: str
    name: str
    role: str
    organisation: str
    password: str = PASSWORD


def all() -> list[DemoAccount]:
    """Those that the content marks as listed, in its order."""
    from accounts.states import Role

    return [
        DemoAccount(p.email, f"{p.first_name} {p.last_name}", str(Role(p.role).label), p.organisation or p.member_of)
        for p in read().people
        if p.listed
    ]
