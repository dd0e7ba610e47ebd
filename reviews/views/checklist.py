"""The admissibility of a file on its own page: the computed rules, the points of the call, and the word that ends it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from applications.models import Application
from applications.states import ApplicationState
from common.errors import DomainError
from common.typography import counted
from reviews import services
from reviews.forms_instruction import ChecklistForm
from reviews.services.checklist import lines_of
from reviews.views.access import desk_page, file_to_instruct


@require_http_methods(["GET", "POST"])
@desk_page
def desk_checklist(request: HttpRequest, public_id: UUID) -> HttpResponse:
    application = file_to_instruct(request.user, public_id, "call", "organisation")
    lines = lines_of(application.pk, by=request.user)
    form = _form(request, application, lines)
    if request.method == "POST" and form.is_valid():
        try:
            return _kept(request, application, form)
        except DomainError as refusal:
            form.add_error(None, str(refusal))
    opened = application.state == ApplicationState.IN_INSTRUCTION and application.complete_checked_at is None
    context = {
        "application": application,
        "form": form,
        "lines": lines,
        "settled": sum(line.settled for line in lines),
        "opened": opened,
    }
    return render(request, "reviews/instruction/checklist.html", context, status=422 if form.errors else 200)


def _form(request: HttpRequest, application: Application, lines: Any) -> ChecklistForm:
    seen = max((line.answer.pk for line in lines if line.answer), default=None)
    return ChecklistForm(request.POST or None, lines=lines, version=application.version, initial={"seen": seen})


def _kept(request: HttpRequest, application: Application, form: ChecklistForm) -> HttpResponse:
    made = services.answer_checks(
        application.pk, answers=form.answers(), by=request.user, seen=form.cleaned_data["seen"]
    )
    if request.POST.get("suite") == "complet":
        services.find_complete(application.pk, by=request.user, version=form.cleaned_data["version"])
        messages.success(request, f"Le dossier {application.number} est déclaré complet et recevable.")
        return redirect("desk_file", application.public_id)
    kept = counted(made, "réponse enregistrée,réponses enregistrées,aucune réponse nouvelle")
    messages.success(request, f"{kept[:1].upper()}{kept[1:]}.")
    return redirect("desk_checklist", application.public_id)
