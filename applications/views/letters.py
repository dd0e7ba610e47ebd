"""« Courriers »: what was said to the commune about its file, with its proof."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.access import person
from applications import policies, services
from applications.forms.signed_papers import SignedPaperForm
from applications.letters import letters_of, scans_of
from applications.models import Application
from applications.services.signed_papers import convention_of, signed_decision
from applications.states import SignedKind
from applications.views import home_parts
from applications.views.fetching import own_file_alone
from common.errors import DomainError, NotAllowed
from documents.uploads import too_heavy


@require_http_methods(["GET", "POST"])
def application_letters(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """What was said, what was signed; the signatory deposits here the convention they signed."""
    application = own_file_alone(request, public_id)
    if application.number is None:
        raise Http404
    signs = policies.signs_for_its_commune(request.user, application)
    if request.method == "POST" and not signs:
        raise NotAllowed("La personne qui signe pour la commune dépose la convention signée.")
    to_sign = signs and convention_of(signed_decision(application)) is not None
    posted = request.method == "POST"
    data, files = (request.POST, request.FILES) if posted else (None, None)
    form = SignedPaperForm(data, files, kinds=[SignedKind.CONVENTION]) if to_sign or posted else None
    if form is not None and posted and deposited(request, application, form):
        messages.success(request, "La convention signée est déposée ; la métropole est prévenue.")
        return redirect("application_letters", public_id)
    context = {
        "form": form,
        "scans": scans_of(application),
        "application": application,
        "letters": letters_of(application, person(request), for_the_commune=True),
        "home_url": home_parts.url("application_home", application),
    }
    return render(request, "applications/commune/letters.html", context, status=422 if form and form.errors else 200)


def deposited(request: HttpRequest, application: Application, form: SignedPaperForm) -> bool:
    """Whether what was chosen is kept; the form says why not. The desk's page asks it too."""
    if form.refuse_heavy(too_heavy(request)) or not form.is_valid():
        return False
    data = form.cleaned_data
    try:
        services.deposit_signed(application.pk, kind=data["kind"], upload=data["file"], by=person(request))
    except DomainError as refusal:
        form.add_error("file", str(refusal))
        return False
    return True
