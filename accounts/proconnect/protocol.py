"""What is exchanged with ProConnect: discovery, code against tokens, who it is. Signatures are always verified."""

from typing import Any

import jwt
import requests
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialApp, SocialToken
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from allauth.utils import build_absolute_uri
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

ID_TOKEN = "proconnect_id_token"  # noqa: S105 - where the session keeps it, for signing out
PUBLIC_KEY_ALGORITHMS = ("RS256", "ES256")


class ProConnectOAuth2Adapter(OpenIDConnectOAuth2Adapter):
    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request, "proconnect")

    @property
    def openid_config(self) -> dict[str, Any]:
        """The discovery document; one that does not come is a calm error page, not a crash."""
        try:
            config: dict[str, Any] = super().openid_config
        except (requests.RequestException, ValueError) as error:
            raise OAuth2Error("ProConnect does not answer") from error
        return config

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        return str(build_absolute_uri(request, reverse("proconnect_callback"), self.redirect_uri_protocol))

    def complete_login(self, request: HttpRequest, app: SocialApp, token: SocialToken, **kwargs: Any) -> Any:
        id_token = kwargs["response"].get("id_token")
        if not id_token:
            raise OAuth2Error("No id_token")
        identity = self._claims(id_token, app)
        userinfo = self._userinfo(token.token, app)
        if not identity.get("sub") or userinfo.get("sub") != identity["sub"]:
            raise OAuth2Error("userinfo speaks of somebody else")
        if settings.PROCONNECT_ACR and identity.get("acr") not in settings.PROCONNECT_ACR:
            raise OAuth2Error("The level of assurance is too low")
        request.session[ID_TOKEN] = id_token
        return self.get_provider().sociallogin_from_response(request, {"id_token": identity, "userinfo": userinfo})

    def _userinfo(self, access_token: str, app: SocialApp) -> dict[str, Any]:
        """A signed JWT where a signing algorithm was registered, plain JSON otherwise."""
        answer = self._get(self.profile_url, headers={"Authorization": f"Bearer {access_token}"})
        if answer.headers.get("Content-Type", "").split(";")[0].strip().lower() == "application/jwt":
            return self._claims(answer.text, app)
        try:
            claims = answer.json()
        except ValueError as error:
            raise OAuth2Error("userinfo is not readable") from error
        if not isinstance(claims, dict):
            raise OAuth2Error("userinfo is not readable")
        return claims

    def _claims(self, token: str, app: SocialApp) -> dict[str, Any]:
        """The claims of a token signed for us by this issuer."""
        try:
            header = jwt.get_unverified_header(token)
            algorithm = str(header.get("alg"))
            key: Any = app.secret if algorithm == "HS256" else self._key(header)
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                audience=app.client_id,
                issuer=self.openid_config["issuer"],
                leeway=30,
                options={"require": ["iss", "aud"]},
            )
        except jwt.PyJWTError as error:
            raise OAuth2Error("A token is not what it should be") from error
        return claims

    def _key(self, header: dict[str, Any]) -> Any:
        if header.get("alg") not in PUBLIC_KEY_ALGORITHMS:
            raise OAuth2Error("This algorithm is not accepted")
        try:
            keys = jwt.PyJWKSet.from_dict(self._get(self.openid_config["jwks_uri"]).json())
        except ValueError as error:
            raise OAuth2Error("The keys are not readable") from error
        known = [key for key in keys.keys if "kid" not in header or key.key_id == header["kid"]]
        if not known:
            raise OAuth2Error("Unknown key")
        return known[0].key

    def _get(self, url: str, **options: Any) -> requests.Response:
        with get_adapter().get_requests_session() as session:
            answer: requests.Response = session.get(url, allow_redirects=False, **options)
        if answer.status_code != requests.codes.ok:
            raise OAuth2Error(f"ProConnect answered {answer.status_code}")
        return answer
