"""Interests: one's own declarations, the register of a call, an interest lifted by somebody else."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import for_roles
from accounts.states import STAFF_ROLES, Role
from applications.models import Application
from common.errors import DomainError
from fund.models import Call
from fund.states import CallState
from reviews import register, services
from reviews.forms_interests import DeclarationForm, LiftForm, NothingForm
from reviews.models import Conflict, DeclaredOrganisation, InterestDeclaration, Review

registrar_page = for_roles(Role.FUND_MANAGER, Role.HEAD_OF_SERVICE, Role.AUDITOR)
manager_page = for_roles(Role.FUND_MANAGER)
staff_page = for_roles(*STAFF_ROLES)


def calls() -> Any:
    return Call.objects.exclude(state=CallState.DRAFT).order_by("-year", "-pk")


@require_safe
@staff_page
def interest_list(request: HttpRequest) -> HttpResponse:
    """One's own declarations, call by call; for those who keep it, the way to each register."""
    user: Any = request.user
    said: dict[int, InterestDeclaration] = {}
    for one in (
        InterestDeclaration.objects.filter(user=user).prefetch_related("organisations__organisation").order_by("pk")
    ):
        said[one.call_id] = one
    rows = [{"call": call, "said": said.get(call.pk)} for call in calls()[:20]]
    keeps = user.has_role(Role.FUND_MANAGER, Role.HEAD_OF_SERVICE, Role.AUDITOR)
    return render(request, "reviews/interests/mine.html", {"rows": rows, "keeps": keeps})


@require_http_methods(["GET", "POST"])
@staff_page
def interest_declare(request: HttpRequest, slug: str) -> HttpResponse:
    """Two clicks when there is nothing to say; otherwise what it is, and the communes it closes."""
    call = get_object_or_404(calls(), slug=slug)
    user: Any = request.user
    review = Review.objects.visible_to(user).filter(pk=_number(request.GET.get("evaluation"))).first()
    nothing = request.POST.get("suite") == "aucun"
    form = DeclarationForm(request.POST if request.method == "POST" and not nothing else None)
    answer = (
        _declared(request, call, NothingForm(request.POST) if nothing else form) if request.method == "POST" else False
    )
    if answer:
        messages.success(request, "Votre déclaration est enregistrée. Vous pouvez la compléter à tout moment.")
        opened = review and Application.objects.visible_to(user).filter(pk=review.application_id).exists()
        return redirect("review_grid", review.pk) if review and opened else redirect("interest_list")
    history = InterestDeclaration.objects.filter(user=user, call=call).prefetch_related("organisations__organisation")
    context = {"call": call, "form": form, "review": review, "history": history.order_by("-pk")[:20]}
    return render(request, "reviews/interests/declare.html", context, status=422 if form.errors else 200)


def _declared(request: HttpRequest, call: Call, form: Any) -> bool:
    if not form.is_valid():
        return False
    data = form.cleaned_data
    said = {name: data.get(name, "") for name in ("mandates", "employers", "relations")}
    organisations = [one.pk for one in data.get("organisations", ())]
    try:
        services.declare_interests(call.pk, by=request.user, key=data["key"], organisations=organisations, **said)
    except DomainError as refusal:
        form.add_error(None, str(refusal))
        return False
    return True


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 12 else 0


@require_safe
@registrar_page
def interest_register(request: HttpRequest, slug: str) -> HttpResponse:
    call = get_object_or_404(calls().select_related("fund"), slug=slug)
    found = register.read(call, request.user)
    lifts = request.user.has_role(Role.FUND_MANAGER)  # type: ignore[union-attr]
    return render(request, "reviews/interests/register.html", {"register": found, "call": call, "lifts": lifts})


@require_safe
@registrar_page
def interest_register_pdf(request: HttpRequest, slug: str) -> HttpResponse:
    call = get_object_or_404(calls().select_related("fund"), slug=slug)
    content = register.pdf(register.read(call, request.user))
    headers = {"Content-Disposition": f'attachment; filename="registre-interets-{call.slug}.pdf"'}
    return HttpResponse(content, content_type="application/pdf", headers=headers)


@require_http_methods(["GET", "POST"])
@manager_page
def conflict_lift(request: HttpRequest, pk: int) -> HttpResponse:
    seen = Application.objects.visible_to(request.user).exclude(organisation__in=_own(request))
    found = Conflict.objects.filter(application__in=seen, lifted_at__isnull=True, named__isnull=True)
    conflict = get_object_or_404(found.select_related("user", "application__organisation", "application__call"), pk=pk)
    what = f"{conflict.application.number}, {conflict.application.organisation.name}"
    lift = lambda reason: services.lift_conflict(pk, reason=reason, by=request.user)  # noqa: E731
    return _lift(request, conflict.user, what, conflict.reason, conflict.application.call, lift)


@require_http_methods(["GET", "POST"])
@manager_page
def interest_lift(request: HttpRequest, pk: int) -> HttpResponse:
    found = DeclaredOrganisation.objects.filter(lifted_at__isnull=True).exclude(organisation__in=_own(request))
    row = get_object_or_404(found.select_related("declaration__user", "declaration__call", "organisation"), pk=pk)
    said = " ".join(words for _, words in row.declaration.parts)
    what = f"tous les dossiers de {row.organisation.name}"
    lift = lambda reason: services.lift_organisation(pk, reason=reason, by=request.user)  # noqa: E731
    return _lift(request, row.declaration.user, what, said, row.declaration.call, lift)


def _own(request: HttpRequest) -> set[int]:
    return set(request.user.organisation_ids())  # type: ignore[union-attr]


def _lift(request: HttpRequest, person: Any, what: str, said: str, call: Call, lift: Any) -> HttpResponse:
    form = LiftForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            lift(form.cleaned_data["reason"])
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "Le déport est levé. Une grille retirée ne revient pas : confiez-la de nouveau.")
            return redirect("interest_register", call.slug)
    context = {"form": form, "person": person, "what": what, "said": said, "call": call}
    return render(request, "reviews/interests/lift.html", context, status=422 if form.errors else 200)
