"""Letters about a file: frozen by the verb that sends them, made once, their mail leaves with them."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from applications import file_letters, services
from applications.models import FileLetter
from applications.services.letter_texts import newest
from applications.states import ApplicationState, LetterKind
from common.errors import DomainError, NotAllowed
from documents.models import StoredFile
from documents.services import open_verified
from notifications.models import Message
from tests.factories.accounts import a_drafter
from tests.factories.desk import Desk, in_days

S = ApplicationState
pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    return Desk()


def words(letter: FileLetter) -> str:
    letter.refresh_from_db()
    assert letter.file is not None
    with open_verified(letter.file) as content:
        return " ".join(" ".join(page.extract_text() for page in PdfReader(content).pages).split())


def asked(desk: Desk) -> FileLetter:
    application = desk.application(S.IN_INSTRUCTION)
    services.ask_pieces(
        application.pk, items=["Délibération signée"], reason="Elle manque.", due_on=in_days(15), by=desk.instructor
    )
    return FileLetter.objects.get(application=application)


def write(desk: Desk, kind: str, text: str) -> None:
    last = newest(desk.call.pk, kind)
    services.write_letter_text(desk.call.pk, kind=kind, text=text, seen=last.number if last else 0, by=desk.manager)


class TestMade:
    def test_the_mail_waits_for_it_and_leaves_with_it(self, desk: Desk) -> None:
        letter = asked(desk)
        mails = Message.objects.filter(kind="pieces_asked", subject_ref=letter.application.number)
        assert mails and all(one.awaits and not one.attachments for one in mails)
        assert file_letters.waiting() == [letter.pk]
        assert file_letters.make(letter.pk) is True
        assert file_letters.make(letter.pk) is False
        assert file_letters.waiting() == []
        letter.refresh_from_db()
        assert [one.attachments[0]["sha256"] for one in mails.all()] == [letter.file.sha256] * len(mails)  # type: ignore[union-attr]
        assert not any(one.awaits for one in mails.all())
        said = words(letter)
        assert "Délibération signée" in said and "Elle manque." in said and "Si ce délai est trop court" in said

    def test_the_text_of_the_call_at_the_hour_it_was_sent(self, desk: Desk) -> None:
        write(desk, LetterKind.PIECES, "Répondez avant le {date_limite}, {commune}.")
        letter = asked(desk)
        write(desk, LetterKind.PIECES, "Trop tard.")
        file_letters.make(letter.pk)
        assert f", {letter.application.organisation.name}." in words(letter) and "Trop tard" not in words(letter)

    def test_a_text_that_cannot_be_filled_stops_the_verb(self, desk: Desk) -> None:
        from fund.models import Fund

        write(desk, LetterKind.PIECES, "Écrivez à {courriel}.")
        Fund.objects.update(contact_email="")
        with pytest.raises(DomainError, match="courriel"):
            asked(desk)

    def test_inadmissible(self, desk: Desk) -> None:
        application = desk.application(S.IN_INSTRUCTION)
        services.declare_inadmissible(application.pk, reason="Action commencée.", by=desk.instructor)
        letter = FileLetter.objects.get(application=application)
        file_letters.make(letter.pk)
        assert "Action commencée." in words(letter) and "recours contentieux" in words(letter)

    def test_the_commune_opens_it(self, desk: Desk, client: Client) -> None:
        letter = asked(desk)
        file_letters.make(letter.pk)
        letter.refresh_from_db()
        writer = a_drafter(letter.application.organisation)
        assert StoredFile.objects.visible_to(writer).filter(pk=letter.file_id).exists()
        assert not StoredFile.objects.visible_to(a_drafter()).filter(pk=letter.file_id).exists()
        client.force_login(writer)
        client.get(reverse("file_download", args=[letter.file.key]))  # type: ignore[union-attr]
        client.force_login(desk.instructor)
        page = client.get(reverse("desk_letters", args=[letter.application.public_id])).text
        assert "pour la première fois" in page and writer.get_full_name() in page


class TestAdjourned:
    def test_told_once_a_session(self, desk: Desk) -> None:
        application = desk.application(S.REVIEWED)
        given: dict[str, Any] = {"reasons": "Plan de financement à mettre à jour.", "by": desk.manager}
        letter = services.adjourn(application.pk, occasion="seance-1", **given)
        with pytest.raises(DomainError, match="déjà été prévenue"):
            services.adjourn(application.pk, occasion="seance-1", **given)
        services.adjourn(application.pk, occasion="seance-2", **given)
        file_letters.make(letter.pk)
        assert "a ajourné sa réponse" in words(letter) and "Plan de financement à mettre à jour." in words(letter)
        application.refresh_from_db()
        assert application.state == S.REVIEWED

    def test_by_the_manager_with_reasons(self, desk: Desk) -> None:
        application = desk.application(S.REVIEWED)
        with pytest.raises(NotAllowed):
            services.adjourn(application.pk, occasion="seance-1", reasons="x", by=desk.instructor)
        with pytest.raises(DomainError, match="motivé"):
            services.adjourn(application.pk, occasion="seance-1", reasons=" ", by=desk.manager)


@pytest.mark.parametrize("kind", [LetterKind.PIECES, LetterKind.INADMISSIBLE, LetterKind.ADJOURNED])
def test_each_is_seen_before_it_serves(desk: Desk, client: Client, kind: str) -> None:
    application = desk.application(S.IN_INSTRUCTION)
    client.force_login(desk.instructor)
    page = reverse("letter_text", args=[desk.call.slug, kind])
    shown = client.post(page, {"seen": "0", "text": "Bonjour.", "file": str(application.pk), "suite": "apercu"})
    assert shown["Content-Type"] == "application/pdf"
