"""The sessions of the committee before they sit: the list, a session and its agenda, its members invited."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import for_roles
from accounts.states import DESK_ROLES, Role
from applications.models import Application
from common.dates import local
from common.errors import DomainError
from common.typography import counted
from fund.models import Call
from fund.states import CallState
from reviews import services
from reviews.committee import RELATED, can_run, can_sign, can_write, items_seen, members_of, present, room_of
from reviews.committee_papers import totals
from reviews.committee_states import ALLOCABLE, SessionState
from reviews.forms import ReasonForm
from reviews.forms_committee import SessionForm
from reviews.models import AgendaItem, CommitteeSession

committee_page = for_roles(*DESK_ROLES, Role.AUDITOR, Role.EVALUATOR)
S = SessionState


def session_of(user: Any, pk: int) -> CommitteeSession:
    found = CommitteeSession.objects.visible_to(user).select_related("call__envelope", "scenario", "minutes")
    return get_object_or_404(found.select_related("closed_by", "signed_by"), pk=pk)


def agenda_of(session: CommitteeSession, user: Any) -> list[AgendaItem]:
    """What this person sees of it, in order, each with its place among what they see."""
    items = list(items_seen(session, user).select_related(*RELATED).prefetch_related("recusals__member__user"))
    for place, item in enumerate(items, start=1):
        item.place = place  # type: ignore[attr-defined]
    return items


@require_safe
@committee_page
def committee_list(request: HttpRequest) -> HttpResponse:
    found = CommitteeSession.objects.visible_to(request.user).select_related("call")[:100]
    calls = Call.objects.exclude(state=CallState.DRAFT).order_by("-year", "-pk")[:10]
    context = {"sessions": found, "calls": calls, "runs": can_run(request.user)}
    return render(request, "reviews/committee/list.html", context)


@require_http_methods(["GET", "POST"])
@for_roles(Role.FUND_MANAGER)
def committee_create(request: HttpRequest, slug: str) -> HttpResponse:
    call = get_object_or_404(Call.objects.exclude(state=CallState.DRAFT), slug=slug)
    initial = {"title": f"Comité, {call.title}"[:120], "quorum": 3, "vote_mode": "counts"}
    form = SessionForm(request.POST or None, call=call, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.plan_session(call.pk, plan=form.plan(), members=form.members(), by=request.user)
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("committee_detail", made.pk)
    return _form(request, form, call, None)


@require_http_methods(["GET", "POST"])
@for_roles(Role.FUND_MANAGER)
def committee_edit(request: HttpRequest, pk: int) -> HttpResponse:
    session = session_of(request.user, pk)
    held, names = local(session.held_at), ("title", "place", "quorum", "vote_mode", "scenario")
    initial = {name: getattr(session, name) for name in names} | {"day": held.date(), "hour": held.time()}
    form = SessionForm(request.POST or None, call=session.call, session=session, initial=initial)
    if request.method == "POST" and form.is_valid():
        given = {"plan": form.plan(), "members": form.members(), "version": form.cleaned_data["version"]}
        try:
            services.change_session(pk, **given, by=request.user)
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "La séance est modifiée. Convoquez de nouveau les membres si la date a changé.")
            return redirect("committee_detail", pk)
    return _form(request, form, session.call, session)


def _form(request: HttpRequest, form: SessionForm, call: Call, session: CommitteeSession | None) -> HttpResponse:
    context = {"form": form, "call": call, "session": session}
    return render(request, "reviews/committee/form.html", context, status=422 if form.errors else 200)


@require_safe
@committee_page
def committee_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything of a session at a glance; once closed, as it was seen."""
    session, user = session_of(request.user, pk), request.user
    items, members = agenda_of(session, user), members_of(session)
    context = {
        "session": session,
        "items": items,
        "members": members,
        "there": present(members),
        "room": room_of(session, items_seen(session, user)),
        "runs": can_run(user),
        "writes": can_write(user),
        "signs": can_sign(user) and session.closed_by_id != user.pk,
        "desk": user.has_role(*DESK_ROLES, Role.AUDITOR),  # type: ignore[union-attr]
        "hidden": session.items.count() - len(items) if can_run(user) else 0,
        "to_record": [one for one in items if one.outcome not in ("", "adjourned") and one.decision is None],
    }
    if session.is_closed:
        seen = {one.application_id for one in items}
        shown = [one for one in session.snapshot["files"] if one["application"] in seen]  # type: ignore[index]
        whole = len(shown) == len(session.snapshot["files"])  # type: ignore[index]
        context |= {"files": shown, "whole": whole, "totals": totals(session.snapshot) if whole else []}  # type: ignore[arg-type]
    elif can_run(user):
        context["offered"] = _offered(session, user)
    return render(request, "reviews/committee/detail.html", context)


def _offered(session: CommitteeSession, user: Any) -> list[Application]:
    """Files of the call that may still join the agenda, those reviewed first."""
    seen = Application.objects.visible_to(user).exclude(organisation__in=user.organisation_ids())
    free = seen.filter(call=session.call_id, state__in=ALLOCABLE).exclude(agenda_items__session=session)
    free = free.exclude(agenda_items__session__state__in=(S.PLANNED, S.OPEN)).select_related("organisation")
    ready = list(free.order_by("number"))
    return sorted(ready, key=lambda one: one.state not in ("reviewed", "waitlisted"))


@require_POST
@for_roles(Role.FUND_MANAGER)
def committee_agenda(request: HttpRequest, pk: int) -> HttpResponse:
    """One act on the agenda: add the files ticked, move, take off, order all again, put an adjourned file again."""
    session, post, user = session_of(request.user, pk), request.POST, request.user
    if "ajouter" in post:
        files = [int(one) for one in post.getlist("ids") if one.isascii() and one.isdigit() and len(one) < 18]
        added = services.add_files(session.pk, files=files, by=user)
        words = counted(added, "dossier inscrit,dossiers inscrits")
        messages.success(request, f"{words} à l’ordre du jour.")
    elif "ordre" in post:
        services.order_files(session.pk, by_rank=post["ordre"] == "rang", by=user)
    elif (act := next((one for one in ("monter", "descendre", "retirer", "repasser") if one in post), "")) and post[
        act
    ].isdecimal():
        item = int(post[act][:17])
        if act == "retirer":
            services.remove_file(session.pk, item, by=user)
        elif act == "repasser":
            services.present_again(session.pk, item, by=user)
        else:
            services.move_file(session.pk, item, up=act == "monter", by=user)
    return redirect("committee_detail", pk)


@require_POST
@for_roles(Role.FUND_MANAGER)
def committee_invite(request: HttpRequest, pk: int) -> HttpResponse:
    count = services.invite(session_of(request.user, pk).pk, by=request.user)
    messages.success(
        request, f"{counted(count, 'membre convoqué,membres convoqués')} : chacun reçoit son ordre du jour."
    )
    return redirect("committee_detail", pk)


@require_http_methods(["GET", "POST"])
@for_roles(Role.FUND_MANAGER)
def committee_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    session = session_of(request.user, pk)
    if session.state != S.PLANNED:
        raise Http404
    form = ReasonForm(
        request.POST or None,
        version=session.version,
        label="Pourquoi la séance est annulée",
        hint="Les membres convoqués le lisent.",
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        services.cancel_session(pk, reason=data["reason"], by=request.user, version=data["version"])
        messages.success(request, "La séance est annulée.")
        return redirect("committee_list")
    mails = session.members.count() if session.invited_at else 0
    context = {"session": session, "form": form, "mails": mails}
    return render(request, "reviews/committee/cancel.html", context, status=422 if form.errors else 200)
