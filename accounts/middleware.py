"""Sessions that end, and the second factor of the fund's staff: without one, only its set-up page opens."""

from collections.abc import Callable
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from accounts.signals import BEGAN, SEEN
from common import kept

Handler = Callable[[HttpRequest], HttpResponse]
OPEN_PREFIXES = ("/compte/", "/static/", "/rapport-csp/")
SECOND_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
# The session is written at most once a minute, not at every request.
SEEN_EVERY = 60


ENDED = "Votre session s’est terminée par sécurité. Connectez-vous pour continuer."
HELD = (
    "Votre session s’était terminée. Ce que vous avez écrit est gardé : connectez-vous, votre texte sera sur la page."
)


def is_part(request: HttpRequest) -> bool:
    return "HX-Request" in request.headers or "X-Autosave" in request.headers


class SignInRequiredMiddleware(LoginRequiredMiddleware):
    """Who is not signed in is sent to the sign-in page; what they were sending is kept for them where it can be.

    A part of a page (htmx, a save while typing) gets a 401: the sign-in page does not belong inside another.
    """

    def handle_no_permission(self, request: HttpRequest, view_func: Any) -> Any:
        if is_part(request):
            return HttpResponse(status=401)
        if kept.keep(request):
            messages.info(request, HELD)
        return super().handle_no_permission(request, view_func)


class SessionLimitsMiddleware:
    """Ten hours for everybody; for the fund's staff, thirty minutes without a request end the session."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.get_response(request)
        now = int(timezone.now().timestamp())
        seen = request.session.get(SEEN, now)
        too_long = now - request.session.get(BEGAN, now) >= settings.SESSION_COOKIE_AGE
        idle = now - seen >= settings.SESSION_IDLE_SECONDS and request.user.is_fund_staff
        if too_long or idle:
            held = kept.keep(request)
            logout(request)
            if is_part(request):
                return HttpResponse(status=401)
            messages.info(request, HELD if held else ENDED)
            query = f"?{urlencode({'next': request.get_full_path()})}" if request.method == "GET" or held else ""
            return redirect(reverse("account_login") + query)
        if now - seen >= SEEN_EVERY or SEEN not in request.session:
            request.session[SEEN] = now
            request.session.setdefault(BEGAN, now)
        return self.get_response(request)


class StaffSecondFactorMiddleware:
    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if (
            not settings.WAIVE_SECOND_FACTOR
            and user.is_authenticated
            and user.is_fund_staff
            and not request.path.startswith(OPEN_PREFIXES)
            and not is_mfa_enabled(user, SECOND_FACTORS)
        ):
            messages.info(request, "Votre rôle demande une double authentification : installez-la pour continuer.")
            return redirect(reverse("mfa_index"))
        return self.get_response(request)
