"""The call's own questions on the pages of the commune: beside the sections, and when a new version is in service."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.access import person
from applications import policies, questionnaire, services
from applications.forms.acts import ActForm
from applications.models import Application
from applications.sections import Section, section_in, sections_of
from applications.views import home_parts, units
from applications.views.fetching import own_file
from common.errors import NotAllowed
from common.typography import counted
from fund.questions.form import QuestionsForm


def section_or_404(application: Application, slug: str) -> Section:
    """A section of this file, with what the call asks in it; the call's own is not there when it asks nothing."""
    questionnaire.fetch(application)
    if slug not in [one.slug for one in sections_of(application)]:
        raise Http404
    return section_in(application, slug)


def questions_form(application: Application, one: Section, received: units.Sent | None) -> QuestionsForm | None:
    if application.question_set_id is None:
        return None
    sheet = questionnaire.sheet(application)
    if not sheet.tops(one.slug):
        return None
    present = set(received.seen) if received else None
    form = QuestionsForm(received.data if received else None, sheet=sheet, section=one.slug, present=present)
    form.is_valid()
    return form


def questions_context(application: Application, one: Section, form: QuestionsForm | None) -> dict[str, Any]:
    """The form, and in the call's own section what was answered and will not be sent."""
    context: dict[str, Any] = {"questions": form, "documents_url": home_parts.section_url(application, "pieces")}
    if form is None or one.slug != questionnaire.OWN:
        return context
    newer = services.newer_questions(application)
    return context | {
        "newer_url": home_parts.url("application_change_questions", application) if newer else "",
        "left_behind": services.answers_left(application),
        "unasked": questionnaire.sheet(application).unasked(),
    }


def opened_by(request: HttpRequest, application: Application, one: Section, parts: Any) -> HttpResponse | None:
    """Without JavaScript an answer may ask one question more: the page is shown again, with it."""
    form = getattr(parts, "questions", None)
    opened = form.opened() if form is not None else []
    if not opened or request.POST.get("suite") != "continuer":
        return None
    asked = counted(len(opened), "question de plus,questions de plus")
    messages.info(request, f"C’est enregistré. Votre réponse appelle {asked} : voyez plus bas.")
    return redirect(home_parts.section_url(application, one.slug) + f"#unite-q-{opened[0].code}")


@require_http_methods(["GET", "POST"])
def questions_change(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Go over to the questions in service: what still fits is kept, the rest stays readable."""
    application = own_file(request, public_id)
    if not policies.can_edit(request.user, application):
        raise NotAllowed("Un rédacteur ou le signataire de la commune peut changer les questions d’un brouillon.")
    newer = services.newer_questions(application)
    if newer is None:
        return redirect("application_home", public_id)
    form = ActForm(request.POST or None, version=application.version)
    if request.method == "POST" and form.is_valid():
        services.change_questions(application.pk, by=person(request), version=form.cleaned_data["version"])
        messages.success(request, "Le dossier suit les nouvelles questions. Vos réponses qui conviennent sont gardées.")
        return redirect("application_home", public_id)
    context = {
        "application": application,
        "form": form,
        "newer": newer,
        "consequences": [
            "Le dossier suit les nouvelles questions de l’appel.",
            "Une réponse à une question qui n’a pas changé est gardée ; les autres restent lisibles, sans être envoyées.",
            "Vous pouvez aussi garder les questions d’origine : le dossier sera lu de la même façon.",
        ],
        "home_url": home_parts.url("application_home", application),
    }
    return render(request, "applications/commune/change_questions.html", context)
