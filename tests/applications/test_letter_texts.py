"""The texts of letters: safe text, fields of a closed list, versions, frozen by the signature."""

import io
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from accounts.models import User
from applications import decision_letters, services
from applications.letter_data import letter_data
from applications.letter_texts import MOST, SORTS, check, filled
from applications.models import Decision, LetterText
from applications.services.letter_texts import newest
from applications.states import ApplicationState, LetterKind
from common.errors import DomainError, NotAllowed, Stale
from documents.services import open_verified
from fund.models import Fund
from tests.factories.desk import Desk
from tests.support.queries import Counted

S = ApplicationState
A = LetterKind.AWARD
pytestmark = pytest.mark.django_db
HEAD = {
    "contact_name": "",
    "service": "Service",
    "fund": "Fonds",
    "authority": "Métropole",
    "contact_email": "x@y",
    "court": "T",
}
DATA = {"head": HEAD, "number": "FI-2026-0001", "commune": "Aubagne", "title": "**Agir** {acte}", "year": 2026}


@pytest.fixture
def desk() -> Desk:
    return Desk()


def write(desk: Desk, text: str, *, kind: str = A, seen: int | None = None, **over: Any) -> LetterText:
    last = newest(desk.call.pk, kind)
    number = seen if seen is not None else last.number if last else 0
    return services.write_letter_text(desk.call.pk, kind=kind, text=text, seen=number, by=over.get("by", desk.manager))


class TestWords:
    def test_blocks_titles_lists_and_bold(self) -> None:
        blocks = filled(A, "# Titre\n- un\n- **deux**\n\nFin.\nSuite.", DATA)
        assert [(one["kind"], len(one["lines"])) for one in blocks] == [("title", 1), ("list", 2), ("text", 2)]
        assert blocks[1]["lines"][1] == [{"run": "deux", "bold": True}]

    def test_a_value_is_never_markup_nor_a_field(self) -> None:
        (block,) = filled(A, "L’action {action}.", DATA)
        assert block["lines"] == [[{"run": "L’action **Agir** {acte}.", "bold": False}]]

    def test_a_missing_value_leaves_no_hole(self) -> None:
        with pytest.raises(DomainError, match=r"\{acte\}"):
            filled(A, "L’acte {acte}.", DATA)

    @pytest.mark.parametrize(
        ("kind", "text", "said"),
        [
            (A, "{commun}", "n’est pas un champ"),
            (LetterKind.REFUSAL, "{montant_accorde}", "n’est pas un champ"),
            (A, "{ commune }", "n’est pas un champ"),
            (A, "{{commune}}", "accolade"),
            (A, "Une { seule", "accolade"),
            (A, "{commune.__class__}", "n’est pas un champ"),
            (A, "x" * (MOST + 1), "au plus"),
        ],
    )
    def test_what_no_letter_could_carry(self, kind: str, text: str, said: str) -> None:
        with pytest.raises(DomainError, match=said):
            check(kind, text)

    @pytest.mark.parametrize("kind", SORTS)
    def test_the_standard_texts_are_good(self, kind: str) -> None:
        check(kind, SORTS[kind].standard)


class TestVersions:
    def test_one_after_the_other_then_back_to_the_standard(self, desk: Desk) -> None:
        assert [write(desk, "Un.").number, write(desk, "Deux {commune}.").number, write(desk, "").number] == [1, 2, 3]
        assert newest(desk.call.pk, A).text == ""  # type: ignore[union-attr]
        with pytest.raises(DomainError, match="rien n’a changé"):
            write(desk, SORTS[A].standard)

    def test_two_who_write(self, desk: Desk) -> None:
        write(desk, "Un.")
        with pytest.raises(Stale, match="Une autre version"):
            write(desk, "Deux.", seen=0)

    def test_the_manager_alone(self, desk: Desk) -> None:
        with pytest.raises(NotAllowed):
            write(desk, "Un.", by=desk.instructor)


def sign(desk: Desk, decision: Decision, **over: Any) -> Decision:
    return services.sign_decision(decision.pk, act_number="B-1", act_date=date(2026, 1, 5), by=desk.head, **over)


def words(content: Any) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(content).pages).split())


def pdf_text(decision: Decision) -> str:
    with open_verified(decision.letter) as content:
        return words(content)


class TestSigned:
    def test_the_letter_carries_the_text_that_was_signed(self, desk: Desk) -> None:
        decision = desk.decision()
        made = write(desk, "Bravo à {commune} pour l’acte {acte} du {date_acte} : {montant_accorde}.")
        sign(desk, decision, text=str(made.pk))
        write(desk, "Trop tard.")
        assert decision_letters.make(decision.pk)
        decision.refresh_from_db()
        said = pdf_text(decision)
        assert "pour l’acte B-1 du 5 janvier 2026" in said and "Trop tard" not in said
        assert "recours contentieux" in said and "Ce que vous avez à faire" not in said

    def test_another_text_than_the_one_read(self, desk: Desk) -> None:
        decision = desk.decision()
        write(desk, "Un autre.")
        with pytest.raises(Stale, match="texte de la lettre a changé"):
            sign(desk, decision, text="")

    def test_a_text_that_asks_what_the_file_has_not_is_not_signed(self, desk: Desk) -> None:
        decision = desk.decision()
        write(desk, "Écrivez à {courriel}.")
        Fund.objects.update(contact_email="")
        with pytest.raises(DomainError, match=r"\{courriel\}"):
            sign(desk, decision)
        decision.refresh_from_db()
        assert decision.state == "recorded"

    def test_nobody_signs_without_a_capacity(self, desk: Desk) -> None:
        decision = desk.decision()
        Fund.objects.update(signatory_title="")
        User.objects.filter(pk=desk.head.pk).update(job="")
        desk.head.refresh_from_db()
        with pytest.raises(DomainError, match="en quelle qualité"):
            sign(desk, decision)

    def test_a_lower_amount_has_its_own_letter(self, desk: Desk) -> None:
        application = desk.application(S.REVIEWED)
        decision = services.grant(application.pk, amount_cents=300_000, reasons="Plafond.", by=desk.manager)
        decision.refresh_from_db()
        assert decision.letter_kind == LetterKind.REDUCED
        write(desk, "Un montant moindre.", kind=LetterKind.REDUCED)
        write(desk, "Tout le montant.")
        sign(desk, decision)
        decision.refresh_from_db()
        assert letter_data(decision)["body"][0]["lines"][0][0]["run"] == "Un montant moindre."


class TestPages:
    def test_written_seen_and_kept(self, desk: Desk, client: Client) -> None:
        application = desk.application(S.IN_INSTRUCTION)
        client.force_login(desk.manager)
        page = reverse("letter_text", args=[desk.call.slug, A])
        assert "Ce que vous avez à faire" in client.get(page).text
        given = {"seen": "0", "text": "Bonjour {commune}.", "file": str(application.pk)}
        shown = client.post(page, given | {"suite": "apercu"})
        assert shown["Content-Type"] == "application/pdf"
        said = words(io.BytesIO(shown.content))
        assert f"Bonjour {application.organisation.name}." in said and "APERÇU" in said.replace(" ", "")
        assert not LetterText.objects.exists()
        wrong = client.post(page, given | {"suite": "garder", "text": "Bonjour {commun}."})
        assert wrong.status_code == 422 and "n’est pas un champ" in wrong.text and "Bonjour {commun}." in wrong.text
        assert client.post(page, given | {"suite": "garder", "why": "Ton plus simple"}).status_code == 302
        assert "Ton plus simple" in client.get(reverse("letter_text_list")).text
        assert client.post(page, {"seen": "1", "text": "", "suite": "standard"}).status_code == 302
        assert "Retour au texte standard" in client.get(page).text
        assert "Bonjour {commune}." in client.get(page + "?version=1").text

    def test_hidden_files_are_not_offered(self, desk: Desk, client: Client) -> None:
        from reviews import services as reviews

        application = desk.application(S.IN_INSTRUCTION)
        reviews.declare_conflict(application.pk, reason="family", by=desk.manager)
        client.force_login(desk.manager)
        page = reverse("letter_text", args=[desk.call.slug, A])
        assert str(application.number) not in client.get(page).text
        given = {"seen": "0", "text": "Bonjour.", "file": str(application.pk), "suite": "apercu"}
        assert client.post(page, given).status_code == 422

    def test_the_page_of_the_signature_shows_the_text_and_its_preview(self, desk: Desk, client: Client) -> None:
        decision = desk.decision()
        write(desk, "Lisez **bien** ceci.")
        client.force_login(desk.head)
        page = client.get(reverse("decision_sign", args=[decision.pk])).text
        assert "Lisez <b>bien</b> ceci." in page
        preview = client.get(reverse("decision_preview", args=[decision.pk]))
        assert "Lisez bien ceci." in words(io.BytesIO(preview.content))

    def test_as_many_queries_for_many(self, desk: Desk, client: Client) -> None:
        client.force_login(desk.manager)
        page = reverse("letter_text_list")
        write(desk, "Un.")
        client.get(page)
        with Counted() as few:
            client.get(page)
        for n in range(9):
            write(desk, f"Version {n}.", kind=LetterKind.REFUSAL)
        with Counted() as many:
            client.get(page)
        assert few.count == many.count
