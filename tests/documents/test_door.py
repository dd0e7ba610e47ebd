"""The one door to a file: who passes, what passes, and how it is handed over."""

from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.test import Client

from documents import services
from documents.models import StoredFile
from documents.scanning import Verdict
from documents.states import FileState
from tests.factories.accounts import a_commune, a_drafter, a_reader, a_user, an_instructor
from tests.factories.documents import a_pdf, a_stored_file, an_issued_file

pytestmark = pytest.mark.django_db


def signed_in(user: object) -> Client:
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")  # type: ignore[arg-type]
    return client


def address(stored: StoredFile) -> str:
    return f"/fichiers/{stored.key}/"


def test_a_colleague_downloads_what_the_commune_deposited() -> None:
    commune = a_commune()
    stored = a_stored_file(commune, a_drafter(commune), name="Été à l’Estaque.pdf")
    response = signed_in(a_reader(commune)).get(address(stored))
    assert response.status_code == 200
    assert b"".join(response.streaming_content) == Path(default_storage.path(stored.path)).read_bytes()
    assert response.headers["Content-Disposition"].startswith("attachment; filename*=utf-8''%C3%89t%C3%A9")
    assert response.headers["Content-Type"] == "application/pdf"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'; sandbox"
    assert response.headers["Cache-Control"] == "no-store, private"


def test_others_do_not_even_learn_that_it_exists() -> None:
    commune = a_commune()
    stored = a_stored_file(commune, a_drafter(commune))
    for stranger in (a_drafter(), an_instructor(), a_user()):
        assert signed_in(stranger).get(address(stored)).status_code == 404
    answer = Client().get(address(stored))
    assert answer.status_code == 302 and answer.headers["Location"].startswith("/compte/login/")


def test_a_letter_is_not_seen_by_the_organisation_alone() -> None:
    commune = a_commune()
    drafter = a_drafter(commune)
    letter = an_issued_file(an_instructor(), commune)
    assert signed_in(drafter).get(address(letter)).status_code == 404


def test_no_file_leaves_before_it_is_clean() -> None:
    commune = a_commune()
    drafter = a_drafter(commune)
    stored = a_stored_file(commune, drafter, clean=False)
    response = signed_in(drafter).get(address(stored))
    assert response.status_code == 404 and "en cours d’analyse" in response.content.decode()
    for state in (FileState.INFECTED, FileState.UNREADABLE):
        other = a_stored_file(commune, drafter, clean=False)
        services._conclude(other.pk, Verdict(state, "essai", "pour voir"))
        response = signed_in(drafter).get(address(other))
        assert response.status_code == 404 and "a été refusé" in response.content.decode()


def test_a_file_swapped_in_storage_is_not_served() -> None:
    commune = a_commune()
    drafter = a_drafter(commune)
    stored = a_stored_file(commune, drafter)
    Path(default_storage.path(stored.path)).write_bytes(a_pdf(script="app.alert(1)"))
    response = signed_in(drafter).get(address(stored))
    assert response.status_code == 404 and "ne correspond plus" in response.content.decode()


@pytest.mark.parametrize("key", ["x", "0" * 64, "..%2F..%2Fetc%2Fpasswd", "a" * 500])
def test_guessed_keys_find_nothing(key: str) -> None:
    assert signed_in(a_drafter()).get(f"/fichiers/{key}/").status_code == 404


def test_the_door_only_opens_to_be_read() -> None:
    commune = a_commune()
    drafter = a_drafter(commune)
    stored = a_stored_file(commune, drafter)
    assert signed_in(drafter).post(address(stored)).status_code == 405
