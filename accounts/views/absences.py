"""The absences of the team, and the delegations of signature."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts import services
from accounts.access import for_roles, person
from accounts.models import Absence, Delegation, User
from accounts.states import DESK_ROLES, Role
from common.errors import DomainError
from common.widgets import DateInput


def people_of_the_desk() -> Any:
    held = {"memberships__role__in": DESK_ROLES, "memberships__organisation": None, "memberships__ended_at": None}
    return User.objects.filter(is_active=True, **held).distinct().order_by("last_name", "first_name", "pk")


class DaysForm(forms.Form):
    use_required_attribute = False
    starts_on = forms.DateField(label="Du", widget=DateInput(), initial=timezone.localdate)
    ends_on = forms.DateField(label="Au, compris", widget=DateInput())


class AbsenceForm(DaysForm):
    person = forms.ModelChoiceField(label="Qui est absent", queryset=User.objects.none(), empty_label=None)
    substitute = forms.ModelChoiceField(
        label="Qui remplace",
        queryset=User.objects.none(),
        required=False,
        empty_label="Personne",
        help_text="Cette personne voit les dossiers parmi les siens. Elle agit en son nom, avec ses propres droits.",
    )
    field_order = ("person", "starts_on", "ends_on", "substitute")

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        team = people_of_the_desk()
        whole = by.has_role(Role.FUND_MANAGER, Role.HEAD_OF_SERVICE)
        self.fields["person"].queryset = team if whole else team.filter(pk=by.pk)  # type: ignore[attr-defined]
        self.fields["substitute"].queryset = team  # type: ignore[attr-defined]
        self.initial.setdefault("person", by.pk)


class DelegationForm(DaysForm):
    delegate = forms.ModelChoiceField(
        label="Qui signera", queryset=User.objects.none(), empty_label="Choisissez une personne"
    )
    reference = forms.CharField(
        label="Arrêté de délégation", max_length=120, help_text="Son numéro et sa date : la lettre les porte."
    )
    field_order = ("delegate", "reference", "starts_on", "ends_on")

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["delegate"].queryset = people_of_the_desk().exclude(pk=by.pk)  # type: ignore[attr-defined]


@require_http_methods(["GET", "POST"])
@for_roles(*DESK_ROLES)
def absence_list(request: HttpRequest) -> HttpResponse:
    user = person(request)
    wanted = request.POST.get("quoi", "") if request.method == "POST" else ""
    absence = AbsenceForm(request.POST if wanted == "absence" else None, by=user)
    delegation = DelegationForm(request.POST if wanted == "delegation" else None, by=user, prefix="d")
    form, verb, done = (
        (delegation, services.delegate_signature, "La délégation est enregistrée.")
        if wanted == "delegation"
        else (absence, services.declare_absence, "L’absence est enregistrée.")
    )
    if wanted and form.is_valid():
        try:
            verb(by=user, **form.cleaned_data)
            messages.success(request, done)
            return redirect("absence_list")
        except DomainError as refusal:
            form.add_error(None, str(refusal))
    return render(
        request, "accounts/absences.html", _page(user, absence, delegation, form), status=422 if form.errors else 200
    )


def _page(user: User, absence: AbsenceForm, delegation: DelegationForm, used: forms.Form) -> dict[str, Any]:
    today = timezone.localdate()
    absences = Absence.objects.filter(cancelled_at=None, ends_on__gte=today).select_related("person", "substitute")
    delegations = Delegation.objects.filter(revoked_at=None, ends_on__gte=today).select_related("giver", "delegate")
    whole = user.has_role(Role.FUND_MANAGER, Role.HEAD_OF_SERVICE)
    return {
        "absences": [{"absence": one, "mine": whole or one.person_id == user.pk} for one in absences],
        "delegations": list(delegations),
        "absence_form": absence,
        "delegation_form": delegation if user.has_role(Role.HEAD_OF_SERVICE) else None,
        "used": used,
        "today": today,
    }


@require_POST
@for_roles(*DESK_ROLES)
def absence_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    services.cancel_absence(get_object_or_404(Absence, pk=pk).pk, by=person(request))
    messages.success(request, "L’absence est annulée.")
    return redirect("absence_list")


@require_POST
@for_roles(*DESK_ROLES)
def delegation_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    services.revoke_delegation(get_object_or_404(Delegation, pk=pk).pk, by=person(request))
    messages.success(request, "La délégation est retirée ; ce qui est signé le reste.")
    return redirect("absence_list")
