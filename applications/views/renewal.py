"""« Repartir de ce dossier », and the marks of what comes from it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import person
from applications import policies, services
from applications.forms.help import BeginAgainForm
from applications.sections import BY_SLUG
from applications.states import ApplicationState
from applications.views import home_parts
from applications.views.fetching import own_file, own_files
from common.errors import DomainError, NotAllowed
from fund.models import Call
from journal.services import done_before

COPIED = [
    "Vos textes, les partenaires et les publics",
    "Les indicateurs ; ce qui a été atteint, si le bilan le dit, devient le point de départ",
    "Les lignes du budget, avec leurs montants",
    "Vos réponses aux questions que le nouvel appel pose encore",
]
LEFT = [
    "Les dates de l’action et son calendrier",
    "Les engagements et la signature",
    "Les pièces : celles qui sont encore valables vous seront proposées",
    "L’accord des partenaires et l’état des autres demandes de subvention",
]


@require_http_methods(["GET", "POST"])
def application_again(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """What is taken from this file and what is not, for which call; then the new draft."""
    origin = own_file(request, public_id)
    if origin.number is None:
        raise Http404
    if not policies.writes_for_its_commune(request.user, origin):
        raise NotAllowed("Un rédacteur ou le signataire de la commune peut repartir de ce dossier.")
    calls = Call.objects.open_now().exclude(pk=origin.call_id) or Call.objects.open_now()
    started = own_files(request.user).filter(
        organisation=origin.organisation_id, call__in=calls, state=ApplicationState.DRAFT
    )
    form = BeginAgainForm(
        request.POST or None,
        calls=calls,
        started=started,
        was_posted=lambda key: done_before(by=person(request), operation="begin_again", key=key),
    )
    if request.method == "POST" and form.is_valid():
        try:
            draft = services.begin_again(origin.pk, form.cleaned_data["call"].pk, by=person(request), key=form.token)
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "Votre nouveau dossier est prêt à relire, section par section.")
            return redirect("application_home", draft.public_id)
    context = {
        "application": origin,
        "form": form,
        "calls": calls,
        "started": form.started,
        "copied": COPIED,
        "left": LEFT,
    }
    return render(request, "applications/commune/again.html", context | {"home_url": _home(origin)})


def _home(application: Any) -> str:
    return home_parts.url("application_home", application)


@require_POST
def section_read(request: HttpRequest, public_id: UUID, section: str) -> HttpResponse:
    """« Relu »: the section says what it should this year too."""
    application = own_file(request, public_id)
    if section not in BY_SLUG:
        raise Http404
    services.mark_read(application.pk, section, by=person(request))
    messages.success(request, f"« {BY_SLUG[section].title} » est relu.")
    if request.POST.get("suite") == "section":
        return redirect(home_parts.section_url(application, section))
    return redirect("application_home", public_id)
