"""The desk of the messages: what was given up or refused, and another try."""

from collections.abc import Collection
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from common.hidden import hidden_from
from notifications.models import Message
from notifications.services import already_again, send_again
from notifications.states import MessageState

# Roles are named as text: accounts stands above.
ROLES = ("fund_manager", "administrator")
PAGE = 50
VIEWS = (
    ("", "À reprendre", (MessageState.DEAD, MessageState.FAILED)),
    ("attente", "En attente", (MessageState.QUEUED,)),
    ("envoyes", "Envoyés", (MessageState.SENT,)),
)


def _only_for_the_desk(request: HttpRequest) -> None:
    if not request.user.has_role(*ROLES):  # type: ignore[union-attr]
        raise Http404


@require_safe
def message_list(request: HttpRequest) -> HttpResponse:
    _only_for_the_desk(request)
    chosen = next((view for view in VIEWS if view[0] == request.GET.get("vue", "")), VIEWS[0])
    unseen = hidden_from(request.user).numbers
    rows = (
        Message.objects.filter(state__in=chosen[2])
        .exclude(subject_ref__in=unseen)
        .defer("body_text", "body_html")
        .order_by("-pk")
    )
    before = request.GET.get("avant", "")
    if before.isdigit() and len(before) < 19:
        rows = rows.filter(pk__lt=int(before))
    page = list(rows[: PAGE + 1])
    more = len(page) > PAGE
    return render(
        request,
        "notifications/message_list.html",
        {
            "rows": page[:PAGE],
            "again": already_again(page) if chosen[0] == "" else set(),
            "view": chosen[0],
            "views": _tabs(chosen[0], unseen),
            "next_url": f"?vue={chosen[0]}&avant={page[PAGE - 1].pk}" if more else "",
            "first_url": f"?vue={chosen[0]}" if before else "",
        },
    )


def _tabs(current: str, unseen: Collection[str]) -> list[dict[str, Any]]:
    """Counted where there is an index to count by: what was sent is not counted."""
    return [
        {
            "label": label,
            "url": f"?vue={name}" if name else "?",
            "current": name == current,
            "count": None
            if name == "envoyes"
            else Message.objects.filter(state__in=states).exclude(subject_ref__in=unseen).count(),
        }
        for name, label, states in VIEWS
    ]


@require_POST
def message_send_again(request: HttpRequest, pk: int) -> HttpResponse:
    _only_for_the_desk(request)
    again = send_again(pk, by=request.user)  # type: ignore[arg-type]
    messages.success(request, f"Le courriel repart vers {again.recipient_email}.")
    return redirect("message_list")
