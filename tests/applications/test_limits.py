"""How much a file may weigh: refused before it is read, weighed in the database, however many uploads come at once."""

import threading
from collections import Counter
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from applications import services
from applications.models import Application, Attachment
from applications.services import documents as joining
from common.actors import MACHINE
from common.errors import DomainError
from documents import inspection
from documents.models import StoredFile
from journal.services import begin
from tests.applications.test_documents_page import client_of, everything_stored, page, words
from tests.factories.applications import PDF, a_draft, a_scan

MEGABYTE = 1024 * 1024
TWENTY = 20


def a_heavy_file(application: Application, size: int) -> StoredFile:
    """A row that says how heavy it is: the guard weighs what the database knows."""
    number = StoredFile.objects.count()
    stored = StoredFile(
        organisation=application.organisation,
        path=f"limits/{application.pk}/{number}",
        name="lourd.pdf",
        content_type="application/pdf",
        size=size,
        sha256=f"{number:064x}",
    )
    begin(stored, by=MACHINE)
    return stored


def join(application: Application, stored: StoredFile) -> None:
    Attachment.objects.create(
        application=application,
        organisation=application.organisation,
        code="autre",
        file=stored,
        added_by=application.created_by,
    )


@pytest.mark.django_db
class TestWeight:
    def test_a_hundred_megabytes_fit_and_one_byte_more_does_not(self) -> None:
        draft = a_draft()
        for _ in range(5):
            join(draft, a_heavy_file(draft, 20 * MEGABYTE))
        with pytest.raises(IntegrityError, match="too heavy together"), transaction.atomic():
            join(draft, a_heavy_file(draft, 1))

    def test_a_deposit_above_twenty_megabytes_is_no_row(self) -> None:
        with pytest.raises(IntegrityError, match="file_upload_not_heavy"), transaction.atomic():
            a_heavy_file(a_draft(), 20 * MEGABYTE + 1)

    def test_the_sentence_says_what_is_there(self, settings: Any) -> None:
        draft = a_draft()
        services.attach_document(draft.pk, by=draft.created_by, code="autre", upload=a_scan())
        settings.UPLOAD_MAX_BYTES_PER_APPLICATION = 100
        with pytest.raises(DomainError, match="celles-ci pèsent déjà"):
            services.attach_document(draft.pk, by=draft.created_by, code="autre", upload=a_scan())

    def test_the_lighter_one_may_replace_the_heavier_at_the_limit(self) -> None:
        draft = a_draft()
        for _ in range(5):
            join(draft, a_heavy_file(draft, 20 * MEGABYTE))
        heavy = draft.attachments.first()
        assert heavy is not None
        services.attach_document(
            draft.pk, by=draft.created_by, code="autre", upload=a_scan("leger.png"), replaces=heavy.pk
        )
        assert draft.attachments.count() == 5


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("checked_in_python", [True, False], ids=["two controls", "the database alone"])
def test_twenty_uploads_at_once_never_pass_the_limit(monkeypatch: pytest.MonkeyPatch, checked_in_python: bool) -> None:
    """Room for three: three come in, seventeen are told, no byte of theirs stays."""
    draft = a_draft()
    for _ in range(4):
        with transaction.atomic():
            join(draft, a_heavy_file(draft, 20 * MEGABYTE))
    with transaction.atomic():
        join(draft, a_heavy_file(draft, 17 * MEGABYTE))
    if not checked_in_python:
        monkeypatch.setattr(joining, "_refuse_when_heavy", lambda *a, **k: None)
    stored_before, outcome, start = len(everything_stored()), Counter[str](), threading.Barrier(TWENTY)
    padding = b"%" * MEGABYTE

    def upload(number: int) -> None:
        content = PDF + padding[: MEGABYTE - len(PDF) - 10] + f"{number:>10}".encode()
        given = SimpleUploadedFile(f"piece-{number}.pdf", content, "application/pdf")
        try:
            connection.ensure_connection()
            start.wait()
            services.attach_document(draft.pk, by=draft.created_by, code="autre", upload=given)
            outcome["joined"] += 1
        except (DomainError, IntegrityError):
            outcome["refused"] += 1
        finally:
            connection.close()

    # Twenty processes that read a PDF say nothing of the weight.
    monkeypatch.setattr("documents.services.inspect", lambda file, extension: inspection.PDF)
    threads = [threading.Thread(target=upload, args=(number,)) for number in range(TWENTY)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcome == {"joined": 3, "refused": 17}
    assert sum(Attachment.objects.filter(application=draft).values_list("file__size", flat=True)) == 100 * MEGABYTE
    assert len(everything_stored()) == stored_before + 3


@pytest.mark.django_db
class TestBody:
    """What is announced is refused unread; Django reads no more than what is announced."""

    def test_two_gigabytes_are_refused_unread(self) -> None:
        draft = a_draft()
        answer = client_of(draft.created_by).generic(
            "POST",
            page("application_documents", draft),
            b"",
            content_type="multipart/form-data; boundary=x",
            CONTENT_LENGTH=str(2 * 1024 * MEGABYTE),
        )
        assert answer.status_code == 413 and "trop lourds" in words(answer)

    def test_an_unknown_person_sends_no_more_than_a_form(self) -> None:
        kind, url = "multipart/form-data; boundary=x", reverse("account_login")
        heavy = Client().generic("POST", url, b"", content_type=kind, CONTENT_LENGTH=str(6 * MEGABYTE))
        assert heavy.status_code == 413
        light = Client().generic("POST", url, b"", content_type=kind)
        assert light.status_code == 200
