"""The desk's pages of the opinions asked outside: who was asked, what they said; ask, renew, withdraw."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from applications import policies
from applications.models import Application
from applications.states import UNDECIDED
from common.dates import day
from common.errors import DomainError, NotAllowed
from reviews import services
from reviews.forms_outside import AskOutsideForm, RenewForm, WithdrawForm
from reviews.models import OutsideOpinion
from reviews.outside import papers_to_show
from reviews.outside_notifications import OutsideAsked, OutsideWithdrawn
from reviews.outside_states import OutsideState
from reviews.views.access import desk_page, file_of, file_to_instruct
from reviews.views.acts import as_read

DAYS = 15
SUGGESTED = 60


@require_safe
@desk_page
def desk_outside(request: HttpRequest, public_id: UUID) -> HttpResponse:
    application = file_of(request.user, public_id)
    found = OutsideOpinion.objects.visible_to(request.user).filter(application=application)
    may = policies.can_instruct(request.user, application)
    context = {
        "application": application,
        "opinions": list(found.select_related("asked_by", "file").order_by("-pk")),
        "can_ask": may and application.state in UNDECIDED,
        "can_act": may,
    }
    return render(request, "reviews/outside/list.html", context)


@require_http_methods(["GET", "POST"])
@desk_page
def desk_outside_ask(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Write the question, read the mail as it will leave, send it."""
    application = file_to_instruct(request.user, public_id, "call__fund", "organisation")
    initial = {"due_on": timezone.localdate() + timedelta(days=DAYS)}
    form = AskOutsideForm(request.POST or None, papers=papers_to_show(application), initial=initial)
    preview = None
    if request.method == "POST" and form.is_valid():
        try:
            if request.POST.get("suite") == "envoyer":
                opinion = services.ask_outside(application.pk, question=form.question(), by=request.user)
                messages.success(request, f"La question est partie à {opinion.contact_name}.")
                return redirect("desk_outside", public_id)
            preview = as_read(OutsideAsked(services.draft_of(application, form.question(), by=request.user)))
        except DomainError as refusal:
            form.add_error(None, str(refusal))
    context = {"application": application, "form": form, "preview": preview, "known": _known_organisms()}
    return render(request, "reviews/outside/ask.html", context, status=422 if form.errors else 200)


def _known_organisms() -> list[str]:
    """Asked before, the latest first: what is typed again and again."""
    found = OutsideOpinion.objects.order_by("-pk").values_list("organism", flat=True)[:SUGGESTED]
    return list(dict.fromkeys(found))


def _open_one(user: Any, pk: int) -> OutsideOpinion:
    """A question without an answer, for the page of an act."""
    found = OutsideOpinion.objects.visible_to(user).select_related(
        "application__call__fund", "application__organisation", "asked_by"
    )
    opinion = get_object_or_404(found, pk=pk)
    application: Application = opinion.application
    if not policies.can_instruct(user, application):
        raise NotAllowed("Les avis sont demandés par un instructeur ou par le gestionnaire du fonds.")
    if opinion.state != OutsideState.ASKED:
        raise DomainError(f"L’avis de {opinion.organism} est maintenant « {opinion.get_state_display().lower()} ».")
    return opinion


@require_http_methods(["GET", "POST"])
@desk_page
def outside_renew(request: HttpRequest, pk: int) -> HttpResponse:
    opinion = _open_one(request.user, pk)
    form = RenewForm(request.POST or None, initial={"due_on": timezone.localdate() + timedelta(days=DAYS)})
    if request.method == "POST" and form.is_valid():
        try:
            services.renew_outside(pk, due_on=form.cleaned_data["due_on"], by=request.user)
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            when = day(form.cleaned_data["due_on"])
            messages.success(request, f"{opinion.contact_name} reçoit un nouveau lien, et a jusqu’au {when}.")
            return redirect("desk_outside", opinion.application.public_id)
    context = {"application": opinion.application, "opinion": opinion, "form": form}
    return render(request, "reviews/outside/renew.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@desk_page
def outside_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    opinion = _open_one(request.user, pk)
    form = WithdrawForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        services.withdraw_outside(pk, reason=form.cleaned_data["reason"], by=request.user)
        messages.success(request, f"La demande est retirée ; {opinion.contact_name} en est prévenu par courriel.")
        return redirect("desk_outside", opinion.application.public_id)
    mails = len(OutsideWithdrawn(opinion).recipients())
    context = {"application": opinion.application, "opinion": opinion, "form": form, "mails": mails}
    return render(request, "reviews/outside/withdraw.html", context, status=422 if form.errors else 200)
