"""ProConnect says who somebody is, never what they may do: real exchanges with providers that lie or not."""

import html
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.test import Client

from accounts.models import JoinRequest, User
from accounts.states import JoinState
from journal.models import Entry
from notifications.models import Message
from tests.factories.accounts import a_commune, a_drafter, a_fund_manager
from tests.support.proconnect import CLIENT_ID, SECRET, SigningProvider

pytestmark = pytest.mark.django_db
EMAIL = "nadia.ferrandi@aubagne.test"
START, BACK = "/compte/proconnect/", "/compte/proconnect/retour/"


def claims(siren: str = "213000000", **over: Any) -> dict[str, Any]:
    return {
        "sub": "sub-1", "email": EMAIL, "given_name": "Nadia", "usual_name": "Ferrandi",
        "siret": f"{siren}00017", "organization_label": "COMMUNE", "uid": "x", "idp_id": "y", "roles": ["agent_public"], **over,
    }  # fmt: skip


def connect_to(settings: Any, url: str, scopes: str = "openid profile email") -> None:
    settings.PROCONNECT_DISCOVERY_URL = url
    settings.PROCONNECT_SCOPES = scopes.split()
    app = {
        "client_id": CLIENT_ID,
        "secret": SECRET,
        "name": "ProConnect",
        "settings": {"server_url": url, "token_auth_method": "client_secret_post"},
    }
    settings.SOCIALACCOUNT_PROVIDERS = {"proconnect": {"APPS": [app]}}


@pytest.fixture
def provider(settings: Any) -> Iterator[SigningProvider]:
    with SigningProvider(claims()) as running:
        connect_to(settings, f"{running.url}/.well-known/openid-configuration")
        yield running


def come_back(client: Client, provider: SigningProvider) -> Any:
    away = client.get(START)
    assert away.status_code == 302
    return client.get(f"{BACK}?{provider.authorize(away['Location'])}")


def known(email: str = EMAIL, verified: bool = True, **fields: Any) -> User:
    user = a_drafter(email=email, **fields)
    EmailAddress.objects.create(user=user, email=email, primary=True, verified=verified)
    return user


def signed_in(client: Client) -> str:
    return str(client.session.get("_auth_user_id", ""))


def test_the_question_is_as_proconnect_wants_it(client: Client, provider: SigningProvider) -> None:
    answer = client.get(START + "?auth_params=evil%3D1&scope=custom")
    asked = parse_qs(urlsplit(answer["Location"]).query)
    assert set(asked) == {"client_id", "redirect_uri", "scope", "response_type", "state", "nonce"}
    assert len(asked["state"][0]) >= 32
    assert len(asked["nonce"][0]) >= 32
    assert set(asked["scope"][0].split()) == {"openid", "profile", "email"}
    again = parse_qs(urlsplit(client.get(START)["Location"]).query)
    assert (again["state"], again["nonce"]) != (asked["state"], asked["nonce"])


@pytest.mark.parametrize("alg", ["RS256", "ES256", "HS256", ""])
def test_somebody_known_signs_in_with_signed_or_plain_claims(
    client: Client, provider: SigningProvider, alg: str
) -> None:
    user = known()
    provider.userinfo_alg = alg
    come_back(client, provider)
    assert signed_in(client) == str(user.pk)
    assert SocialAccount.objects.get().user == user
    assert Entry.objects.filter(verb="proconnect_linked", actor_id=user.pk).exists()
    assert Entry.objects.filter(verb="sign_in", actor_id=user.pk).exists()
    assert "roles" not in SocialAccount.objects.get().extra_data["userinfo"], "nothing more than is needed"


def lies(**change: Any) -> Any:
    return pytest.param(change, id=str(change))


@pytest.mark.parametrize(
    "change",
    [
        lies(foreign_key=True),
        lies(foreign_key=True, userinfo_alg=""),
        lies(userinfo_alg="none"),
        lies(over={"aud": "somebody-else"}),
        lies(over={"iss": "https://evil.test"}),
        lies(over={"exp": 1}),
        lies(over={"sub": "another"}),
        lies(over={"sub": "another"}, userinfo_alg=""),
        lies(id_over={"nonce": "x" * 43}),
        lies(id_over={"nonce": None}),
        lies(id_over={"aud": "somebody-else"}),
        lies(id_over={"iss": "https://evil.test"}),
        lies(id_over={"exp": 1}),
    ],
)
def test_a_lie_signs_nobody_in(client: Client, provider: SigningProvider, change: dict[str, Any]) -> None:
    known()
    for name, value in change.items():
        setattr(provider, name, value)
    answer = come_back(client, provider)
    assert signed_in(client) == ""
    assert not SocialAccount.objects.exists()
    assert "n’a pas abouti" in answer.content.decode()


def test_a_state_of_nobody_or_used_twice_is_refused(client: Client, provider: SigningProvider) -> None:
    known()
    away = client.get(START)
    query = provider.authorize(away["Location"])
    stranger = Client()
    stranger.get(f"{BACK}?{query}")
    assert signed_in(stranger) == "", "the answer belongs to the browser that asked"
    client.get(f"{BACK}?{query}")
    assert signed_in(client)
    client.post("/compte/logout/")
    client.get(f"{BACK}?{query}")
    assert signed_in(client) == ""


def test_an_unknown_address_is_led_to_the_request_filled_in(client: Client, provider: SigningProvider) -> None:
    commune = a_commune("Aubagne")
    provider.claims = claims(commune.siren)
    assert come_back(client, provider).url == "/rejoindre/"
    assert not User.objects.filter(email=EMAIL).exists(), "ProConnect does not authorise"
    page = client.get("/rejoindre/").content.decode()
    for expected in ("Aubagne", "Nadia", "Ferrandi", EMAIL, "Vous venez de ProConnect"):
        assert expected in page
    form = {"commune": "Aubagne", "first_name": "Nadia", "last_name": "Ferrandi", "job": "DGS", "email": "autre@x.fr"}
    assert client.post("/rejoindre/", form).url == "/rejoindre/recue/"  # type: ignore[attr-defined]
    request = JoinRequest.objects.get()
    assert (request.email, request.state, request.confirmed_through) == (EMAIL, JoinState.WAITING, "proconnect")
    assert not Message.objects.filter(kind="join_confirm").exists()
    from accounts import services

    services.accept_join(request.pk, role="drafter", by=a_fund_manager())
    assert "ProConnect" in Message.objects.get(kind="join_accepted").body_text
    come_back(client, provider)
    assert signed_in(client) == str(User.objects.get(email=EMAIL).pk)


def test_a_siret_of_elsewhere_proposes_nothing(client: Client, provider: SigningProvider) -> None:
    provider.claims = claims("999999999")
    come_back(client, provider)
    assert 'name="commune" value' not in client.get("/rejoindre/").content.decode()


@pytest.mark.parametrize(("said", "ours"), [(False, True), ("true", True), (None, False)])
def test_never_linked_by_an_address_that_is_not_verified(
    client: Client, provider: SigningProvider, said: Any, ours: bool
) -> None:
    known(verified=ours)
    provider.claims = claims(**({} if said is None else {"email_verified": said}))
    come_back(client, provider)
    assert signed_in(client) == ""
    assert not SocialAccount.objects.exists()
    if said is not None:
        page = client.get("/rejoindre/").content.decode()
        assert 'name="email"' in page, "its address is confirmed by mail as any other"
        a_commune("Aubagne")
        form = {"commune": "Aubagne", "first_name": "N", "last_name": "F", "job": "x", "email": EMAIL}
        client.post("/rejoindre/", form)
        assert JoinRequest.objects.get().state == JoinState.UNCONFIRMED


def test_a_provider_that_only_repeats_addresses_is_not_trusted(
    client: Client, provider: SigningProvider, settings: Any
) -> None:
    settings.PROCONNECT_TRUSTS_EMAIL = False
    known()
    come_back(client, provider)
    assert signed_in(client) == ""
    provider.claims = claims(email_verified=True)
    come_back(client, provider)
    assert signed_in(client)


def test_who_is_linked_is_known_by_its_sub_not_by_its_address(client: Client, provider: SigningProvider) -> None:
    user = known()
    come_back(client, provider)
    client.logout()
    other = known("autre@aubagne.test")
    provider.claims = claims(email=other.email)
    come_back(client, provider)
    assert signed_in(client) == str(user.pk)
    client.logout()
    provider.claims = claims(sub="sub-2", email=other.email)
    come_back(client, provider)
    assert signed_in(client) == str(other.pk)


LEVELS = ["eidas0-mfa", "eidas1-mfa", "eidas2", "eidas3"]


@pytest.mark.parametrize("level", [None, "eidas1", "eidas1-mfa", "eidas3"])
def test_the_levels_of_assurance_are_asked_and_checked(
    client: Client, provider: SigningProvider, settings: Any, level: str | None
) -> None:
    user = known()
    settings.PROCONNECT_ACR = LEVELS
    provider.id_over = {"acr": level} if level else {}
    provider.over = {"acr": "eidas3"}  # said elsewhere than in the token of the sign-in: it does not count
    answer = come_back(client, provider)
    asked = json.loads(provider.asked[-1]["claims"])
    assert asked == {"id_token": {"acr": {"essential": True, "values": LEVELS}}}
    assert signed_in(client) == (str(user.pk) if level in LEVELS else "")
    if level not in LEVELS:
        assert "n’a pas abouti" in answer.content.decode()
        assert "proconnect_id_token" not in client.session


def test_signing_out_closes_the_session_of_proconnect_too(client: Client, provider: SigningProvider) -> None:
    known()
    come_back(client, provider)
    token = client.session["proconnect_id_token"]
    assert client.post("/compte/logout/")["Location"] == "/compte/proconnect/sortie/"
    assert signed_in(client) == ""
    page = client.get("/compte/proconnect/sortie/").content.decode()
    address = html.unescape(re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', page)[1])  # type: ignore[index]
    where, asked = urlsplit(address), parse_qs(urlsplit(address).query)
    assert f"{where.scheme}://{where.netloc}{where.path}" == f"{provider.url}/session/end"
    assert asked["id_token_hint"] == [token]
    assert asked["post_logout_redirect_uri"] == ["http://testserver/compte/proconnect/fin/"]
    assert len(asked["state"][0]) >= 32
    wrong = client.get("/compte/proconnect/fin/?state=x", follow=True).content.decode()
    assert "et de ProConnect" not in wrong, "only the answer that was waited for says so"
    right = client.get("/compte/proconnect/fin/", {"state": asked["state"][0]}, follow=True).content.decode()
    assert "Vous êtes déconnecté du fonds et de ProConnect" in right
    assert client.get("/compte/proconnect/sortie/")["Location"] == "/", "once"


def test_signing_out_never_waits_for_a_proconnect_that_is_down(client: Client, provider: SigningProvider) -> None:
    known()
    come_back(client, provider)
    provider.server.shutdown()
    provider.server.server_close()
    client.post("/compte/logout/")
    assert signed_in(client) == ""
    assert "Votre session ProConnect reste ouverte" in client.get("/compte/proconnect/sortie/").content.decode()


def test_a_password_leaves_no_proconnect_to_close(client: Client, provider: SigningProvider) -> None:
    client.force_login(known())
    assert client.post("/compte/logout/")["Location"] == "/"
    assert client.get("/compte/proconnect/sortie/")["Location"] == "/"


def test_a_closed_account_stays_closed(client: Client, provider: SigningProvider) -> None:
    known(is_active=False)
    come_back(client, provider)
    assert signed_in(client) == ""


def test_staff_still_needs_the_second_factor(client: Client, provider: SigningProvider, settings: Any) -> None:
    settings.WAIVE_SECOND_FACTOR = False
    manager = a_fund_manager(email=EMAIL)
    EmailAddress.objects.create(user=manager, email=EMAIL, primary=True, verified=True)
    come_back(client, provider)
    assert client.get("/communes/")["Location"] == "/compte/2fa/", "to be set up first"
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

    client.logout()
    TOTP.activate(manager, generate_totp_secret())
    answer = come_back(client, provider)
    assert "/2fa/authenticate/" in answer["Location"]
    assert signed_in(client) == "", "not before the code"


def test_the_whole_exchange_with_a_provider_of_others_making(client: Client, settings: Any) -> None:
    """oidc-provider-mock: discovery, code, token, userinfo, by an implementation that is not ours."""
    import oidc_provider_mock

    user = known()
    person = oidc_provider_mock.User(sub="nadia", claims=claims(sub="nadia"))
    with oidc_provider_mock.run_server_in_thread(require_nonce=True, user_claims=[person]) as server:
        connect_to(settings, f"http://localhost:{server.server_port}")
        away = client.get(START)["Location"]
        back = requests.post(away, data={"sub": "nadia"}, allow_redirects=False, timeout=10).headers["Location"]
        assert urlsplit(back).path == BACK
        client.get(f"{BACK}?{urlsplit(back).query}")
        assert signed_in(client) == str(user.pk)
        client.logout()
        denied = requests.post(
            client.get(START)["Location"], data={"action": "deny"}, allow_redirects=False, timeout=10
        )
        query = urlsplit(denied.headers["Location"]).query
        answer = client.get(f"{BACK}?{query}", follow=True)
        assert "annulé" in answer.content.decode() or "n’a pas abouti" in answer.content.decode()


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/x", "http://127.0.0.1:9/.well-known/openid-configuration"])
def test_when_it_is_down_the_other_door_stays_open(client: Client, settings: Any, url: str) -> None:
    connect_to(settings, url)
    assert "n’a pas abouti" in client.get(START).content.decode()
    page = client.get("/compte/login/").content.decode()
    assert "Se connecter avec ProConnect" in page
    assert 'name="password"' in page


def test_it_is_off_without_an_address(client: Client) -> None:
    assert client.get(START).status_code == 404
    assert client.get(f"{BACK}?code=x&state=y").status_code == 404
    assert "ProConnect" not in client.get("/compte/login/").content.decode()


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("PROCONNECT_DISCOVERY_URL", "http://proconnect.test/x", "PROCONNECT_DISCOVERY_URL must start with https"),
        ("PROCONNECT_DISCOVERY_URL", "https://proconnect.test/x", "PROCONNECT_CLIENT_ID is required"),
        ("COMPANY_DIRECTORY_URL", "http://annuaire.test/x", "COMPANY_DIRECTORY_URL must start with https"),
    ],
)
def test_production_refuses_half_a_configuration(name: str, value: str, sentence: str) -> None:
    environment = {
        **os.environ,
        "FI_MODE": "production",
        "SECRET_KEY": "x",
        "BASE_URL": "https://fonds.test",
        "EMAIL_URL": "smtp://localhost",
        "DATABASE_ROLE": "app",
        "WAIVE_SECOND_FACTOR": "0",
        "ANTIVIRUS": "clamav",
        name: value,
    }
    if "CLIENT_ID" not in sentence:
        environment |= {"PROCONNECT_CLIENT_ID": "x", "PROCONNECT_CLIENT_SECRET": "y"}
    done = subprocess.run(
        [sys.executable, "-c", "import config.settings"], env=environment, capture_output=True, text=True
    )
    assert done.returncode != 0
    assert sentence in done.stderr
