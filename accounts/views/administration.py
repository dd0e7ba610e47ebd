"""The accounts, for the technical administrator."""

from django.contrib import messages
from django.db.models import Prefetch, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts import services
from accounts.access import for_roles, person, recently_authenticated
from accounts.forms import AccountFilters, GrantForm, InviteForm, ReasonForm
from accounts.models import Membership, User
from accounts.states import Role
from accounts.views.team import open_invitations
from common.paging import newest_first
from journal.models import Kind
from journal.services import history

ACTIVE = Prefetch("memberships", Membership.objects.filter(ended_at=None).select_related("organisation"), "held")


@require_safe
@for_roles(Role.ADMINISTRATOR)
def account_list(request: HttpRequest) -> HttpResponse:
    form = AccountFilters(request.GET)
    filters = form.cleaned_data if form.is_valid() else {}
    page = newest_first(_filtered(filters).prefetch_related(ACTIVE), request.GET)
    waiting = list(open_invitations().filter(organisation=None)[:50])
    return render(request, "accounts/account_list.html", {"page": page, "form": form, "invitations": waiting})


def _filtered(filters: dict[str, str]) -> QuerySet[User]:
    users = User.objects.all()
    for word in filters.get("q", "").split():
        users = users.filter(Q(email__icontains=word) | Q(last_name__icontains=word) | Q(first_name__icontains=word))
    if filters.get("role"):
        held = Membership.objects.filter(role=filters["role"], ended_at=None)
        users = users.filter(pk__in=held.values("user"))
    if filters.get("etat"):
        users = users.filter(is_active=filters["etat"] == "ouvert")
    return users


@require_safe
@for_roles(Role.ADMINISTRATOR)
def account_detail(request: HttpRequest, pk: int) -> HttpResponse:
    account = get_object_or_404(User, pk=pk)
    context = {
        "account_shown": account,
        "held": account.memberships.filter(ended_at=None).select_related("organisation"),
        "ended": account.memberships.exclude(ended_at=None).select_related("organisation").order_by("-ended_at")[:20],
        "entries": history(account).filter(kind=Kind.RIGHT).order_by("-sequence")[:30],
        "sessions": account.usersession_set.count(),  # type: ignore[attr-defined]
        "is_oneself": account.pk == person(request).pk,
    }
    return render(request, "accounts/account_detail.html", context)


@for_roles(Role.ADMINISTRATOR)
@recently_authenticated
def staff_invite(request: HttpRequest) -> HttpResponse:
    user = person(request)
    form = InviteForm(request.POST or None, by=user, organisation=None)
    if request.method == "POST" and form.is_valid():
        services.invite(organisation=None, by=user, **form.cleaned_data)
        messages.success(request, f"L’invitation est partie à {form.cleaned_data['email']}.")
        return redirect("account_list")
    return render(
        request, "accounts/invite.html", {"form": form, "organisation": None, "back": reverse("account_list")}
    )


@for_roles(Role.ADMINISTRATOR)
@recently_authenticated
def account_grant(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a role in the fund's staff to somebody who has an account."""
    account, user = get_object_or_404(User, pk=pk), person(request)
    form = GrantForm(request.POST or None, by=user)
    if request.method == "POST" and form.is_valid():
        membership = services.grant_role(pk, role=form.cleaned_data["role"], organisation=None, by=user)
        messages.success(request, f"{account} a maintenant le rôle « {membership.get_role_display()} ».")
        return redirect("account_detail", pk)
    return render(request, "accounts/account_grant.html", {"form": form, "account_shown": account})


CLOSING = {
    "fermer": (
        services.deactivate_account,
        "Fermer le compte",
        [
            "La personne ne peut plus se connecter.",
            "Ses sessions ouvertes se terminent tout de suite.",
            "Ce qu’elle a fait reste inscrit.",
        ],
    ),
    "rouvrir": (
        services.reactivate_account,
        "Rouvrir le compte",
        ["La personne retrouve ses rôles et peut se connecter."],
    ),
}


@for_roles(Role.ADMINISTRATOR)
@recently_authenticated
def account_close(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """Confirm, then close or reopen an account."""
    account = get_object_or_404(User, pk=pk)
    if act not in CLOSING:
        raise Http404
    service, verb, consequences = CLOSING[act]
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        service(pk, reason=form.cleaned_data["reason"], by=person(request))
        messages.success(request, "C’est fait, et inscrit au journal.")
        return redirect("account_detail", pk)
    context = {
        "form": form,
        "account_shown": account,
        "verb": verb,
        "consequences": consequences,
        "danger": act == "fermer",
    }
    return render(request, "accounts/account_close.html", context)


@require_POST
@for_roles(Role.ADMINISTRATOR)
@recently_authenticated
def account_end_sessions(request: HttpRequest, pk: int) -> HttpResponse:
    get_object_or_404(User, pk=pk)
    ended = services.end_sessions(pk, by=person(request))
    messages.success(request, f"Sessions terminées : {ended}.")
    return redirect("account_detail", pk)
