"""The year's budget: voted lines, envelope, ledger."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.access import for_roles, person
from accounts.states import READING_ROLES, Role
from common.errors import DomainError
from common.hidden import hidden_from
from common.money import euros
from common.paging import newest_first
from fund import services
from fund.forms.budget import AmendForm, BudgetForm, FundForm, LineForm, NewLineForm
from fund.models import Budget, BudgetLine, BudgetVote, Envelope, Fund, Movement
from fund.policies import manages_fund
from fund.states import Account
from fund.words import MOVEMENT_WORDS
from journal.services import once


@require_safe
@for_roles(*READING_ROLES)
def budget(request: HttpRequest, year: int | None = None) -> HttpResponse:
    """The lines of a year, its envelope and its ledger; the latest year by default."""
    budgets = list(Budget.objects.order_by("-year"))
    shown = next((one for one in budgets if year in (None, one.year)), None)
    if shown is None and year is not None:
        raise Http404
    context: dict[str, Any] = {"budgets": budgets, "budget": shown, "can_manage": manages_fund(request.user)}
    if shown:
        context |= _year_page(shown, request)
    return render(request, "fund/budget.html", context)


def _year_page(shown: Budget, request: HttpRequest) -> dict[str, Any]:
    lines = list(shown.lines.all())
    envelope = Envelope.objects.filter(line__budget=shown).select_related("balance").first()
    balance = getattr(envelope, "balance", None) if envelope else None
    unseen = hidden_from(request.user).numbers
    page = newest_first(_ledger(envelope, request.GET.get("q", "")).exclude(subject__in=unseen), request.GET)
    for movement in page.rows:
        movement.words = MOVEMENT_WORDS[movement.verb]
    return {
        "lines": lines,
        "total": sum(line.amount_cents for line in lines),
        "envelope": envelope,
        "balance": balance,
        "committed": balance.committed + balance.reserved + balance.ordered if balance else 0,
        "paid": balance.paid + balance.recovered if balance else 0,
        "page": page,
        "q": request.GET.get("q", ""),
        "accounts": [(name, label, getattr(balance, name)) for name, label in Account.choices] if balance else [],
        "votes": BudgetVote.objects.filter(line__budget=shown).select_related("line").order_by("-pk")[:100],
        "payments": services.payment_ceiling(shown.year),
    }


def _ledger(envelope: Envelope | None, q: str) -> Any:
    movements = Movement.objects.filter(envelope=envelope) if envelope else Movement.objects.none()
    return movements.filter(subject__iexact=q.strip()) if q.strip() else movements


@for_roles(Role.FUND_MANAGER)
def budget_create(request: HttpRequest) -> HttpResponse:
    form = BudgetForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        made = services.create_budget(
            year=data["year"],
            lines=form.lines(),
            deliberation=data["deliberation"],
            voted_on=data["voted_on"],
            by=person(request),
        )
        messages.success(request, f"Le budget {made.year} est créé. L’enveloppe du fonds est disponible.")
        return redirect("budget_year", made.year)
    return render(request, "fund/budget_create.html", {"form": form})


@for_roles(Role.FUND_MANAGER)
def line_add(request: HttpRequest, year: int) -> HttpResponse:
    """A line more in a year; posted twice, it opens one."""
    budget = get_object_or_404(Budget, year=year)
    form = NewLineForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = {name: value for name, value in form.cleaned_data.items() if name != "key"} | {
            "cents": form.cleaned_data["cents"] or 0
        }
        try:
            once(
                by=person(request),
                operation="add_line",
                key=form.cleaned_data["key"],
                request={"budget": budget.pk} | said,
                act=lambda: {"line": services.add_line(budget.pk, by=person(request), **said).pk},
            )
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"La ligne « {said['label']} » est ouverte au budget {year}.")
            return redirect("budget_year", year)
    return render(request, "fund/line_add.html", {"form": form, "budget": budget}, status=422 if form.errors else 200)


@for_roles(Role.FUND_MANAGER)
def line_amend(request: HttpRequest, pk: int) -> HttpResponse:
    """Change the amount of a line: a movement of the ledger when it is the fund's."""
    line = get_object_or_404(BudgetLine.objects.select_related("budget"), pk=pk)
    form = AmendForm(request.POST or None, initial={"seen_cents": line.amount_cents})
    if request.method == "POST" and form.is_valid():
        services.amend_line(pk, by=person(request), **form.cleaned_data)
        messages.success(request, f"« {line.label} » porte maintenant {euros(form.cleaned_data['cents'])}.")
        return redirect("budget_year", line.budget.year)
    balance = services.balance_of(line.envelope) if hasattr(line, "envelope") else None
    context = {"form": form, "line": line, "balance": balance, "back": reverse("budget_year", args=[line.budget.year])}
    return render(request, "fund/line_amend.html", context)


@for_roles(Role.FUND_MANAGER)
def line_describe(request: HttpRequest, pk: int) -> HttpResponse:
    line = get_object_or_404(BudgetLine.objects.select_related("budget"), pk=pk)
    form = LineForm(request.POST or None, instance=line)
    if request.method == "POST" and form.is_valid():
        try:
            services.describe_line(pk, by=person(request), **form.cleaned_data)
        except DomainError as error:
            form.add_error("label", str(error))
        else:
            messages.success(request, "La ligne est enregistrée.")
            return redirect("budget_year", line.budget.year)
    context = {"form": form, "line": line}
    return render(request, "fund/line_describe.html", context, status=422 if form.errors else 200)


@for_roles(Role.FUND_MANAGER)
def fund_settings(request: HttpRequest) -> HttpResponse:
    """Names, contacts and legal mentions: another métropole sees only its own."""
    fund = Fund.objects.order_by("pk").first()
    form = FundForm(request.POST or None, instance=fund, initial={"seen": services.fund_mark(fund)})
    if request.method == "POST" and form.is_valid():
        services.save_fund(by=person(request), **form.cleaned_data)
        messages.success(request, "Les réglages sont enregistrés.")
        return redirect("fund_settings")
    return render(request, "fund/settings.html", {"form": form})
