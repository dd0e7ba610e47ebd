"""The account of an award, the papers of its payments, and what is paid back."""

from collections.abc import Callable
from typing import cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from accounts.states import DESK_ROLES, FINANCE_ROLES
from applications.models import Application, Decision
from applications.states import DecisionKind, DecisionState
from common.errors import DomainError
from common.paging import newest_first
from journal.services import once
from payments import policies, services, settlement
from payments.forms import CancelRecoveryForm, IssueForm, PaperForm, ReceiveForm, VersionForm
from payments.models import Instalment, Recovery, Settlement
from payments.pages import spoken_history
from payments.settlement import Sums
from payments.states import RecoveryState
from payments.views import commune, instalments
from payments.views.access import confirm_identity, require, require_staff, seen


@require_http_methods(["GET", "POST"])
def award_settle(request: HttpRequest, public_id: str) -> HttpResponse:
    """The calculation, line by line; who certifies the service fait makes it final."""
    visible = Application.objects.visible_to(request.user).select_related("call", "organisation")
    application: Application = seen(visible, public_id=public_id)
    member = policies.belongs_to(request.user, application.organisation_id)
    if not member and not policies.reads_payments(request.user):
        raise Http404
    decision = Decision.objects.filter(
        application=application, kind=DecisionKind.GRANT, state=DecisionState.NOTIFIED
    ).first()
    may = policies.can_certify(request.user, application.organisation_id)
    if request.method == "POST":
        require(may, "Le décompte est arrêté par un instructeur.")
        confirm_identity(request)
        services.settle(application.pk, by=request.user)
        messages.success(request, "Le décompte est arrêté. La commune le reçoit.")
        return redirect("award_settle", public_id)
    made = Settlement.objects.filter(application=application).select_related("made_by").first()
    computed = settlement.compute(application, decision) if decision and not made else None
    sums = Sums(made.granted_cents, made.due_cents, made.gone_cents) if made else computed and computed.sums
    context = {
        "application": application,
        "is_staff": not member,
        "decision": decision,
        "made": made,
        "lines": made.explained if made else computed.lines if computed else [],
        "sums": sums,
        "outcome": settlement.outcome_words(sums) if sums else "",
        "may": may and computed is not None,
        "recoveries": Recovery.objects.filter(application=application),
    }
    return render(request, "payments/settle.html", context)


@require_POST
def instalment_join(request: HttpRequest, pk: int) -> HttpResponse:
    """A paper that the legal basis of the payment requires."""
    rows = Instalment.objects.visible_to(request.user).select_related("application")
    instalment: Instalment = seen(rows, pk=pk)
    writes = policies.writes_for(request.user, instalment.organisation_id)
    require(writes or request.user.has_role(*DESK_ROLES), "Votre rôle ne permet pas de joindre une pièce.")  # type: ignore[union-attr]
    form = PaperForm(request.POST, request.FILES)
    if form.is_valid():
        said = form.cleaned_data
        key = said.pop("key")
        try:
            once(
                by=cast(User, request.user),
                operation=f"join_paper:{said['kind']}",
                key=key,
                request={"instalment": pk, "name": said["file"].name, "reference": said["reference"]},
                act=lambda: {"paper": services.join_paper(pk, by=request.user, **said).pk},
            )
        except DomainError as error:
            form.add_error("file", str(error))
        else:
            messages.success(request, "La pièce est jointe.")
            return redirect("instalment_request" if writes else "instalment_detail", pk)
    return (commune if writes else instalments).paper_refused(request, pk, form)


@require_safe
def recovery_list(request: HttpRequest) -> HttpResponse:
    require_staff(request)
    rows = Recovery.objects.visible_to(request.user).select_related("application", "organisation")
    return render(request, "payments/recovery_list.html", {"page": newest_first(rows, request.GET)})


FORMS = {"emettre": IssueForm, "encaisser": ReceiveForm, "abandonner": CancelRecoveryForm}
VERBS: dict[str, Callable[..., Recovery]] = {
    "emettre": services.issue_recovery,
    "encaisser": services.receive_recovery,
    "abandonner": services.cancel_recovery,
}
OPEN_TO = {RecoveryState.ASKED: ("emettre", "abandonner"), RecoveryState.ISSUED: ("encaisser", "abandonner")}


@require_http_methods(["GET", "POST"])
def recovery_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One recovery, and the step that comes next; `act` says which."""
    require_staff(request)
    rows = Recovery.objects.visible_to(request.user).select_related(
        "application", "organisation", "asked_by", "issued_by", "received_by", "cancelled_by"
    )
    recovery: Recovery = seen(rows, pk=pk)
    may = request.user.has_role(*FINANCE_ROLES)  # type: ignore[union-attr]
    acts = OPEN_TO.get(RecoveryState(recovery.state), ()) if may else ()
    posted = request.POST.get("act", "")
    forms = {
        act: FORMS[act](request.POST if act == posted else None, initial={"version": recovery.version}) for act in acts
    }
    if request.method == "POST":
        require(may, "Un recouvrement est suivi par les finances.")
        confirm_identity(request)
        form = forms.get(posted) or VersionForm()
        if form.is_valid():
            try:
                VERBS[posted](pk, by=request.user, **form.cleaned_data)
            except DomainError as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, "C’est enregistré. La commune et les finances sont prévenues.")
                return redirect("recovery_detail", pk)
        elif posted not in forms:
            messages.info(request, "Rien n’a été changé : cette étape est déjà passée.")
            return redirect("recovery_detail", pk)
    context = {"recovery": recovery, "forms": forms, "wrong": forms.get(posted), "timeline": spoken_history(recovery)}
    return render(request, "payments/recovery.html", context, status=422 if posted in forms else 200)
