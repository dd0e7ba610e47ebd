"""Twenty identical posts of « Envoyer » at the same instant, by real HTTP: one file, one number, the same answer to all."""

import http.client
import os
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.test import Client

from accounts.models import User
from applications.models import Application
from fund.models import Counter
from journal.models import Entry
from journal.services import chain_of
from notifications.models import Message
from tests.factories.accounts import a_signatory
from tests.factories.applications import a_complete_draft
from tests.support.live import LiveStack

POSTS = 20
ROUNDS = 20 if os.environ.get("FULL") else 2
Answer = tuple[int, str]


@dataclass
class Tab:
    """One open page of « Envoyer le dossier », with its key: what is pressed there, as often as one likes."""

    stack: LiveStack
    user: User
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""

    def __post_init__(self) -> None:
        client = Client()
        client.force_login(self.user, backend="allauth.account.auth_backends.AuthenticationBackend")
        cookie = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
        response, page = self._ask("GET", {"Cookie": cookie})
        assert response.status == 200, page
        received = [line.split(";")[0] for line in response.headers.get_all("Set-Cookie") or []]
        fields = dict(re.findall(r'name="(csrfmiddlewaretoken|version|key)" value="([^"]+)"', page))
        self.headers = {
            "Cookie": "; ".join([cookie, *received]),
            "Content-Type": "application/x-www-form-urlencoded",
            "Referer": self.stack.url + self.path,
        }
        self.body = urlencode(fields)
        assert set(fields) == {"csrfmiddlewaretoken", "version", "key"}

    def press(self, together: threading.Barrier | None = None) -> Answer:
        if together:
            together.wait(timeout=60)
        response, _ = self._ask("POST", self.headers, self.body)
        return response.status, response.headers["Location"] or ""

    def _ask(self, method: str, headers: dict[str, str], body: str = "") -> Any:
        connection = http.client.HTTPConnection("localhost", self.stack.port, timeout=60)
        try:
            connection.request(method, self.path, body or None, headers)
            response = connection.getresponse()
            return response, response.read().decode()
        finally:
            connection.close()


def press_all(tabs: list[Tab]) -> list[Answer]:
    together = threading.Barrier(len(tabs))
    with ThreadPoolExecutor(len(tabs)) as pool:
        return list(pool.map(lambda tab: tab.press(together), tabs))


def sent_once(draft: Application, answers: list[Answer]) -> Application:
    """One number, one entry of the journal, one receipt a person; everybody is led to the same page."""
    sent = Application.objects.select_related("call").get(pk=draft.pk)
    assert set(answers) == {(302, f"/dossiers/{sent.public_id}/envoye/")}, answers
    assert (sent.state, Entry.objects.filter(chain=chain_of(sent), verb="submit").count()) == ("submitted", 1)
    receipts = Message.objects.filter(kind="application_submitted", subject_ref=sent.number)
    assert receipts.values("recipient_id").distinct().count() == receipts.count() >= 1
    numbered = Application.objects.filter(call=sent.call, number__isnull=False).count()
    counter = Counter.objects.get(series=sent.call.number_prefix, year=sent.call.year)
    assert counter.value == numbered, "a number was lost"
    return sent


def test_twenty_identical_posts_send_once(live_stack: LiveStack) -> None:
    first = a_complete_draft()
    drafts = [first, *(a_complete_draft(first.call) for _ in range(ROUNDS - 1))]
    for draft in drafts:
        tab = Tab(live_stack, a_signatory(draft.organisation), f"/dossiers/{draft.public_id}/envoyer/")
        sent_once(draft, press_all([tab] * POSTS))
        assert tab.press() == (302, f"/dossiers/{draft.public_id}/envoye/")  # once more, later
    assert Application.objects.filter(number__isnull=False).count() == ROUNDS
    two_signatories_in_two_tabs_each(live_stack, a_complete_draft(first.call))


def two_signatories_in_two_tabs_each(live_stack: LiveStack, draft: Application) -> None:
    """Four keys: the first wins, the three others read the same page with the number."""
    path = f"/dossiers/{draft.public_id}/envoyer/"
    people = [a_signatory(draft.organisation) for _ in range(2)]
    tabs = [Tab(live_stack, person, path) for person in people for _ in range(2)]
    sent = sent_once(draft, press_all(tabs))
    assert sent.submitted_by_id in {person.pk for person in people}
