"""Letters from end to end: a text written and seen, a refusal signed, an appeal by the commune, an answer; a signed scan read by the antivirus."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from applications import services
from applications.models import Appeal, Decision, LetterText, SignedPaper
from applications.states import ApplicationState, DecisionState
from documents.states import FileState
from tests.factories.accounts import PASSWORD, a_commune, a_signatory
from tests.factories.desk import Desk
from tests.factories.documents import a_pdf
from tests.support.browser import PHONE, Visitor
from tests.support.journey import Person
from tests.support.live import LiveStack

pytestmark = pytest.mark.django_db(transaction=True)
S = ApplicationState


def until(true: Callable[[], object], seconds: int = 60) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.5)


def test_from_the_text_of_a_letter_to_the_answer_of_an_appeal(
    live_stack: LiveStack, new_visitor: Callable[..., Visitor], tmp_path: Path
) -> None:
    desk = Desk()
    application = desk.application(S.REVIEWED, organisation=a_commune("Cassis"))
    services.reject(application.pk, reasons="Hors du règlement.", by=desk.manager)
    mayor = a_signatory(application.organisation)

    def enter(user: object, **given: object) -> Person:
        return Person(new_visitor(live_stack.url, **given), user.email, PASSWORD)  # type: ignore[attr-defined]

    manager, head, commune = enter(desk.manager), enter(desk.head), enter(mayor, viewport=PHONE)
    a_text_is_written(manager)
    the_refusal_is_signed(head)
    the_scan_is_deposited(head, application.public_id, tmp_path)
    the_commune_contests(commune, application.public_id)
    who_decided_does_not_answer(manager, application.public_id)
    the_answer_takes_the_refusal_back(head, application.public_id)
    commune.open(f"/dossiers/{application.public_id}/recours/")
    commune.reads("Admis", "Le devis est bon.")
    assert Decision.objects.get().state == DecisionState.REVOKED


def a_text_is_written(who: Person) -> None:
    who.open("/lettres/")
    who.main.get_by_role("link", name="Relire ou modifier Refus", exact=True).click()
    who.reads("Ce que la lettre dit toujours", "Le texte standard est en service")
    who.visitor.check_accessibility()
    who.write("Texte", "Bonjour {comune}.")
    with who.visitor.expecting("422"):
        who.press("Mettre ce texte en service")
    who.reads("n’est pas un champ de cette lettre")
    who.write("Texte", "Bonjour {commune}, **rien n’est perdu**.")
    who.press("Mettre ce texte en service")
    who.reads("La version 1 est en service")
    assert LetterText.objects.get().text.startswith("Bonjour {commune}")


def the_refusal_is_signed(who: Person) -> None:
    decision = Decision.objects.get()
    who.open(f"/decisions/{decision.pk}/")
    who.reads("Bonjour Cassis", "rien n’est perdu")
    who.visitor.check_accessibility()
    who.write("Numéro de l’acte", "B-2026-9")
    who.press("Signer la décision")
    who.reads("Décision signée")
    until(lambda: Decision.objects.get().state == DecisionState.NOTIFIED)


def the_scan_is_deposited(who: Person, public_id: object, folder: Path) -> None:
    paper = folder / "lettre-signee.pdf"
    paper.write_bytes(a_pdf())
    who.open(f"/instruction/{public_id}/courriers/")
    who.main.get_by_label("Fichier").set_input_files(paper)
    who.press("Déposer le document")
    who.reads("Le document signé est déposé", "Lettre de décision signée")
    until(lambda: SignedPaper.objects.get().file.state == FileState.CLEAN)
    who.open(f"/instruction/{public_id}/courriers/")
    who.reads("Pas encore ouverte dans l’espace de la commune")
    who.visitor.check_accessibility()


def the_commune_contests(who: Person, public_id: object) -> None:
    who.open(f"/dossiers/{public_id}/")
    who.follow("Contester la décision")
    who.visitor.check_accessibility()
    with who.visitor.expecting("422"):
        who.press("Déposer le recours")
    who.write("Votre recours", "Le devis a été mal lu.")
    who.press("Déposer le recours")
    who.reads("Votre recours est enregistré", "En attente d’une réponse")
    assert not Appeal.objects.get().by_post


def who_decided_does_not_answer(who: Person, public_id: object) -> None:
    who.open(f"/instruction/{public_id}/recours/")
    who.reads("Vous avez enregistré la décision contestée")


def the_answer_takes_the_refusal_back(who: Person, public_id: object) -> None:
    who.open("/decisions/")
    who.reads("Recours à répondre, 1", "Cassis")
    who.open(f"/instruction/{public_id}/recours/")
    who.visitor.check_accessibility()
    who.choose("Admettre le recours")
    who.write("Motifs de la réponse", "Le devis est bon.")
    who.press("Signer la réponse")
    who.reads("Le recours est admis")
