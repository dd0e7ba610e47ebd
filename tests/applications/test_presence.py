"""Who writes where: known to the people of the file only, gone by itself, and nobody's trouble when Redis is away."""

from typing import Any

import pytest
import redis
from django.core.cache import cache
from django.core.cache.backends.redis import RedisCache
from django.urls import reverse

from applications import presence
from applications.models import Application
from tests.applications.test_autosave import address, client_of
from tests.factories.accounts import a_drafter, a_reader, an_instructor
from tests.factories.applications import a_draft

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nobody_yet() -> None:
    cache.clear()


def here(application: Application) -> str:
    return reverse("application_presence", args=[application.public_id])


def beat(application: Application, person: Any, slug: str = "budget") -> Any:
    return client_of(person).post(here(application), {"section": slug})


def test_a_colleague_is_seen_where_they_write_and_not_by_themselves() -> None:
    draft = a_draft()
    lila = a_drafter(draft.organisation, first_name="Lila", last_name="Benali")
    assert beat(draft, lila).status_code == 200
    for page in (here(draft), reverse("application_home", args=[draft.public_id]), address(draft, "enjeu")):
        assert "Lila Benali" in client_of(draft.created_by).get(page).content.decode()
    assert "Lila Benali" in client_of(a_reader(draft.organisation)).get(here(draft)).content.decode()
    assert "Lila Benali" not in client_of(lila).get(here(draft)).content.decode()
    other = a_draft()
    assert "Lila Benali" not in client_of(other.created_by).get(here(other)).content.decode()


def test_one_leaves_by_saying_nothing_more(monkeypatch: pytest.MonkeyPatch) -> None:
    draft = a_draft()
    lila = a_drafter(draft.organisation)
    monkeypatch.setattr(presence, "SECONDS", 1)
    presence.beat(draft, lila, "budget")
    import time

    time.sleep(1.2)
    assert presence.others(draft, draft.created_by) == []


def test_strangers_hear_nothing_and_readers_say_nothing() -> None:
    draft = a_draft()
    for stranger in (a_drafter(), an_instructor()):
        client = client_of(stranger)
        assert client.get(here(draft)).status_code == client.post(here(draft)).status_code == 404
    assert beat(draft, a_reader(draft.organisation)).status_code == 403
    assert beat(draft, draft.created_by, "n-importe-quoi").status_code == 200
    assert presence.others(draft, a_drafter(draft.organisation)) == []


def test_without_redis_nothing_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*args: Any, **kwargs: Any) -> Any:
        raise redis.ConnectionError("away")

    for name in ("get", "set", "get_many", "delete"):
        monkeypatch.setattr(RedisCache, name, away)
    draft = a_draft()
    assert beat(draft, draft.created_by).status_code == 200
    assert client_of(a_drafter(draft.organisation)).get(address(draft, "enjeu")).status_code == 200
