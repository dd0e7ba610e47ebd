"""The votes of a year: transfer, carry-over, payment credits, close."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from accounts.access import for_roles, person
from accounts.states import READING_ROLES, Role
from common.errors import DomainError, NotAllowed
from common.hidden import hidden_from
from common.money import euros
from fund import services
from fund.forms.votes import CloseForm, PaymentCreditForm, TransferForm
from fund.models import Budget, BudgetLine, EnvelopeBalance
from fund.policies import manages_fund
from fund.year import still_open
from journal.services import once


def _budget(year: int) -> Budget:
    return get_object_or_404(Budget, year=year)


@for_roles(Role.FUND_MANAGER)
def budget_transfer(request: HttpRequest, year: int) -> HttpResponse:
    """Between two lines of the year; posted twice, it moves once."""
    budget = _budget(year)
    lines = BudgetLine.objects.filter(budget=budget).select_related("budget")
    form = TransferForm(request.POST or None, sources=lines, targets=lines)
    return _move(request, budget, form, "fund/transfer.html", operation="transfer")


@for_roles(Role.FUND_MANAGER)
def budget_carry_over(request: HttpRequest, year: int) -> HttpResponse:
    """From a line of the year to one of the next; posted twice, it moves once."""
    budget = _budget(year)
    lines = BudgetLine.objects.select_related("budget")
    form = TransferForm(
        request.POST or None,
        sources=lines.filter(budget=budget),
        targets=lines.filter(budget__year=year + 1, budget__fund=budget.fund_id),
    )
    return _move(request, budget, form, "fund/carry_over.html", operation="carry_over")


def _move(request: HttpRequest, budget: Budget, form: TransferForm, template: str, *, operation: str) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        asked = {"source": data["source"].pk, "target": data["target"].pk, "cents": data["cents"]}
        said = {name: data[name] for name in ("deliberation", "voted_on", "label")}
        try:
            once(
                by=person(request),
                operation=operation,
                key=data["key"],
                request=asked | said,
                act=lambda: _moved(asked, said, person(request)),
            )
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            words = f"{euros(data['cents'])} vont de « {data['source'].label} » à « {data['target'].label} »."
            messages.success(request, words)
            return redirect("budget_year", budget.year)
    available = EnvelopeBalance.objects.filter(envelope__line__budget=budget).select_related("envelope__line")
    context = {"form": form, "budget": budget, "next_year": budget.year + 1, "balances": available}
    return render(request, template, context, status=422 if form.errors else 200)


def _moved(asked: dict[str, int], said: dict[str, Any], by: Any) -> dict[str, Any]:
    votes = services.transfer(asked["source"], asked["target"], cents=asked["cents"], by=by, **said)
    return {"votes": [vote.pk for vote in votes]}


@for_roles(*READING_ROLES)
def budget_payments(request: HttpRequest, year: int) -> HttpResponse:
    """The payment credits of a year: their votes, and the form of the next one for the fund manager."""
    budget, can_manage = _budget(year), manages_fund(request.user)
    form = PaymentCreditForm(request.POST or None)
    if request.method == "POST":
        if not can_manage:
            raise NotAllowed("Le gestionnaire du fonds saisit les crédits de paiement.")
        if form.is_valid() and _voted(request, budget, form):
            return redirect("budget_payments", year)
    context = {
        "form": form,
        "budget": budget,
        "can_manage": can_manage and not budget.closed_at,
        "credits": budget.payment_credits.order_by("-pk"),
        "voted": services.payments_voted(year),
        "in_force": services.payment_ceiling(year) is not None,
    }
    return render(request, "fund/payment_credits.html", context, status=422 if form.errors else 200)


def _voted(request: HttpRequest, budget: Budget, form: PaymentCreditForm) -> bool:
    data, cents = form.cleaned_data, form.signed_cents
    said = {"deliberation": data["deliberation"], "voted_on": data["voted_on"]}
    try:
        once(
            by=person(request),
            operation="vote_payments",
            key=data["key"],
            request={"budget": budget.pk, "cents": cents} | said,
            act=lambda: {
                "credit": services.vote_payments(budget.pk, cents, by=person(request), key=data["key"], **said).pk
            },
        )
    except DomainError as error:
        form.add_error(None, str(error))
        return False
    messages.success(request, f"Les crédits de paiement {budget.year} sont votés.")
    return True


@for_roles(Role.FUND_MANAGER)
def budget_close(request: HttpRequest, year: int) -> HttpResponse:
    """What is still open, then the close: it cannot be undone."""
    budget = _budget(year)
    form = CloseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.close_budget(budget.pk, by=person(request))
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"L’exercice {year} est clos : plus aucun mouvement n’y est possible.")
            return redirect("budget_year", year)
    context = {"form": form, "budget": budget, **still_open(budget, unseen=hidden_from(request.user).numbers)}
    return render(request, "fund/close.html", context, status=422 if form.errors else 200)
