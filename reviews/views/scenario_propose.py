"""« Proposer une répartition » : rules in, advice out. A person copies it into a scenario, or does not."""

import hashlib
import json
from dataclasses import asdict
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from common.errors import DomainError
from fund.models import Call
from fund.states import CallState
from reviews import services
from reviews.allocation import NotSound, Proposal, Rules, described, moving, propose
from reviews.forms_scenario import DEFAULTS, RulesForm
from reviews.scenarios import Row, available_of, files_to_share, rows_of, set_aside
from reviews.views.access import desk_page

MOVED_AT_ONCE = 150  # files: above, how the answer moves is asked for
HEIGHT = 60


@require_http_methods(["GET", "POST"])
@desk_page
def scenario_propose(request: HttpRequest, slug: str) -> HttpResponse:
    call = get_object_or_404(Call.objects.exclude(state=CallState.DRAFT), slug=slug)
    if not services.can_draw(request.user):
        raise Http404
    given = request.POST if request.method == "POST" else request.GET
    asked = "montants" in given
    form = RulesForm(given if asked else None, initial=DEFAULTS)
    rows, available = rows_of(request.user, call), available_of(call)
    context: dict[str, Any] = {"call": call, "form": form, "available": available, "files": len(rows)}
    context["aside"] = set_aside(request.user, call)
    if asked and form.is_valid():
        try:
            rules = form.rules()
            files = files_to_share(rows, call.floor_cents, by_opinion=form.by_opinion)
            proposal = propose(files, rules, available)
            if request.method == "POST" and not proposal.clash:
                return _copy(request, call, form, proposal, available)
            context |= _answer(request, rows, proposal, rules)
            if len(files) <= MOVED_AT_ONCE or given.get("sensibilite"):
                context["moved"] = moved(moving(files, rules, available))
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        except NotSound:
            form.add_error(
                None, "La proposition n’a pas passé la vérification : rien n’est affiché. Changez une règle."
            )
    return render(request, "reviews/scenarios/propose.html", context, status=422 if form.errors else 200)


def _answer(request: HttpRequest, rows: list[Row], proposal: Proposal, rules: Rules) -> dict[str, Any]:
    by_pk = {row.pk: row for row in rows}
    lines = [(by_pk[line.file.id], line) for line in proposal.lines]
    order = {row.pk: place for place, row in enumerate(rows)}
    lines.sort(key=lambda pair: (not pair[1].retained, order[pair[0].pk]))
    return {
        "proposal": proposal,
        "kept": [pair for pair in lines if pair[1].retained],
        "left": [pair for pair in lines if not pair[1].retained],
        "rules_words": [words for _, words in described(rules)],
        "digest": digest(proposal),
        "query": request.GET.urlencode(),
    }


def digest(proposal: Proposal) -> str:
    """What the person saw: the copy is refused when the notes or the money moved since."""
    seen = [(line.file.id, line.cents) for line in proposal.lines]
    return hashlib.sha256(json.dumps(seen).encode()).hexdigest()[:16]


def _copy(request: HttpRequest, call: Call, form: RulesForm, proposal: Proposal, available: int) -> HttpResponse:
    if request.POST.get("vu") != digest(proposal):
        raise DomainError(
            "Les notes ou l’enveloppe ont changé depuis cette proposition : relisez-la avant de la copier."
        )
    rules = form.rules()
    made = services.create_scenario(
        call.pk,
        name=request.POST.get("nom", ""),
        note=f"Proposition calculée : {proposal.retained} dossiers retenus."[:300],
        envelope_cents=available,
        rules={
            "asked": asdict(rules),
            "words": [words for _, words in described(rules)],
            "reasons": {line.file.id: line.reason for line in proposal.lines},
        },
        lines={line.file.id: services.Given(line.cents) for line in proposal.lines if line.retained},
        by=request.user,
    )
    messages.success(request, f"« {made.name} » est créé : un brouillon, que vous pouvez changer ligne à ligne.")
    return redirect("scenario_grid", made.pk)


def moved(found: list[tuple[int, Proposal]]) -> list[dict[str, Any]]:
    """A row a step, and the bar of its points in the drawing."""
    most = max((proposal.points for _, proposal in found), default=0) or 1
    now = {line.file.id for line in next(p for step, p in found if step == 0).lines if line.retained}
    made = []
    for place, (step, proposal) in enumerate(found):
        kept = {line.file.id: line.file.number for line in proposal.lines if line.retained}
        height = proposal.points * HEIGHT // most
        made.append(
            {
                "step": f"{'+' if step > 0 else '−' if step < 0 else ''}\u202f{abs(step)}\u202f%"
                if step
                else "Aujourd’hui",
                "proposal": proposal,
                "x": place * 48,
                "mid": place * 48 + 18,
                "y": HEIGHT + 14 - height,
                "up": HEIGHT + 10 - height,
                "height": height,
                "now": step == 0,
                "enter": sorted(number for pk, number in kept.items() if pk not in now),
                "leave": len(now - set(kept)),
            }
        )
    return made
