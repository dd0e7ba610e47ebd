"""Two scenarios of a call, line by line."""

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from common.money import euros, euros_bare, euros_signed
from common.typography import counted
from fund.models import Call
from reviews import services
from reviews.models import Conflict, Scenario
from reviews.scenarios import Figures, Lines, Row, available_of, figures, lines_of, rows_of, set_aside
from reviews.views.access import desk_page

SMALL = 3_500


@dataclass(frozen=True)
class Pair:
    """One file in both."""

    row: Row
    a: int
    b: int
    why_b: str
    recusals: tuple[str, ...]
    cut: str = ""

    @property
    def gap(self) -> str:
        # The unit stands in the header, as in the other tables of the desk.
        return euros_signed(self.b - self.a).removesuffix("\u202f€") if self.a != self.b else ""

    @property
    def direction(self) -> str:
        return "up" if self.b > self.a else "down"


@require_safe
@desk_page
def scenario_compare(request: HttpRequest) -> HttpResponse:
    a, b = _chosen(request, "a"), _chosen(request, "b")
    if a.call_id != b.call_id:
        raise Http404
    call = Call.objects.get(pk=a.call_id)
    lines_a, lines_b, available = lines_of(a), lines_of(b), available_of(call)
    rows = rows_of(request.user, call, also={*lines_a, *lines_b})
    told_a, told_b = figures(rows, lines_a, available), figures(rows, lines_b, available)
    recusals = _recusals(request.user, call, rows)
    pairs = _pairs(rows, lines_a, lines_b, b, recusals, told_a)
    context = {
        "call": call,
        "a": a,
        "b": b,
        "figures_a": told_a,
        "figures_b": told_b,
        "pairs": pairs,
        "available": available,
        "aside": set_aside(request.user, call),
        "recusals": [(row.commune, row.number, row.public_id, recusals[row.pk]) for row in rows if row.pk in recusals],
        "changes": _changes(pairs, a.name, b.name),
        "gap": euros_signed(told_b.cents - told_a.cents).removesuffix("\u202f€")
        if told_a.cents != told_b.cents
        else "=",
        "rules": b.rules.get("words", []),
        "retains": services.can_retain(request.user),
        "draws": services.can_draw(request.user),
        "all": Scenario.objects.visible_to(request.user).filter(call=call),
    }
    return render(request, "reviews/scenarios/compare.html", context)


def _chosen(request: HttpRequest, name: str) -> Scenario:
    pk = request.GET.get(name, "")
    found = Scenario.objects.visible_to(request.user).filter(pk=int(pk) if pk.isdecimal() and len(pk) < 12 else 0)
    scenario = found.select_related("author").first()
    if scenario is None:
        raise Http404
    return scenario


def _recusals(user: Any, call: Call, rows: list[Row]) -> dict[int, tuple[str, ...]]:
    """Who stepped aside from the files shown."""
    told: dict[int, tuple[str, ...]] = {}
    found = Conflict.objects.filter(application__in=[row.pk for row in rows], lifted_at=None).select_related("user")
    for one in found.order_by("user__last_name"):
        told[one.application_id] = (*told.get(one.application_id, ()), one.user.get_full_name())
    return told


def _pairs(
    rows: list[Row], a: Lines, b: Lines, scenario: Scenario, recusals: dict[int, tuple[str, ...]], told: Figures
) -> list[Pair]:
    reasons = scenario.rules.get("reasons", {})
    made, last = [], max((place for place, row in enumerate(rows) if _cents(a, row)), default=-1)
    for place, row in enumerate(rows):
        cut = ""
        if place == last + 1 and last >= 0:
            cut = f"Limite de l’enveloppe dans le premier scénario : il reste {euros(told.left)}"
            if row.opinion:
                cut += f", le dossier suivant en demande {euros(row.opinion)}"
        why = reasons.get(str(row.pk), "")
        made.append(
            Pair(row, _cents(a, row), _cents(b, row), _short(why, row, _cents(b, row)), recusals.get(row.pk, ()), cut)
        )
    return made


def _cents(lines: Lines, row: Row) -> int:
    return lines[row.pk].proposed_cents if row.pk in lines else 0


def _short(why: str, row: Row, cents: int) -> str:
    """Two words under an amount: where it comes from."""
    if "plafond" in why:
        return "plafond"
    if "sous le seuil" in why:
        return why.split("sous le ")[1].rstrip(".")
    if cents and cents == row.requested:
        return "demandé"
    return "proposé" if cents and cents == row.opinion else ""


def _changes(pairs: list[Pair], a: str, b: str) -> list[str]:
    more = sum(pair.b > pair.a > 0 for pair in pairs)
    less = sum(0 < pair.b < pair.a for pair in pairs)
    helped, dropped = sum(pair.b > 0 == pair.a for pair in pairs), sum(pair.a > 0 == pair.b for pair in pairs)
    small = [
        len({pair.row.commune_id for pair in pairs if getattr(pair, side) and 0 < pair.row.population < SMALL})
        for side in "ab"
    ]
    agree = "reçoit,reçoivent"
    return [
        f"{more or 'Aucun'} {'dossiers' if more > 1 else 'dossier'} {_verb(more, agree)} plus, {counted(less, 'dossier')} {_verb(less, agree)} moins.",
        f"{helped or 'Aucun'} {'dossiers' if helped > 1 else 'dossier'} {_verb(helped, 'devient aidé,deviennent aidés')}, "
        f"{counted(dropped, 'dossier')} ne {_verb(dropped, 'l’est,le sont')} plus.",
        f"Communes de moins de {euros_bare(SMALL * 100).split(',')[0]} habitants servies : {small[1]}, contre {small[0]}.",
    ]


def _verb(count: int, forms: str) -> str:
    return forms.split(",")[count > 1]
