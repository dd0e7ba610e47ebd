"""The scenarios of a call: the list, the grid, two side by side, what becomes of them."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from common.errors import DomainError, NotAllowed
from common.money import euros
from fund.models import Call
from fund.states import CallState, Theme
from reviews import services
from reviews.models import Scenario, ScenarioLine
from reviews.scenario_files import COLUMNS, csv_of, xlsx_of
from reviews.scenarios import Row, available_of, figures, lines_of, rows_of, set_aside
from reviews.views.access import desk_page
from reviews.views.scenario_rows import Typed, table_rows

STARTS = {"vide": "Vide", "instruction": "Les montants de l’instruction, dans l’ordre des notes"}


def calls_of_scenarios() -> list[Call]:
    return list(Call.objects.exclude(state=CallState.DRAFT).select_related("envelope").order_by("-year", "-pk")[:20])


def scenario_of(user: Any, pk: int) -> Scenario:
    return get_object_or_404(Scenario.objects.visible_to(user).select_related("call", "author"), pk=pk)


@require_safe
@desk_page
def scenario_list(request: HttpRequest) -> HttpResponse:
    """The scenarios of a call, side by side in figures."""
    calls = calls_of_scenarios()
    chosen = request.GET.get("appel", "")
    call = next((one for one in calls if str(one.pk) == chosen), calls[0] if calls else None)
    if call is None:
        return render(request, "reviews/scenarios/list.html", {"calls": calls})
    found = list(Scenario.objects.visible_to(request.user).filter(call=call).select_related("author"))
    available, rows = available_of(call), rows_of(request.user, call)
    all_lines: dict[int, dict[int, Any]] = {one.pk: {} for one in found}
    for line in ScenarioLine.objects.filter(scenario__in=found):
        all_lines[line.scenario_id][line.application_id] = line
    context = {
        "call": call,
        "calls": calls,
        "available": available,
        "files": len(rows),
        "requested": sum(row.requested for row in rows),
        "aside": set_aside(request.user, call),
        "scenarios": [(one, figures(rows, all_lines[one.pk], available)) for one in found],
        "draws": services.can_draw(request.user),
    }
    return render(request, "reviews/scenarios/list.html", context)


@require_http_methods(["GET", "POST"])
@desk_page
def scenario_create(request: HttpRequest, slug: str) -> HttpResponse:
    """A name and where to start from."""
    call = get_object_or_404(Call.objects.exclude(state=CallState.DRAFT), slug=slug)
    if not services.can_draw(request.user):
        raise Http404
    error = ""
    if request.method == "POST":
        rows = rows_of(request.user, call)
        lines = _by_opinion(rows, available_of(call)) if request.POST.get("depart") == "instruction" else {}
        try:
            made = services.create_scenario(
                call.pk,
                name=request.POST.get("nom", ""),
                note=request.POST.get("note", "")[:300],
                lines=lines,
                by=request.user,
            )
        except NotAllowed:
            raise
        except DomainError as refusal:
            error = str(refusal)
        else:
            return redirect("scenario_grid", made.pk)
    context = {"call": call, "error": error, "typed": request.POST, "starts": STARTS, "available": available_of(call)}
    return render(request, "reviews/scenarios/create.html", context, status=422 if error else 200)


def _by_opinion(rows: list[Row], available: int) -> dict[int, services.Given]:
    """In the order of points, the amount proposed in full, until the envelope is reached."""
    given, left = {}, available
    for row in rows:
        cents = row.opinion or 0
        if not row.writable or row.result is None or not cents:
            continue
        if cents > left:
            break
        given[row.pk] = services.Given(cents)
        left -= cents
    return given


@require_http_methods(["GET", "POST"])
@desk_page
def scenario_grid(request: HttpRequest, pk: int) -> HttpResponse:
    """The grid: an amount, a rank of reserve, a remark for each file, totals against the envelope."""
    scenario = scenario_of(request.user, pk)
    lines = lines_of(scenario)
    rows = rows_of(request.user, scenario.call, also=lines)
    draws = services.can_draw(request.user)
    editable, typed, errors, refused = draws and not scenario.is_retained, None, {}, ""
    if request.method == "POST":
        if not draws:
            raise NotAllowed("Ce scénario se change par un instructeur ou par le gestionnaire du fonds.")
        typed = Typed(request.POST, rows)
        errors = dict(typed.errors)
        if not errors:
            try:
                return _kept(request, scenario, typed)
            except services.WrongLine as wrong:
                errors[wrong.application] = str(wrong)
            except DomainError as refusal:
                refused = str(refusal)
    available = available_of(scenario.call)
    shown = [row for row in rows if _matches(row, request.GET)]
    context = {
        "scenario": scenario,
        "call": scenario.call,
        "lines": table_rows(shown, lines, editable=editable, typed=typed, errors=errors),
        "figures": figures(rows, lines, available),
        "part": figures(shown, lines, available) if len(shown) != len(rows) else None,
        "aside": set_aside(request.user, scenario.call),
        "editable": editable,
        "errors": errors,
        "refused": refused,
        "name": request.POST.get("nom", scenario.name),
        "note": request.POST.get("note", scenario.note),
        "themes": sorted({(row.theme, row.theme_label) for row in rows}),
        "filters": request.GET,
        "retains": services.can_retain(request.user),
        "others": Scenario.objects.visible_to(request.user).filter(call=scenario.call).exclude(pk=pk),
    }
    return render(request, "reviews/scenarios/grid.html", context, status=422 if errors or refused else 200)


def _kept(request: HttpRequest, scenario: Scenario, typed: Typed) -> HttpResponse:
    version = request.POST.get("version", "")
    services.save_scenario(
        scenario.pk,
        name=request.POST.get("nom", scenario.name),
        note=request.POST.get("note", "")[:300],
        lines=typed.lines,
        by=request.user,
        version=int(version) if version.isdecimal() else None,
    )
    messages.success(request, "Le scénario est enregistré.")
    return redirect(request.get_full_path())


def _matches(row: Row, asked: Any) -> bool:
    words = asked.get("q", "").strip().lower()
    plan = asked.get("plan", "")
    return (
        (not words or words in f"{row.commune} {row.number} {row.title}".lower())
        and (asked.get("theme", "") in ("", row.theme) or asked.get("theme") not in Theme.values)
        and (plan not in ("avec", "sans") or (plan == "avec") == row.has_plan)
    )


@require_safe
@desk_page
def scenario_export(request: HttpRequest, pk: int, kind: str) -> HttpResponseBase:
    """The lines one may see, as CSV or XLSX."""
    scenario = scenario_of(request.user, pk)
    if kind not in ("csv", "xlsx"):
        raise Http404
    lines = lines_of(scenario)
    rows = rows_of(request.user, scenario.call, also=lines)
    make = csv_of if kind == "csv" else xlsx_of
    content_type = (
        "text/csv; charset=utf-8"
        if kind == "csv"
        else "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    )
    name = f'attachment; filename="scenario-{scenario.pk}.{kind}"'
    return HttpResponse(make(COLUMNS, rows, lines), content_type=content_type, headers={"Content-Disposition": name})


@require_POST
@desk_page
def scenario_share(request: HttpRequest, pk: int) -> HttpResponse:
    scenario = scenario_of(request.user, pk)
    services.share_scenario(scenario.pk, by=request.user)
    messages.success(request, f"« {scenario.name} » est partagé : tout le service le voit.")
    return redirect("scenario_grid", pk)


@require_POST
@desk_page
def scenario_duplicate(request: HttpRequest, pk: int) -> HttpResponse:
    scenario = scenario_of(request.user, pk)
    made = services.duplicate_scenario(scenario.pk, by=request.user)
    messages.success(request, f"« {made.name} » est à vous : un brouillon, avec les mêmes montants.")
    return redirect("scenario_grid", made.pk)


@require_http_methods(["GET", "POST"])
@desk_page
def scenario_retain(request: HttpRequest, pk: int) -> HttpResponse:
    """Read what retaining does, then do it; a retained one can be let go."""
    scenario = scenario_of(request.user, pk)
    if not services.can_retain(request.user):
        raise NotAllowed("Un scénario est retenu par le gestionnaire du fonds ou par la direction du service.")
    lines = lines_of(scenario)
    told = figures(rows_of(request.user, scenario.call), lines, available_of(scenario.call))
    if request.method == "POST":
        version = request.POST.get("version", "")
        verb = services.let_scenario_go if scenario.is_retained else services.retain_scenario
        verb(pk, by=request.user, version=int(version) if version.isdecimal() else None)
        messages.success(request, f"« {scenario.name} » est {'relâché' if scenario.is_retained else 'retenu'}.")
        return redirect(f"{reverse('scenario_list')}?appel={scenario.call_id}")
    before = Scenario.objects.filter(call=scenario.call, state="retained").exclude(pk=pk).first()
    if scenario.is_retained:
        consequences = ["Le scénario redevient partagé : ses montants peuvent de nouveau changer."]
    else:
        consequences = [
            f"{euros(told.cents)} proposés à {told.helped} dossiers ; il reste {euros(told.left)} dans l’enveloppe.",
            "Ses montants ne changent plus ; il sert d’ordre du jour au comité.",
            *([f"« {before.name} », retenu jusqu’ici, redevient partagé."] if before else []),
            "Aucun argent n’est engagé : le comité puis la décision restent à venir.",
        ]
    context = {"scenario": scenario, "figures": told, "consequences": consequences}
    return render(request, "reviews/scenarios/retain.html", context)
