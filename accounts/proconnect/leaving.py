"""Signing out of ProConnect too, by the browser (OpenID Connect RP-Initiated Logout): its session outlives ours by hours."""

import secrets

from allauth.account.internal.decorators import login_not_required
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.utils import build_absolute_uri
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.crypto import get_random_string
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from accounts.proconnect.protocol import ProConnectOAuth2Adapter
from accounts.proconnect.provider import SECRET_LENGTH

LEAVING = "proconnect_leaving"


def keep_for_leaving(request: HttpRequest, id_token: str) -> None:
    """In the new, anonymous session that follows ours."""
    request.session[LEAVING] = {"id_token": id_token, "state": get_random_string(SECRET_LENGTH)}


@require_safe
@login_not_required
def leave(request: HttpRequest) -> HttpResponse:
    """A page between: `form-action` would stop the sign-out form itself from being sent on to another host."""
    if LEAVING not in request.session:
        return redirect("home")
    try:
        end = ProConnectOAuth2Adapter(request).openid_config.get("end_session_endpoint")
    except SocialApp.DoesNotExist as error:
        raise Http404 from error
    except OAuth2Error:
        end = None
    said = request.session[LEAVING]
    asked = {
        "id_token_hint": said["id_token"],
        "post_logout_redirect_uri": build_absolute_uri(request, reverse("proconnect_left")),
        "state": said["state"],
    }
    address = f"{end}?{urlencode(asked)}" if end else ""
    return render(request, "socialaccount/proconnect_leave.html", {"address": address})


@require_safe
@login_not_required
def left(request: HttpRequest) -> HttpResponse:
    """Back from ProConnect; somebody else's answer says nothing."""
    said = request.session.get(LEAVING)
    if said and secrets.compare_digest(said["state"].encode(), request.GET.get("state", "").encode()):
        del request.session[LEAVING]
        messages.success(request, "Vous êtes déconnecté du fonds et de ProConnect.")
    return redirect("home")
