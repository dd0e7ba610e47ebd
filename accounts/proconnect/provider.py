"""ProConnect as one provider of allauth: its addresses, its claims, its `nonce`."""

import json
from typing import Any

from allauth.account.models import EmailAddress
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider, OpenIDConnectProviderAccount
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.crypto import get_random_string
from django.utils.http import urlencode

from accounts.proconnect.protocol import ProConnectOAuth2Adapter

SECRET_LENGTH = 43  # characters of `state` and `nonce`: at least 32 are asked


class ProConnectAccount(OpenIDConnectProviderAccount):
    def to_str(self) -> str:
        return str(self.account.extra_data.get("userinfo", {}).get("email", "ProConnect"))


class ProConnectProvider(OpenIDConnectProvider):
    id = "proconnect"
    name = "ProConnect"
    account_class = ProConnectAccount
    oauth2_adapter_class = ProConnectOAuth2Adapter

    def get_login_url(self, request: HttpRequest, **kwargs: Any) -> str:
        return reverse("proconnect_login") + (f"?{urlencode(kwargs)}" if kwargs else "")

    def get_callback_url(self) -> str:
        return reverse("proconnect_callback")

    def get_oauth2_adapter(self, request: HttpRequest) -> ProConnectOAuth2Adapter:
        return ProConnectOAuth2Adapter(request)

    def get_default_scope(self) -> list[str]:
        return list(settings.PROCONNECT_SCOPES)

    def redirect(
        self, request: HttpRequest, process: str, next_url: str | None = None, data: Any = None, **kwargs: Any
    ) -> HttpResponse:
        """Nothing of the visitor's query goes along: ProConnect answers an unknown parameter with an error."""
        nonce = get_random_string(SECRET_LENGTH)
        asked = {"nonce": nonce, **_levels()}
        known = {"auth_params": asked, "scope": self.get_default_scope(), "nonce": nonce}
        return super().redirect(request, process, next_url, data, **known)

    def extract_uid(self, data: dict[str, Any]) -> str:
        return str(data["userinfo"]["sub"])

    def extract_common_fields(self, data: dict[str, Any]) -> dict[str, Any]:
        claims = data["userinfo"]
        return {
            "email": claims.get("email"),
            "first_name": claims.get("given_name"),
            "last_name": claims.get("usual_name"),
        }

    def extract_email_addresses(self, data: dict[str, Any]) -> list[EmailAddress]:
        claims = data["userinfo"]
        email = str(claims.get("email") or "")
        return [EmailAddress(email=email, verified=is_verified(claims), primary=True)] if email else []


def _levels() -> dict[str, str]:
    """The levels of assurance, as an essential claim: ProConnect then refuses by itself who cannot reach one."""
    if not settings.PROCONNECT_ACR:
        return {}
    return {"claims": json.dumps({"id_token": {"acr": {"essential": True, "values": settings.PROCONNECT_ACR}}})}


def is_verified(claims: dict[str, Any]) -> bool:
    """Did the identity provider check that the person reads this address?"""
    said = claims.get("email_verified")
    return settings.PROCONNECT_TRUSTS_EMAIL if said is None else said is True


provider_classes = [ProConnectProvider]
