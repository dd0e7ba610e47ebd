"""Files in and out: quarantine, verdict, the journal beside them, and bytes that never change unseen."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import IntegrityError, connection, transaction

from common.errors import DomainError
from documents import scanning, services
from documents.models import StoredFile
from documents.states import FileState, Origin
from journal.services import history
from tests.factories.accounts import a_commune, a_drafter
from tests.factories.documents import a_pdf, a_stored_file, an_issued_file, an_upload

pytestmark = pytest.mark.django_db


def on_disk(stored: StoredFile) -> Path:
    return Path(default_storage.path(stored.path))


def test_a_deposited_file_waits_then_is_ready() -> None:
    commune = a_commune()
    drafter = a_drafter(commune)
    stored = services.store_upload(an_upload(), organisation=commune, by=drafter)
    assert (stored.state, stored.origin, stored.name) == (FileState.QUARANTINED, Origin.UPLOADED, "Délibération.pdf")
    assert on_disk(stored).read_bytes()[:5] == b"%PDF-"
    assert on_disk(stored).stat().st_mode & 0o077 == 0
    assert services.scan(stored.pk) == FileState.CLEAN
    assert services.scan(stored.pk) == FileState.CLEAN  # asked twice, judged once
    verbs = list(history(stored).values_list("verb", "to_state"))
    assert verbs == [("create", "quarantined"), ("clear", "clean")]


def test_the_path_says_nothing_of_the_name_nor_of_the_key() -> None:
    commune = a_commune()
    stored = services.store_upload(an_upload("../../x.pdf"), organisation=commune, by=a_drafter(commune))
    assert on_disk(stored).is_relative_to(settings.MEDIA_ROOT)
    assert stored.key not in stored.path and "x.pdf" not in stored.path


def test_too_big_and_empty_files_are_refused(settings: Any) -> None:
    settings.UPLOAD_MAX_BYTES = 500
    commune = a_commune()
    drafter = a_drafter(commune)
    with pytest.raises(DomainError, match="dépasse"):
        services.store_upload(an_upload(content=a_pdf() + b" " * 500), organisation=commune, by=drafter)
    with pytest.raises(DomainError, match="vide"):
        services.store_upload(an_upload(content=b""), organisation=commune, by=drafter)
    assert not StoredFile.objects.exists()


def test_a_full_disk_is_said_calmly_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(default_storage, "save", full)
    commune = a_commune()
    with pytest.raises(DomainError, match="momentanément indisponible"):
        services.store_upload(an_upload(), organisation=commune, by=a_drafter(commune))
    assert not StoredFile.objects.exists()


def test_a_row_that_cannot_be_written_leaves_no_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise IntegrityError("no")

    commune = a_commune()
    before = {path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()}
    monkeypatch.setattr(services, "begin", fail)
    with pytest.raises(IntegrityError):
        services.store_upload(an_upload(), organisation=commune, by=a_drafter(commune))
    assert {path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()} == before


def test_what_the_fund_issues_is_ready_at_once() -> None:
    drafter = a_drafter()
    stored = StoredFile.objects.get(pk=an_issued_file(drafter).pk)
    assert (stored.state, stored.origin, stored.scan_engine) == (FileState.CLEAN, Origin.ISSUED, "fonds")
    assert services.as_attachment(stored)["sha256"] == stored.sha256


@pytest.mark.parametrize("harm", ["flip", "remove"])
def test_bytes_that_changed_are_never_read(harm: str) -> None:
    commune = a_commune()
    stored = a_stored_file(commune, a_drafter(commune), clean=False)
    path = on_disk(stored)
    if harm == "flip":
        content = bytearray(path.read_bytes())
        content[-1] ^= 1
        path.write_bytes(bytes(content))
    else:
        path.unlink()
    with pytest.raises(services.Altered):
        services.open_verified(stored)
    assert services.scan(stored.pk) == FileState.UNREADABLE


def test_production_clears_nothing_without_an_antivirus(settings: Any) -> None:
    commune = a_commune()
    stored = a_stored_file(commune, a_drafter(commune), clean=False)
    settings.PRODUCTION = True
    with pytest.raises(scanning.ScannerDown):
        services.scan(stored.pk)
    assert StoredFile.objects.get(pk=stored.pk).state == FileState.QUARANTINED


def test_when_the_antivirus_is_down_files_stay_where_they_are(settings: Any) -> None:
    settings.ANTIVIRUS, settings.CLAMAV_SOCKET = "clamav", "127.0.0.1:1"
    commune = a_commune()
    stored = a_stored_file(commune, a_drafter(commune), clean=False)
    assert services.scan_waiting() == 0
    assert StoredFile.objects.get(pk=stored.pk).state == FileState.QUARANTINED
    settings.ANTIVIRUS = "none"
    assert services.scan_waiting() == 1


def test_one_file_that_breaks_its_scan_does_not_stop_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    commune = a_commune()
    drafter = a_drafter(commune)
    first, second = (a_stored_file(commune, drafter, clean=False) for _ in range(2))
    real = services.scan

    def break_on_first(pk: int) -> FileState:
        if pk == first.pk:
            raise RuntimeError("poison")
        return real(pk)

    monkeypatch.setattr(services, "scan", break_on_first)
    assert services.scan_waiting() == 1
    assert StoredFile.objects.get(pk=second.pk).state == FileState.CLEAN


def test_the_database_refuses_a_clean_file_nobody_scanned() -> None:
    commune = a_commune()
    stored = a_stored_file(commune, a_drafter(commune), clean=False)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE documents_storedfile SET state = 'clean', version = version + 1 WHERE id = %s", [stored.pk]
        )
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE documents_storedfile SET sha256 = repeat('0', 64) WHERE id = %s", [stored.pk])
