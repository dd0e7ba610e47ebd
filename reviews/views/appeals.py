"""Gracious appeals at the desk: one that came by post is registered, each is answered by who did not decide."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from applications import policies
from applications import services as applications
from applications.forms.appeals import AppealAnswerForm, PostedAppealForm
from applications.models import Appeal, Application
from applications.services.appeals import check_answers, contestable
from applications.states import AppealState, DecisionKind
from common.errors import DomainError, NotAllowed
from reviews.views.access import desk_page, file_of


@require_http_methods(["GET", "POST"])
@desk_page
def desk_appeal(request: HttpRequest, public_id: UUID) -> HttpResponse:
    application = file_of(request.user, public_id, "call__fund", "organisation", "instructor")
    related = application.appeals.select_related("decision", "filed_by", "answered_by", "letter__file", "application")
    appeals = list(related)
    waiting = next((one for one in appeals if one.state == AppealState.RECEIVED), None)
    found = contestable(application) if waiting is None else None
    registers = found is not None and policies.can_instruct(request.user, application)
    why_not = refused(waiting, request.user) if waiting else ""
    form = _form(request, waiting, registers, why_not)
    if request.method == "POST" and form is None:
        raise NotAllowed(why_not or "Il n’y a pas de recours à enregistrer ni à répondre sur ce dossier.")
    if request.method == "POST" and form is not None and form.is_valid():
        try:
            messages.success(request, _act(application, waiting, form.cleaned_data, request.user))
            return redirect("desk_appeal", public_id)
        except DomainError as refusal:
            form.add_error(None, str(refusal))
    context = {
        "application": application,
        "appeals": appeals,
        "waiting": waiting,
        "overdue": waiting is not None and waiting.due_on < timezone.localdate(),
        "form": form,
        "found": found,
        "why_not": why_not,
        "after": _after(waiting),
    }
    return render(request, "reviews/appeal.html", context, status=422 if form and form.errors else 200)


def _form(request: HttpRequest, waiting: Appeal | None, registers: bool, why_not: str) -> Any:
    data = request.POST if request.method == "POST" else None
    if waiting is not None:
        return None if why_not else AppealAnswerForm(data, initial={"version": waiting.version})
    return PostedAppealForm(data) if registers else None


def _act(application: Application, waiting: Appeal | None, data: dict[str, Any], by: Any) -> str:
    if waiting is None:
        applications.register_appeal(application.pk, words=data["words"], received_on=data["received_on"], by=by)
        return "Le recours est enregistré ; la commune reçoit un accusé de réception, et une autre personne y répond."
    accepted = data["outcome"] == "accepted"
    applications.answer_appeal(waiting.pk, accepted=accepted, answer=data["answer"], version=data["version"], by=by)
    return f"Le recours est {'admis' if accepted else 'rejeté'} ; la lettre part avec son courriel."


def refused(appeal: Appeal, user: Any) -> str:
    """Why this person may not answer it; empty when they may."""
    try:
        check_answers(appeal, by=user)
    except NotAllowed as refusal:
        return str(refusal)
    return ""


def _after(waiting: Appeal | None) -> list[str]:
    """What an accepted appeal does, in words."""
    if waiting is None:
        return []
    if waiting.decision is None:
        return ["Admis, le dossier revient en instruction."]
    return {
        DecisionKind.REJECT: [
            "Admis, le refus est retiré et le dossier redevient « évalué » : une nouvelle décision est prise."
        ],
        DecisionKind.WAITLIST: ["Admis, le dossier reste en liste d’attente : accordez l’aide par une décision."],
        DecisionKind.GRANT: [
            "Une aide déjà attribuée ne s’augmente pas sur recours : le recours ne peut qu’être rejeté."
        ],
    }[DecisionKind(waiting.decision.kind)]


def waiting_appeals(user: Any) -> Any:
    """The appeals that wait for an answer, on the files this person may see."""
    seen = Application.objects.on_desk_of(user).sent()
    found = Appeal.objects.filter(application__in=seen, state=AppealState.RECEIVED)
    return found.select_related("application__organisation", "decision").order_by("due_on")
