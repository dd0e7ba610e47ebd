"""« Chercher dans l’annuaire des entreprises »: asked by a task, looked at when it has answered, never waited for."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts import policies, services
from accounts.access import person
from accounts.models import Organisation
from accounts.services.lookup import PATIENCE
from accounts.states import LookupState
from accounts.views.people import back_to
from common.history import mark


def lookup_context(organisation: Organisation, user: Any) -> dict[str, Any] | None:
    """What the panel shows; None where the directory is not asked, or not by this person."""
    if not settings.COMPANY_DIRECTORY_URL or not policies.can_administer(user, organisation.pk):
        return None
    last = organisation.lookups.order_by("-pk").first()
    state = last.state if last else ""
    if last and state == LookupState.ASKED and last.asked_at < timezone.now() - PATIENCE:
        state = LookupState.DOWN
    known = last is not None and (last.siret, last.address) == (organisation.siret, organisation.address)
    if state == LookupState.FOUND and known and organisation.siret_checked:
        state = LookupState.KEPT
    return {
        "organisation": organisation,
        "last": last,
        "state": state,
        "seen": mark(organisation),
        "can_type": policies.can_edit_contacts(user, organisation),
    }


@require_POST
def lookup_ask(request: HttpRequest, siren: str) -> HttpResponse:
    organisation = _organisation(request, siren)
    services.ask_directory(organisation, by=person(request))
    return _answer(request, organisation)


@require_safe
def lookup_state(request: HttpRequest, siren: str) -> HttpResponse:
    return _answer(request, _organisation(request, siren))


@require_POST
def lookup_keep(request: HttpRequest, siren: str) -> HttpResponse:
    organisation = _organisation(request, siren)
    pk = request.POST.get("pk", "")
    last = organisation.lookups.filter(pk=int(pk) if pk.isdigit() else 0).first()
    if last is None:
        raise Http404
    services.keep_lookup(last.pk, seen=request.POST.get("seen", ""), by=person(request))
    messages.success(request, "Le SIRET et l’adresse sont repris, et marqués comme vérifiés.")
    return redirect(back_to(person(request), organisation))


def _answer(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    """The panel alone for htmx, the page that holds it otherwise."""
    if not getattr(request, "htmx", False):
        return redirect(back_to(person(request), organisation))
    return render(request, "accounts/_lookup.html", {"lookup": lookup_context(organisation, request.user)})


def _organisation(request: HttpRequest, siren: str) -> Organisation:
    organisation = get_object_or_404(Organisation, siren=siren)
    if not settings.COMPANY_DIRECTORY_URL or not policies.can_administer(request.user, organisation.pk):
        raise Http404
    return organisation
