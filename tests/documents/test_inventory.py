"""The inventory of storage: what is missing or altered is found, what is useless goes only after its delay."""

from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.utils import timezone

from applications import services as applications
from documents import inventory
from documents.models import StoredFile
from documents.states import FileState
from journal.services import history
from notifications.models import Message
from reports.services import check_every_file
from tests.factories.accounts import a_commune, a_drafter, an_administrator
from tests.factories.applications import a_draft, a_scan
from tests.factories.documents import a_stored_file

pytestmark = pytest.mark.django_db
LATER = timedelta(days=31)


@pytest.fixture(autouse=True)
def own_storage(settings: pytest.FixtureRequest, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path)  # type: ignore[attr-defined]


def a_file() -> StoredFile:
    commune = a_commune()
    return a_stored_file(commune, a_drafter(commune))


def test_a_lost_and_an_altered_file_are_found_and_mailed() -> None:
    an_administrator()
    lost, altered, sound = a_file(), a_file(), a_file()
    default_storage.delete(lost.path)
    Path(default_storage.path(altered.path)).write_bytes(b"%PDF-1.4 autre chose")
    found = check_every_file()
    assert (found.files, found.missing, found.altered) == (3, [lost.pk], [altered.pk])
    told = Message.objects.get(kind="files_broken")
    assert f"fichier {lost.pk}" in told.body_text and f"fichier {sound.pk}" not in told.body_text
    with pytest.raises(CommandError):
        call_command("inventory", stdout=_nowhere())


def _nowhere() -> "object":
    from io import StringIO

    return StringIO()


def test_bytes_without_a_row_wait_for_their_delay() -> None:
    kept = a_file()
    default_storage.save("2026/11/orpheline", File(BytesIO(b"x")))
    found = inventory.take()
    assert found.orphans == ["2026/11/orpheline"] and not found.deleted and found.is_sound
    later = inventory.take(now=timezone.now() + LATER)
    assert later.deleted == ["2026/11/orpheline"]
    assert default_storage.exists(kept.path) or StoredFile.objects.get(pk=kept.pk).state == FileState.DISCARDED


def test_a_document_taken_out_of_a_draft_goes_after_its_delay_and_its_hash_stays() -> None:
    draft = a_draft()
    removed = applications.attach_document(draft.pk, by=draft.created_by, code="autre", upload=a_scan())
    kept = applications.attach_document(draft.pk, by=draft.created_by, code="autre", upload=a_scan())
    applications.remove_document(draft.pk, removed.pk, by=draft.created_by)
    assert inventory.take().discarded == []
    assert inventory.take(now=timezone.now() + LATER).discarded == [removed.file_id]
    gone, there = StoredFile.objects.get(pk=removed.file_id), StoredFile.objects.get(pk=kept.file_id)
    assert gone.state == FileState.DISCARDED and gone.sha256 and not default_storage.exists(gone.path)
    assert default_storage.exists(there.path) and there.state != FileState.DISCARDED
    assert history(gone).filter(verb="discard").exists()
    assert inventory.take(now=timezone.now() + LATER).is_sound
