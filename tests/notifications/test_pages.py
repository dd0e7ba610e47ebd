"""The desk of the messages, and the demonstration's mailbox: who enters, what is shown, at what cost."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from documents import services as documents
from notifications.models import Message
from notifications.states import MessageState
from tests.factories.accounts import a_drafter, a_fund_manager, a_user, an_instructor
from tests.factories.documents import an_issued_file
from tests.factories.fund import a_fund
from tests.factories.notifications import a_message

if TYPE_CHECKING:
    from pytest_django.live_server_helper import LiveServer

    from tests.support.browser import Visitor

pytestmark = pytest.mark.django_db


def signed_in(user: object) -> Client:
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")  # type: ignore[arg-type]
    return client


def in_state(state: str, count: int = 1) -> list[Message]:
    made = [a_message() for _ in range(count)]
    sent_at = timezone.now() if state == MessageState.SENT else None
    Message.objects.filter(pk__in=[one.pk for one in made]).update(state=state, sent_at=sent_at, last_answer="550 no")
    return made


def test_only_the_manager_and_the_administrator_enter() -> None:
    (dead,) = in_state(MessageState.DEAD)
    for user, status in (
        (a_fund_manager(), 200),
        (a_user("administrator"), 200),
        (an_instructor(), 404),
        (a_drafter(), 404),
    ):
        client = signed_in(user)
        assert client.get("/messages/").status_code == status
        if status == 404:
            assert client.post(f"/messages/{dead.pk}/renvoyer/").status_code == 404
    assert Client().get("/messages/").status_code == 302
    assert Message.objects.get(pk=dead.pk).state == MessageState.DEAD


def test_what_did_not_arrive_is_shown_and_leaves_again() -> None:
    (dead,), (failed,) = in_state(MessageState.DEAD), in_state(MessageState.FAILED)
    client = signed_in(a_fund_manager())
    page = client.get("/messages/").content.decode()
    assert "Abandonné après relances" in page and "Refusé par le destinataire" in page and "550 no" in page
    for message in (dead, failed):
        answer = client.post(f"/messages/{message.pk}/renvoyer/", follow=True)
        assert "repart vers" in answer.content.decode()
    assert Message.objects.filter(state=MessageState.QUEUED).count() == 2
    page = client.get("/messages/").content.decode()
    assert "Renvoyé</span>" in page and "/renvoyer/" not in page
    assert client.get(f"/messages/{dead.pk}/renvoyer/").status_code == 405


def test_an_empty_desk_says_that_all_is_well() -> None:
    client = signed_in(a_fund_manager())
    assert "Tous les courriels sont arrivés" in client.get("/messages/").content.decode()
    assert "Aucun courriel n’attend" in client.get("/messages/?vue=attente").content.decode()
    assert client.get("/messages/?vue=nimporte&avant=abc").status_code == 200


@pytest.mark.parametrize("address", ["/messages/", "/messages/?vue=envoyes", "/demo/courriels/"])
def test_a_longer_list_costs_no_more_queries(address: str) -> None:
    client = signed_in(a_fund_manager())
    state = MessageState.DEAD if address == "/messages/" else MessageState.SENT
    in_state(state)
    client.get(address)
    with CaptureQueriesContext(
        connection,
    ) as one:
        client.get(address)
    in_state(state, 29)
    with CaptureQueriesContext(connection) as thirty:
        page = client.get(address).content.decode()
    assert len(one) == len(thirty) and page.count("Essai n°") >= 30


def test_a_long_list_turns_its_pages() -> None:
    in_state(MessageState.DEAD, 51)
    client = signed_in(a_fund_manager())
    first = client.get("/messages/").content.decode()
    oldest = Message.objects.order_by("pk")[1].pk
    assert f"avant={oldest}" in first
    assert client.get(f"/messages/?avant={oldest}").content.decode().count("/renvoyer/") == 1


def test_the_demonstration_shows_each_mail_and_its_attachments_without_an_account() -> None:
    letter = an_issued_file(a_fund_manager())
    message = a_message(attachments=[documents.as_attachment(letter)], text="Bonjour,\n\nhttps://exemple.test/a")
    Message.objects.filter(pk=message.pk).update(state=MessageState.SENT, sent_at=timezone.now())
    (waiting,) = [a_message()]
    client = Client()
    listed = client.get("/demo/courriels/").content.decode()
    assert message.subject in listed and waiting.subject not in listed
    assert message.subject in client.get(f"/demo/courriels/?a={message.recipient_email}").content.decode()
    assert "Aucun courriel pour cette recherche" in client.get("/demo/courriels/?a=personne&page=2").content.decode()
    page = client.get(f"/demo/courriels/{message.pk}/").content.decode()
    assert 'href="https://exemple.test/a"' in page and "Accusé.pdf" in page
    shown = client.get(f"/demo/courriels/{message.pk}/html/")
    assert "script-src" not in shown.headers["Content-Security-Policy"]
    assert shown.headers["Content-Security-Policy"].startswith("default-src 'none'")
    answer = client.get(f"/demo/courriels/{message.pk}/pieces/0/")
    assert answer.content[:5] == b"%PDF-" and answer.headers["Content-Disposition"].startswith("attachment")
    for gone in (
        f"/demo/courriels/{message.pk}/pieces/7/",
        f"/demo/courriels/{waiting.pk}/",
        "/demo/courriels/0/html/",
    ):
        assert client.get(gone).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_the_pages_are_accessible(live_server: "LiveServer", new_visitor: "Callable[..., Visitor]") -> None:
    a_fund()
    in_state(MessageState.DEAD, 3)
    (sent,) = in_state(MessageState.SENT)
    client = signed_in(a_fund_manager())
    visitor = new_visitor(live_server.url)
    for address in ("/demo/courriels/", f"/demo/courriels/{sent.pk}/"):
        visitor.page.goto(address)
        visitor.check_accessibility()
    cookie = client.cookies["sessionid"].value
    visitor.context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
    visitor.page.goto("/messages/")
    assert visitor.page.get_by_role("button", name="Renvoyer").count() == 3
    visitor.check_accessibility()
