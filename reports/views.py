"""Dashboards: read-only; every figure leads to its list."""

from datetime import timedelta

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.states import READING_ROLES
from applications.states import ApplicationState
from common.hidden import hidden_from
from documents.models import StoredFile
from fund.states import Theme
from reports import figures as facts
from reports import services


@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """The state of the year on one page, for the staff who read files."""
    if not isinstance(request.user, User) or not request.user.has_role(*READING_ROLES):
        raise Http404
    calls = facts.live_calls()
    if not calls:
        return render(request, "reports/dashboard.html", {"figures": None})
    today, without = timezone.localdate(), hidden_from(request.user)
    figures = facts.figures(calls, today=today, since=today - timedelta(days=7), without=without)
    queue, labels, themes = reverse("desk_queue"), dict(ApplicationState.choices), dict(Theme.choices)
    rows = [(state, figures.states[state]) for state in facts.SHOWN if figures.states.get(state)]
    most = max((count for _state, count in rows), default=1)
    context = {
        "figures": figures,
        "states": [
            {
                "label": labels[state],
                "count": count,
                "url": "" if state == ApplicationState.DRAFT else f"{queue}?etat={state}",
                "width": count * 100 // most,
            }
            for state, count in rows
        ],
        "themes": [
            {**row, "label": themes.get(row["theme"], row["theme"])} for row in facts.by_theme(calls, without=without)
        ],
        "urgent": facts.most_urgent(calls, without=without),
        "notes": services.notes(figures),
        "reports": StoredFile.objects.filter(services.periodic_reports(request.user)).order_by("-pk")[:5],
        "today": today,
    }
    return render(request, "reports/dashboard.html", context)
