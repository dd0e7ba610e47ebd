"""The payments of a file and the bank details of the commune, as the commune sees them."""

from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from applications.models import Application
from common.errors import DomainError
from common.money import euros
from journal.services import once
from payments import papers, policies, requests, services
from payments.forms import BankForm, PaperForm, VersionForm
from payments.models import BankVersion, Instalment
from payments.pages import MailCount, file_page
from payments.states import BankState
from payments.views.access import require, seen


@require_safe
def application_payments(request: HttpRequest, public_id: str) -> HttpResponse:
    """What was awarded, in how many payments, where each stands and what the commune has to do."""
    application = _file(request, public_id)
    return render(request, "payments/file.html", file_page(application, request.user))


def _file(request: HttpRequest, public_id: str) -> Application:
    visible = Application.objects.visible_to(request.user).select_related("call__fund", "organisation")
    application: Application = seen(visible, public_id=public_id)
    if not policies.belongs_to(request.user, application.organisation_id) and not policies.reads_payments(request.user):
        raise Http404
    return application


@require_http_methods(["GET", "POST"])
def instalment_request(request: HttpRequest, pk: int) -> HttpResponse:
    instalment = _asked(request, pk)
    form = VersionForm(request.POST or None, initial={"version": instalment.version})
    if request.method == "POST" and form.is_valid():
        asked = services.request_instalment(pk, by=request.user, version=form.cleaned_data["version"])
        messages.success(request, f"Votre demande de {euros(asked.amount_cents)} est envoyée au service.")
        return redirect("application_payments", instalment.application.public_id)
    return render(request, "payments/request.html", _request_page(instalment, form, PaperForm()))


def paper_refused(request: HttpRequest, pk: int, paper_form: PaperForm) -> HttpResponse:
    """The page of the request again, with the paper that was not taken and what was typed beside it."""
    instalment = _asked(request, pk)
    form = VersionForm(initial={"version": instalment.version})
    return render(request, "payments/request.html", _request_page(instalment, form, paper_form), status=422)


def _asked(request: HttpRequest, pk: int) -> Instalment:
    rows = Instalment.objects.visible_to(request.user).select_related(
        "application__instructor",
        "application__call__fund",
        "application__organisation",
        "organisation",
        "decision__letter",
    )
    instalment: Instalment = seen(rows, pk=pk)
    require(
        policies.writes_for(request.user, instalment.organisation_id),
        "Votre rôle ne permet pas de demander un versement.",
    )
    return instalment


def _request_page(instalment: Instalment, form: VersionForm, paper_form: PaperForm) -> dict[str, Any]:
    computed = requests.unsettled(instalment.application, instalment.decision)
    return {
        "instalment": instalment,
        "form": form,
        "computed": computed,
        "amount": min(computed.sums.balance, instalment.amount_cents) if computed else instalment.amount_cents,
        "papers": papers.wanted(instalment),
        "paper_form": paper_form,
        "can_join": True,
        "obstacle": requests.obstacle_now(instalment),
        "mails": MailCount.of_request(instalment),
    }


def _declare(organisation_id: int, said: dict[str, Any], by: User) -> None:
    """Once a form, however often it is posted."""
    said = dict(said)
    key = said.pop("key")
    once(
        by=by,
        operation="declare_bank",
        key=key,
        request={"organisation": organisation_id, "iban": said["iban"], "holder": said["holder"]},
        act=lambda: {"bank": services.declare_bank(organisation_id, **said, by=by).pk},
    )


@require_http_methods(["GET", "POST"])
def application_bank(request: HttpRequest, public_id: str) -> HttpResponse:
    """Declare bank details, from a file that awaits a payment."""
    application = _file(request, public_id)
    organisation = application.organisation
    require(policies.writes_for(request.user, organisation.pk), "Votre rôle ne permet pas de déclarer un compte.")
    current = BankVersion.objects.filter(organisation=organisation, state=BankState.VERIFIED).first()
    form = BankForm(request.POST or None, request.FILES or None, current=current)
    if request.method == "POST" and form.is_valid():
        try:
            _declare(organisation.pk, form.cleaned_data, cast(User, request.user))
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "Coordonnées déclarées. Le service va appeler la mairie pour les vérifier.")
            return redirect("application_payments", application.public_id)
    context = {
        "application": application,
        "form": form,
        "current": current,
        "mails": MailCount.of_contacts(organisation),
    }
    return render(request, "payments/bank_form.html", context, status=422 if form.errors else 200)
