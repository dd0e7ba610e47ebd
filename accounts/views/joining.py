"""« Rejoindre ma commune »: the public request, the confirmed address, the answer."""

from typing import Any

from allauth.core import ratelimit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from accounts import services
from accounts.models import Organisation
from accounts.people_forms import JoinForm, KnownJoinForm
from accounts.proconnect.adapter import CAME_BY_PROCONNECT
from accounts.services import joining
from common.actors import MACHINE
from common.errors import DomainError
from journal.services import once


@login_not_required
def join(request: HttpRequest) -> HttpResponse:
    """Ask to join a commune. What is answered does not depend on whether the address is known."""
    known = _known(request)
    form = _form(request, known)
    if request.method != "POST" or not form.is_valid():
        return render(request, "accounts/join.html", _context(form, known))
    if not ratelimit.consume(request, action="join"):
        context = {**_context(form, known), "too_many": True}
        return render(request, "accounts/join.html", context, status=429)
    if known:
        return _ask_as_known(request, form, known)
    email = form.cleaned_data["email"].strip().lower()
    mail = ratelimit.consume(request, action="join_address", key=email)

    def act() -> dict[str, Any]:
        services.ask_to_join(organisation=form.cleaned_data["commune"], email=email, mail=mail, **form.who)
        return {}

    asked = [form.cleaned_data["commune"].pk, email, form.who]
    once(by=MACHINE, operation="ask_to_join", key=form.token, request=asked, act=act)
    return redirect("join_sent")


def _known(request: HttpRequest) -> dict[str, str]:
    """Who is known already: signed in, or come back from ProConnect with an address it answers for."""
    user = request.user
    if user.is_authenticated:
        names = {"first_name": user.first_name, "last_name": user.last_name, "job": user.job}
        return {"email": user.email, "through": "session", **names}
    said = request.session.get(CAME_BY_PROCONNECT) or {}
    if not said.get("verified"):
        return {}
    return {"email": said["email"], "through": "proconnect", **_names(said)}


def _names(said: dict[str, str]) -> dict[str, str]:
    return {"first_name": said["given_name"][:80], "last_name": said["usual_name"][:80], "job": ""}


def _form(request: HttpRequest, known: dict[str, str]) -> JoinForm:
    said = {} if request.user.is_authenticated else request.session.get(CAME_BY_PROCONNECT) or {}
    initial: dict[str, str] = {"commune": request.GET.get("commune", "")[:120]}
    if said:
        initial |= {**_names(said), "email": said["email"]}
        found = Organisation.objects.communes().filter(siren=said["siret"][:9]).first()
        initial["commune"] = found.name if found else initial["commune"]
    initial |= {name: known[name] for name in ("first_name", "last_name", "job") if known}
    kind = KnownJoinForm if known else JoinForm
    return kind(request.POST if request.method == "POST" else None, initial=initial)


def _context(form: JoinForm, known: dict[str, str]) -> dict[str, Any]:
    communes = Organisation.objects.communes().values_list("name", flat=True)
    return {"form": form, "known": known, "communes": communes, "hours": settings.INVITATION_HOURS}


def _ask_as_known(request: HttpRequest, form: JoinForm, known: dict[str, str]) -> HttpResponse:
    by: Any = request.user if request.user.is_authenticated else MACHINE
    try:
        services.ask_as_known(
            organisation=form.cleaned_data["commune"],
            email=known["email"],
            through=known["through"],
            by=by,
            **form.who,
        )
    except DomainError as refusal:
        form.add_error("commune", str(refusal))
        return render(request, "accounts/join.html", _context(form, known), status=refusal.status)
    request.session.pop(CAME_BY_PROCONNECT, None)
    return redirect("join_received")


@require_safe
@login_not_required
def join_sent(request: HttpRequest) -> HttpResponse:
    return render(
        request, "accounts/join_sent.html", {"hours": settings.INVITATION_HOURS, "days": settings.JOIN_FORGOTTEN_DAYS}
    )


@require_safe
@login_not_required
def join_received(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/join_received.html")


@login_not_required
def join_confirm(request: HttpRequest, token: str) -> HttpResponse:
    """What the link of the mail opens; reading it consumes nothing, mail filters open links too."""
    found = services.open_join(token)
    if found is None:
        return render(request, "accounts/join_gone.html", {"sentence": joining.GONE}, status=410)
    if request.method != "POST":
        return render(request, "accounts/join_confirm.html", {"asked": found})
    try:
        services.confirm_address(token)
    except DomainError as refusal:
        return render(request, "accounts/join_gone.html", {"sentence": str(refusal)}, status=refusal.status)
    messages.success(request, "Votre adresse est confirmée.")
    return redirect("join_received")
