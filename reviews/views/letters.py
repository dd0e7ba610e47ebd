"""Every letter of a file, at the desk: what was said, with its proof; what was signed by hand; the convention."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from applications import policies
from applications import services as applications
from applications.forms.signed_papers import SignedPaperForm
from applications.letters import letters_of, scans_of
from applications.models import Application, Decision
from applications.services.signed_papers import convention_of, signed_decision
from applications.states import DecisionKind, DecisionState, SignedKind
from applications.views.letters import deposited
from common.errors import NotAllowed
from reviews.views.access import desk_page, file_of


@require_http_methods(["GET", "POST"])
@desk_page
def desk_letters(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Every letter and mail about the file, to whom, where it stands, what it carried, what was signed."""
    application = file_of(request.user, public_id, "call__fund", "organisation")
    user, decision = request.user, signed_decision(application)
    may = bool(policies.can_instruct(user, application) or policies.can_sign_decision(user, application))
    if request.method == "POST" and not may:
        raise NotAllowed("Votre rôle ne permet pas de déposer un document signé.")
    if request.method == "POST" and request.POST.get("suite") == "convention":
        applications.make_convention(application.pk, by=user)
        messages.success(request, "La convention est faite ; la personne qui signe pour la commune la reçoit.")
        return redirect("desk_letters", public_id)
    made = convention_of(decision) is not None
    form = _form(request, made) if may and (decision is not None or request.method == "POST") else None
    if form is not None and request.method == "POST" and deposited(request, application, form):
        messages.success(request, "Le document signé est déposé ; la commune est prévenue.")
        return redirect("desk_letters", public_id)
    context = {
        "application": application,
        "letters": letters_of(application, user, for_the_commune=False),
        "scans": scans_of(application),
        "form": form,
        "can_make": not made and _awarded(decision) and _makes(user, application),
    }
    return render(request, "reviews/letters.html", context, status=422 if form and form.errors else 200)


def _form(request: HttpRequest, made: bool) -> SignedPaperForm:
    kinds = [SignedKind.LETTER, SignedKind.CONVENTION] if made else [SignedKind.LETTER]
    posted = request.method == "POST"
    return SignedPaperForm(request.POST if posted else None, request.FILES if posted else None, kinds=kinds)


def _awarded(decision: Decision | None) -> bool:
    return decision is not None and decision.kind == DecisionKind.GRANT and decision.state == DecisionState.NOTIFIED


def _makes(user: Any, application: Application) -> bool:
    return bool(policies.is_fund_manager(user, application) or policies.can_sign_decision(user, application))
