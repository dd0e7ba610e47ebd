"""From an award to the payment constated, by five people, each in a browser of their own."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from payments import services
from payments.models import Batch, Instalment
from tests.factories.accounts import PASSWORD
from tests.factories.payments import Team, a_decision, an_iban
from tests.support.browser import PHONE, Visitor
from tests.support.journey import Person, a_paper
from tests.support.live import LiveStack

pytestmark = pytest.mark.django_db(transaction=True)
AMOUNT = "3\u202f500,00\u202f€"


def test_from_the_award_to_the_payment(
    live_stack: LiveStack, new_visitor: Callable[..., Visitor], tmp_path: Path
) -> None:
    team = Team()
    services.set_rules(cooling_hours=72, visa_from_cents=100_000, by=team.manager)
    decision = a_decision(team)
    number, file = str(decision.application.number), f"/dossiers/{decision.application.public_id}/"

    def enter(user: object, **given: object) -> Person:
        return Person(new_visitor(live_stack.url, **given), user.email, PASSWORD)  # type: ignore[attr-defined]

    commune = enter(team.drafter, viewport=PHONE)
    the_commune_declares_and_asks(commune, file, team, tmp_path)
    head = enter(team.head)
    the_head_calls_and_verifies(head, team)
    the_service_fait(enter(team.instructor), number)
    the_visa(enter(team.signer), number)
    the_approval(enter(team.approver), number)
    preparer = enter(team.preparer)
    the_batch(preparer, number, tmp_path)
    the_return(preparer, tmp_path)
    commune.open(f"{file}versements/")
    commune.reads("Payé", "mandat M1")
    assert Instalment.objects.get(decision=decision, position=1).state == "paid"
    assert Batch.objects.get().state == "reconciled"


def the_commune_declares_and_asks(who: Person, file: str, team: Team, folder: Path) -> None:
    who.open(f"{file}versements/")
    who.follow("Déclarer le compte bancaire")
    with who.visitor.expecting("422"):
        who.write("IBAN", "FR76 0000")
        who.write("Titulaire du compte", "Commune")
        who.page.get_by_label("RIB", exact=True).set_input_files(a_paper(folder, "RIB"))
        who.press("Déclarer ce compte")
    who.reads("Cet IBAN n’est pas valable")
    who.write("IBAN", an_iban())
    who.write("Titulaire du compte", f"Commune de {team.organisation.name}")
    who.page.get_by_label("RIB", exact=True).set_input_files(a_paper(folder, "RIB"))
    who.press("Déclarer ce compte")
    who.follow(f"Demander {AMOUNT}")
    who.reads("Les pièces de ce versement", "Décision d’attribution")
    who.press(f"Demander {AMOUNT}")
    who.reads("est envoyée")


def the_head_calls_and_verifies(who: Person, team: Team) -> None:
    who.open("/coordonnees-bancaires/")
    who.follow(team.organisation.name)
    who.reads("••••")
    who.press("Afficher l’IBAN entier")
    who.reads("Votre lecture est écrite au journal")
    who.follow("Vérifier ce compte")
    who.confirm_identity()
    who.reads(team.organisation.phone)
    who.write("Qui vous a répondu", "Mme Roustan, directrice des finances")
    who.choose("connu avant la déclaration", "J’ai comparé l’IBAN")
    who.press("Vérifier ce compte")
    who.reads("Compte vérifié", "Mme Roustan")


def at(who: Person, number: str, act: str) -> None:
    who.open(f"/versements/?q={number}")
    if not who.main.get_by_role("link", name=number).count():
        who.follow("À certifier")
    who.follow(number)
    who.follow(act)
    if who.page.get_by_label("Votre mot de passe").count():
        who.confirm_identity()


def the_service_fait(who: Person, number: str) -> None:
    at(who, number, "Certifier le service fait")
    who.press(f"Certifier {AMOUNT}")
    who.reads("Service fait certifié")


def the_visa(who: Person, number: str) -> None:
    at(who, number, "Viser le versement")
    who.press(f"Viser {AMOUNT}")
    who.reads("visé")


def the_approval(who: Person, number: str) -> None:
    at(who, number, "Approuver le versement")
    who.press(f"Approuver {AMOUNT}")
    who.reads("approuvé")


def the_batch(who: Person, number: str, folder: Path) -> None:
    who.open("/lots/")
    who.press("Préparer un lot")
    who.main.get_by_role("checkbox", name=number).check()
    who.press("Ajouter les versements choisis")
    who.follow(f"Sceller {AMOUNT}")
    who.confirm_identity()
    who.choose("J’ai contrôlé le total")
    who.press(f"Sceller {AMOUNT}")
    who.reads("est scellé")
    for format_name in ("csv", "xlsx", "pdf", "zip"):
        first = who.download(f"form[action$='/{format_name}/'] button", folder)
        again = who.download(f"form[action$='/{format_name}/'] button", folder)
        assert first.read_bytes() == again.read_bytes(), format_name
        if format_name == "csv":
            row = next(csv.DictReader(io.StringIO(first.read_text("utf-8-sig")), delimiter=";"))
            assert (row["N° de dossier"], row["Montant"]) == (number, "3500,00")


def the_return(who: Person, folder: Path) -> None:
    number = Instalment.objects.get(state="ordered").application.number
    path = folder / "retour.csv"
    path.write_text(
        f"N° de dossier;Mandat;Payé le;Montant;Statut\r\n{number};M1;{timezone.localdate():%d/%m/%Y};3500,00;Payé\r\n",
        "utf-8",
    )
    who.open("/retours/")
    who.main.locator("input[type=file]").set_input_files(path)
    who._go(who.main.locator("form:has(input[type=file]) button").first)
    who.press("Appliquer")
    expect(who.page.locator("body")).to_contain_text("Le retour est appliqué")
