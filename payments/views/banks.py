"""Bank details: the staff's list, one version, and the acts on it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from common.errors import DomainError
from common.paging import newest_first
from payments import lists, policies, rules, services
from payments.forms import RefusalForm, VerifyForm
from payments.models import BankVersion
from payments.pages import MailCount, bank_page
from payments.views.access import confirm_identity, require, require_staff, seen


@require_safe
def bank_list(request: HttpRequest) -> HttpResponse:
    require_staff(request)
    tab = lists.tab_for(request.user, lists.BANK_TABS, request.GET)
    search = request.GET.get("q", "")[:80]
    page = newest_first(lists.banks(request.user, tab, search), request.GET)
    tabs = lists.counters(lists.BANK_TABS, tab, BankVersion.objects.visible_to(request.user))
    return render(request, "payments/bank_list.html", {"page": page, "tab": tab, "tabs": tabs, "search": search})


def _one(request: HttpRequest, pk: int) -> BankVersion:
    rows = BankVersion.objects.visible_to(request.user).select_related(
        "organisation", "declared_by", "verified_by", "document", "previous_document"
    )
    found: BankVersion = seen(rows, pk=pk)
    return found


@require_safe
def bank_detail(request: HttpRequest, pk: int) -> HttpResponse:
    return render(request, "payments/bank.html", bank_page(_one(request, pk), request.user))


@require_POST
def bank_reveal(request: HttpRequest, pk: int) -> HttpResponse:
    """The same page with the account whole; a POST, for it writes who read it."""
    bank = _one(request, pk)
    services.reveal_bank(bank.pk, by=request.user)
    return render(request, "payments/bank.html", bank_page(bank, request.user) | {"revealed": True})


@require_http_methods(["GET", "POST"])
def bank_verify(request: HttpRequest, pk: int) -> HttpResponse:
    bank = _one(request, pk)
    require(
        policies.can_verify_bank(request.user, bank.organisation_id), "Votre rôle ne permet pas de vérifier un compte."
    )
    confirm_identity(request)
    page = bank_page(bank, request.user)
    form = VerifyForm(request.POST or None, bank=bank, warnings=page["warnings"], initial={"version": bank.version})
    if request.method == "POST" and form.is_valid():
        try:
            services.verify_bank(pk, by=request.user, **form.act())
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "Compte vérifié. La commune en est prévenue.")
            return redirect("bank_detail", pk)
    context = page | {
        "form": form,
        "mails": MailCount.of_contacts(bank.organisation),
        "hours": rules.in_force().cooling_hours,
    }
    return render(request, "payments/bank_verify.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def bank_refuse(request: HttpRequest, pk: int) -> HttpResponse:
    bank = _one(request, pk)
    require(
        policies.can_verify_bank(request.user, bank.organisation_id), "Votre rôle ne permet pas de refuser un compte."
    )
    form = RefusalForm(request.POST or None, initial={"version": bank.version})
    if request.method == "POST" and form.is_valid():
        services.refuse_bank(pk, by=request.user, **form.cleaned_data)
        messages.success(request, "Compte refusé. La commune en est prévenue, avec le motif.")
        return redirect("bank_detail", pk)
    context = {"bank": bank, "form": form, "mails": MailCount.of_writers(bank.organisation_id)}
    return render(request, "payments/bank_refuse.html", context)
