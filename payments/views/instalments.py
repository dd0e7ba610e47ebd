"""The instalments as the staff sees them: the list, one of them, and the acts on it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from common.money import euros
from common.paging import newest_first
from payments import lists, policies, services
from payments.forms import PaperForm, ReasonForm, VersionForm
from payments.models import Instalment
from payments.pages import MailCount, instalment_page
from payments.views.access import confirm_identity, require, require_staff, seen


@require_safe
def instalment_list(request: HttpRequest) -> HttpResponse:
    require_staff(request)
    tab = lists.tab_for(request.user, lists.INSTALMENT_TABS, request.GET)
    search = request.GET.get("q", "")[:80]
    page = newest_first(lists.instalments(request.user, tab, search), request.GET)
    tabs = lists.counters(lists.INSTALMENT_TABS, tab, Instalment.objects.visible_to(request.user))
    return render(request, "payments/list.html", {"page": page, "tab": tab, "tabs": tabs, "search": search})


def _one(request: HttpRequest, pk: int) -> Instalment:
    require_staff(request)
    rows = Instalment.objects.visible_to(request.user).select_related(
        "application__organisation",
        "application__call__envelope__line",
        "organisation",
        "decision__recorded_by",
        "decision__letter",
        "decision__signed_by",
        "requested_by",
        "certified_by",
        "endorsed_by",
        "approved_by",
    )
    found: Instalment = seen(rows, pk=pk)
    return found


@require_safe
def instalment_detail(request: HttpRequest, pk: int) -> HttpResponse:
    return render(request, "payments/instalment.html", instalment_page(_one(request, pk), request.user))


def paper_refused(request: HttpRequest, pk: int, paper_form: PaperForm) -> HttpResponse:
    """The page again, with the paper that was not taken and what was typed beside it."""
    context = instalment_page(_one(request, pk), request.user) | {"paper_form": paper_form}
    return render(request, "payments/instalment.html", context, status=422)


@require_http_methods(["GET", "POST"])
def instalment_certify(request: HttpRequest, pk: int) -> HttpResponse:
    instalment = _one(request, pk)
    require(
        policies.can_certify(request.user, instalment.organisation_id),
        "Le service fait est certifié par un instructeur.",
    )
    form = VersionForm(request.POST or None, initial={"version": instalment.version})
    if request.method == "POST" and form.is_valid():
        services.certify(pk, by=request.user, version=form.cleaned_data["version"])
        messages.success(
            request, f"Service fait certifié pour {euros(instalment.amount_cents)}. Les finances prennent la suite."
        )
        return redirect("instalment_detail", pk)
    return render(request, "payments/certify.html", instalment_page(instalment, request.user) | {"form": form})


@require_http_methods(["GET", "POST"])
def instalment_endorse(request: HttpRequest, pk: int) -> HttpResponse:
    instalment = _one(request, pk)
    require(policies.can_endorse(request.user, instalment.organisation_id), "Le visa est donné par le chef de service.")
    confirm_identity(request)
    form = VersionForm(request.POST or None, initial={"version": instalment.version})
    if request.method == "POST" and form.is_valid():
        services.endorse(pk, by=request.user, version=form.cleaned_data["version"])
        messages.success(request, f"Versement de {euros(instalment.amount_cents)} visé. Les finances sont prévenues.")
        return redirect("instalment_detail", pk)
    return render(request, "payments/endorse.html", instalment_page(instalment, request.user) | {"form": form})


@require_http_methods(["GET", "POST"])
def instalment_approve(request: HttpRequest, pk: int) -> HttpResponse:
    instalment = _one(request, pk)
    require(
        policies.can_approve(request.user, instalment.organisation_id),
        "Votre rôle ne permet pas d’approuver un versement.",
    )
    confirm_identity(request)
    form = VersionForm(request.POST or None, initial={"version": instalment.version})
    if request.method == "POST" and form.is_valid():
        services.approve(pk, by=request.user, version=form.cleaned_data["version"])
        messages.success(
            request, f"Versement de {euros(instalment.amount_cents)} approuvé : il peut entrer dans un lot."
        )
        return redirect("instalment_detail", pk)
    return render(request, "payments/approve.html", instalment_page(instalment, request.user) | {"form": form})


@require_http_methods(["GET", "POST"])
def instalment_return_to_commune(request: HttpRequest, pk: int) -> HttpResponse:
    instalment = _one(request, pk)
    require(policies.can_certify(request.user, instalment.organisation_id), "Votre rôle ne permet pas ce renvoi.")
    form = ReasonForm(request.POST or None, initial={"version": instalment.version})
    if request.method == "POST" and form.is_valid():
        services.return_to_commune(pk, by=request.user, **form.cleaned_data)
        messages.success(request, "La demande est renvoyée à la commune, avec le motif.")
        return redirect("instalment_detail", pk)
    mails = MailCount.of_writers(instalment.organisation_id)
    context = {"instalment": instalment, "form": form, "mails": mails, "to": "à la commune"}
    return render(request, "payments/send_back.html", context)


@require_http_methods(["GET", "POST"])
def instalment_return_to_desk(request: HttpRequest, pk: int) -> HttpResponse:
    instalment = _one(request, pk)
    require(policies.can_send_back(request.user, instalment.organisation_id), "Votre rôle ne permet pas ce renvoi.")
    form = ReasonForm(request.POST or None, initial={"version": instalment.version})
    if request.method == "POST" and form.is_valid():
        services.return_to_desk(pk, by=request.user, **form.cleaned_data)
        messages.success(request, "Le versement est renvoyé au service instructeur, avec le motif.")
        return redirect("instalment_detail", pk)
    context = {"instalment": instalment, "form": form, "mails": 1, "to": "au service instructeur"}
    return render(request, "payments/send_back.html", context)
