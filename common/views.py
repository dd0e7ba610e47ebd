"""Shared by every view: errors shown calmly, the content-security reports."""

import structlog
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

log = structlog.get_logger(__name__)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form waited too long or cookies are refused: say so, keep what was typed in the browser's history."""
    log.warning("csrf_refused", reason=reason)
    return render(request, "403_csrf.html", status=403)


@csrf_exempt
@login_not_required
@require_POST
def csp_report(request: HttpRequest) -> HttpResponse:
    """A browser refused something our policy forbids; logged, cut to a safe length."""
    log.warning("csp_report", report=request.body[:2000].decode("utf-8", "replace"))
    return HttpResponse(status=204)
