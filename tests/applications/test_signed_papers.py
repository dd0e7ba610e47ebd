"""What was signed by hand: scans kept version after version, read by the antivirus; the convention of an award."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from applications import decision_letters, file_letters, services
from applications.letters import scans_of
from applications.models import Application, FileLetter, SignedPaper
from applications.states import ApplicationState, LetterKind, SignedKind
from common.actors import MACHINE
from common.errors import DomainError, NotAllowed
from documents.models import StoredFile
from documents.states import FileState
from journal.services import advance
from notifications.models import Message
from tests.factories.accounts import a_drafter, a_signatory, an_auditor
from tests.factories.desk import Desk, fresh
from tests.factories.documents import a_pdf

S = ApplicationState
pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    return Desk()


def awarded(desk: Desk) -> Application:
    decision = desk.decision()
    services.sign_decision(decision.pk, act_number="B-7", act_date=timezone.localdate(), by=desk.head)
    decision_letters.make(decision.pk)
    connection.check_constraints()
    return fresh(decision.application)


def scan(name: str = "signe.pdf", content: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, a_pdf() if content is None else content, content_type="application/pdf")


def deposit(application: Application, by: Any, kind: str = SignedKind.LETTER, **over: Any) -> SignedPaper:
    return services.deposit_signed(application.pk, kind=kind, upload=over.get("upload") or scan(), by=by)


def mails(kind: str) -> list[str]:
    return list(Message.objects.filter(kind=kind).values_list("recipient_email", flat=True))


class TestScans:
    def test_versions_are_kept_and_told(self, desk: Desk) -> None:
        application = awarded(desk)
        first, second = deposit(application, desk.head), deposit(application, desk.instructor)
        assert (first.number, second.number) == (1, 2)
        assert [(one.signed.number, one.last, one.paper) for one in scans_of(application)] == [
            (2, True, None),
            (1, False, None),
        ], "nobody opens it before the antivirus"
        assert first.file.state == FileState.QUARANTINED
        assert mails("signed_paper_of_desk")

    def test_who_deposits(self, desk: Desk) -> None:
        application = awarded(desk)
        for by in (
            an_auditor(),
            a_drafter(application.organisation),
            a_signatory(application.organisation),
            a_signatory(),
        ):
            with pytest.raises(NotAllowed):
                deposit(application, by)
        assert not SignedPaper.objects.exists()

    def test_not_before_the_signature(self, desk: Desk) -> None:
        application = desk.application(S.REVIEWED)
        before = StoredFile.objects.count()
        with pytest.raises(DomainError, match="Aucune décision signée"):
            deposit(application, desk.head)
        assert StoredFile.objects.count() == before

    @pytest.mark.parametrize(
        ("name", "content"), [("signe.pdf", b"MZ not a pdf"), ("signe.exe", b"MZ"), ("signe.pdf", b"%PDF-1.7 broken")]
    )
    def test_hostile_files(self, desk: Desk, name: str, content: bytes) -> None:
        application = awarded(desk)
        with pytest.raises(DomainError):
            deposit(application, desk.head, upload=scan(name, content))
        assert not SignedPaper.objects.exists()


class TestConvention:
    def test_made_once_signed_by_the_commune_then_by_the_fund(self, desk: Desk) -> None:
        application = awarded(desk)
        signatory = a_signatory(application.organisation)
        with pytest.raises(DomainError, match="pas encore faite"):
            deposit(application, signatory, SignedKind.CONVENTION)
        letter = services.make_convention(application.pk, by=desk.manager)
        with pytest.raises(DomainError, match="déjà faite"):
            services.make_convention(application.pk, by=desk.manager)
        file_letters.make(letter.pk)
        mail = Message.objects.get(kind="convention_to_sign", recipient_email=signatory.email)
        assert mail.attachments and not mail.awaits
        with pytest.raises(NotAllowed):
            deposit(application, a_drafter(application.organisation), SignedKind.CONVENTION)
        deposit(application, signatory, SignedKind.CONVENTION)
        assert desk.manager.email in mails("signed_paper_of_commune")
        assert deposit(application, desk.head, SignedKind.CONVENTION).number == 2

    def test_for_a_notified_award_only(self, desk: Desk) -> None:
        with pytest.raises(DomainError, match="aide attribuée"):
            services.make_convention(desk.decision().application_id, by=desk.manager)
        with pytest.raises(NotAllowed):
            services.make_convention(awarded(desk).pk, by=desk.instructor)


class TestPages:
    def test_both_sides(self, desk: Desk, client: Client) -> None:
        application = awarded(desk)
        at_desk = reverse("desk_letters", args=[application.public_id])
        client.force_login(desk.manager)
        assert "Faire la convention" in client.get(at_desk).text
        assert client.post(at_desk, {"suite": "convention"}).status_code == 302
        assert FileLetter.objects.filter(kind=LetterKind.CONVENTION).count() == 1
        assert client.post(at_desk, {"kind": "lettre"}).status_code == 422
        assert client.post(at_desk, {"kind": "lettre", "file": scan("x.exe", b"MZ")}).status_code == 422
        assert client.post(at_desk, {"kind": "lettre", "file": scan()}).status_code == 302
        assert "Lettre de décision signée" in client.get(at_desk).text
        client.force_login(a_signatory(application.organisation))
        page = reverse("application_letters", args=[application.public_id])
        assert "Déposer la convention signée" in client.get(page).text
        assert client.post(page, {"kind": "convention", "file": scan()}).status_code == 302
        assert client.post(page, {"kind": "lettre", "file": scan()}).status_code == 422
        assert "Convention signée" in client.get(page).text

    def test_the_commune_opens_the_scan_and_it_is_known(self, desk: Desk, client: Client) -> None:
        application = awarded(desk)
        paper = deposit(application, desk.head)
        clean(paper.file)
        reader = a_drafter(application.organisation)
        client.force_login(reader)
        assert client.get(reverse("file_download", args=[paper.file.key])).status_code == 200
        (one,) = scans_of(application)
        assert one.paper is not None and one.paper.opened_by == reader.get_full_name()
        assert StoredFile.objects.get(pk=paper.file_id).state == FileState.CLEAN
        assert not StoredFile.objects.visible_to(a_drafter()).filter(pk=paper.file_id).exists()


def clean(file: StoredFile) -> None:
    """What the antivirus says of a good file (tests/documents hold the scan itself)."""
    file.refresh_from_db()
    advance(file, file.clear, engine="clamav", sha256=file.sha256, by=MACHINE)
