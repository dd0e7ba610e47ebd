"""Assisted entry: the commune gives the hand on its draft, one of the fund's team takes it or types for a commune."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import for_roles, person
from accounts.models import Organisation
from accounts.states import OrganisationKind
from applications import policies, services
from applications.forms.help import AskHelpForm, OpenHelpForm
from applications.models import Application, Assistance
from applications.states import ApplicationState
from applications.views.fetching import own_file
from applications.visibility import HELPING_ROLES
from common.errors import DomainError, NotAllowed
from fund.models import Call
from journal.services import done_before

# --- The commune -----------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def application_help(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Who helps to write this draft; giving the hand, taking it back."""
    application = own_file(request, public_id)
    if application.state != ApplicationState.DRAFT:
        return redirect("application_home", public_id)
    writes = bool(policies.writes_for_its_commune(request.user, application))
    if request.method == "POST" and not writes:
        raise NotAllowed("Un rédacteur ou le signataire de la commune peut donner la main.")
    form = AskHelpForm(request.POST or None, version=application.version)
    if request.method == "POST" and form.is_valid():
        try:
            services.ask_help(application.pk, reason=form.cleaned_data["reason"], by=person(request))
        except DomainError as refusal:
            messages.info(request, str(refusal))
        else:
            messages.success(request, "L’équipe du fonds est prévenue par courriel ; vous pouvez continuer d’écrire.")
        return redirect("application_help", public_id)
    context = {
        "application": application,
        "form": form,
        "writes": writes,
        "help": application.open_help,
        "past": [one for one in application.assistances.all() if one.ended_at is not None],
    }
    return render(request, "applications/commune/help.html", context)


@require_POST
def application_help_end(request: HttpRequest, public_id: UUID) -> HttpResponse:
    application = own_file(request, public_id)
    mine = policies.writes_for_its_commune(request.user, application)
    services.end_help(application.pk, by=person(request))
    if mine:
        messages.success(request, "Vous avez repris la main : votre commune écrit seule.")
        return redirect("application_home", public_id)
    messages.success(request, "La commune est prévenue : à elle de relire et d’envoyer.")
    return redirect("desk_help")


# --- The desk --------------------------------------------------------------------------------------------------


def _helped(user: Any) -> QuerySet[Assistance]:
    """Open hands on drafts, of communes that are not this person's own, whose files they may see once sent."""
    return (
        Assistance.objects.filter(ended_at=None, application__state=ApplicationState.DRAFT)
        .exclude(application__organisation__in=user.organisation_ids())
        .select_related("application__organisation", "application__call", "asked_by", "helper")
        .order_by("opened_at", "pk")
    )


@require_GET
@for_roles(*HELPING_ROLES)
def desk_help(request: HttpRequest) -> HttpResponse:
    """What communes ask, what I write in the name of one, and the way to begin."""
    found = list(_helped(request.user)[:200])
    context = {
        "asked": [one for one in found if one.helper_id is None],
        "mine": [one for one in found if one.helper_id == person(request).pk],
        "others": [one for one in found if one.helper_id not in (None, person(request).pk)],
        "can_open": Call.objects.open_now().exists(),
    }
    return render(request, "applications/desk/help.html", context)


@require_http_methods(["GET", "POST"])
@for_roles(*HELPING_ROLES)
def desk_help_open(request: HttpRequest) -> HttpResponse:
    """« Saisir pour une commune »: which, for which call, why."""
    own = person(request).organisation_ids()
    communes = Organisation.objects.filter(kind=OrganisationKind.COMMUNE).exclude(pk__in=own).order_by("sort_name")
    calls = Call.objects.open_now().order_by("closes_at")
    form = OpenHelpForm(request.POST or None, calls=calls, organisations=communes)
    if request.method == "POST" and form.is_valid() and not _already_begun(form, request):
        data = form.cleaned_data
        try:
            application = services.open_for(
                data["call"].pk, data["organisation"].pk, reason=data["reason"], by=person(request), key=form.token
            )
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"Vous écrivez pour {application.organisation.name}, qui en est prévenue.")
            return redirect("application_home", application.public_id)
    return render(request, "applications/desk/help_open.html", {"form": form, "calls": calls})


def _already_begun(form: OpenHelpForm, request: HttpRequest) -> bool:
    """The desk sees no draft, but is told that there is one: the commune had better give the hand on it."""
    data = form.cleaned_data
    drafts = Application.objects.filter(
        call=data["call"], organisation=data["organisation"], state=ApplicationState.DRAFT
    )
    posted = done_before(by=person(request), operation="open_for", key=data["key"])
    if data.get("anyway") or posted or not drafts.exists():
        return False
    form.warn(
        f"{data['organisation'].name} a déjà un brouillon pour cet appel. Proposez-lui de vous donner la main dessus, "
        "ou cochez cette case."
    )
    return True


@require_POST
@for_roles(*HELPING_ROLES)
def desk_help_take(request: HttpRequest, pk: int) -> HttpResponse:
    found = _helped(request.user).filter(pk=pk).first()
    if found is None:
        raise Http404
    assistance = services.take_hand(found.pk, by=person(request))
    messages.success(request, "Vous avez la main sur ce dossier ; la commune en est prévenue.")
    return redirect("application_home", assistance.application.public_id)
