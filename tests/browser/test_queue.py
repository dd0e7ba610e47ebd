"""The queue as an agent uses it: filters, a view kept and shared, labels on several files, decisions by spreadsheet."""

from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import expect

from applications.models import Application, Decision, FileLabel
from applications.states import ApplicationState
from reviews.models import SavedView
from tests.factories.accounts import PASSWORD, a_commune
from tests.factories.desk import Desk
from tests.factories.grounds import a_reason
from tests.support.browser import PHONE, Visitor
from tests.support.journey import Person
from tests.support.live import LiveStack

pytestmark = pytest.mark.django_db(transaction=True)
S = ApplicationState


def test_from_the_queue_to_the_decisions(
    live_stack: LiveStack, new_visitor: Callable[..., Visitor], tmp_path: Path
) -> None:
    desk = Desk()
    files = [desk.application(S.REVIEWED, organisation=a_commune(name)) for name in ("Aubagne", "Cassis")]
    a_reason(by=desk.manager)

    def enter(user: object, **given: object) -> Person:
        return Person(new_visitor(live_stack.url, **given), user.email, PASSWORD)  # type: ignore[attr-defined]

    manager = enter(desk.manager)
    a_label_is_made_and_put_on_many(manager)
    a_view_is_kept_and_shared(manager)
    a_colleague_opens_it(enter(desk.instructor, viewport=PHONE))
    the_sheet_is_filled_in_and_read(manager, files, tmp_path)
    manager.open("/decisions/attente/")
    manager.reads("Liste d’attente", "Cassis", "Mise en attente à signer")


def a_label_is_made_and_put_on_many(who: Person) -> None:
    who.open("/etiquettes/")
    with who.visitor.expecting("422"):
        who.press("Ajouter l’étiquette")
    who.write("Nouvelle étiquette", "À visiter")
    who.press("Ajouter l’étiquette")
    who.open("/instruction/?etat=reviewed")
    who.page.get_by_label("Choisir les dossiers de cette page").check()
    who.press("Étiqueter", exact=True)
    who.reads("2 prêts, 0 refusé")
    who.main.get_by_label("À visiter").first.check()
    who.press("Étiqueter, 2")
    who.reads_after_refresh("2 dossiers faits")
    assert FileLabel.objects.count() == 2


def a_view_is_kept_and_shared(who: Person) -> None:
    who.open("/instruction/?etat=zzz")
    who.reads("Un filtre n’a pas pu être lu")
    who.open("/instruction/?etat=reviewed")
    who.follow("Enregistrer cette vue")
    who.write("Nom de la vue", "À décider, à visiter")
    who.choose("La partager avec l’équipe")
    who.press("Enregistrer la vue")
    who.reads("est enregistrée", "À décider, à visiter")
    assert SavedView.objects.get().shared


def a_colleague_opens_it(who: Person) -> None:
    """On a telephone."""
    who.open("/instruction/?etat=tous")
    who.follow("À décider, à visiter")
    who.reads("Aubagne", "Cassis", "À visiter")


def the_sheet_is_filled_in_and_read(who: Person, files: list[Application], folder: Path) -> None:
    who.open("/decisions/tableau/")
    path = who.download("main a[href$='a-remplir.xlsx']", folder)
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    for row, values in ((2, ("accord", 3000, "", "")), (3, ("liste d’attente", None, "Crédits épuisés.", ""))):
        for column, value in enumerate(values, start=7):
            sheet.cell(row, column).value = value
    book.save(path)
    who.page.get_by_label("Tableau rempli").set_input_files(path)
    who.press("Lire ce tableau")
    who.reads("1 prêt, 1 refusé", "dites pourquoi")
    who.follow("Corriger le tableau et le relire")
    sheet.cell(2, 9).value = "Une part des dépenses n’est pas retenue."
    book.save(path)
    who.page.get_by_label("Tableau rempli").set_input_files(path)
    who.press("Lire ce tableau")
    who.reads("2 prêts, 0 refusé", "3\u202f000,00\u202f€ à engager")
    who.press("Enregistrer 2")
    who.reads_after_refresh("2 dossiers faits")
    expect(who.main).to_contain_text("Accord de 3\u202f000,00\u202f€ enregistré")
    assert Decision.objects.count() == 2 and files
