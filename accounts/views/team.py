"""Colleagues of a commune, invitations, one's own profile."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from accounts import policies, services
from accounts.access import person, recently_authenticated
from accounts.forms import AcceptForm, InviteForm, ProfileForm
from accounts.models import Invitation, JoinRequest, Membership, Organisation, User
from accounts.states import JoinState, Role
from accounts.views.answering import with_hints
from accounts.views.lookup import lookup_context
from accounts.views.people import people_of


@require_safe
def team(request: HttpRequest) -> HttpResponse:
    """The people of one's communes, and the invitations that wait."""
    user = person(request)
    organisations = policies.teams_of(user)
    if not organisations:
        raise Http404
    people = people_of(organisations, user)
    waiting = open_invitations().filter(organisation__in=organisations)
    asking = with_hints(list(_asking(organisations, user)))
    teams = [
        {
            "organisation": organisation,
            "people": people[organisation.pk],
            "has_administrator": any(
                one.role == Role.ORGANISATION_ADMIN for row in people[organisation.pk] for one in row["held"]
            ),
            "administers": organisation.pk in user.organisation_ids(Role.ORGANISATION_ADMIN),
            "waiting": [row for row in asking if row["request"].organisation_id == organisation.pk],
            "invitations": [one for one in waiting if one.organisation_id == organisation.pk],
            "can_invite": bool(policies.grantable_roles(user, organisation.pk)),
            "lookup": lookup_context(organisation, user),
        }
        for organisation in organisations
    ]
    return render(request, "accounts/team.html", {"teams": teams})


def _asking(organisations: list[Organisation], user: User) -> QuerySet[JoinRequest]:
    """Who waits for an answer of this person."""
    mine = [one.pk for one in organisations if policies.can_administer(user, one.pk)]
    asked = JoinRequest.objects.filter(organisation__in=mine, state=JoinState.WAITING)
    return asked.select_related("organisation").order_by("confirmed_at", "pk")


def open_invitations() -> QuerySet[Invitation]:
    waiting = Invitation.objects.filter(accepted_at=None, expires_at__gt=timezone.now())
    return waiting.select_related("invited_by", "organisation").order_by("-pk")


@recently_authenticated
def team_invite(request: HttpRequest, siren: str) -> HttpResponse:
    """Invite into a commune: a colleague of it, the fund manager or the administrator."""
    user = person(request)
    organisation = get_object_or_404(Organisation, siren=siren)
    if not policies.grantable_roles(user, organisation.pk):
        raise Http404
    form = InviteForm(request.POST or None, by=user, organisation=organisation)
    back = "team" if organisation in policies.teams_of(user) else "commune_list"
    if request.method == "POST" and form.is_valid():
        services.invite(organisation=organisation, by=user, **form.cleaned_data)
        messages.success(request, f"L’invitation est partie à {form.cleaned_data['email']}.")
        return redirect(back)
    context = {"form": form, "organisation": organisation, "back": reverse(back)}
    return render(request, "accounts/invite.html", context)


@require_POST
@recently_authenticated
def invitation_resend(request: HttpRequest, pk: int) -> HttpResponse:
    invitation = _manageable(request, pk)
    services.resend_invitation(pk, by=person(request))
    messages.success(request, f"Un nouveau lien est parti à {invitation.email}. L’ancien ne sert plus.")
    return redirect(_back(request, invitation))


@require_POST
@recently_authenticated
def invitation_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    invitation = _manageable(request, pk)
    services.revoke_invitation(pk, by=person(request))
    messages.success(request, f"L’invitation de {invitation.email} est annulée.")
    return redirect(_back(request, invitation))


def _manageable(request: HttpRequest, pk: int) -> Invitation:
    invitation = get_object_or_404(Invitation, pk=pk)
    if not policies.grantable_roles(person(request), invitation.organisation_id):
        raise Http404
    return invitation


def _back(request: HttpRequest, invitation: Invitation) -> str:
    mine = invitation.organisation_id in person(request).organisation_ids()
    return "team" if mine else "account_list" if policies.can_manage_accounts(request.user) else "commune_list"


@recently_authenticated
def membership_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Confirm, then end a role."""
    user = person(request)
    membership = get_object_or_404(Membership.objects.select_related("user", "organisation"), pk=pk, ended_at=None)
    if not policies.can_end(user, membership):
        raise Http404
    back = (
        reverse("team")
        if membership.organisation_id in user.organisation_ids()
        else _account_or_commune(membership, user)
    )
    if request.method == "POST":
        services.end_role(pk, by=user)
        messages.success(request, f"{membership.user} n’a plus le rôle « {membership.get_role_display()} ».")
        return redirect(back if membership.user_id != user.pk else "/")
    return render(request, "accounts/membership_end.html", {"membership": membership, "back": back})


def _account_or_commune(membership: Membership, user: User) -> str:
    if policies.can_manage_accounts(user):
        return reverse("account_detail", args=[membership.user_id])
    return reverse("commune_detail", args=[membership.organisation.siren]) if membership.organisation else "/"


@login_not_required
@sensitive_post_parameters("password")
def invitation_accept(request: HttpRequest, token: str) -> HttpResponse:
    """What the link of an invitation opens. Reading it consumes nothing."""
    invitation = services.open_invitation(token)
    if invitation is None:
        return render(request, "accounts/invitation_gone.html", status=410)
    known = User.objects.filter(email__iexact=invitation.email).exists()
    if known or request.user.is_authenticated:
        return _accept_as_member(request, invitation, token, known)
    form = AcceptForm(request.POST or None, invitation=invitation)
    if request.method == "POST" and form.is_valid():
        services.accept_invitation(token, **form.cleaned_data)
        messages.success(request, "Votre compte est ouvert. Connectez-vous avec votre adresse et ce mot de passe.")
        return redirect("account_login")
    return render(request, "accounts/invitation_accept.html", {"form": form, "invitation": invitation})


def _accept_as_member(request: HttpRequest, invitation: Invitation, token: str, known: bool) -> HttpResponse:
    mine = request.user.is_authenticated and person(request).email.lower() == invitation.email.lower()
    if request.method == "POST" and mine:
        services.accept_as_member(token, by=person(request))
        messages.success(request, f"Vous avez maintenant le rôle « {invitation.get_role_display()} ».")
        return redirect("home")
    context = {"invitation": invitation, "mine": mine, "known": known}
    return render(request, "accounts/invitation_join.html", context)


def profile(request: HttpRequest) -> HttpResponse:
    """One's own name, job and telephone."""
    form = ProfileForm(request.POST or None, instance=User.objects.get(pk=person(request).pk))
    if request.method == "POST" and form.is_valid():
        services.save_profile(by=person(request), **form.cleaned_data)
        messages.success(request, "Votre profil est enregistré.")
        return redirect("profile")
    return render(request, "accounts/profile.html", {"form": form})
