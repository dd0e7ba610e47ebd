"""What every page knows: the authority, the person's menu, the demonstration's ribbon."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from config.navigation import menu
from fund.models import Fund


def page(request: HttpRequest) -> dict[str, Any]:
    # Not "site": allauth's views put their own variable of that name in their pages.
    return {"authority": Fund.objects.first(), "nav": menu(request), "demo": settings.DEMO}
