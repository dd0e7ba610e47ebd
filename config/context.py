"""What every page knows: the authority, the person's menu, the demonstration's ribbon."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from accounts.states import DESK_ROLES, Role
from config.navigation import address, menu
from fund.models import Fund


def page(request: HttpRequest) -> dict[str, Any]:
    fund = Fund.objects.first()
    return {
        # allauth's views put their own "site" in their pages: what every page shows is read from "authority".
        "authority": fund,
        "site": fund,
        "nav": menu(request),
        "signed_in": signed_in(request),
        "demo": settings.DEMO,
        "proconnect": bool(settings.PROCONNECT_DISCOVERY_URL),
        "demo_accounts": demo_accounts(request),
        "desk_search_url": desk_search(request),
    }


def demo_accounts(request: HttpRequest) -> list[Any]:
    """Listed on the sign-in page of the demonstration, nowhere else."""
    match = request.resolver_match
    if not settings.DEMO or "demo" not in settings.INSTALLED_APPS or match is None or match.url_name != "account_login":
        return []
    from demo import accounts

    return accounts.all()


def desk_search(request: HttpRequest) -> str:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated or not user.has_role(*DESK_ROLES, Role.AUDITOR):
        return ""
    return address("desk_queue")


def signed_in(request: HttpRequest) -> dict[str, Any] | None:
    """Who is signed in, and for whom: an organisation, or a role in the fund's staff."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return None
    label = belonging(user)
    links = [{"label": "Mon profil", "url": reverse("profile")}]
    if user.has_role(*DESK_ROLES):
        links.append({"label": "Absences et délégations", "url": reverse("absence_list")})
    if user.is_staff:
        links.append({"label": "Données (lecture seule)", "url": reverse("admin:index")})
    return {"name": user.get_full_name(), "organisation": label, "links": links}


def belonging(user: Any) -> str:
    """For whom somebody works: their role in the fund's staff, and every commune by its name."""
    staff = [str(m.get_role_display()) for m in user.active_memberships if m.organisation_id is None][:1]
    names = list(dict.fromkeys(str(m.organisation) for m in user.active_memberships if m.organisation_id))
    shown = names if len(names) <= 2 else [*names[:1], f"{len(names) - 1} autres communes"]
    return ", ".join([*staff, " et ".join(shown)] if shown else staff)
