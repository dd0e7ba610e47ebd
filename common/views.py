"""Shared by every view: errors shown calmly, the content-security reports."""

import structlog
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from common import kept

log = structlog.get_logger(__name__)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form waited too long or cookies are refused: say so; what was typed is kept where it can be."""
    log.warning("csrf_refused", reason=reason)
    if request.headers.get("X-Autosave"):
        return JsonResponse({"again": True}, status=403)
    if kept.keep(request):
        return render(request, "403_csrf.html", {"kept": True}, status=403)
    return render(request, "403_csrf.html", status=403)


@csrf_exempt
@login_not_required
@require_POST
def csp_report(request: HttpRequest) -> HttpResponse:
    """A browser refused something our policy forbids; logged, cut to a safe length."""
    log.warning("csp_report", report=request.body[:2000].decode("utf-8", "replace"))
    return HttpResponse(status=204)
