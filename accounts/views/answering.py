"""Those who ask to join, before whoever may answer: the administrators of the commune, the fund's managers."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts import policies, services
from accounts.access import person
from accounts.domains import hint, known_domains
from accounts.models import JoinRequest, Organisation
from accounts.notifications import administrators_of
from accounts.people_forms import AcceptJoinForm, RefuseJoinForm
from accounts.states import JoinState
from common.paging import newest_first


@require_safe
def join_list(request: HttpRequest) -> HttpResponse:
    """Every commune's, for the fund's managers: first those that wait, then what was answered."""
    if not policies.can_keep_accounts_of_communes(request.user):
        raise Http404
    asked = JoinRequest.objects.select_related("organisation", "decided_by")
    waiting = list(asked.filter(state=JoinState.WAITING).order_by("confirmed_at", "pk"))
    answered = newest_first(asked.filter(state__in=(JoinState.ACCEPTED, JoinState.REFUSED)), request.GET)
    context = {"waiting": with_hints(waiting), "page": answered}
    return render(request, "accounts/join_list.html", context)


def with_hints(waiting: list[JoinRequest]) -> list[dict[str, Any]]:
    return [{"request": one, "hint": hint(one.email, one.organisation)} for one in waiting]


def join_answer(request: HttpRequest, pk: int) -> HttpResponse:
    """One request: what is known, and the two answers."""
    user = person(request)
    asked = get_object_or_404(JoinRequest.objects.select_related("organisation", "decided_by"), pk=pk)
    if not policies.can_administer(user, asked.organisation_id) or asked.state == JoinState.UNCONFIRMED:
        raise Http404
    said = request.POST.get("acte", "")
    first = not administrators_of(asked.organisation)
    start = {"version": asked.version, "as_administrator": first}
    accept = AcceptJoinForm(request.POST if said == "accepter" else None, by=user, initial=start)
    refuse = RefuseJoinForm(request.POST if said == "refuser" else None, initial=start)
    if request.method == "POST" and (done := _answered(request, asked, accept, refuse)):
        return done
    context = {
        "asked": asked,
        "accept": accept,
        "refuse": refuse,
        "hint": hint(asked.email, asked.organisation),
        "domains": sorted(known_domains(asked.organisation)),
        "waits": asked.state == JoinState.WAITING,
        "mine": asked.email == user.email.lower(),
        "first": first,
        "back": _back(user, asked.organisation),
    }
    return render(request, "accounts/join_answer.html", context)


def _answered(
    request: HttpRequest, asked: JoinRequest, accept: AcceptJoinForm, refuse: RefuseJoinForm
) -> HttpResponse | None:
    user = person(request)
    if accept.is_bound and accept.is_valid():
        services.accept_join(asked.pk, by=user, **accept.cleaned_data)
        messages.success(request, f"{asked.full_name} fait maintenant partie de la commune.")
    elif refuse.is_bound and refuse.is_valid():
        services.refuse_join(asked.pk, by=user, **refuse.cleaned_data)
        messages.success(request, f"Le refus est parti à {asked.email}.")
    else:
        return None
    return redirect(_back(user, asked.organisation))


def _back(user: Any, organisation: Organisation) -> str:
    return reverse("team") if organisation.pk in user.organisation_ids() else reverse("join_list")
