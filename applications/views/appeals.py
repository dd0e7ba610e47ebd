"""The commune's page of a gracious appeal: file it, follow it, take it back."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.access import person
from applications import policies, services
from applications.forms.appeals import AppealForm
from applications.services.appeals import contestable
from applications.states import AppealState
from applications.views import home_parts
from applications.views.fetching import own_file_alone
from common.errors import DomainError, NotAllowed


@require_http_methods(["GET", "POST"])
def application_appeal(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The appeals of this file, and the form of a new one while a decision may be contested."""
    application = own_file_alone(request, public_id)
    appeals = list(application.appeals.select_related("decision", "filed_by", "letter__file"))
    found = contestable(application)
    if application.number is None:
        raise Http404
    signs = policies.signs_for_its_commune(request.user, application)
    if request.method == "POST" and not signs:
        raise NotAllowed("La personne qui signe pour la commune dépose ou retire un recours.")
    waiting = next((one for one in appeals if one.state == AppealState.RECEIVED), None)
    form = AppealForm(request.POST if request.method == "POST" and "retirer" not in request.POST else None)
    if request.method == "POST":
        if "retirer" in request.POST and waiting is not None:
            services.withdraw_appeal(waiting.pk, by=person(request))
            messages.success(request, "Votre recours est retiré.")
            return redirect(request.path)
        if form.is_valid():
            try:
                services.file_appeal(application.pk, words=form.cleaned_data["words"], by=person(request))
                messages.success(request, "Votre recours est enregistré ; un accusé de réception vous est envoyé.")
                return redirect(request.path)
            except DomainError as refusal:
                if refusal.status == 403:
                    raise
                form.add_error(None, str(refusal))
    context = {
        "application": application,
        "appeals": appeals,
        "found": found,
        "open": found is not None and timezone.localdate() <= found.last_day,
        "form": form,
        "signs": signs,
        "home_url": home_parts.url("application_home", application),
    }
    return render(request, "applications/commune/appeal.html", context, status=422 if form.errors else 200)
