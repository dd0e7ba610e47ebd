"""Who comes back from ProConnect: it says who somebody is, never what they may do."""

import secrets
from typing import Any

from allauth.account.models import EmailAddress
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.helpers import render_authentication_error
from django.http import HttpRequest
from django.shortcuts import redirect
from django.utils.crypto import get_random_string

from accounts.proconnect.provider import SECRET_LENGTH, is_verified
from journal.models import Kind
from journal.services import record_access

CAME_BY_PROCONNECT = "came_by_proconnect"


class SocialAdapter(DefaultSocialAccountAdapter):
    def generate_state_param(self, state: dict[str, Any]) -> str:
        return get_random_string(SECRET_LENGTH)

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Somebody known signs in; whoever is not known is led to the request to join, filled in with what was said."""
        said = sociallogin.account.extra_data
        if not secrets.compare_digest(str(said["id_token"].get("nonce", "")), sociallogin.state.get("nonce") or "-"):
            raise ImmediateHttpResponse(render_authentication_error(request, sociallogin.provider))
        claims = said["userinfo"]
        sociallogin.account.extra_data = {"userinfo": _kept(claims)}
        if sociallogin.is_existing or sociallogin.state.get("process") == "connect":
            return
        user = _known(claims)
        if user is None:
            request.session[CAME_BY_PROCONNECT] = {**_kept(claims), "verified": is_verified(claims)}
            raise ImmediateHttpResponse(redirect("join"))
        sociallogin.connect(request, user)
        record_access("proconnect_linked", by=user, kind=Kind.RIGHT)


def _known(claims: dict[str, Any]) -> Any:
    """The account of this address, proven on both sides: by the identity provider and by us."""
    address = str(claims.get("email") or "")
    if not address or not is_verified(claims):
        return None
    found = EmailAddress.objects.filter(email__iexact=address, verified=True).select_related("user").first()
    return found.user if found else None


def _kept(claims: dict[str, Any]) -> dict[str, str]:
    """Nothing more than what the request to join needs; each is a string of a bounded length."""
    names = ("sub", "email", "given_name", "usual_name", "siret", "organization_label")
    return {name: str(claims.get(name) or "")[:200] for name in names}
