"""What everybody may read: the home page, the calls, the pages of law."""

from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_safe

from accounts.models import Organisation
from accounts.states import DESK_ROLES, FINANCE_ROLES, Role
from common.clock import database_now
from common.dates import local, remaining
from common.money import percent
from fund.agenda import calendar_of
from fund.calendar import milestones
from fund.estimate import answer, notes_for
from fund.explained import PLAN_WORDS, example, legal_words
from fund.forms.public import EstimateForm
from fund.models import Call, CallQuerySet, Criterion
from fund.states import CallState

DESKS = (
    (DESK_ROLES, "desk_queue"),
    ((Role.EVALUATOR,), "review_list"),
    (FINANCE_ROLES, "instalment_list"),
    ((Role.AUDITOR,), "journal"),
    ((Role.ADMINISTRATOR,), "account_list"),
)


@require_safe
@login_not_required
def home(request: HttpRequest) -> HttpResponse:
    """The public home; somebody signed in goes to their own desk."""
    desk = desk_of(request.user)
    if desk:
        return redirect(desk)
    return render(request, "fund/home.html", {"calls": _rows(), "past": _past()[:3]})


def desk_of(user: object) -> str:
    """The address where this person works, empty for a visitor."""
    if not user.is_authenticated:  # type: ignore[attr-defined]
        return ""
    for roles, name in DESKS:
        if user.has_role(*roles):  # type: ignore[attr-defined]
            return _address(name)
    return _address("my_applications") if user.organisation_ids() else ""  # type: ignore[attr-defined]


def _address(name: str, *args: str) -> str:
    """Pages of the apps above are known by their name only."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


def _announced() -> CallQuerySet:
    """Open calls and those that will open, the sooner to close first."""
    calls = Call.objects.public().filter(state__in=(CallState.PUBLISHED, CallState.OPEN), closes_at__gt=Now())
    return calls.select_related("envelope__line").order_by("closes_at")


def _rows() -> list[dict[str, Any]]:
    """Each announced call, open or not at the one instant of this page, and how long is left."""
    now = database_now()
    return [
        {"call": call, "open": call.takes_applications(now), "left": remaining(call.closes_at, now=now)}
        for call in _announced()
    ]


def _past() -> CallQuerySet:
    return Call.objects.public().filter(closes_at__lte=Now()).order_by("-closes_at")


@require_safe
@login_not_required
def call_list(request: HttpRequest) -> HttpResponse:
    return render(request, "fund/call_list.html", {"calls": _rows(), "past": _past()[:50]})


@require_safe
@login_not_required
def call_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """The public page of a call; « Puis-je demander ? » is answered on the page and kept nowhere."""
    call = _public_call(slug)
    if getattr(request, "htmx", False):
        return render(request, "fund/_estimate_answer.html", {"call": call, **estimate_of(call, request)})
    return render(request, "fund/call_detail.html", call_page(call, request))


@require_safe
@login_not_required
def call_calendar(request: HttpRequest, slug: str) -> HttpResponse:
    """The dates of the call, for a diary."""
    call = _public_call(slug)
    response = HttpResponse(calendar_of(call), content_type="text/calendar; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{call.slug}.ics"'
    return response


def _public_call(slug: str) -> Call:
    calls = Call.objects.public().select_related("fund", "envelope__line__budget")
    return get_object_or_404(calls.prefetch_related("criteria", "documents", "plan"), slug=slug)


def call_page(call: Call, request: HttpRequest) -> dict[str, object]:
    """What the public page shows; the preview of a draft shows the same."""
    now = database_now()
    return {
        "call": call,
        "phase": phase(call, now),
        "open_now": call.takes_applications(now),
        "next_call": _announced().exclude(pk=call.pk).first() if now >= call.closes_at else None,
        "criteria": (criteria := _with_bars(call)),
        "has_anchors": any(criterion.anchors for criterion in criteria),
        "milestones": milestones(call),
        "legal_words": legal_words(call),
        "example": example(call),
        "communes": Organisation.objects.communes().values_list("name", flat=True),
        "required": [document for document in call.documents.all() if document.required],
        "optional": [document for document in call.documents.all() if not document.required],
        "plan_items": [
            {"label": share.get_kind_display(), "share": percent(share.share_bp), "when": PLAN_WORDS[share.kind]}
            for share in call.plan.all()
        ],
        "list_url": reverse("call_list"),
        **estimate_of(call, request),
    }


def phase(call: Call, now: datetime) -> str:
    """ "before", "open" or "after", by its dates: the task that moves the state may be late."""
    if now < call.opens_at:
        return "before"
    return "open" if now < call.closes_at else "after"


def estimate_of(call: Call, request: HttpRequest) -> dict[str, object]:
    """The form, and its answer once every question has one."""
    asked = "cout" in request.GET
    form = EstimateForm(request.GET if asked else None, call=call, commune=_own_commune(request.user))
    found: dict[str, object] = {"form": form, "start_url": _start_address(call)}
    if not asked:
        return found
    if form.is_valid():
        question = form.asked()
        found["answer"] = given = answer(call, question, today=local(database_now()).date())
        found["notes"] = notes_for(request.user, call, question.organisation)
        if given.yes and found["start_url"] and call.takes_applications(database_now()):
            found["begin_url"] = f"{found['start_url']}?{form.as_query()}"
    else:
        found |= {"still_empty": form.still_empty(), "wrong": form.wrong()}
    return found


def _own_commune(user: Any) -> str:
    """The name of the commune of somebody who has one."""
    own = user.organisation_ids() if user.is_authenticated else ()
    return Organisation.objects.get(pk=next(iter(own))).name if len(own) == 1 else ""


def _with_bars(call: Call) -> list[Criterion]:
    """Each criterion with the length of its bar: the heaviest fills the 150 pixels."""
    criteria = list(call.criteria.all())
    heaviest = max((criterion.weight for criterion in criteria), default=1)
    for criterion in criteria:
        criterion.bar = criterion.weight * 150 // heaviest  # type: ignore[attr-defined]
    return criteria


def _start_address(call: Call) -> str:
    return _address("application_create", call.slug)


@require_safe
@login_not_required
def accessibility(request: HttpRequest) -> HttpResponse:
    return render(request, "fund/accessibility.html")


@require_safe
@login_not_required
def privacy(request: HttpRequest) -> HttpResponse:
    return render(request, "fund/privacy.html")


@require_safe
@login_not_required
def legal(request: HttpRequest) -> HttpResponse:
    return render(request, "fund/legal.html")


@require_safe
@login_not_required
def open_data(request: HttpRequest) -> HttpResponse:
    return render(request, "fund/open_data.html")
