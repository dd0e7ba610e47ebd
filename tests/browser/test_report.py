"""The report of an action: written without JavaScript, signed, given back with its reasons, mended on a phone, accepted."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from applications.models import FinalReport
from applications.states import ReportState, ReportText
from tests.factories.accounts import PASSWORD
from tests.factories.applications import signatory_of
from tests.factories.desk import Desk
from tests.factories.reports import a_photo, an_opened_report, fresh
from tests.support.browser import PHONE, Visitor
from tests.support.journey import Person, a_paper, assert_tagged, insist, pdf_of, text_of, words_of
from tests.support.live import LiveStack

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_report_is_written_signed_given_back_mended_and_accepted(
    live_stack: LiveStack, new_visitor: Callable[..., Visitor], tmp_path: Path
) -> None:
    desk = Desk()
    report = an_opened_report(desk)
    drafter, signatory = report.application.created_by, signatory_of(report.application)
    home = f"/dossiers/{report.application.public_id}/bilan/"
    without = Person(new_visitor(live_stack.url, javascript=False), drafter.email, PASSWORD)
    the_texts_are_written_without_javascript(without, home)
    writer = Person(new_visitor(live_stack.url, viewport=PHONE), drafter.email, PASSWORD)
    figures_and_files_on_a_phone(writer, home, tmp_path)
    signer = Person(new_visitor(live_stack.url), signatory.email, PASSWORD)
    the_signatory_certifies(signer, home)
    the_receipt_carries_the_report(live_stack, drafter.email)
    reader = Person(new_visitor(live_stack.url), desk.instructor.email, PASSWORD)
    it_is_given_back(reader, report)
    it_is_mended_and_sent_again(writer, signer, home)
    it_is_accepted(reader, report)
    writer.open(home)
    writer.reads("Le bilan est accepté")
    assert fresh(report).state == ReportState.ACCEPTED


def the_texts_are_written_without_javascript(who: Person, home: str) -> None:
    who.open(home)
    who.follow("Commencer « Les motivations »")
    for text in ReportText:
        who.reads(text.label)
        who.write("Votre texte", f"Ce que dit la partie « {text.label} ».")
        if text != ReportText.CONTACT:
            who.choose("J’accepte la publication de cette partie")
        who.press("Enregistrer et continuer")
    who.write("Réalisé, Agents formés", "86")
    who.press("Enregistrer et continuer")
    with who.visitor.expecting("422"):
        who.main.get_by_label("60 Achats").fill("12.000,50")
        who.press("Enregistrer et continuer")
    who.reads("un point et une virgule")
    expect(who.main.get_by_label("60 Achats")).to_have_value("12.000,50")


def figures_and_files_on_a_phone(who: Person, home: str, folder: Path) -> None:
    who.open(f"{home}indicateurs/")
    who.reads("6 de plus que la cible")
    who.open(f"{home}budget/")
    for label, amount in (
        ("60 Achats", "2000"),
        ("62 Autres", "6 000,00 €"),
        ("74 État", "1000"),
        ("Autofinancement", "0"),
    ):
        who.main.get_by_label(label).first.fill(amount)
    who.press("Enregistrer et continuer")
    who.open(f"{home}budget/")
    who.reads("Il manque 3\u202f000,00\u202f€ de produits")
    who.main.get_by_label("Autofinancement").first.fill("3000")
    who.press("Enregistrer et continuer")
    who.pick("Ce que c’est", "Facture ou mandat payé")
    who.main.get_by_label("Fichier").set_input_files(a_paper(folder, "Facture de la formatrice"))
    who.press("Joindre", exact=True)
    who.reads("facture.pdf")
    who.open(f"{home}photos/")
    picture = folder / "salle.jpg"
    picture.write_bytes(a_photo().read())
    who.main.get_by_label("Photo").set_input_files(picture)
    who.press("Joindre", exact=True)
    who.write("Légende", "La salle du conseil, prête pour la première séance")
    who.press("Enregistrer la photo")
    who.reads("Il manque la description", "Dites si l’on reconnaît quelqu’un")
    who.follow("Compléter")
    who.write("Description pour qui ne voit pas l’image", "Des chaises en rond, personne.")
    who.choose("On ne reconnaît personne", "La commune a le droit de publier cette photo")
    who.press("Enregistrer la photo")
    who.open(f"{home}publication/")
    who.choose("J’accepte la publication de la fiche")
    who.press("Enregistrer et relire le bilan")
    who.reads("Le bilan est complet")
    who.follow("Demander la signature")
    who.press("Demander la signature")


def the_signatory_certifies(who: Person, home: str) -> None:
    who.open(f"{home}verifier/")
    who.follow("Certifier et envoyer le bilan")
    who.reads("8\u202f000,00\u202f€", "4\u202f000,00\u202f€")
    with who.visitor.expecting("422"):
        who.press("Certifier et envoyer")
    who.reads("Cochez cette case")
    who.choose("Je certifie exactes les dépenses déclarées")
    who.press("Certifier et envoyer")
    who.reads("La métropole lit votre bilan")


def the_receipt_carries_the_report(stack: LiveStack, email: str) -> None:
    mail = stack.smtp.wait_for(
        lambda one: "nous avons reçu le bilan" in str(one["Subject"]) and email in str(one["To"])
    )
    assert "8\u202f000,00\u202f€" in text_of(mail)
    paper = pdf_of(mail)
    assert_tagged(paper)
    assert "Ce que dit la partie « Les résultats »" in words_of(paper).replace("\u00a0", " ").replace("\u202f", " ")


def it_is_given_back(who: Person, report: FinalReport) -> None:
    who.open("/bilans/")
    who.follow(str(report.application.number))
    who.reads("Ce que dit la partie", "La salle du conseil", "Comme prévu")
    who.follow("Renvoyer à la commune")
    with who.visitor.expecting("422"):
        who.press("Renvoyer le bilan")
    who.reads("au moins pour une partie")
    who.write("Les résultats", "Combien d’agents appliquent la nouvelle procédure ?")
    who.press("Renvoyer le bilan")
    who.reads("Renvoyé à la commune")


def it_is_mended_and_sent_again(writer: Person, signer: Person, home: str) -> None:
    writer.open(home)
    writer.reads("La métropole vous demande de compléter le bilan", "Combien d’agents appliquent")
    writer.follow("Les résultats")
    writer.reads("Combien d’agents appliquent")
    writer.write("Votre texte", "Soixante agents sur quatre-vingt-six l’appliquent.")
    writer.press("Enregistrer et revenir")
    signer.open(f"{home}envoyer/")
    signer.choose("Je certifie exactes les dépenses déclarées")
    signer.press("Certifier et envoyer")
    signer.reads("La métropole lit votre bilan")


def it_is_accepted(who: Person, report: FinalReport) -> None:
    who.open(f"/instruction/{report.application.public_id}/bilan/")
    who.reads("Soixante agents sur quatre-vingt-six")
    insist(lambda: expect(who.main.get_by_role("img").first).to_be_visible(timeout=1_000), 20)
    who.pick("Les publics", "Publiable")
    who.press("Enregistrer", exact=True)
    who.follow("Accepter le bilan")
    who.press("Accepter le bilan")
    who.reads("la commune est prévenue")
