"""The list of reasons: read by the desk, kept by the manager of the fund."""

from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import for_roles
from accounts.states import Role
from applications import services
from applications.models import Ground
from applications.states import GroundUse
from common.errors import DomainError
from reviews.forms_grounds import GroundForm
from reviews.views.access import desk_page


@require_safe
@desk_page
def ground_list(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    found = list(Ground.objects.annotate(times=Count("uses")))
    groups = [(use.label, [one for one in found if one.use == use and not one.retired_at]) for use in GroundUse]
    context = {
        "groups": [(label, rows) for label, rows in groups if rows],
        "retired": [one for one in found if one.retired_at],
        "manages": user.has_role(Role.FUND_MANAGER),
    }
    return render(request, "reviews/grounds/list.html", context)


@require_http_methods(["GET", "POST"])
@for_roles(Role.FUND_MANAGER)
def ground_add(request: HttpRequest) -> HttpResponse:
    form = GroundForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = {name: value for name, value in form.cleaned_data.items() if name != "version"}
        try:
            services.add_ground(**data, by=request.user)
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"Le motif {data['code']} est dans la liste.")
            return redirect("ground_list")
    return _page(request, form, "Ajouter un motif")


@require_http_methods(["GET", "POST"])
@for_roles(Role.FUND_MANAGER)
def ground_edit(request: HttpRequest, pk: int) -> HttpResponse:
    ground = get_object_or_404(Ground, pk=pk)
    form = GroundForm(request.POST or None, ground=ground)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        words = {name: data[name] for name in ("label", "words", "rule")}
        try:
            services.mend_ground(pk, **words, version=data["version"] or 0, by=request.user)
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(
                request, f"Le motif {ground.code} est enregistré ; les décisions déjà prises gardent leurs mots."
            )
            return redirect("ground_list")
    return _page(request, form, f"Motif {ground.code}", ground)


def _page(request: HttpRequest, form: GroundForm, title: str, ground: Ground | None = None) -> HttpResponse:
    context = {"form": form, "title": title, "ground": ground}
    return render(request, "reviews/grounds/edit.html", context, status=422 if form.errors else 200)


@require_POST
@for_roles(Role.FUND_MANAGER)
def ground_listed(request: HttpRequest, pk: int) -> HttpResponse:
    """Off the list, or back into it."""
    ground = services.list_ground(pk, listed=request.POST.get("liste") == "oui", by=request.user)
    said = "retiré de la liste : il peut y être remis" if ground.retired_at else "de nouveau dans la liste"
    messages.success(request, f"Le motif {ground.code} est {said}.")
    return redirect("ground_list")
