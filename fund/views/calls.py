"""The calls seen by those who prepare them."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.access import for_roles, person
from accounts.states import DESK_ROLES, Role
from common.dates import moment
from common.errors import DomainError
from common.money import euros
from fund import services
from fund.forms.call import NewCallForm
from fund.models import Call, Envelope
from fund.parts import PARTS, Part, parts_of
from fund.policies import manages_fund, rules_are_frozen
from fund.states import ENDED, CallState
from fund.views.public import call_page


@require_safe
@for_roles(*DESK_ROLES, Role.AUDITOR)
def call_manage_list(request: HttpRequest) -> HttpResponse:
    calls = Call.objects.select_related("envelope__line__budget").order_by("-year", "-pk")
    return render(request, "fund/call_manage_list.html", {"calls": calls, "can_manage": manages_fund(request.user)})


@for_roles(Role.FUND_MANAGER)
def call_create(request: HttpRequest) -> HttpResponse:
    if not Envelope.objects.filter(line__budget__closed_at=None).exists():
        messages.info(request, "Un appel prend ses crédits sur une enveloppe : créez d’abord le budget de l’année.")
        return redirect("budget_create")
    form = NewCallForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        call = services.create_call(by=person(request), **form.cleaned_data)
        return redirect("call_edit", call.slug)
    return render(request, "fund/call_create.html", {"form": form})


@require_safe
@for_roles(*DESK_ROLES, Role.AUDITOR)
def call_edit(request: HttpRequest, slug: str) -> HttpResponse:
    """Where a call is prepared and followed: its parts, what is missing, the next step of its life."""
    call = _call(slug)
    missing = services.missing_to_publish(call) if call.state == CallState.DRAFT else []
    context = {
        "call": call,
        "can_manage": manages_fund(request.user),
        "frozen": rules_are_frozen(call),
        "missing": missing,
        "parts": [{"title": "Ce que dit l’appel", "tasks": parts_of(call)}],
        "step": NEXT_STEPS.get(call.state),
    }
    return render(request, "fund/call_edit.html", context)


@for_roles(Role.FUND_MANAGER)
def call_part(request: HttpRequest, slug: str, part: str) -> HttpResponse:
    """One part of the rules, on its own page."""
    call, piece = _call(slug), PARTS.get(part)
    if piece is None:
        raise Http404
    form = piece.bound(call, request.POST) if request.method == "POST" else piece.blank(call)
    if request.method == "POST" and form.is_valid():
        try:
            piece.save(call.pk, form, request.POST, by=person(request))
        except DomainError as refusal:
            piece.refuse(form, str(refusal))
        else:
            messages.success(request, f"« {piece.title} » est enregistré.")
            return redirect("call_edit", slug)
    return render(request, piece.template, _part_page(call, piece, form, request.POST.get("version") or call.version))


def _part_page(call: Call, piece: Part, form: Any, version: Any) -> dict[str, Any]:
    frozen, ended = rules_are_frozen(call), call.state in ENDED
    return {"call": call, "part": piece, "form": form, "version": version, "frozen": frozen, "ended": ended}


@require_safe
@for_roles(*DESK_ROLES, Role.AUDITOR)
def call_preview(request: HttpRequest, slug: str) -> HttpResponse:
    """The public page as it will be."""
    return render(request, "fund/call_detail.html", call_page(_call(slug), request) | {"preview": True})


class Step:
    """One arrow of the call's machine, confirmed on a page of its own."""

    def __init__(self, verb: str, title: str, service: Callable[..., Call], consequences: Callable[[Call], list[str]]):
        self.verb, self.title, self.service, self.consequences = verb, title, service, consequences


def _on_publish(call: Call) -> list[str]:
    return [
        f"La page de l’appel est publique. Il s’ouvre de lui-même le {moment(call.opens_at)} et se clôt le {moment(call.closes_at)}.",
        f"Les aides sont prises sur l’enveloppe {call.year}, dotée de {euros(call.envelope.line.amount_cents)}.",
        "Dès le premier dossier envoyé, les taux, les montants, les critères et les pièces ne changent plus.",
    ]


STEPS = {
    "publier": Step("Publier l’appel", "Publier l’appel ?", services.publish_call, _on_publish),
    "decider": Step(
        "Ouvrir la phase de décision",
        "Ouvrir la phase de décision ?",
        services.start_deciding,
        lambda call: ["L’appel est clos ; le comité peut se prononcer sur tous les dossiers."],
    ),
    "terminer": Step(
        "Clore la phase de décision",
        "Clore la phase de décision ?",
        services.finish_deciding,
        lambda call: ["Tous les dossiers ont leur réponse. Les règles de l’appel ne se modifient plus."],
    ),
    "archiver": Step(
        "Archiver l’appel",
        "Archiver l’appel ?",
        services.archive_call,
        lambda call: ["L’appel reste lisible par tous. Plus rien ne s’y décide."],
    ),
}
NEXT_STEPS = {
    CallState.DRAFT: ("publier", STEPS["publier"]),
    CallState.CLOSED: ("decider", STEPS["decider"]),
    CallState.DECIDING: ("terminer", STEPS["terminer"]),
    CallState.DECIDED: ("archiver", STEPS["archiver"]),
}


@for_roles(Role.FUND_MANAGER)
def call_step(request: HttpRequest, slug: str, step: str) -> HttpResponse:
    """Confirm, then move the call one arrow further."""
    call, found = _call(slug), STEPS.get(step)
    if found is None:
        raise Http404
    if request.method == "POST":
        version = request.POST.get("version", "")
        found.service(call.pk, by=person(request), version=int(version) if version.isdigit() else None)
        messages.success(request, f"C’est fait : l’appel est « {Call.objects.get(pk=call.pk).get_state_display()} ».")
        return redirect("call_edit", slug)
    context = {
        "call": call,
        "step": found,
        "consequences": found.consequences(call),
        "back": reverse("call_edit", args=[slug]),
    }
    return render(request, "fund/call_step.html", context)


def _call(slug: str) -> Call:
    calls = Call.objects.select_related("fund", "envelope__line__budget")
    return get_object_or_404(calls.prefetch_related("criteria", "documents", "points", "plan"), slug=slug)
