"""The sections of a draft: texts and tables, the budget."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from applications import eligibility, policies, reference, services
from applications.answers import ACCOUNTS, label_of, line_words
from applications.forms.budget import Budget
from applications.forms.rows import SPARE, TABLES, table_of
from applications.forms.sections import FORMS
from applications.models import Application
from applications.sections import BY_SLUG, SECTIONS, Section
from applications.states import Public
from applications.views import home_parts
from applications.views.fetching import own_file, own_file_alone, person
from common.errors import NotAllowed, Stale
from common.money import euros
from journal.models import Entry
from journal.services import chain_of

MORE_ROWS = 12


@require_http_methods(["GET", "POST"])
def section(request: HttpRequest, public_id: UUID, section: str) -> HttpResponse:
    """One section: its fields and its tables; saved as one goes, in any order."""
    application, one = own_file_alone(request, public_id), BY_SLUG[section]
    if request.method == "GET" and not policies.can_edit(request.user, application):
        return redirect(home_parts.url("application_review", application) + f"#{section}")
    refuse_readers(request, application)
    data = request.POST if request.method == "POST" else None
    form = FORMS[section](data, application=application, section=one) if section in FORMS else None
    tables = {name: table_of(application, name, data=data, spare=_spare(request)) for name in one.rows}
    context = section_context(application, one)
    verdicts = [part.is_valid() for part in (form, *tables.values()) if part is not None]
    if data is not None and all(verdicts):
        values = form.values() if form else {}
        rows = {name: table.rows() for name, table in tables.items()}
        try:
            services.save_section(
                application.pk, section, by=person(request), values=values, rows=rows, **_seen(request)
            )
            return _after_save(request, application, one)
        except Stale as stale:
            context |= _somebody_was_faster(application, one, stale)
            context["others"] = _others(application, values, rows)
    context |= {"form": form, "tables": [_table(name, tables[name]) for name in one.rows]}
    return render(request, "applications/commune/section.html", context)


def refuse_readers(request: HttpRequest, application: Application) -> None:
    if request.method == "POST" and not policies.writes_it(request.user, application):
        raise NotAllowed("Vous lisez ce dossier ; un rédacteur ou le signataire de la commune peut le modifier.")


def _spare(request: HttpRequest) -> int:
    asked = request.GET.get("lignes", "")
    return min(int(asked), MORE_ROWS) if asked.isdecimal() else SPARE


def _seen(request: HttpRequest) -> dict[str, Any]:
    """The version the person saw; a form without one is not trusted to be recent."""
    version = request.POST.get("version", "")
    return {"version": int(version) if version.isdecimal() else 0, "seen": request.POST.get("seen", "")}


def section_context(application: Application, one: Section) -> dict[str, Any]:
    position = SECTIONS.index(one)
    return {
        "application": application,
        "section": one,
        "seen": services.fingerprint(application, one),
        "position": position + 1,
        "total": len(SECTIONS),
        "previous_url": home_parts.section_url(application, SECTIONS[position - 1].slug) if position else "",
        "next_url": _next_url(application, one),
        "home_url": home_parts.url("application_home", application),
    }


def _next_url(application: Application, one: Section) -> str:
    position = SECTIONS.index(one) + 1
    if position == len(SECTIONS):
        return home_parts.url("application_review", application)
    return home_parts.section_url(application, SECTIONS[position].slug)


def _after_save(request: HttpRequest, application: Application, one: Section) -> HttpResponse:
    added = request.POST.get("ajouter", "")
    here = home_parts.section_url(application, one.slug)
    if added:
        spare = _spare(request) + 2
        return redirect(f"{here}?lignes={min(spare, MORE_ROWS)}#{added}")
    messages.success(request, f"« {one.title} » est enregistré.")
    if request.POST.get("suite") == "retour":
        return redirect("application_home", application.public_id)
    return redirect(_next_url(application, one))


def _table(name: str, table: Any) -> dict[str, Any]:
    return {"name": name, "formset": table, "title": TABLES[name][1], "add": TABLES[name][2]}


def _somebody_was_faster(application: Application, one: Section, stale: Stale) -> dict[str, Any]:
    """The page is shown again with what was typed; saving again is then a choice made knowingly."""
    fresh = services.for_reading().get(pk=application.pk)
    entry = (
        Entry.objects.filter(chain=chain_of(application), verb="save_section", data__section=one.slug)
        .order_by("-sequence")
        .first()
    )
    application.version = fresh.version
    return {
        "stale": str(stale),
        "stale_by": entry.actor_label if entry else "Un collègue",
        "stale_at": entry.recorded_at if entry else None,
        "seen": services.fingerprint(fresh, one),
        "fresh": fresh,
    }


def _others(application: Application, values: dict[str, Any], rows: dict[str, Any]) -> list[dict[str, Any]]:
    """What stands in the file now, where it differs from what was just typed."""
    fresh = services.for_reading().get(pk=application.pk)
    shown = []
    for name, typed in values.items():
        kept = getattr(fresh, name)
        if kept != typed:
            shown.append({"label": label_of(name), "text": _words(fresh, name)})
    for name in rows:
        lines = [str(row) if name != "budget_lines" else _budget_words(row) for row in getattr(fresh, name).all()]
        label = TABLES[name][1].lower() if name in TABLES else "le budget"
        shown.append({"label": label, "text": "\n".join(lines) or "(vide)"})
    return shown


def _budget_words(line: Any) -> str:
    return f"{line_words(line)}{', ' + line.label if line.label else ''} : {euros(line.amount_cents)}"


def _words(application: Application, name: str) -> str:
    value = getattr(application, name)
    if isinstance(value, list):
        known = dict([*Public.choices, *reference.grounds(), *reference.domains(), *reference.COMMITMENTS])
        return ", ".join(str(known.get(code, code)) for code in value) or "(vide)"
    shown = getattr(application, f"get_{name}_display", None)
    return str(shown() if shown else value or "(vide)")


# --- The budget ------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def budget(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Two columns that must be equal. An unbalanced budget is kept, and said."""
    application, one = own_file(request, public_id), BY_SLUG["budget"]
    if request.method == "GET" and not policies.can_edit(request.user, application):
        return redirect(home_parts.url("application_review", application) + "#budget")
    refuse_readers(request, application)
    data = request.POST if request.method == "POST" else None
    forms = Budget(application, data=data, spare=_spare(request) - 1)
    context = section_context(application, one)
    if data is not None and forms.is_valid():
        lines = forms.lines()
        try:
            saved = services.save_section(
                application.pk,
                "budget",
                by=person(request),
                rows={"budget_lines": lines},
                **_seen(request),
            )
            return _after_budget(request, saved, one)
        except Stale as stale:
            context |= _somebody_was_faster(application, one, stale)
            context["others"] = _others(application, {}, {"budget_lines": lines})
    figures = eligibility.money(application)
    context |= {"budget": forms, **_budget_context(application, figures, asked="controle" in request.GET)}
    return render(request, "applications/commune/budget.html", context)


def _after_budget(request: HttpRequest, saved: Application, one: Section) -> HttpResponse:
    figures = eligibility.money(saved)
    wrong = [check for check in eligibility.money_checks(saved.call, figures) if not check.ok]
    if request.POST.get("suite") == "continuer" and not request.POST.get("ajouter") and wrong and not figures.is_empty:
        return redirect(home_parts.section_url(saved, "budget") + "?controle=1")
    return _after_save(request, saved, one)


def _budget_context(application: Application, figures: eligibility.Money, *, asked: bool) -> dict[str, Any]:
    checks = eligibility.money_checks(application.call, figures)
    unsaid = [
        f"Indiquez où en est la demande ({line.funder})."
        for line in application.budget_lines.all()
        if line.account == "74" and not line.is_request and line.funder and not line.status
    ]
    to_fix = [check.reason for check in checks if not check.ok] + unsaid
    own = sum(x.amount_cents for x in application.budget_lines.all() if x.account == "autofinancement")
    fits = own + figures.gap if figures.gap and own + figures.gap >= 0 and not figures.is_empty else None
    return {
        "figures": figures,
        "checks": checks,
        "to_fix": to_fix if asked else [],
        "fits": fits,
        "most": eligibility.allowed(application.call, figures),
        "shares": [
            {"label": "Fonds d’initiative", "cents": figures.requested, "key": "fund"},
            {"label": "Autres financeurs", "cents": figures.other_subsidies, "key": "other"},
            {"label": "Commune", "cents": figures.own_share, "key": "own"},
        ],
        "accounts": ACCOUNTS,
    }
