"""Every role in the fund's staff needs a second factor; without one, only its set-up page opens."""

from collections.abc import Callable

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

OPEN_PREFIXES = ("/compte/", "/static/", "/rapport-csp/")


class StaffSecondFactorMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if (
            not settings.WAIVE_SECOND_FACTOR
            and user.is_authenticated
            and user.is_fund_staff
            and not request.path.startswith(OPEN_PREFIXES)
            and not is_mfa_enabled(user)
        ):
            messages.info(request, "Votre rôle demande une double authentification : installez-la pour continuer.")
            return redirect(reverse("mfa_index"))
        return self.get_response(request)
