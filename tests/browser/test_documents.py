"""Documents at a real browser: several dropped at once, one of them bad; and the same page where no script runs."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_main_path import sign_in
from tests.factories.accounts import a_commune, a_drafter
from tests.factories.applications import a_draft
from tests.factories.documents import a_pdf, an_image
from tests.factories.fund import a_call_open
from tests.support.browser import PHONE, Visitor
from tests.support.hands import Mouse
from tests.support.live import LiveStack

pytestmark = pytest.mark.django_db(transaction=True)

DROP = """
async ([selector, files]) => {
    const carried = new DataTransfer();
    for (const [name, bytes] of files) carried.items.add(new File([new Uint8Array(bytes)], name));
    const row = document.querySelector(selector);
    for (const kind of ["dragenter", "dragover", "drop"])
        row.dispatchEvent(new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: carried }));
}
"""


def drop(page: Page, selector: str, **files: bytes) -> None:
    page.evaluate(DROP, [selector, [[name.replace("_", "."), list(content)] for name, content in files.items()]])


def test_several_at_once_one_bad_and_without_scripts(
    live_stack: LiveStack, new_visitor: Callable[..., Visitor], tmp_path: Path
) -> None:
    drafter = a_drafter(a_commune("Cassis"))
    draft = a_draft(a_call_open(), by=drafter)
    path = f"/dossiers/{draft.public_id}/pieces/"
    visitor = new_visitor(live_stack.url)
    page = visitor.page
    sign_in(page, drafter, Mouse(page))
    several_are_dropped(visitor, page, path)
    one_is_taken_out(page)
    a_second_visitor = new_visitor(live_stack.url, javascript=False, viewport=PHONE)
    sign_in(a_second_visitor.page, drafter, Mouse(a_second_visitor.page))
    without_scripts(a_second_visitor, path, tmp_path)
    page.reload()
    visitor.check_accessibility()


def several_are_dropped(visitor: Visitor, page: Page, path: str) -> None:
    page.goto(path)
    visitor.check_accessibility()
    row = page.locator("#deliberation")
    drop(page, "#deliberation", un_pdf=a_pdf(), deux_png=an_image(), faux_pdf=b"GIF89a" + b"0" * 30, vide_pdf=b"")
    expect(row.locator(".docs li")).to_have_count(2)
    expect(row.locator(".sending.bad")).to_have_count(2)
    expect(row).to_contain_text("nommé comme un PDF")
    expect(row).to_contain_text("Ce fichier est vide")
    expect(page.locator("[data-upload-status]")).to_have_text("2 fichiers reçus, 2 fichiers refusés.")
    expect(row.locator(".docs")).not_to_contain_text("En cours d’analyse", timeout=30_000)  # the page asks by itself
    expect(page.locator("#etat-deliberation")).to_contain_text("2 fichiers prêts")
    expect(page.locator("#manque")).not_to_contain_text("Délibération")
    visitor.check_accessibility()
    row.get_by_role("button", name="Fermer le message sur vide.pdf").click()
    expect(row.locator(".sending.bad")).to_have_count(1)


def one_is_taken_out(page: Page) -> None:
    page.locator("#deliberation").get_by_role("button", name="Retirer deux.png").click()
    expect(page.locator("#deliberation .docs li")).to_have_count(1)


def without_scripts(visitor: Visitor, path: str, folder: Path) -> None:
    """The plain input takes several files too; the bad one is said and the good one is there."""
    page = visitor.page
    (folder / "plan.png").write_bytes(an_image(size=(50, 60)))
    (folder / "faux.pdf").write_bytes(b"GIF89a" + b"0" * 30)
    page.goto(path)
    page.locator("#plan_financement input[type=file]").set_input_files([folder / "faux.pdf", folder / "plan.png"])
    with visitor.expecting("422"):
        page.locator("#plan_financement button").filter(has_text="Joindre").click()
        expect(page.locator("#plan_financement .ferr")).to_contain_text("nommé comme un PDF")
    expect(page.locator("#plan_financement .ferr")).to_contain_text("L’autre fichier est joint")
    expect(page.locator("#plan_financement .docs li")).to_have_count(1)
