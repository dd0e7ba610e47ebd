"""Redis stopped for a minute, then emptied: requests keep working, nothing is lost, nothing leaves twice."""

import os
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from http.client import HTTPResponse

import pytest
import redis
from django.conf import settings
from django.test import Client

from notifications.models import Message
from notifications.states import MessageState
from tests.factories.accounts import a_drafter
from tests.factories.fund import a_fund
from tests.factories.notifications import a_message
from tests.support.live import LiveStack
from tests.support.servers import Servers

OUTAGE = 60.0
PATIENCE = 6.0  # of a person, for a page, while Redis is down


class Person:
    """A signed-in browser, without a browser."""

    def __init__(self, base: str) -> None:
        self.base = base
        client = Client()
        client.force_login(a_drafter(), backend="allauth.account.auth_backends.AuthenticationBackend")
        self.cookies = {settings.SESSION_COOKIE_NAME: client.cookies[settings.SESSION_COOKIE_NAME].value}
        self.slowest = 0.0

    def ask(self, path: str, data: dict[str, str] | None = None) -> tuple[int, str]:
        body = urllib.parse.urlencode(data).encode() if data is not None else None
        request = urllib.request.Request(self.base + path, data=body)
        request.add_header("Cookie", "; ".join(f"{name}={value}" for name, value in self.cookies.items()))
        request.add_header("Referer", self.base + path)
        start = time.monotonic()
        try:
            response: HTTPResponse | urllib.error.HTTPError = urllib.request.urlopen(request, timeout=20)
        except urllib.error.HTTPError as error:
            response = error
        with response:
            text = response.read().decode()
            for line in response.headers.get_all("Set-Cookie") or []:
                name, _, value = line.split(";")[0].partition("=")
                if value.strip('"'):
                    self.cookies[name] = value
        self.slowest = max(self.slowest, time.monotonic() - start)
        return response.status or 0, text

    def post(self, path: str, data: dict[str, str]) -> int:
        """Open the form, then send it with its token."""
        _, page = self.ask(path)
        token = page.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
        return self.ask(path, {**data, "csrfmiddlewaretoken": token})[0]


@pytest.mark.django_db(transaction=True)
def test_a_minute_without_redis_loses_nothing(live_stack: LiveStack, servers: Servers) -> None:
    assert servers.redis is not None, "this test stops its own Redis: unset REDIS_URL"
    a_fund()
    someone, visitor = Person(live_stack.url), Person(live_stack.url)
    visitor.cookies.clear()
    before = [a_message() for _ in range(5)]
    for message in before:
        live_stack.smtp.wait_for(lambda mail, wanted=message.message_id: str(mail["Message-ID"]).strip() == wanted)

    servers.redis.stop()
    end = time.monotonic() + OUTAGE
    during = []
    answers: Counter[tuple[str, int]] = Counter()
    try:
        while time.monotonic() < end:
            during.append(a_message())
            answers["/healthz", someone.ask("/healthz")[0]] += 1
            answers["/readyz", someone.ask("/readyz")[0]] += 1
            answers["home", someone.ask("/")[0]] += 1
            answers["reset", visitor.post("/compte/password/reset/", {"email": "personne@exemple.test"})] += 1
            time.sleep(1)
    finally:
        servers.redis.start()
    redis.Redis.from_url(os.environ["REDIS_URL"]).flushall()  # the queue itself is lost: nothing stands in it

    assert {status for (what, status) in answers if what in ("/healthz", "home", "reset")} == {200}, answers
    assert {status for (what, status) in answers if what == "/readyz"} == {503}, answers
    assert max(someone.slowest, visitor.slowest) < PATIENCE
    expected = {message.message_id for message in [*before, *during]}
    resets = answers["reset", 200]
    assert len(during) >= 10 and resets >= 10

    deadline = time.monotonic() + 180
    while Message.objects.filter(state=MessageState.QUEUED).exists():
        assert live_stack.worker.running, "the worker did not survive"
        assert time.monotonic() < deadline, "the backlog is still there three minutes after Redis came back"
        time.sleep(0.5)
    sent = Counter(str(mail["Message-ID"]).strip() for mail in live_stack.smtp.messages)
    assert expected <= set(sent)
    assert set(Message.objects.values_list("message_id", flat=True)) == set(sent)
    assert set(sent.values()) == {1}, "none twice"
    assert Message.objects.count() == len(expected) + resets
