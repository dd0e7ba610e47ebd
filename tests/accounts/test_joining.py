"""Asking to join a commune: confirmed first, the same answer for every address, accepted once."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import services
from accounts.domains import FREE, OTHER, SAME, UNKNOWN, hint
from accounts.models import JoinRequest, Membership, Organisation, User
from accounts.services.waiting import forget_unconfirmed_requests, remind_of_waiting_requests
from accounts.states import JoinState, Role
from common.actors import MACHINE
from common.errors import DomainError, NotAllowed
from journal.models import Entry
from journal.services import begin
from notifications.models import Message
from tests.factories.accounts import (
    PASSWORD,
    a_commune,
    a_commune_administrator,
    a_drafter,
    a_fund_manager,
    a_membership,
    a_signatory,
    an_administrator,
    an_instructor,
)
from tests.support.queries import Counted

pytestmark = pytest.mark.django_db
NADIA = {"first_name": "Nadia", "last_name": "Ferrandi", "job": "Chargée de mission"}
EMAIL = "nadia.ferrandi@aubagne.test"
JOIN = "/rejoindre/"


@pytest.fixture
def with_limits(settings: Any) -> Any:
    settings.ACCOUNT_RATE_LIMITS = dict(settings.JOIN_RATES)
    cache.clear()
    yield
    cache.clear()


def typed(of: Organisation, email: str = EMAIL, **more: str) -> dict[str, str]:
    return {"commune": of.name, "email": email, **NADIA, **more}


def the_link(kind: str, path: str) -> str:
    message = Message.objects.filter(kind=kind).order_by("-pk").first()
    assert message is not None
    found = re.search(rf"https?://[^/\s]+({path}[^\s]+)", message.body_text)
    assert found, message.body_text
    return found[1]


def confirm_link() -> str:
    return the_link("join_confirm", "/rejoindre/confirmer/")


def a_waiting_request(commune: Organisation, email: str = EMAIL) -> JoinRequest:
    services.ask_to_join(organisation=commune, email=email, **NADIA)
    return services.confirm_address(confirm_link().split("/")[3])


# --- Asking -----------------------------------------------------------------------------------------------------


def test_from_the_request_to_the_first_password(client: Client) -> None:
    """The whole way: asked, confirmed, accepted as drafter, a password chosen, the commune seen."""
    commune = a_commune("Aubagne")
    administrator = a_commune_administrator(commune)
    assert (
        client.post(JOIN, typed(commune, commune="aubagne"), follow=True).redirect_chain[0][0] == "/rejoindre/envoyee/"
    )
    request = JoinRequest.objects.get()
    assert request.state == JoinState.UNCONFIRMED
    assert not Message.objects.filter(kind="join_asked").exists(), "nobody is told before the address is confirmed"
    link = confirm_link()
    for _ in range(3):
        assert "Nadia Ferrandi" in client.get(link).content.decode(), "reading consumes nothing"
    assert client.post(link).url == "/rejoindre/recue/"  # type: ignore[attr-defined]
    assert client.post(link).status_code == 410, "one use"
    assert Message.objects.get(kind="join_asked").recipient_email == administrator.email
    client.force_login(administrator)
    assert "Nadia Ferrandi" in client.get(reverse("team")).content.decode()
    url = reverse("join_answer", args=[request.pk])
    version = JoinRequest.objects.get().version
    client.post(url, {"acte": "accepter", "role": Role.DRAFTER, "version": version})
    user = User.objects.get(email=EMAIL)
    assert user.organisation_ids(Role.DRAFTER) == {commune.pk}
    assert not user.has_usable_password()
    client.logout()
    key = the_link("join_accepted", "/compte/password/reset/key/")
    page = client.get(key, follow=True)
    done = client.post(page.redirect_chain[-1][0], {"password1": PASSWORD, "password2": PASSWORD})
    assert done.status_code == 302
    assert client.post("/compte/login/", {"login": EMAIL, "password": PASSWORD}).status_code == 302
    assert "Aubagne" in client.get(reverse("team")).content.decode()
    chain = Entry.objects.filter(chain=f"accounts.joinrequest:{request.pk}").order_by("sequence")
    assert list(chain.values_list("verb", flat=True)) == ["ask_to_join", "confirm", "accept"]


def test_the_link_of_a_first_password_lasts_72_hours_and_serves_once(client: Client) -> None:

    commune = a_commune()
    request = a_waiting_request(commune)
    services.accept_join(request.pk, role=Role.READER, by=a_fund_manager())
    link = the_link("join_accepted", "/compte/password/reset/key/")
    now = timezone.now()
    with time_machine.travel(now + timedelta(hours=70), tick=False):
        assert "password1" in client.get(link, follow=True).content.decode()
    with time_machine.travel(now + timedelta(hours=74), tick=False):
        assert "password1" not in Client().get(link, follow=True).content.decode()
    User.objects.get(email=EMAIL)
    user = User.objects.get(email=EMAIL)
    user.set_password(PASSWORD)
    user.save()
    assert "password1" not in Client().get(link, follow=True).content.decode(), (
        "an account that has one: an hour, as ever"
    )


def test_a_first_password_may_be_asked_again_later(client: Client) -> None:
    """Past the 72 hours, « Mot de passe oublié » serves somebody who never had one."""
    request = a_waiting_request(a_commune())
    services.accept_join(request.pk, role=Role.READER, by=a_fund_manager())
    client.post("/compte/password/reset/", {"email": EMAIL})
    link = the_link("password_reset_key", "/compte/password/reset/key/")
    page = client.get(link, follow=True).content.decode()
    assert "password1" in page
    assert "&lt;ul&gt;" not in page, "the hint is a sentence"


@pytest.mark.parametrize(("hours", "status"), [(71, 200), (73, 410)])
def test_the_link_lasts_72_hours(client: Client, hours: int, status: int) -> None:
    services.ask_to_join(organisation=a_commune(), email=EMAIL, **NADIA)
    JoinRequest.objects.update(expires_at=timezone.now() + timedelta(hours=72 - hours))
    assert client.get(confirm_link()).status_code == status
    assert client.post(confirm_link()).status_code == (302 if status == 200 else 410)


def test_only_the_hash_of_the_token_is_kept() -> None:
    services.ask_to_join(organisation=a_commune(), email=EMAIL, **NADIA)
    token = confirm_link().split("/")[3]
    with connection.cursor() as cursor:
        cursor.execute("SELECT accounts_joinrequest::text FROM accounts_joinrequest")
        assert token not in cursor.fetchone()[0]


def plain(page: str) -> str:
    return re.sub(r'(csrfmiddlewaretoken" value|nonce|name="key" value)="[^"]*"', "", page)


def test_a_hundred_addresses_known_and_unknown_get_the_same_answer_in_the_same_time() -> None:
    commune = a_commune("Aubagne")
    a_commune_administrator(commune)
    known = [a_drafter(email=f"connu{number}@exemple.test").email for number in range(50)]
    unknown = [f"inconnu{number}@exemple.test" for number in range(50)]
    pages, messages = set(), set()
    seconds: dict[bool, list[float]] = {True: [], False: []}
    for pair in zip(known, unknown, strict=True):
        for email in pair:
            began = time.perf_counter()
            answer = Client().post(JOIN, typed(commune, email))
            seconds[email in known].append(time.perf_counter() - began)
            pages.add((answer.status_code, answer.headers.get("Location")))
            message = Message.objects.filter(recipient_email=email).get()
            said = re.sub(r"/confirmer/[\w-]+/", "", message.body_text.replace(email, "X"))
            messages.add((message.kind, message.recipient_id, said))
    assert pages == {(302, "/rejoindre/envoyee/")}
    assert len(messages) == 1
    slower = sum(a > b for a in seconds[True] for b in seconds[False]) / 2500
    assert 0.35 < slower < 0.65, f"known addresses are slower {slower:.0%} of the time"


def test_a_flood_from_one_machine_is_stopped_and_loses_nothing_typed(with_limits: None) -> None:
    commune = a_commune()
    answers = [
        Client().post(JOIN, typed(commune, f"n{number}@exemple.test"), HTTP_X_FORWARDED_FOR=f"203.0.113.{number}")
        for number in range(25)
    ]
    assert [answer.status_code for answer in answers] == [302] * 20 + [429] * 5
    assert JoinRequest.objects.count() == 20
    assert "n24@exemple.test" in answers[-1].content.decode()


def test_an_address_gets_three_mails_a_day_and_the_page_does_not_say_so(with_limits: None) -> None:
    commune = a_commune()
    variants = [EMAIL, EMAIL.upper(), f" {EMAIL} ", EMAIL, EMAIL]
    answers = [
        Client().post(JOIN, typed(commune, email), REMOTE_ADDR=f"192.0.2.{n}") for n, email in enumerate(variants)
    ]
    assert {(answer.status_code, answer.headers["Location"]) for answer in answers} == {(302, "/rejoindre/envoyee/")}
    assert Message.objects.filter(kind="join_confirm").count() == 3


def test_the_same_form_posted_twice_asks_once(client: Client) -> None:
    commune = a_commune()
    form = typed(commune, key="0b9a3c1e-8d2f-4c55-9b1f-3a2d1c0e9f88")
    assert {client.post(JOIN, form).status_code for _ in range(3)} == {302}
    assert JoinRequest.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("commune", "Lyon", "Nous ne trouvons pas cette commune"),
        ("commune", "", "commune"),
        ("email", "nadia", "adresse"),
        ("first_name", "", "prénom"),
        ("last_name", "x" * 81, "80"),
        ("job", "", "fonction"),
        ("first_name", "a\x00b", "caractère"),
    ],
)
def test_each_field_refuses_in_words_and_keeps_the_rest(client: Client, field: str, value: str, words: str) -> None:
    answer = client.post(JOIN, {**typed(a_commune("Aubagne")), field: value})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert words.lower() in page.lower()
    assert "Ferrandi" in page or field == "last_name"
    assert not JoinRequest.objects.exists()


def test_somebody_signed_in_asks_for_a_second_commune_at_once(client: Client) -> None:
    user, second = a_drafter(a_commune("Cassis")), a_commune("Aubagne")
    client.force_login(user)
    page = client.get(JOIN).content.decode()
    assert user.email in page
    assert 'name="email"' not in page
    client.post(JOIN, {"commune": "Aubagne", **NADIA, "email": "autre@exemple.test"})
    request = JoinRequest.objects.get()
    assert (request.email, request.state, request.confirmed_through) == (user.email, "waiting", "session")
    assert "déjà arrivée" in client.post(JOIN, {"commune": "Aubagne", **NADIA}).content.decode()
    assert "déjà un accès" in client.post(JOIN, {"commune": "Cassis", **NADIA}).content.decode()
    services.accept_join(request.pk, role=Role.READER, by=a_fund_manager())
    page = client.get("/equipe/").content.decode()
    assert "Cassis et Aubagne" in page, "the head of the page names both"
    assert "Me connecter" in Message.objects.get(kind="join_accepted").body_html
    assert User.objects.get(pk=user.pk).organisation_ids(Role.READER) == {second.pk}


def test_a_member_who_confirms_is_told_to_sign_in(client: Client) -> None:
    commune = a_commune()
    a_drafter(commune, email=EMAIL)
    services.ask_to_join(organisation=commune, email=EMAIL, **NADIA)
    answer = client.post(confirm_link())
    assert answer.status_code == 409
    assert "déjà un accès" in answer.content.decode()
    assert not JoinRequest.objects.filter(state=JoinState.WAITING).exists()


# --- Answering --------------------------------------------------------------------------------------------------


def test_who_is_told_and_who_may_answer(client: Client) -> None:
    commune = a_commune()
    manager, signatory = a_fund_manager(), a_signatory(commune)
    request = a_waiting_request(commune)
    assert Message.objects.get(kind="join_asked").recipient_email == manager.email, "no administrator yet: the managers"
    url = reverse("join_answer", args=[request.pk])
    elsewhere = a_commune_administrator()
    for person in (signatory, a_drafter(commune), elsewhere, an_instructor()):
        client.force_login(person)
        assert client.get(url).status_code == 404
        assert client.post(url, {"acte": "accepter", "role": "drafter", "version": 2}).status_code == 404
        with pytest.raises(NotAllowed):
            services.accept_join(request.pk, role=Role.DRAFTER, by=person)
        assert client.get("/demandes-entree/").status_code == 404
    for person in (manager, an_administrator(), a_commune_administrator(commune)):
        client.force_login(person)
        assert client.get(url).status_code == 200
    client.force_login(manager)
    assert "Nadia Ferrandi" in client.get("/demandes-entree/").content.decode()


def test_nobody_answers_their_own_request() -> None:
    manager = a_fund_manager()
    request = services.ask_as_known(
        organisation=a_commune(), email=manager.email, through="session", by=manager, **NADIA
    )
    with pytest.raises(NotAllowed):
        services.accept_join(request.pk, role=Role.SIGNATORY, by=manager)


def test_an_unconfirmed_request_stands_before_nobody(client: Client) -> None:
    services.ask_to_join(organisation=a_commune(), email=EMAIL, **NADIA)
    request = JoinRequest.objects.get()
    client.force_login(a_fund_manager())
    assert client.get(reverse("join_answer", args=[request.pk])).status_code == 404
    with pytest.raises(DomainError):
        services.accept_join(request.pk, role=Role.DRAFTER, by=a_fund_manager())


def test_the_first_one_becomes_administrator_when_the_fund_says_so(client: Client) -> None:
    commune = a_commune()
    client.force_login(a_fund_manager())
    url = reverse("join_answer", args=[a_waiting_request(commune).pk])
    page = client.get(url).content.decode()
    assert re.search(r'name="as_administrator"[^>]* checked', page), "proposed where the commune has none"
    answer = {"acte": "accepter", "role": "signatory", "as_administrator": "on", "checked_by_phone": "on", "version": 2}
    client.post(url, answer)
    user = User.objects.get(email=EMAIL)
    assert user.organisation_ids(Role.ORGANISATION_ADMIN) == user.organisation_ids(Role.SIGNATORY) == {commune.pk}
    request = JoinRequest.objects.get()
    assert request.checked_by_phone
    assert Entry.objects.get(chain=f"accounts.joinrequest:{request.pk}", verb="accept").data["checked_by_phone"] is True
    assert "Vérifié par téléphone" in client.get(url).content.decode()


def test_a_refusal_has_its_reason_and_opens_nothing(client: Client) -> None:
    request = a_waiting_request(a_commune())
    client.force_login(a_fund_manager())
    url = reverse("join_answer", args=[request.pk])
    assert "Motif" in client.post(url, {"acte": "refuser", "reason": "", "version": 2}).content.decode()
    assert (
        client.post(url, {"acte": "refuser", "reason": "La mairie ne vous connaît pas.", "version": 2}).status_code
        == 302
    )
    assert "ne vous connaît pas" in Message.objects.get(kind="join_refused").body_text
    assert not User.objects.filter(email=EMAIL).exists()
    with pytest.raises(DomainError, match="déjà répondu"):
        services.accept_join(request.pk, role=Role.DRAFTER, by=a_fund_manager())


def test_a_closed_account_is_not_let_in_by_the_back_door() -> None:
    commune = a_commune()
    request = a_waiting_request(commune)
    a_drafter(email=EMAIL, is_active=False)
    with pytest.raises(DomainError, match="fermé"):
        services.accept_join(request.pk, role=Role.DRAFTER, by=a_fund_manager())


@pytest.mark.django_db(transaction=True)
def test_of_ten_who_accept_at_once_one_does() -> None:
    commune = a_commune()
    people = [a_commune_administrator(commune) for _ in range(10)]
    request = a_waiting_request(commune)

    def accept(by: User) -> bool:
        try:
            services.accept_join(request.pk, role=Role.DRAFTER, by=by, version=2)
        except DomainError:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(10) as pool:
        assert sum(pool.map(accept, people)) == 1
    assert Membership.objects.filter(user__email=EMAIL, ended_at=None).count() == 1
    assert Message.objects.filter(kind="join_accepted").count() == 1


# --- Hints and waiting ------------------------------------------------------------------------------------------


def test_the_domain_is_a_hint() -> None:
    commune = a_commune(email="contact@ville-aubagne.fr", email_domains=["aubagne.fr"])
    assert hint("x@ville-aubagne.fr", commune) == SAME
    assert hint("X@AUBAGNE.FR", commune) == SAME
    assert hint("x@sub.aubagne.fr", commune) == OTHER
    assert hint("x@orange.fr", commune) == FREE
    assert hint("x@orange.fr", a_commune(email="mairie@orange.fr")) == FREE, "the mairie's own free mail proves nothing"
    assert hint("x@ville.fr", a_commune(email="mairie@orange.fr")) == UNKNOWN


def test_domains_are_written_down_by_the_staff_alone(client: Client) -> None:
    commune = a_commune()
    url = reverse("commune_contacts", args=[commune.siren])
    client.force_login(a_fund_manager())
    form = {"address": "1, place", "seen": re.search(r'name="seen" value="(\d+)"', client.get(url).content.decode())[1]}  # type: ignore[index]
    assert "ouvert à tout le monde" in client.post(url, {**form, "email_domains": "gmail.com"}).content.decode()
    assert "n’est pas un domaine" in client.post(url, {**form, "email_domains": "javascript:x"}).content.decode()
    client.post(url, {**form, "email_domains": "@Aubagne.fr, ville-aubagne.fr"})
    assert Organisation.objects.get(pk=commune.pk).email_domains == ["aubagne.fr", "ville-aubagne.fr"]
    client.force_login(a_commune_administrator(commune))
    page = client.get(url).content.decode()
    assert "email_domains" not in page
    seen = re.search(r'name="seen" value="(\d+)"', page)[1]  # type: ignore[index]
    client.post(url, {"address": "2, place", "seen": seen, "email_domains": "evil.test", "siret_checked": "on"})
    commune.refresh_from_db()
    assert (commune.address, commune.email_domains, commune.siret_checked) == (
        "2, place", ["aubagne.fr", "ville-aubagne.fr"], False,
    )  # fmt: skip


def test_the_managers_hear_once_of_a_request_left_alone() -> None:

    commune = a_commune()
    a_commune_administrator(commune)
    manager = a_fund_manager()
    a_waiting_request(commune)
    assert remind_of_waiting_requests() == 0
    import accounts.services.waiting as waiting

    later = timezone.now() + timedelta(days=10)
    with pytest.MonkeyPatch.context() as patch, time_machine.travel(later):
        patch.setattr(waiting, "database_now", timezone.now)
        assert [remind_of_waiting_requests() for _ in range(3)] == [1, 1, 1]
    assert [m.recipient_email for m in Message.objects.filter(kind="join_waiting")] == [manager.email], "said once"


def test_who_never_confirms_is_forgotten_after_the_days_that_were_said(client: Client) -> None:
    commune = a_commune("Aubagne")
    kept = a_waiting_request(commune)
    who = {"first_name": "Paul", "last_name": "Roux", "job": "DGS"}
    services.ask_to_join(organisation=commune, email="paul@aubagne.test", **who)
    left = JoinRequest.objects.get(email="paul@aubagne.test")
    mail = Message.objects.get(kind="join_confirm", recipient_email="paul@aubagne.test")
    assert "effacée au bout de 30 jours" in mail.body_text
    assert "effacée au bout de 30 jours" in mail.body_html
    assert "effacée au bout de 30 jours" in client.get("/rejoindre/envoyee/").content.decode()
    assert forget_unconfirmed_requests() == 0
    then = timezone.now() - timedelta(days=31)
    old = JoinRequest(organisation=commune, email="old@x.test", created_at=then, expires_at=then + timedelta(hours=72))
    begin(old, by=MACHINE)
    pk = old.pk
    assert [forget_unconfirmed_requests() for _ in range(2)] == [1, 0]
    assert set(JoinRequest.objects.all()) == {kept, left}, "who confirmed waits for an answer, however long"
    assert Entry.objects.filter(verb="forget", chain=f"accounts.joinrequest:{pk}").exists()


def test_lists_cost_the_same_for_one_and_thirty(client: Client) -> None:
    commune = a_commune()
    administrator, manager = a_commune_administrator(commune), a_fund_manager()

    def asked(number: int) -> None:
        services.ask_as_known(organisation=commune, email=f"p{number}@exemple.test", through="session", **NADIA)
        a_membership(a_drafter(commune), Role.SIGNATORY, commune)

    asked(0)
    counts = []
    for more in (0, 30):
        for number in range(1, more + 1):
            asked(number)
        row = []
        for person, path in (
            (administrator, "/equipe/"),
            (manager, "/demandes-entree/"),
            (manager, f"/communes/{commune.siren}/"),
        ):
            client.force_login(person)
            client.get(path)
            with Counted() as counted:
                assert client.get(path).status_code == 200
            row.append(counted.count)
        counts.append(row)
    assert counts[0] == counts[1]
