"""Two near files of one commune, side by side, and the verdict on the pair."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from applications import policies
from applications.comparing import compare
from applications.models import Application
from common.dates import day
from common.errors import NotAllowed
from common.money import euros
from reviews import family, services
from reviews.dossier import TEXTS
from reviews.forms_instruction import PairForm
from reviews.views.access import desk_page, file_of


@require_http_methods(["GET", "POST"])
@desk_page
def desk_compare(request: HttpRequest, public_id: UUID, other_id: UUID) -> HttpResponse:
    application, other = (file_of(request.user, one) for one in (public_id, other_id))
    if not services.same_family(application, other) or application.pk == other.pk:
        raise Http404
    may_judge = all(policies.can_instruct(request.user, one) for one in (application, other))
    if request.method == "POST" and not may_judge:
        raise NotAllowed("Un instructeur ou la gestion du fonds se prononce sur un doublon.")
    form = PairForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        distinct = data["verdict"] == "distinct"
        services.judge_pair(application.pk, other.pk, distinct=distinct, reason=data["reason"], by=request.user)
        messages.success(request, "Votre avis est enregistré sur les deux dossiers.")
        return redirect("desk_file", public_id)
    score = family.Near(other, family.likeness(application, other))
    context = {
        "application": application,
        "other": other,
        "form": form,
        "may_judge": may_judge,
        "likeness": score.words if score.score >= family.SHOWN else "éloignés",
        "verdicts": services.verdicts_of_pair(application, other),
        "differences": _differences(application, other),
        "facts": _facts(application, other),
    }
    return render(request, "reviews/instruction/compare.html", context, status=422 if form.errors else 200)


def _differences(application: Application, other: Application) -> list[Any]:
    fields = [("Titre", "title"), *((title, field) for _, title, field in TEXTS)]
    pairs = [(label, getattr(application, field), getattr(other, field)) for label, field in fields]
    return [compare(label, mine, theirs) for label, mine, theirs in pairs if mine or theirs]


def _facts(application: Application, other: Application) -> list[tuple[str, str, str]]:
    rows = []
    for label, read in (
        ("Demandeur", lambda one: one.organisation.name),
        ("Appel", lambda one: one.call.title),
        ("État", lambda one: one.get_state_display()),
        ("Thème", lambda one: one.get_theme_display()),
        ("Période", _period),
        ("Coût total", lambda one: euros(one.total_cost_cents)),
        ("Demandé", lambda one: euros(one.requested_cents)),
    ):
        rows.append((label, read(application), read(other)))
    return rows


def _period(one: Application) -> str:
    return f"du {day(one.starts_on)} au {day(one.ends_on)}" if one.starts_on and one.ends_on else ""
