"""What every page knows: the authority, the person's menu, the demonstration's ribbon."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from config.navigation import menu
from fund.models import Fund


def page(request: HttpRequest) -> dict[str, Any]:
    fund = Fund.objects.first()
    return {
        # allauth's views put their own "site" in their pages: what every page shows is read from "authority".
        "authority": fund,
        "site": fund,
        "nav": menu(request),
        "account": account(request),
        "demo": settings.DEMO,
    }


def account(request: HttpRequest) -> dict[str, str] | None:
    """Who is signed in, and for whom: an organisation, or a role in the fund's staff."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return None
    first = next(iter(user.active_memberships), None)
    label = "" if first is None else str(first.organisation or first.get_role_display())
    return {"name": user.get_full_name(), "organisation": label}
