"""Looking a commune up in the public company directory: a real server that misbehaves; never blocking, never believed."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from stdnum import luhn

from accounts import company_directory, services
from accounts.models import CompanyLookup, Organisation
from accounts.states import LookupState
from accounts.tasks import ask_company_directory
from common.errors import DomainError, NotAllowed, Stale
from common.history import mark
from journal.models import Entry
from tests.factories.accounts import (
    a_commune,
    a_commune_administrator,
    a_drafter,
    a_fund_manager,
    a_signatory,
    an_instructor,
)
from tests.support.company_directory import DirectoryServer, huge, says, seat, silent, slow

pytestmark = pytest.mark.django_db


def siret_of(siren: str) -> str:
    root = f"{siren}0001"
    return root + luhn.calc_check_digit(root)


def good(siren: str, **over: Any) -> dict[str, Any]:
    return seat(siren, **{"siret": siret_of(siren), **over})


@pytest.fixture
def directory(settings: Any) -> Iterator[DirectoryServer]:
    with DirectoryServer() as server:
        settings.COMPANY_DIRECTORY_URL = server.url
        cache.clear()
        yield server


def asked(commune: Organisation) -> CompanyLookup:
    """Asked by somebody, and the task run; its retries are the next runs."""
    lookup = services.ask_directory(commune, by=a_fund_manager())
    ask_company_directory.apply(args=[lookup.pk])
    lookup.refresh_from_db()
    return lookup


def test_it_proposes_and_a_click_takes_it_over(directory: DirectoryServer, client: Client) -> None:
    commune = a_commune("Aubagne")
    directory.answers = [says(good(commune.siren))]
    lookup = asked(commune)
    assert (lookup.state, lookup.siret) == (LookupState.FOUND, siret_of(commune.siren))
    question = directory.asked[0]
    assert (question["path"], question["q"]) == ("/search", commune.siren)
    assert "fonds-initiative" in question["headers"]["User-Agent"]
    commune.refresh_from_db()
    assert (commune.siret, commune.siret_checked) == ("", False), "nothing is written before somebody says so"
    client.force_login(a_commune_administrator(commune))
    page = client.get("/equipe/").content.decode()
    assert "Reprendre ce SIRET et cette adresse" in page
    client.post(reverse("lookup_keep", args=[commune.siren]), {"pk": lookup.pk, "seen": mark(commune)})
    commune.refresh_from_db()
    assert (commune.siret, commune.siret_checked, commune.address) == (
        siret_of(commune.siren), True, "1 RUE DE LA MAIRIE 13400 AUBAGNE",
    )  # fmt: skip
    verbs = Entry.objects.filter(chain=f"accounts.organisation:{commune.pk}").order_by("sequence")
    assert list(verbs.values_list("verb", flat=True)) == ["ask_directory", "keep_lookup"]
    assert "Repris de l’annuaire" in client.get("/equipe/").content.decode()


OTHER = "213000000"
GARBAGE: list[Any] = [
    b"<html>maintenance</html>",
    b"\xff\xfe\x00",
    b"[" * 100_000,
    b"{}",
    b"null",
    b'{"results": 7}',
    b'{"results": [null]}',
    b'{"results": [{"siren": "S"}]}',
    b'{"results": [{"siren": "S", "siege": {"siret": 12, "adresse": "x", "etat_administratif": "A"}}]}',
    b'{"results": [{"siren": "S", "siege": {"siret": "S00018", "adresse": "x", "etat_administratif": "A"}}]}',
    b'{"results": [{"siren": "S", "siege": {"siret": "21300000000015", "adresse": "x", "etat_administratif": "A"}}]}',
    b'{"results": [{"siren": "S", "siege": {"siret": "S\xd9\xa0\xd9\xa0\xd9\xa0\xd9\xa1\xd9\xa7", "adresse": "x", "etat_administratif": "A"}}]}',
    b'{"results": [{"siren": "S", "siege": {"siret": "GOOD", "adresse": "'
    + b"x" * 301
    + b'", "etat_administratif": "A"}}]}',
    b'{"results": [{"siren": "S", "siege": {"siret": "GOOD", "adresse": {"$gt": ""}, "etat_administratif": "A"}}]}',
]


@pytest.mark.parametrize("body", GARBAGE, ids=range(len(GARBAGE)))
def test_a_wrong_answer_is_never_written(directory: DirectoryServer, body: bytes) -> None:
    commune = a_commune()
    siren = commune.siren.encode()
    directory.answers = [says(body.replace(b"GOOD", siret_of(commune.siren).encode()).replace(b'"S', b'"' + siren))]
    lookup = asked(commune)
    assert lookup.state == LookupState.DOWN
    assert (lookup.siret, lookup.address) == ("", "")


def test_control_characters_of_an_address_are_dropped(directory: DirectoryServer) -> None:
    commune = a_commune()
    directory.answers = [says(good(commune.siren, adresse="1 RUE\r\nBCC: x@y\x00 <b>DE</b>  LA  MAIRIE"))]
    assert asked(commune).address == "1 RUE BCC: x@y <b>DE</b> LA MAIRIE"


@pytest.mark.parametrize("over", [{"etat_administratif": "F"}, None])
def test_a_closed_or_unknown_establishment_is_not_proposed(directory: DirectoryServer, over: Any) -> None:
    commune = a_commune()
    directory.answers = [says(good(commune.siren, **over) if over else {"results": []})]
    assert asked(commune).state == LookupState.NOT_FOUND


@pytest.mark.parametrize("status", [400, 403, 404, 500, 503])
def test_a_refusal_counts_as_down(directory: DirectoryServer, status: int) -> None:
    directory.answers = [says({"erreur": "x"}, status)]
    assert asked(a_commune()).state == LookupState.DOWN
    assert len(directory.asked) == 1


def test_too_many_questions_come_back_when_told_to_then_count_as_down(directory: DirectoryServer) -> None:
    commune = a_commune()
    directory.answers = [says({}, 429, Retry_After="0"), says(good(commune.siren))]
    assert asked(commune).state == LookupState.FOUND
    assert len(directory.asked) == 2
    directory.answers = [says({}, 429, Retry_After="0")]
    assert asked(a_commune()).state == LookupState.DOWN
    assert len(directory.asked) == 5, "three tries in all"


@pytest.mark.parametrize(("said", "seconds"), [("7", 7), ("86400", 20), ("-3", 5), ("Wed, 21 Oct 2037", 5), ("1e9", 5)])
def test_the_pause_is_bounded(directory: DirectoryServer, said: str, seconds: int) -> None:
    directory.answers = [says({}, 429, Retry_After=said)]
    with pytest.raises(company_directory.Unavailable) as caught:
        company_directory.look_up("213000000")
    assert caught.value.retry_after == seconds


def test_a_redirection_is_not_followed(directory: DirectoryServer) -> None:
    with DirectoryServer() as elsewhere:
        elsewhere.answers = [says({})]
        directory.answers = [says({}, 302, Location=elsewhere.url)]
        assert asked(a_commune()).state == LookupState.DOWN
        assert elsewhere.asked == []


@pytest.mark.parametrize("bad", [huge, slow, silent], ids=lambda bad: bad.__name__)
def test_a_slow_or_endless_answer_is_left(
    directory: DirectoryServer, monkeypatch: pytest.MonkeyPatch, bad: Any
) -> None:
    monkeypatch.setattr(company_directory, "READ_SECONDS", 1.0)
    monkeypatch.setattr(company_directory, "WHOLE_SECONDS", 2.0)
    directory.answers = [bad]
    began = time.monotonic()
    assert asked(a_commune()).state == LookupState.DOWN
    assert time.monotonic() - began < 6


def test_nobody_at_that_address(settings: Any) -> None:
    settings.COMPANY_DIRECTORY_URL = "http://127.0.0.1:9/search"
    cache.clear()
    assert asked(a_commune()).state == LookupState.DOWN


def test_no_more_than_seven_questions_a_second(directory: DirectoryServer) -> None:
    directory.answers = [says({"results": []})]
    told = []
    for _ in range(30):
        try:
            company_directory.look_up("213000000")
            told.append(time.time())
        except company_directory.Unavailable as error:
            assert error.retry_after == 1
    for at in told:
        assert sum(int(other) == int(at) for other in told) <= company_directory.PER_SECOND + 1


def test_the_page_goes_on_when_it_is_down(directory: DirectoryServer, client: Client) -> None:
    commune = a_commune()
    directory.answers = [says({}, 500)]
    client.force_login(a_fund_manager())
    page = f"/communes/{commune.siren}/"
    assert "Chercher dans l’annuaire des entreprises" in client.get(page).content.decode()
    url = reverse("lookup_ask", args=[commune.siren])
    assert client.post(url).url == page  # type: ignore[attr-defined]
    answer = client.get(reverse("lookup_state", args=[commune.siren]), headers={"HX-Request": "true"}).content.decode()
    assert "hx-trigger" in answer, "looked at again in two seconds"
    client.post(url)
    assert CompanyLookup.objects.count() == 1, "a second click finds the first"
    ask_company_directory.apply(args=[CompanyLookup.objects.get().pk])
    answer = client.get(page).content.decode()
    assert "L’annuaire ne répond pas" in answer
    assert reverse("commune_contacts", args=[commune.siren]) in answer


def test_an_answer_that_never_came_is_given_up(directory: DirectoryServer, client: Client) -> None:
    from datetime import timedelta

    from django.utils import timezone

    commune, manager = a_commune(), a_fund_manager()
    first = CompanyLookup.objects.create(
        organisation=commune, asked_by=manager, asked_at=timezone.now() - timedelta(minutes=5)
    )
    client.force_login(manager)
    assert "L’annuaire ne répond pas" in client.get(f"/communes/{commune.siren}/").content.decode()
    second = services.ask_directory(commune, by=manager)
    first.refresh_from_db()
    assert (first.state, second.state) == (LookupState.DOWN, LookupState.ASKED)


def test_who_may_ask_and_take_over(directory: DirectoryServer, client: Client) -> None:
    commune = a_commune()
    directory.answers = [says(good(commune.siren))]
    lookup = asked(commune)
    for person in (a_drafter(commune), a_signatory(commune), an_instructor(), a_commune_administrator()):
        client.force_login(person)
        for name in ("lookup_ask", "lookup_keep"):
            assert client.post(reverse(name, args=[commune.siren]), {"pk": lookup.pk}).status_code == 404
        with pytest.raises(NotAllowed):
            services.keep_lookup(lookup.pk, seen=mark(commune), by=person)


def test_what_was_seen_must_still_stand(directory: DirectoryServer) -> None:
    commune, manager = a_commune(), a_fund_manager()
    directory.answers = [says(good(commune.siren))]
    lookup = asked(commune)
    with pytest.raises(Stale):
        services.keep_lookup(lookup.pk, seen="0", by=manager)
    services.keep_lookup(lookup.pk, seen=mark(commune), by=manager)
    with pytest.raises(DomainError, match="déjà été reprise"):
        services.keep_lookup(lookup.pk, seen=mark(commune), by=manager)


def test_it_is_off_without_an_address(client: Client, settings: Any) -> None:
    settings.COMPANY_DIRECTORY_URL = ""
    commune = a_commune()
    client.force_login(a_fund_manager())
    assert "annuaire des entreprises" not in client.get(f"/communes/{commune.siren}/").content.decode()
    assert client.post(reverse("lookup_ask", args=[commune.siren])).status_code == 404


def test_the_database_refuses_a_foreign_siret() -> None:
    commune = a_commune()
    lookup = CompanyLookup.objects.create(organisation=commune, asked_by=a_fund_manager())
    for change in (
        {"state": "found", "siret": siret_of(OTHER)},
        {"state": "kept", "siret": siret_of(commune.siren)},
        {"state": "found", "siret": ""},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            CompanyLookup.objects.filter(pk=lookup.pk).update(answered_at=lookup.asked_at, **change)
            connection.check_constraints()
    with pytest.raises(IntegrityError), transaction.atomic():
        Organisation.objects.filter(pk=commune.pk).update(siret=siret_of(OTHER))
