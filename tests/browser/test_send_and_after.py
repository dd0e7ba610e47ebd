"""Read again, signed, sent, completed, withdrawn; then an awarded action that changes: each person at their own browser."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from applications.models import Application
from applications.states import ApplicationState
from tests.factories.accounts import PASSWORD
from tests.factories.applications import a_complete_draft, signatory_of
from tests.factories.desk import Desk
from tests.factories.payments import Team, a_decision
from tests.support.browser import PHONE, Visitor
from tests.support.hands import Keyboard
from tests.support.journey import Person, a_paper, assert_tagged, pdf_of, text_of, words_of
from tests.support.live import LiveStack

pytestmark = pytest.mark.django_db(transaction=True)
AWARD = 700_000


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def test_a_file_is_signed_sent_completed_and_withdrawn(
    live_stack: LiveStack, new_visitor: Callable[..., Visitor], tmp_path: Path
) -> None:
    desk = Desk()
    application = a_complete_draft(desk.call)
    home = f"/dossiers/{application.public_id}/"
    drafter = Person(new_visitor(live_stack.url), application.created_by.email, PASSWORD)
    signatory = Person(new_visitor(live_stack.url, viewport=PHONE), signatory_of(application).email, PASSWORD)
    the_signature_is_asked_by_keyboard(drafter, home)
    it_is_given_back_with_a_remark(signatory, home)
    drafter.open(home)
    drafter.reads("Comptez les agents deux fois.")
    the_signature_is_asked_by_keyboard(drafter, home)
    it_is_sent_by_keyboard(signatory, home)
    number = Application.objects.get(pk=application.pk).number
    the_receipt_says_all(live_stack, str(number))
    instructor = Person(new_visitor(live_stack.url), desk.instructor.email, PASSWORD)
    pieces_are_asked(instructor, application)
    the_commune_answers(drafter, home, tmp_path)
    before_and_after_are_read(instructor, application)
    they_write_to_each_other(drafter, instructor, application, tmp_path)
    it_is_withdrawn(signatory, home)
    instructor.open(f"/instruction/{application.public_id}/")
    instructor.reads("Retiré", "Le partenaire a renoncé.")


def the_signature_is_asked_by_keyboard(who: Person, home: str) -> None:
    hands = Keyboard(who.page)
    who.open(f"{home}verifier/")
    who.reads("Vérifiez vos réponses")
    for words in ("Demander la signature", "Demander la signature"):
        hands.go(words)
        who.look()
    who.reads("La signature est demandée")


def it_is_given_back_with_a_remark(who: Person, home: str) -> None:
    who.open(f"{home}verifier/")
    who.follow("Renvoyer")
    with who.visitor.expecting("422"):
        who.press("Renvoyer le dossier")
    who.reads("Ce qui est à reprendre")
    who.write("Ce qui est à reprendre", "Comptez les agents deux fois.")
    who.press("Renvoyer le dossier")


def it_is_sent_by_keyboard(who: Person, home: str) -> None:
    hands = Keyboard(who.page)
    who.open(f"{home}verifier/")
    for words in ("Envoyer le dossier", "Envoyer le dossier"):
        hands.go(words)
        who.look()
    who.reads("accusé de réception")
    who.open(home)


def the_receipt_says_all(stack: LiveStack, number: str) -> None:
    mail = stack.smtp.wait_for(lambda one: number in str(one["Subject"]) and any(one.iter_attachments()))
    assert number in text_of(mail)
    paper = pdf_of(mail)
    assert_tagged(paper)
    words = plain(words_of(paper))
    for said in (number, "Ce qui se passe maintenant", "le bilan de l’action est attendu", "Réponse au plus tard le"):
        assert said in words


def pieces_are_asked(who: Person, application: Application) -> None:
    who.open(f"/instruction/{application.public_id}/")
    who.press("Prendre ce dossier")
    who.open(f"/instruction/{application.public_id}/pieces/")
    with who.visitor.expecting("422"):
        who.press("Relire le courriel avant l’envoi")
    for name in ("field-success", "document-devis"):
        box = who.main.locator(f"[name={name}]")
        box.evaluate("box => box.closest('details').open = true")
        box.check()
    who.main.locator("[name=field-success-mot]").fill("Combien d’agents ?")
    who.write("Pourquoi", "Le résultat attendu n’est pas compté.")
    who.main.locator("[name=due_on]").fill((timezone.localdate() + timedelta(days=15)).isoformat())
    who.press("Relire le courriel avant l’envoi")
    who.press("Envoyer la demande")


def the_commune_answers(who: Person, home: str, folder: Path) -> None:
    who.open(home)
    who.reads("Le résultat attendu n’est pas compté.")
    who.open(f"{home}repondre/")
    with who.visitor.expecting("422"):
        who.press("Envoyer ma réponse")
    who.main.locator("[name=success]").fill("quatre-vingt-dix agents sont formés.")
    who.main.locator("#devis input[type=file]").set_input_files(a_paper(folder, "Devis"))
    expect(who.main.locator("#devis .docs")).to_contain_text("devis.pdf")  # joined by itself
    expect(who.main.locator("[name=success]")).to_have_value("quatre-vingt-dix agents sont formés.")
    who.press("Envoyer ma réponse")
    who.reads("Votre réponse est envoyée")


def before_and_after_are_read(who: Person, application: Application) -> None:
    who.open(f"/instruction/{application.public_id}/")
    who.reads("Avant", "quatre-vingt-dix")


def they_write_to_each_other(drafter: Person, instructor: Person, application: Application, folder: Path) -> None:
    drafter.open(f"/dossiers/{application.public_id}/echanges/")
    with drafter.visitor.expecting("422"):
        drafter.press("Envoyer le message")
    drafter.write("Votre message", "Voici aussi le programme.")
    drafter.main.locator("input[type=file]").set_input_files(a_paper(folder, "Programme"))
    drafter.press("Envoyer le message")
    drafter.reads("programme.pdf")
    instructor.open(f"/instruction/{application.public_id}/echanges/")
    instructor.reads("Voici aussi le programme.", "programme.pdf")


def it_is_withdrawn(who: Person, home: str) -> None:
    who.open(f"{home}retirer/")
    with who.visitor.expecting("422"):
        who.press("Retirer le dossier")
    who.reads("il manque cette réponse")
    who.write("Pourquoi la commune retire son dossier", "Le partenaire a renoncé.")
    who.press("Retirer le dossier")
    who.reads("est retiré")


def test_an_awarded_action_changes_and_its_amount_goes_down(
    live_stack: LiveStack, new_visitor: Callable[..., Visitor]
) -> None:
    team = Team()
    starts = timezone.localdate() + timedelta(days=30)
    texts = {"description": "Six séances.", "starts_on": starts, "ends_on": starts + timedelta(days=100)}
    application = a_decision(team, cents=AWARD, **texts).application
    drafter = Person(new_visitor(live_stack.url, viewport=PHONE), team.drafter.email, PASSWORD)
    drafter.open(f"/dossiers/{application.public_id}/")
    drafter.follow("Modifier l’action")
    with drafter.visitor.expecting("422"):
        drafter.write("Montant de l’aide", "8000")
        drafter.write("Pourquoi l’action change", "Le prestataire se décale.")
        drafter.press("Demander la modification")
    drafter.reads("jamais l’augmenter")
    drafter.write("Montant de l’aide", "5 000,00")
    drafter.write("Fin de l’action", (starts + timedelta(days=160)).isoformat())
    drafter.press("Demander la modification")
    drafter.reads("En attente de la réponse de la métropole")
    change = application.changes.get()
    manager = Person(new_visitor(live_stack.url), team.manager.email, PASSWORD)

    desk = reverse("desk_change", args=[application.public_id, change.pk])
    manager.open(desk)
    with manager.visitor.expecting("422"):
        manager.press("Refuser")
    manager.press("Donner mon accord")
    head = Person(new_visitor(live_stack.url), team.signer.email, PASSWORD)
    head.open(desk)
    with head.visitor.expecting("422"):
        head.press("Signer la modification")
    head.write("Numéro de l’acte", "CM-2026-9")
    head.write("Date de l’acte", timezone.localdate().isoformat())
    head.press("Signer la modification")
    drafter.open(reverse("application_change", args=[application.public_id]))
    drafter.reads("Acceptée", "5\u202f000,00\u202f€ au lieu de 7\u202f000,00\u202f€")
    mail = live_stack.smtp.wait_for(
        lambda one: "modification est acceptée" in str(one["Subject"]) and team.drafter.email in str(one["To"])
    )
    paper = pdf_of(mail)
    assert_tagged(paper)
    assert "par l’acte n° CM-2026-9" in plain(words_of(paper)).replace("Par", "par")
    drafter.reads_after_refresh("Réponse à la demande de modification")
    drafter.open(f"/dossiers/{application.public_id}/")
    drafter.reads("5\u202f000,00\u202f€", "disent pourquoi elle a baissé")
    drafter.follow("Courriers")
    drafter.reads("Empreinte (SHA-256)", "Pas encore ouvert")
    assert Application.objects.get(pk=application.pk).state == ApplicationState.GRANTED
