"""The page of an award, and the acts on it."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from applications import policies as files
from applications.models import Application, Decision
from applications.states import ApplicationState, DecisionKind, DecisionState
from common.errors import DomainError
from fund.models import Envelope
from payments import policies, rules, services
from payments.acts import lapse_date, what
from payments.dues import planned_day
from payments.forms import ActForm, SignActForm, VersionForm
from payments.models import AwardAct, Instalment
from payments.states import ActState, InstalmentState
from payments.views.access import confirm_identity, require, say_first_error, seen


def _award(request: HttpRequest, public_id: str) -> tuple[Application, Decision]:
    """The file and its award; a commune sees it once it was told."""
    visible = Application.objects.visible_to(request.user).select_related("call__fund", "organisation")
    application: Application = seen(visible, public_id=public_id)
    member = policies.belongs_to(request.user, application.organisation_id)
    if not member and not policies.reads_payments(request.user):
        raise Http404
    told = (DecisionState.NOTIFIED,) if member else (DecisionState.SIGNED, DecisionState.NOTIFIED)
    decision: Decision = seen(
        Decision.objects.select_related("letter", "signed_by"),
        application=application,
        kind=DecisionKind.GRANT,
        state__in=told,
    )
    return application, decision


@require_safe
def award(request: HttpRequest, public_id: str) -> HttpResponse:
    application, decision = _award(request, public_id)
    return render(request, "payments/award.html", _page(application, decision, request.user))


def _page(application: Application, decision: Decision, user: Any) -> dict[str, Any]:
    instalments = list(Instalment.objects.filter(decision=decision).annotate(due_on=planned_day()).order_by("position"))
    member = policies.belongs_to(user, application.organisation_id)
    known = AwardAct.objects.filter(decision=decision).select_related("prepared_by", "signed_by", "letter")
    acts = list(known.filter(state=ActState.SIGNED) if member else known)
    for act in acts:
        act.what = what(act)  # type: ignore[attr-defined]
    standing = sum(one.amount_cents for one in instalments if one.state != InstalmentState.VOID)
    paid = sum(one.amount_cents for one in instalments if one.state == InstalmentState.PAID)
    lapses, runs = lapse_date(decision), application.state == ApplicationState.GRANTED
    days = (lapses - timezone.localdate()).days
    return {
        "application": application,
        "decision": decision,
        "instalments": instalments,
        "acts": acts,
        "standing": standing,
        "paid": paid,
        "left": standing - paid,
        "lapses": lapses,
        "lapse_near": runs and 0 <= days <= rules.in_force().warned_days,
        "lapsed": runs and days < 0,
        "is_staff": not member,
        "envelope": Envelope.objects.get(pk=application.call.envelope_id),
        "prepared": next((act for act in acts if act.state == ActState.PREPARED), None),
        "can_prepare": not member and runs and files.can_record_decision(user, application),
        "can_sign": not member and files.can_sign_decision(user, application),
    }


@require_http_methods(["GET", "POST"])
def act_prepare(request: HttpRequest, public_id: str) -> HttpResponse:
    application, decision = _award(request, public_id)
    require(files.can_record_decision(request.user, application), "Le gestionnaire du fonds prépare les actes.")
    form = ActForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.prepare_act(application.pk, by=request.user, **form.cleaned_data)
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "L’acte est préparé. Le chef de service le signe ; rien ne change avant.")
            return redirect("award", public_id)
    context = {"form": form, "application": application, "decision": decision, "lapses": lapse_date(decision)}
    return render(request, "payments/act_prepare.html", context, status=422 if form.errors else 200)


def _act(request: HttpRequest, pk: int) -> AwardAct:
    rows = AwardAct.objects.filter(application__in=Application.objects.visible_to(request.user))
    act: AwardAct = seen(rows.select_related("application__organisation", "decision", "prepared_by"), pk=pk)
    if policies.belongs_to(request.user, act.organisation_id) or not policies.reads_payments(request.user):
        raise Http404
    return act


@require_http_methods(["GET", "POST"])
def act_sign(request: HttpRequest, pk: int) -> HttpResponse:
    act = _act(request, pk)
    require(files.can_sign_decision(request.user, act.application), "Le chef de service signe les actes.")
    confirm_identity(request)
    form = SignActForm(request.POST or None, initial={"version": act.version})
    if request.method == "POST" and form.is_valid():
        try:
            services.sign_act(pk, by=request.user, **form.cleaned_data)
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "L’acte est signé. La commune en est prévenue ; sa lettre est jointe à l’aide.")
            return redirect("award", act.application.public_id)
    planned = Instalment.objects.filter(decision=act.decision_id, state=InstalmentState.PLANNED)
    context = {"form": form, "act": act, "planned": list(planned), "freed": sum(one.amount_cents for one in planned)}
    context["left"] = act.award_cents - act.reduction_cents
    return render(request, "payments/act_sign.html", context, status=422 if form.errors else 200)


@require_POST
def act_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    act, form = _act(request, pk), VersionForm(request.POST)
    if form.is_valid():
        services.withdraw_act(pk, by=request.user, version=form.cleaned_data["version"])
        messages.success(request, "L’acte préparé est retiré.")
    else:
        say_first_error(request, form)
    return redirect("award", act.application.public_id)
