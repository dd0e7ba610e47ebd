"""The committee sits: its doors open, one file at a time on the screen of the room, the pen beside it."""

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import for_roles
from accounts.states import Role
from common.errors import DomainError, NotAllowed, Stale
from common.money import percent, rate
from reviews import services
from reviews.averages import results
from reviews.committee import can_write, items_seen, members_of, present, room_of, seats_of
from reviews.committee_snapshot import theme_label
from reviews.committee_states import Attendance, Choice, SessionState, VoteMode
from reviews.forms_committee import AnswerForm, OpenForm, attendance_in
from reviews.models import AgendaItem, CommitteeSession, OutsideOpinion
from reviews.views.committee import agenda_of, committee_page, session_of

S = SessionState
writers = for_roles(Role.FUND_MANAGER, Role.INSTRUCTOR)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0


def _around(items: list[AgendaItem], pk: int) -> tuple[AgendaItem | None, AgendaItem | None, AgendaItem | None]:
    """Before, this one, after; the first file without an answer when `pk` is none of them."""
    places = {one.pk: place for place, one in enumerate(items)}
    first = next((place for place, one in enumerate(items) if not one.outcome), 0)
    place = places.get(pk, first)
    here = items[place] if items else None
    return items[place - 1] if place > 0 else None, here, items[place + 1] if place + 1 < len(items) else None


@require_safe
@committee_page
def committee_screen(request: HttpRequest, pk: int) -> HttpResponse:
    """What the room reads: one file, its opinions and notes, the proposal, the envelope as it stands. Nothing private."""
    session = session_of(request.user, pk)
    if session.state == S.CANCELLED:
        raise Http404
    items = agenda_of(session, request.user)
    before, item, after = _around(items, _number(request.GET.get("dossier", "")))
    context: dict[str, Any] = {
        "session": session,
        "items": items,
        "item": item,
        "before": before,
        "after": after,
        "room": room_of(session, items_seen(session, request.user)),
        "writes": can_write(request.user) and session.state == S.OPEN,
    }
    if item is not None:
        file = item.application
        context |= {
            "file": file,
            "theme": theme_label(file.theme),
            "opinion": getattr(file, "opinion", None),
            "result": results([file.pk]).get(file.pk),
            "outside": list(OutsideOpinion.objects.for_the_committee().filter(application=file)),
            "rate": percent(rate(item.proposed_cents, file.eligible_cost_cents)) if file.eligible_cost_cents else "",
            "out": [one.member.user.get_full_name() for one in item.recusals.all()],
        }
    return render(request, "reviews/committee/screen.html", context)


@require_safe
@committee_page
def committee_envelope(request: HttpRequest, pk: int) -> HttpResponse:
    """The envelope and the answer of the file shown, asked again by the screen."""
    session = session_of(request.user, pk)
    seen = items_seen(session, request.user)
    item = seen.filter(pk=_number(request.GET.get("dossier", ""))).first()
    context = {"session": session, "room": room_of(session, seen), "item": item}
    return render(request, "reviews/committee/_live.html", context)


@require_http_methods(["GET", "POST"])
@for_roles(Role.FUND_MANAGER)
def committee_open(request: HttpRequest, pk: int) -> HttpResponse:
    """Who is there; the session opens with its quorum, or by a written word."""
    session = session_of(request.user, pk)
    if session.state != S.PLANNED:
        return redirect("committee_detail", pk)
    members = members_of(session)
    form = OpenForm(request.POST or None, version=session.version)
    if request.method == "POST" and form.is_valid():
        given, version = attendance_in(request.POST, members), form.cleaned_data["version"]
        try:
            session = services.take_attendance(pk, attendance=given, by=request.user, version=version)
            waiver = form.cleaned_data["waiver"]
            services.open_session(pk, waiver=waiver, by=request.user, version=session.version)
        except DomainError as refusal:
            form.add_error(None, str(refusal))
            members = members_of(session)
        else:
            return redirect("committee_detail", pk)
    context = {"session": session, "form": form, "members": members, "there": present(members)}
    context |= {"choices": Attendance.choices, "version": session.version}
    return render(request, "reviews/committee/open.html", context, status=422 if form.errors else 200)


@require_POST
@writers
def committee_attendance(request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody comes in or leaves while the committee sits."""
    session = session_of(request.user, pk)
    services.take_attendance(pk, attendance=attendance_in(request.POST, members_of(session)), by=request.user)
    messages.success(request, "Les présences sont notées.")
    item = _number(request.POST.get("dossier", ""))
    return redirect("committee_pen", pk, item) if item else redirect("committee_detail", pk)


@require_http_methods(["GET", "POST"])
@writers
def committee_pen(request: HttpRequest, pk: int, item_pk: int) -> HttpResponse:
    """Kept as it is typed (JSON), or by its button. Two pens on one file: the second reads both and chooses."""
    session = session_of(request.user, pk)
    if session.state != S.OPEN:
        return redirect("committee_detail", pk)
    items = agenda_of(session, request.user)
    before, item, after = _around(items, item_pk)
    if item is None or item.pk != item_pk:
        raise Http404
    members = members_of(session)
    form = AnswerForm(request.POST or None, item=item, members=members)
    alone, other = "X-Autosave" in request.headers, None
    if request.method == "POST" and form.is_valid():
        try:
            kept = services.answer_item(
                pk, item_pk, answer=form.answer(), by=request.user, version=form.cleaned_data["version"]
            )
        except NotAllowed:
            raise
        except DomainError as refusal:
            form.add_error(None, str(refusal))
            other = item if isinstance(refusal, Stale) else None
        else:
            if alone:
                return JsonResponse({"version": kept.version})
            to = after.pk if after and "suite" in request.POST else item_pk
            messages.success(request, "La réponse du comité est enregistrée.")
            return redirect("committee_pen", pk, to)
    if alone:
        words = [str(one) for errors in form.errors.values() for one in errors]
        return JsonResponse({"refused": " ".join(words), "stale": other is not None}, status=409)
    context = {"session": session, "items": items, "item": item, "before": before, "after": after, "form": form}
    context |= _pen(request, session, item, members, other)
    return render(request, "reviews/committee/pen.html", context, status=422 if form.errors else 200)


def _pen(
    request: HttpRequest, session: CommitteeSession, item: AgendaItem, members: list[Any], other: AgendaItem | None
) -> dict[str, Any]:
    seats = seats_of(item, members)
    if request.method == "POST":
        seats = [_typed(seat, request.POST) for seat in seats]
    return {
        "file": item.application,
        "seats": seats,
        "members": members,
        "there": present(members),
        "named": session.vote_mode == VoteMode.NAMED,
        "counted": session.vote_mode == VoteMode.COUNTS,
        "choices": Choice.choices,
        "attendances": Attendance.choices,
        "room": room_of(session, items_seen(session, request.user)),
        "other": other,
        "version": other.version if other else request.POST.get("version", item.version),
        "screen": f"{reverse('committee_screen', args=[session.pk])}?dossier={item.pk}",
    }


def _typed(seat: Any, post: Any) -> Any:
    pk = seat.member.pk
    return replace(
        seat,
        out=f"sort-{pk}" in post,
        reason=post.get(f"motif-{pk}", seat.reason),
        choice=post.get(f"vote-{pk}", seat.choice),
    )
