"""The sections of a draft: texts and tables, the budget."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import person
from applications import budget_help, eligibility, kept, policies, presence, services
from applications.answers import ACCOUNTS
from applications.forms.budget import Budget
from applications.forms.hints import EXAMPLES
from applications.forms.rows import SPARE, TABLES, table_of
from applications.forms.sections import FORMS
from applications.models import Application
from applications.sections import BY_SLUG, Section, sections_of
from applications.signing import last_return, to_take_up
from applications.views import home_parts, units
from applications.views.fetching import own_file, own_file_alone
from applications.views.questions import opened_by, questions_context, questions_form, section_or_404
from common.clock import database_now
from common.errors import NotAllowed

MORE_ROWS = 12


@require_http_methods(["GET", "POST"])
def section(request: HttpRequest, public_id: UUID, section: str) -> HttpResponse:
    """One section: its fields and its tables; each is saved as one types, or all together."""
    application = own_file_alone(request, public_id)
    one = section_or_404(application, section)
    if request.method == "GET" and not policies.can_edit(request.user, application):
        return redirect(home_parts.url("application_review", application) + f"#{section}")
    refuse_readers(request, application)
    received = units.sent(request, one)
    parts = SectionParts(application, one, received, spare=_spare(request))
    if received is None:
        outcome = units.shown(application, one)
    elif request.method == "GET":
        outcome = units.compared(request, application, received, {**parts.values, **parts.rows}, parts.errors)
    else:
        return _save(request, application, one, received, parts)
    return _page(request, application, one, received, parts, outcome)


class SectionParts:
    """The form and the tables of a section, as they stand in the file or as they were typed."""

    template = "applications/commune/section.html"

    def __init__(self, application: Application, one: Section, received: units.Sent | None, *, spare: int) -> None:
        self.received, data = received, received.data if received else None
        form_class = FORMS.get(one.slug)
        self.form = form_class(data, application=application, section=one) if form_class else None
        self.tables = {
            name: table_of(application, name, data=data, spare=spare)
            for name in one.rows
            if received is None or received.has(name)
        }
        self.questions = questions_form(application, one, received)
        self.values: dict[str, Any] = {}
        self.rows: dict[str, Any] = {}
        self.errors: dict[str, list[tuple[str, str]]] = {}
        if received:
            self._validate(received)

    def _validate(self, received: units.Sent) -> None:
        if self.form is not None:
            self.form.is_valid()
            self.values = self.form.values([unit for unit in received.seen if unit not in self.tables])
            self.errors = units.refusals(self.form, received)
        if self.questions is not None:
            self.values |= self.questions.values()
            self.errors |= self.questions.refusals()
        for name, table in self.tables.items():
            if table.is_valid():
                self.rows[name] = table.rows()
            else:
                self.errors[name] = units.row_refusals([table])

    def context(self, application: Application, one: Section) -> dict[str, Any]:
        tables = [
            {
                "name": name,
                "formset": table,
                "title": TABLES[name][1],
                "add": TABLES[name][2],
                "example": EXAMPLES[name],
            }
            for name, table in self.tables.items()
        ]
        asked = questions_context(application, one, self.questions)
        problems = [one for one in (self.form, *self.tables.values(), self.questions) if one is not None]
        return {"form": self.form, "tables": tables, "problems": problems, **asked}


def _save(
    request: HttpRequest, application: Application, one: Section, received: units.Sent, parts: Any
) -> HttpResponse:
    """Save what is valid; answer the page that saves while one types, or go on, or show what is left to settle."""
    outcome = units.save(request, application, one, received, values=parts.values, rows=parts.rows, errors=parts.errors)
    if units.is_autosave(request):
        if outcome.is_calm:
            kept.give_up(request, request.POST.get("garde", ""))
        return units.answer(outcome, units.too_late(application))
    if outcome.is_calm:
        kept.give_up(request, request.POST.get("garde", ""))
        return opened_by(request, application, one, parts) or _after_save(request, application, one, received)
    parts = type(parts)(application, one, received, spare=_spare(request))
    return _page(request, application, one, received, parts, outcome)


def _page(
    request: HttpRequest,
    application: Application,
    one: Section,
    received: units.Sent | None,
    parts: Any,
    outcome: units.Outcome,
) -> HttpResponse:
    closed = application.call.closes_at <= database_now()
    context = section_context(application, one) | {
        "tokens": outcome.tokens,
        "conflicts": outcome.conflicts,
        "unsaved": outcome.unsaved,
        "partly": request.method == "POST" and bool(outcome.settled) and not outcome.is_calm,
        "offered": request.method == "POST" and outcome.is_calm,
        "signed_word": kept.signed_word(request),
        "kept": received.kept if received else None,
        "kept_number": received.kept.pk if received and received.kept else request.POST.get("garde", ""),
        "closed": closed,
        "others_here": presence.others(application, person(request)),
    }
    return render(request, parts.template, context | parts.context(application, one))


def refuse_readers(request: HttpRequest, application: Application) -> None:
    if request.method == "POST" and not policies.writes_it(request.user, application):
        raise NotAllowed("Vous lisez ce dossier ; un rédacteur ou le signataire de la commune peut le modifier.")


def _spare(request: HttpRequest) -> int:
    asked = request.GET.get("lignes", "")
    return min(int(asked), MORE_ROWS) if asked.isdecimal() else SPARE


def section_context(application: Application, one: Section) -> dict[str, Any]:
    sections = [each.slug for each in sections_of(application)]
    position = sections.index(one.slug)
    remark = last_return(application)
    return {
        "application": application,
        "section": one,
        "to_take_up": remark if one in to_take_up(application, remark) else None,
        "position": position + 1,
        "total": len(sections),
        "previous_url": home_parts.section_url(application, sections[position - 1]) if position else "",
        "next_url": _next_url(application, one),
        "home_url": home_parts.url("application_home", application),
    }


def _next_url(application: Application, one: Section) -> str:
    sections = [each.slug for each in sections_of(application)]
    position = sections.index(one.slug) + 1
    if position == len(sections):
        return home_parts.url("application_review", application)
    return home_parts.section_url(application, sections[position])


def _after_save(request: HttpRequest, application: Application, one: Section, received: units.Sent) -> HttpResponse:
    added = request.POST.get("ajouter", "")
    here = home_parts.section_url(application, one.slug)
    if added:
        spare = _spare(request) + 2
        return redirect(f"{here}?lignes={min(spare, MORE_ROWS)}#{added}")
    renewal = getattr(application, "renewal", None)
    if renewal is not None and one.slug in renewal.unread:
        services.mark_read(application.pk, one.slug, by=person(request))
    messages.success(request, f"« {one.title} » est enregistré.")
    if received.chosen:
        return redirect(f"{here}#unite-{received.chosen}")
    if request.POST.get("suite") == "retour":
        return redirect("application_home", application.public_id)
    return redirect(_next_url(application, one))


# --- The budget ------------------------------------------------------------------------------------------------


class BudgetParts:
    """The tables of the budget, as they stand or as they were typed; the figures are those of what is shown."""

    template = "applications/commune/budget.html"
    values: dict[str, Any]

    def __init__(self, application: Application, one: Section, received: units.Sent | None, *, spare: int) -> None:
        data = received.data if received and received.has("budget_lines") else None
        self.budget = Budget(application, data=data, spare=spare - 1)
        self.values, self.rows, self.errors = {}, {}, {}
        self.asked = False
        if data is None:
            self.lines: Any = list(application.budget_lines.all())
        elif self.budget.is_valid():
            self.lines = self.budget.models()
            self.rows = {"budget_lines": self.budget.lines()}
        else:
            self.lines = self.budget.models()
            self.errors = {"budget_lines": units.row_refusals(self.budget.forms)}

    def context(self, application: Application, one: Section) -> dict[str, Any]:
        figures = budget_context(application, self.lines, asked=self.asked)
        offers = [(offer, budget_help.input_of(self.budget, offer)) for offer in figures["help"].offers]
        return {"budget": self.budget, "offers": offers, **figures}


@require_http_methods(["GET", "POST"])
def budget(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Two columns that must be equal. An unbalanced budget is kept, and said."""
    application, one = own_file(request, public_id), BY_SLUG["budget"]
    if request.method == "GET" and not policies.can_edit(request.user, application):
        return redirect(home_parts.url("application_review", application) + "#budget")
    refuse_readers(request, application)
    received = units.sent(request, one)
    filled = bool(request.POST.get("remplir"))
    if filled and received is not None:
        received.data = budget_help.filled(application, received.data)
    parts = BudgetParts(application, one, received, spare=_spare(request))
    parts.asked = "controle" in request.GET
    if received is None:
        outcome = units.shown(application, one)
    elif request.method == "GET" or filled:
        outcome = units.compared(request, application, received, parts.rows, parts.errors)
    else:
        return _save_budget(request, application, one, received, parts)
    return _page(request, application, one, received, parts, outcome)


def _save_budget(
    request: HttpRequest, application: Application, one: Section, received: units.Sent, parts: BudgetParts
) -> HttpResponse:
    answer = _save(request, application, one, received, parts)
    figures = eligibility.money_of(parts.lines)
    wrong = [check for check in eligibility.money_checks(application.call, figures) if not check.ok]
    goes_on = answer.status_code == 302 and request.POST.get("suite") == "continuer" and not request.POST.get("ajouter")
    if goes_on and wrong and not figures.is_empty:
        return redirect(home_parts.section_url(application, "budget") + "?controle=1")
    return answer


@require_POST
def budget_figures(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """What the budget being typed amounts to; nothing is saved. Amounts that cannot be read are left out, and said."""
    application, one = own_file(request, public_id), BY_SLUG["budget"]
    refuse_readers(request, application)
    parts = BudgetParts(application, one, units.sent(request, one), spare=SPARE)
    context = {"application": application, "unread": parts.budget.unread, **parts.context(application, one)}
    return render(request, "applications/commune/_budget_live.html", context)


def budget_context(application: Application, lines: Any, *, asked: bool) -> dict[str, Any]:
    figures = eligibility.money_of(lines)
    checks = eligibility.money_checks(application.call, figures)
    unsaid = [
        f"Indiquez où en est la demande ({line.funder})."
        for line in lines
        if line.account == "74" and not line.is_request and line.funder and not line.status
    ]
    to_fix = [check.reason for check in checks if not check.ok] + unsaid
    return {
        "figures": figures,
        "checks": checks,
        "to_fix": to_fix if asked else [],
        "most": eligibility.allowed(application.call, figures),
        "help": budget_help.help_for(application.call, figures, lines),
        "shares": [
            {"label": "Fonds d’initiative", "cents": figures.requested, "key": "fund"},
            {"label": "Autres financeurs", "cents": figures.other_subsidies, "key": "other"},
            {"label": "Commune", "cents": figures.own_share, "key": "own"},
        ],
        "accounts": ACCOUNTS,
        "example": EXAMPLES["budget_lines"],
    }
