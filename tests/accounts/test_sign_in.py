"""Signing in: limits, same words for known and unknown, the second factor on every path, sessions that end."""

import base64
import hmac
import re
import struct
import time
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from accounts.signals import BEGAN, SEEN
from accounts.states import STAFF_ROLES, Role
from journal.models import Entry
from notifications.models import Message
from tests.factories.accounts import PASSWORD, a_drafter, a_user, an_auditor, an_instructor

pytestmark = pytest.mark.django_db
LOGIN = "/compte/login/"


@pytest.fixture
def with_second_factor(settings: Settings) -> None:
    settings.WAIVE_SECOND_FACTOR = False


@pytest.fixture
def with_limits(settings: Settings) -> Any:
    settings.ACCOUNT_RATE_LIMITS = {}
    cache.clear()
    yield
    cache.clear()


def sign_in(client: Client, user: User, password: str = PASSWORD, **extra: Any) -> Any:
    return client.post(LOGIN, {"login": user.email, "password": password}, **extra)


def code_of(secret: str, periods_ago: int = 0) -> str:
    counter = int(time.time()) // 30 - periods_ago
    digest = hmac.new(base64.b32decode(secret), struct.pack(">Q", counter), "sha1").digest()
    offset = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[offset : offset + 4])[0] & 0x7FFFFFFF) % 10**6:06d}"


def with_totp(user: User) -> str:
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    return secret


# --- The second factor ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", STAFF_ROLES)
def test_staff_without_a_second_factor_reach_only_its_set_up(
    with_second_factor: None, client: Client, role: str
) -> None:
    sign_in(client, a_user(role))
    for path in ("/", "/budget/", "/communes/", "/comptes/", "/journal/", "/appels/", "/admin/", "/profil/"):
        answer = client.get(path)
        assert (answer.status_code, answer.url) == (302, "/compte/2fa/"), path  # type: ignore[attr-defined]
    assert client.get("/compte/2fa/").status_code == 200


def test_a_commune_is_not_asked_for_one(with_second_factor: None, client: Client) -> None:
    sign_in(client, a_drafter())
    assert client.get(reverse("team")).status_code == 200


def test_recovery_codes_alone_are_not_a_second_factor(with_second_factor: None, client: Client) -> None:
    user = an_auditor()
    Authenticator.objects.create(user=user, type=Authenticator.Type.RECOVERY_CODES, data={"seed": "x", "used_mask": 0})
    client.force_login(user)
    assert client.get("/journal/").status_code == 302


@pytest.mark.parametrize("role", STAFF_ROLES)
def test_the_password_alone_opens_nothing(with_second_factor: None, client: Client, role: str) -> None:
    user = a_user(role)
    secret = with_totp(user)
    answer = sign_in(client, user)
    assert answer.url.startswith("/compte/2fa/authenticate/")
    assert "_auth_user_id" not in client.session
    assert client.get("/").status_code == 200, "still a visitor"
    client.post("/compte/2fa/authenticate/", {"code": "000000"})
    assert "_auth_user_id" not in client.session
    client.post("/compte/2fa/authenticate/", {"code": code_of(secret)})
    assert client.session["_auth_user_id"] == str(user.pk)


@pytest.mark.parametrize("role", [Role.INSTRUCTOR, Role.FINANCE_APPROVER, Role.ADMINISTRATOR, Role.DRAFTER])
def test_a_reset_password_does_not_go_round_the_second_factor(
    with_second_factor: None, client: Client, role: str
) -> None:
    user = a_user(role)
    with_totp(user)
    client.post("/compte/password/reset/", {"email": user.email})
    message = Message.objects.get(recipient_email=user.email)
    found = re.search(r"/compte/password/reset/key/\S+/", message.body_text)
    assert found
    page = client.get(found[0], follow=True)
    new = "une autre phrase assez longue"
    client.post(page.redirect_chain[-1][0], {"password1": new, "password2": new})
    assert "_auth_user_id" not in client.session
    assert Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists()
    assert sign_in(client, user, new).url.startswith("/compte/2fa/authenticate/")


def test_a_totp_code_serves_once(with_second_factor: None, client: Client) -> None:
    user = an_auditor()
    code = code_of(with_totp(user))
    sign_in(client, user)
    client.post("/compte/2fa/authenticate/", {"code": code})
    assert "_auth_user_id" in client.session
    other = Client()
    sign_in(other, user)
    other.post("/compte/2fa/authenticate/", {"code": code})
    assert "_auth_user_id" not in other.session


def test_a_code_of_the_period_before_is_taken_and_an_older_one_is_not(with_second_factor: None, client: Client) -> None:
    """A slow hand or a clock half a minute off is nobody's fault."""
    user = an_auditor()
    secret = with_totp(user)
    sign_in(client, user)
    client.post("/compte/2fa/authenticate/", {"code": code_of(secret, 3)})
    assert "_auth_user_id" not in client.session
    client.post("/compte/2fa/authenticate/", {"code": code_of(secret, 1)})
    assert "_auth_user_id" in client.session


def test_a_code_is_remembered_as_long_as_it_is_valid(with_second_factor: None, client: Client) -> None:
    """The library forgets it after one period: here its own mark is taken away."""
    user = an_auditor()
    code = code_of(with_totp(user))
    sign_in(client, user)
    client.post("/compte/2fa/authenticate/", {"code": code})
    cache.delete(f"allauth.mfa.totp.used?user={user.pk}&code={code}")
    other = Client()
    sign_in(other, user)
    other.post("/compte/2fa/authenticate/", {"code": code})
    assert "_auth_user_id" not in other.session


def test_nobody_signs_up_alone(client: Client) -> None:
    data = {"email": "new@x.fr", "password1": PASSWORD, "password2": PASSWORD}
    assert client.post("/compte/signup/", data).status_code in (200, 403, 404)
    assert not User.objects.filter(email="new@x.fr").exists()


# --- Brute force and enumeration --------------------------------------------------------------------------------


def test_attempts_are_limited_and_the_holder_gets_in_from_elsewhere(with_limits: None, client: Client) -> None:
    user = a_drafter()
    variants = [user.email, user.email.upper(), f" {user.email} ", user.email.title()]
    answers = [
        Client().post(
            LOGIN,
            {"login": variants[number % 4], "password": f"wrong {number}"},
            REMOTE_ADDR="192.0.2.7",
            HTTP_X_FORWARDED_FOR=f"203.0.113.{number}",
        )
        for number in range(12)
    ]
    tried = Entry.objects.filter(verb="sign_in_failed").count()
    assert tried <= 5, "case, spaces and a forged header make no new allowance"
    assert answers[-1].status_code in (200, 429)
    attacker = Client(REMOTE_ADDR="192.0.2.7")
    sign_in(attacker, user)
    assert "_auth_user_id" not in attacker.session, "even with the right password, from there"
    sign_in(client, user, REMOTE_ADDR="192.0.2.8")
    assert client.session["_auth_user_id"] == str(user.pk)


def test_one_address_cannot_try_many_accounts(with_limits: None) -> None:
    users = [a_drafter() for _ in range(14)]
    for user in users:
        sign_in(Client(), user, "wrong", REMOTE_ADDR="192.0.2.9")
    assert Entry.objects.filter(verb="sign_in_failed").count() <= 10


@pytest.mark.parametrize(("path", "field"), [(LOGIN, "login"), ("/compte/password/reset/", "email")])
def test_known_and_unknown_addresses_get_the_same_answer(path: str, field: str) -> None:
    user = a_drafter()
    pages = []
    for address in (user.email, "inconnu@exemple.test"):
        answer = Client().post(path, {field: address, "password": "wrong password"}, follow=True)
        page = answer.content.decode().replace(address, "X")
        pages.append((answer.status_code, re.sub(r'(csrfmiddlewaretoken" value|nonce)="[^"]*"', "", page)))
    assert pages[0] == pages[1]


def test_a_failed_attempt_writes_as_much_for_an_unknown_address() -> None:
    user = a_drafter()
    for address in (user.email, "inconnu@exemple.test"):
        Client().post(LOGIN, {"login": address, "password": "wrong password"})
    entries = list(Entry.objects.filter(verb="sign_in_failed").order_by("pk"))
    assert [entry.subject_id for entry in entries] == [user.pk, 0]
    assert "inconnu" not in str([entry.__dict__ for entry in entries]), "what was typed is not kept"


# --- Sessions ---------------------------------------------------------------------------------------------------


def test_the_session_changes_its_name_at_sign_in(client: Client) -> None:
    client.get(LOGIN)
    session = client.session
    session["x"] = 1
    session.save()
    before = session.session_key
    sign_in(client, a_drafter())
    assert client.session.session_key != before


def _travel(client: Client, name: str, **back: int) -> None:
    session = client.session
    session[name] = int((timezone.now() - timedelta(**back)).timestamp())
    session.save()


def test_an_idle_agent_signs_in_again(client: Client) -> None:
    sign_in(client, an_instructor())
    _travel(client, SEEN, minutes=29)
    assert client.get("/communes/").status_code == 200
    _travel(client, SEEN, minutes=30)
    answer = client.get("/communes/?q=aubagne")
    assert answer.url == "/compte/login/?next=%2Fcommunes%2F%3Fq%3Daubagne"  # type: ignore[attr-defined]
    assert "_auth_user_id" not in client.session


def test_a_commune_may_write_slowly_but_not_for_more_than_ten_hours(client: Client) -> None:
    sign_in(client, a_drafter())
    _travel(client, SEEN, hours=3)
    assert client.get(reverse("team")).status_code == 200
    _travel(client, BEGAN, hours=10)
    assert client.get(reverse("team")).status_code == 302
    assert "_auth_user_id" not in client.session


def test_using_it_does_not_push_the_end_of_a_session_back(client: Client) -> None:
    sign_in(client, an_instructor())
    began = client.session[BEGAN]
    _travel(client, SEEN, minutes=5)
    client.get("/communes/")
    assert client.session[BEGAN] == began


def test_the_journal_knows_who_signed_in_and_what_changed(client: Client) -> None:
    user = an_instructor()
    sign_in(client, user)
    new = "encore une longue phrase"
    client.post("/compte/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    client.post("/compte/logout/")
    verbs = list(Entry.objects.filter(chain__startswith=f"access:{user.pk}:").values_list("verb", flat=True))
    assert verbs == ["sign_in", "password_changed", "sign_out"]
    assert set(Entry.objects.filter(chain__startswith="access:").values_list("kind", flat=True)) == {"right"}


def test_changing_the_password_ends_the_other_sessions(client: Client) -> None:
    user, other = an_instructor(), Client()
    sign_in(client, user)
    sign_in(other, user)
    new = "encore une longue phrase"
    client.post("/compte/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert other.get("/communes/").status_code == 302
    assert client.get("/communes/").status_code == 200


def test_an_agent_s_password_has_16_characters(client: Client) -> None:
    sign_in(client, an_instructor())
    answer = client.post(
        "/compte/password/change/",
        {"oldpassword": PASSWORD, "password1": "quinze-signes-x", "password2": "quinze-signes-x"},
    )
    assert "au moins 16" in answer.content.decode()
