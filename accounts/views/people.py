"""The people of a commune: their roles, somebody who leaves, the administration that passes to another."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from accounts import policies, services
from accounts.access import person, recently_authenticated
from accounts.models import Membership, Organisation, User
from accounts.people_forms import HandOverForm, RolesForm
from accounts.states import ORGANISATION_ROLES, Role


def people_of(organisations: list[Organisation], by: User) -> dict[int, list[dict[str, Any]]]:
    """For each organisation its people, one row each with all their roles; in one query."""
    held = Membership.objects.filter(organisation__in=organisations, ended_at=None).select_related("user")
    rows: dict[int, dict[int, dict[str, Any]]] = {organisation.pk: {} for organisation in organisations}
    for membership in held.order_by("user__last_name", "user__first_name", "user", "pk"):
        organisation_id = membership.organisation_id or 0
        row = rows[organisation_id].setdefault(membership.user_id, {"user": membership.user, "held": []})
        row["held"].append(membership)
    order = {role.value: position for position, role in enumerate(ORGANISATION_ROLES)}
    for people in rows.values():
        for row in people.values():
            row["held"].sort(key=lambda one: order[one.role])
            row["since"] = min(one.started_at for one in row["held"])
            row["is_me"] = row["user"].pk == by.pk
            row["can_change"] = not row["is_me"] and may_change(by, row["held"][0].organisation_id)
            row["can_remove"] = row["is_me"] or all(policies.can_end(by, one) for one in row["held"])
    return {organisation_id: list(people.values()) for organisation_id, people in rows.items()}


def may_change(by: User, organisation_id: int) -> bool:
    """Change the roles of others: the administrator, a signatory, the fund's managers."""
    return policies.can_administer(by, organisation_id) or organisation_id in by.organisation_ids(Role.SIGNATORY)


@recently_authenticated
def person_roles(request: HttpRequest, siren: str, pk: int) -> HttpResponse:
    user, organisation, held = _seen(request, siren, pk)
    if pk == user.pk or not may_change(user, organisation.pk):
        raise Http404
    form = RolesForm(request.POST if request.method == "POST" else None, by=user, organisation=organisation, held=held)
    if request.method == "POST" and form.is_valid():
        changed = services.change_roles(organisation, pk, roles=form.wanted, by=user)
        messages.success(request, f"Les rôles de {held[0].user} sont à jour." if changed else "Rien n’a changé.")
        return redirect(back_to(user, organisation))
    context = {"form": form, "who": held[0].user, "organisation": organisation, "back": back_to(user, organisation)}
    return render(request, "accounts/person_roles.html", context)


@recently_authenticated
def person_remove(request: HttpRequest, siren: str, pk: int) -> HttpResponse:
    """Confirm, then take somebody out of a commune, or leave it oneself."""
    user, organisation, held = _seen(request, siren, pk)
    if pk != user.pk and not all(policies.can_end(user, one) for one in held):
        raise Http404
    if request.method == "POST":
        services.remove_person(organisation, pk, by=user)
        messages.success(
            request,
            f"Vous ne faites plus partie de l’espace « {organisation.name} »."
            if pk == user.pk
            else f"{held[0].user} ne fait plus partie de la commune.",
        )
        return redirect("home" if pk == user.pk else back_to(user, organisation))
    roles = {one.role for one in held}
    others = Membership.objects.filter(organisation=organisation, ended_at=None, user__is_active=True)
    left = set(others.exclude(user=pk).values_list("role", flat=True))
    context = {
        "who": held[0].user,
        "oneself": pk == user.pk,
        "organisation": organisation,
        "back": back_to(user, organisation),
        "last_signatory": Role.SIGNATORY in roles - left,
        "last_administrator": Role.ORGANISATION_ADMIN in roles - left,
        "blocked": Role.ORGANISATION_ADMIN in roles - left and not user.has_role(*policies.KEEPERS),
        "can_hand_over": pk == user.pk and Role.ORGANISATION_ADMIN in roles,
    }
    return render(request, "accounts/person_remove.html", context)


@recently_authenticated
def hand_over(request: HttpRequest, siren: str) -> HttpResponse:
    """« Passer la main »: one page, one act."""
    user = person(request)
    organisation = get_object_or_404(Organisation, siren=siren)
    if organisation.pk not in user.organisation_ids(Role.ORGANISATION_ADMIN):
        raise Http404
    members = Membership.objects.filter(organisation=organisation, ended_at=None).exclude(user=user)
    colleagues = list(User.objects.filter(pk__in=members.values("user"), is_active=True).order_by("last_name", "pk"))
    form = HandOverForm(request.POST if request.method == "POST" else None, colleagues=colleagues)
    if request.method == "POST" and form.is_valid():
        _hand_over(request, organisation, form)
        return redirect("home" if form.cleaned_data["leaves"] and not form.by_mail else "team")
    return render(request, "accounts/hand_over.html", {"form": form, "organisation": organisation})


def _hand_over(request: HttpRequest, organisation: Organisation, form: HandOverForm) -> None:
    user, data = person(request), form.cleaned_data
    if form.by_mail:
        services.hand_over_by_mail(organisation, email=data["email"], role=data["role"], leaves=data["leaves"], by=user)
        messages.success(
            request, f"L’invitation est partie à {data['email']}. Vous gardez la main jusqu’à ce qu’elle soit acceptée."
        )
        return
    successor = services.hand_over(organisation, to=int(data["to"]), leaves=data["leaves"], by=user)
    messages.success(request, f"{successor} administre maintenant l’espace « {organisation.name} ».")


def _seen(request: HttpRequest, siren: str, pk: int) -> tuple[User, Organisation, list[Membership]]:
    """Somebody of a commune, for whoever sees its people; anybody else meets a 404."""
    user = person(request)
    organisation = get_object_or_404(Organisation, siren=siren)
    if organisation.pk not in user.organisation_ids() and not policies.can_administer(user, organisation.pk):
        raise Http404
    held = list(Membership.objects.filter(organisation=organisation, user=pk, ended_at=None).select_related("user"))
    if not held:
        raise Http404
    return user, organisation, held


def back_to(user: User, organisation: Organisation) -> str:
    if organisation.pk in user.organisation_ids():
        return reverse("team")
    return reverse("commune_detail", args=[organisation.siren])
