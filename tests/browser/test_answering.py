"""A request for pieces is answered at a real browser: files dropped while one writes, and the same page without scripts."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from applications import asking, services
from applications.models import Application, Correction
from applications.services import instruction
from tests.browser.test_documents import drop
from tests.browser.test_main_path import sign_in
from tests.factories import questions
from tests.factories.accounts import PASSWORD
from tests.factories.applications import a_complete_draft, signatory_of
from tests.factories.desk import Desk, fresh, in_days
from tests.factories.documents import a_pdf, an_image
from tests.support.browser import PHONE, Visitor
from tests.support.hands import Mouse
from tests.support.journey import Person
from tests.support.live import LiveStack

pytestmark = pytest.mark.django_db(transaction=True)
LENT, MEETINGS = "q-un_local_est_il_prete", "q-les_seances"


def awaiting(desk: Desk) -> Application:
    questions.ask(desk.call)
    draft = a_complete_draft(desk.call)
    given = {LENT: False, MEETINGS: [{"le_lieu": "Mairie", "le_nombre": 3}]}
    services.save_section(draft.pk, "questions", by=draft.created_by, values=given)
    draft = fresh(draft)
    services.submit(draft.pk, by=signatory_of(draft), version=draft.version)
    services.start_instruction(draft.pk, by=desk.instructor)
    known = {item.code: item for group in asking.askable(fresh(draft)) for item in group.items}
    items = [known["devis"], *(replace(known[code], remark="Précisez.") for code in ("success", LENT, MEETINGS))]
    instruction.ask_pieces(draft.pk, items=items, reason="Imprécis.", due_on=in_days(15), by=desk.instructor)
    return fresh(draft)


def test_a_request_is_answered(live_stack: LiveStack, new_visitor: Callable[..., Visitor], tmp_path: Path) -> None:
    desk = Desk()
    application = awaiting(desk)
    path = f"/dossiers/{application.public_id}/repondre/"
    plain = new_visitor(live_stack.url, javascript=False, viewport=PHONE)
    sign_in(plain.page, application.created_by, Mouse(plain.page))
    without_scripts(plain, path, tmp_path)
    visitor = new_visitor(live_stack.url)
    sign_in(visitor.page, application.created_by, Mouse(visitor.page))
    files_are_dropped_while_one_writes(visitor, path)
    an_answer_opens_a_question(visitor)
    corrected = {one.name: one.after for one in Correction.objects.filter(request__application=application)}
    assert corrected[LENT] is True and corrected["q-a_quelle_adresse"] == "3, rue Haute"
    assert corrected[MEETINGS] == [{"le_lieu": "Mairie", "le_nombre": 3}, {"le_lieu": "École", "le_nombre": None}]
    the_desk_reads_before_and_after(live_stack, new_visitor, desk, application)


def without_scripts(visitor: Visitor, path: str, folder: Path) -> None:
    """What is typed is kept with the file that is joined; the one refused is said."""
    page = visitor.page
    (folder / "devis.png").write_bytes(an_image(size=(50, 60)))
    (folder / "faux.pdf").write_bytes(b"GIF89a" + b"0" * 30)
    page.goto(path)
    page.locator("[name=success]").fill("Écrit sans script.")
    page.locator("#devis input[type=file]").set_input_files([folder / "faux.pdf", folder / "devis.png"])
    with visitor.expecting("422"):
        page.locator("#devis button[name=joindre]").click()
        expect(page.locator("#devis .ferr")).to_contain_text("nommé comme un PDF")
    expect(page.locator("#devis .docs li")).to_have_count(1)
    expect(page.locator("[name=success]")).to_have_value("Écrit sans script.")
    visitor.check_accessibility()


def files_are_dropped_while_one_writes(visitor: Visitor, path: str) -> None:
    page = visitor.page
    page.goto(path)
    visitor.check_accessibility()
    row = page.locator("#devis")
    expect(row.locator(".docs li")).to_have_count(1)
    page.locator("[name=success]").fill("Quatre-vingt-dix agents sont formés.")
    drop(page, "#devis", un_pdf=a_pdf(), faux_pdf=b"GIF89a" + b"0" * 30, vide_pdf=b"")
    expect(row.locator(".docs li")).to_have_count(2)
    expect(row.locator(".sending.bad")).to_have_count(2)
    expect(row).to_contain_text("nommé comme un PDF")
    expect(row).to_contain_text("Ce fichier est vide")
    expect(page.locator("[data-upload-status]")).to_have_text("1 fichier reçu, 2 fichiers refusés.")
    expect(page.locator("[name=success]")).to_have_value("Quatre-vingt-dix agents sont formés.")
    expect(page.locator("#etat-devis")).to_contain_text("2 fichiers prêts", timeout=30_000)  # it asks by itself
    visitor.check_accessibility()
    row.get_by_role("button", name="Retirer devis.png").click()
    expect(page.locator("#devis .docs li")).to_have_count(1)
    expect(page.locator("[name=success]")).to_have_value("Quatre-vingt-dix agents sont formés.")


def an_answer_opens_a_question(visitor: Visitor) -> None:
    page = visitor.page
    address = page.locator("[name=q-a_quelle_adresse]")
    expect(address).to_be_hidden()
    page.get_by_label("Oui").check()
    expect(address).to_be_visible()
    page.locator(f"[name={MEETINGS}-1-le_lieu]").fill("École")
    with visitor.expecting("422"):
        page.get_by_role("button", name="Envoyer ma réponse").click()
        expect(page.locator(".errsum")).to_contain_text("À quelle adresse")
    visitor.check_accessibility()
    address.fill("3, rue Haute")
    page.get_by_role("button", name="Envoyer ma réponse").click()
    expect(page.locator("main")).to_contain_text("Votre réponse est envoyée")


def the_desk_reads_before_and_after(
    stack: LiveStack, new_visitor: Callable[..., Visitor], desk: Desk, application: Application
) -> None:
    instructor = Person(new_visitor(stack.url), desk.instructor.email, PASSWORD)
    page = instructor.page
    page.goto(f"/instruction/{application.public_id}/")
    shown = page.locator(".diff")
    expect(shown.filter(has_text="À quelle adresse").locator("ins")).to_have_text("3, rue Haute")
    expect(shown.filter(has_text="Les séances")).to_contain_text("École")
    expect(shown.filter(has_text="Un local est-il prêté").locator("del")).to_have_text("Non")
    instructor.look()
    assert fresh(application).due_on > timezone.localdate()
