"""The change of an awarded action, at the desk."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from applications import policies
from applications import services as applications
from applications.comparing import differences
from applications.models import Application, ChangeRequest
from applications.states import ChangeState
from common.errors import DomainError
from common.money import euros
from reviews.forms import ChangeAnswerForm, SignForm
from reviews.views.access import desk_page, file_of


@require_http_methods(["GET", "POST"])
@desk_page
def desk_change(request: HttpRequest, public_id: UUID, pk: int) -> HttpResponse:
    application = file_of(request.user, public_id, "call__fund", "call__envelope", "organisation")
    found = application.changes.select_related("asked_by", "agreed_by", "decided_by", "letter")
    change = get_object_or_404(found, pk=pk)
    data = request.POST if request.method == "POST" else None
    signing = change.state == ChangeState.AGREED
    sign = SignForm(data if data and data.get("suite") == "signer" else None, version=change.version)
    answer = ChangeAnswerForm(data, version=change.version)
    if data is not None:
        try:
            if said := _act(request.user, change, data.get("suite", ""), sign, answer):
                messages.success(request, said)
                return redirect("desk_change", public_id, pk)
        except DomainError as refusal:
            if refusal.status == 403:
                raise
            answer.add_error(None, str(refusal))
    context = {
        "application": application,
        "change": change,
        "one": {"differences": differences(change.before, change.after)},
        "answer": answer,
        "sign": sign,
        "signing": signing,
        **_may(request.user, application, change),
    }
    wrong = bool(data is not None and (answer.errors or sign.errors))
    return render(request, "reviews/change.html", context, status=422 if wrong else 200)


def _may(user: Any, application: Application, change: ChangeRequest) -> dict[str, bool]:
    """Which buttons this person gets; the services check again."""
    decides = bool(policies.can_record_decision(user, application))
    signs = bool(policies.can_sign_decision(user, application)) and change.agreed_by_id != user.pk
    return {
        "can_accept": decides and change.state == ChangeState.REQUESTED,
        "can_sign": signs and change.state == ChangeState.AGREED,
        "can_refuse": change.is_open and (decides or signs),
    }


def _act(user: Any, change: ChangeRequest, what: str, sign: SignForm, answer: ChangeAnswerForm) -> str:
    """What was done, in a sentence; empty when a form has to be read again."""
    if what == "signer":
        if not (sign.is_valid() and answer.is_valid()):
            return ""
        act = {"act_number": sign.cleaned_data["act_number"], "act_date": sign.cleaned_data["act_date"]}
        applications.sign_change(change.pk, by=user, version=answer.cleaned_data["version"], **act)
        return f"La modification est signée : {euros(change.reduction_cents)} reviennent à l’enveloppe ; la commune est prévenue."
    if not answer.is_valid():
        return ""
    given = {"by": user, "answer": answer.cleaned_data["answer"], "version": answer.cleaned_data["version"]}
    if what == "refuser":
        applications.refuse_change(change.pk, **given)
        return "La modification est refusée ; la commune reçoit vos raisons."
    done = applications.accept_change(change.pk, **given)
    if done.state == ChangeState.AGREED:
        return "Votre accord est enregistré : le chef de service signe le nouveau montant."
    return "La modification est acceptée ; la commune est prévenue."
