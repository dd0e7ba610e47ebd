"""Small pieces of every request: health, headers that are always there, calm refusals."""

from collections.abc import Callable
from typing import ClassVar

import structlog
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme

from common import health
from common.errors import DomainError

Handler = Callable[[HttpRequest], HttpResponse]
log = structlog.get_logger(__name__)


class HealthMiddleware:
    """`/healthz` and `/readyz`, answered before hosts, sessions and redirections have a say."""

    checks: ClassVar[dict[str, Callable[[], tuple[int, dict[str, object]]]]] = {
        "/healthz": health.alive,
        "/readyz": health.ready,
    }

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        check = self.checks.get(request.path)
        if check is None:
            return self.get_response(request)
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        status, data = check()
        return health.answer(status, data)


class SafeHeadersMiddleware:
    """Headers that no view may forget: private pages are not stored, powers of the browser are switched off."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()")
        if not response.has_header("Cache-Control"):
            response.headers["Cache-Control"] = "no-store, private"
        return response


class DomainErrorMiddleware:
    """A refusal that no form caught: the person goes back where they were, with the sentence."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, DomainError):
            return None
        log.info("refused", sentence=str(error), kind=type(error).__name__)
        if "X-Autosave" in request.headers:  # a page that saves while one types shows the sentence itself
            return JsonResponse({"refused": str(error)}, status=error.status)
        back = request.headers.get("Referer", "")
        if (
            request.method == "POST"
            and not getattr(request, "htmx", False)
            and url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
        ):
            messages.error(request, str(error))
            return redirect(back)
        return render(request, "409.html", {"sentence": str(error)}, status=error.status)
