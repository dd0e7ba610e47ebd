"""The commune's page of the change of an awarded action: ask, follow, take back."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.access import person
from applications import policies, services
from applications.comparing import differences
from applications.forms.changing import ChangeForm
from applications.views import home_parts
from applications.views.fetching import own_file_alone
from common.errors import DomainError, NotAllowed


@require_http_methods(["GET", "POST"])
def application_change(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The requests of this file, and the form of a new one when none is open."""
    application = own_file_alone(request, public_id)
    decision = services.awarded(application)
    changes = list(application.changes.select_related("asked_by", "decided_by", "letter"))
    if decision is None and not changes:
        raise Http404
    writes = policies.writes_for_its_commune(request.user, application)
    if request.method == "POST" and not writes:
        raise NotAllowed("Votre rôle dans la commune ne permet pas cette action.")
    waiting = next((one for one in changes if one.is_open), None)
    if request.method == "POST" and "retirer" in request.POST and waiting:
        services.withdraw_change(waiting.pk, by=person(request), version=_version(request))
        messages.success(request, "Votre demande de modification est retirée.")
        return redirect(request.path)
    award = decision.now_cents if decision else 0
    can_ask = decision is not None and waiting is None and writes
    data = request.POST if request.method == "POST" else None
    form = ChangeForm(data, application=application, award_cents=award) if can_ask else None
    if data is not None and form is None:
        raise DomainError("Une demande de modification est déjà en cours : attendez sa réponse, ou retirez-la.")
    if data is not None and form is not None and form.is_valid():
        try:
            _ask(request, application.pk, form)
            messages.success(request, "Votre demande est envoyée : la métropole vous répond par écrit.")
            return redirect(request.path)
        except DomainError as refusal:
            form.add_error(None, str(refusal))
    context = {
        "application": application,
        "form": form,
        "award": award,
        "changes": [{"change": one, "differences": differences(one.before, one.after)} for one in changes],
        "writes": writes,
        "home_url": home_parts.url("application_home", application),
    }
    return render(request, "applications/commune/change.html", context, status=422 if form and form.errors else 200)


def _ask(request: HttpRequest, pk: int, form: ChangeForm) -> None:
    data = form.cleaned_data
    services.ask_change(
        pk,
        by=person(request),
        values=form.values(),
        award_cents=data["award"],
        reason=data["reason"],
        version=data["version"],
    )


def _version(request: HttpRequest) -> int | None:
    text = request.POST.get("version", "")
    return int(text) if text.isdecimal() and len(text) < 10 else None
