"""A scenario drawn in a browser: totals follow what is typed, filters lose nothing, two are compared, one is retained."""

import os
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from applications.states import ApplicationState
from tests.factories.accounts import PASSWORD
from tests.factories.desk import Desk
from tests.support.browser import Visitor
from tests.support.journey import Person
from tests.support.live import LiveStack

pytestmark = pytest.mark.django_db(transaction=True)


def look(who: Person, name: str) -> None:
    if folder := os.environ.get("PICTURES"):
        who.page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def test_from_the_grid_to_the_one_retained(live_stack: LiveStack, new_visitor: Callable[..., Visitor]) -> None:
    desk = Desk()
    files = [desk.application(ApplicationState.REVIEWED) for _ in range(3)]
    who = Person(new_visitor(live_stack.url), desk.manager.email, PASSWORD)
    who.open("/scenarios/")
    who.reads("Aucun scénario pour cet appel")
    who.follow("Nouveau scénario")
    who.write("Nom", "Selon les notes")
    who.choose("Les montants de l’instruction")
    who.press("Créer le scénario")
    total = who.page.locator('[data-say="total"]')
    expect(total).to_have_text("12\u202f000,00\u202f€")
    who.write(f"Montant proposé, {files[0].number}", "1 500,50")
    expect(total).to_have_text("9\u202f500,50\u202f€")
    who.main.get_by_label("Commune ou action").fill(str(files[1].number))
    expect(who.page.locator('[data-say="part"]')).to_contain_text("à 1 des 1 dossiers affichés")
    who.main.get_by_label("Commune ou action").fill("")
    expect(total).to_have_text("9\u202f500,50\u202f€")
    look(who, "grid")
    who.press("Enregistrer le scénario")
    who.reads("Le scénario est enregistré", "9\u202f500,50\u202f€")
    who.open(f"/scenarios/proposer/{desk.call.slug}/")
    who.choose("Partiels", "Demandé, dans les règles", "À la dizaine")
    who.write("Plafond par action", "2 000")
    who.press("Proposer une répartition")
    who.reads("Retenus, 3", "plafond de 2\u202f000,00\u202f€ par action", "Si l’enveloppe changeait")
    look(who, "proposal")
    who.press("Copier dans un scénario")
    who.open("/scenarios/")
    look(who, "list")
    who.press("Comparer A et B")
    who.reads("Ce qui change de A à B", "Écart B moins A")
    look(who, "compare")
    who.follow("Retenir")
    who.press("Retenir le scénario")
    who.reads("est retenu")
