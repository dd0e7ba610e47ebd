"""Two stories of several people: an instructor types for a commune and its signatory sends; a file goes on next year."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from applications import services
from applications.models import Application
from tests.browser.test_main_path import sign_in
from tests.factories.accounts import PASSWORD, a_commune, a_drafter, a_signatory, an_instructor
from tests.factories.applications import a_draft, fill
from tests.factories.fund import a_call_open
from tests.support.browser import Visitor
from tests.support.hands import Mouse
from tests.support.journey import text_of
from tests.support.live import LiveStack

pytestmark = pytest.mark.django_db(transaction=True)
REASON = "Par téléphone avec la secrétaire de mairie"


def press(page: Page, words: str) -> None:
    with page.expect_navigation():
        page.locator("main").get_by_role("button", name=words).first.click()


def test_typed_by_an_instructor_sent_by_the_signatory(
    live_stack: LiveStack, new_visitor: Callable[..., Visitor]
) -> None:
    call, commune = a_call_open(), a_commune("Saint-Savournin")
    signatory, helper = a_signatory(commune), an_instructor(first_name="Nadia", last_name="Ferrandi")
    desk, town = new_visitor(live_stack.url), new_visitor(live_stack.url)
    the_hand_is_taken(desk, helper, commune.name)
    draft = Application.objects.get(organisation=commune, call=call)
    told = live_stack.smtp.wait_for(lambda one: signatory.email in str(one["To"]))
    assert "Nadia Ferrandi" in str(told["Subject"]) and REASON in text_of(told)
    draft.created_by = helper
    fill(draft)
    the_signatory_reads_and_sends(town, signatory, draft)
    desk.page.goto(f"/instruction/{draft.public_id}/")
    sent = Application.objects.get(pk=draft.pk)
    assert sent.number
    with desk.expecting("404 GET", "Failed to load resource"):
        assert desk.page.goto(f"/dossiers/{draft.public_id}/").status == 404  # type: ignore[union-attr]


def the_hand_is_taken(desk: Visitor, helper: object, town: str) -> None:
    page = desk.page
    page.goto("/compte/login/")
    page.fill("input[name=login]", helper.email)  # type: ignore[attr-defined]
    page.fill("input[name=password]", PASSWORD)
    press(page, "Se connecter")
    page.goto("/instruction/saisie/")
    desk.check_accessibility()
    page.get_by_role("link", name="Saisir pour une commune").first.click()
    press(page, "Commencer le dossier")  # nothing chosen: refused in words
    expect(page.locator(".errsum")).to_be_visible()
    desk.check_accessibility()
    page.locator("select[name=organisation]").select_option(label=town)
    page.get_by_label("Pourquoi vous saisissez pour elle").fill(REASON)
    press(page, "Commencer le dossier")
    expect(page.locator("main")).to_contain_text(f"Vous écrivez pour {town}")
    desk.check_accessibility()
    page.get_by_role("link", name="L’enjeu et le diagnostic", exact=True).click()
    page.locator('[name="stakes"]').fill("Dit au téléphone.")
    press(page, "Enregistrer et continuer")


def the_signatory_reads_and_sends(town: Visitor, signatory: object, draft: Application) -> None:
    page = town.page
    sign_in(page, signatory, Mouse(page))  # type: ignore[arg-type]
    page.goto(f"/dossiers/{draft.public_id}/")
    expect(page.locator("main")).to_contain_text("Nadia Ferrandi (pour la commune)")
    page.get_by_role("link", name="Reprendre la main").first.click()
    town.check_accessibility()
    press(page, "Reprendre la main")
    page.goto(f"/dossiers/{draft.public_id}/verifier/")
    expect(page.locator("main")).to_contain_text("Saisi par Nadia Ferrandi pour la commune")
    page.get_by_role("link", name="Envoyer le dossier").first.click()
    press(page, "Envoyer le dossier")
    expect(page.locator("main")).to_contain_text(re.compile(r"FI-\d{4}-\d{4}"))


def test_a_file_goes_on_next_year(live_stack: LiveStack, new_visitor: Callable[..., Visitor]) -> None:
    drafter = a_drafter(a_commune("Ventabren"))
    signatory = a_signatory(drafter.memberships.get().organisation)
    origin = fill(a_draft(a_call_open(), by=drafter))
    services.submit(origin.pk, by=signatory)
    a_call_open()
    visitor = new_visitor(live_stack.url)
    page = visitor.page
    sign_in(page, drafter, Mouse(page))
    page.get_by_role("link", name="Repartir de ce dossier").first.click()
    visitor.check_accessibility()
    press(page, "Commencer le nouveau dossier")
    expect(page.locator("main")).to_contain_text("8 sections à relire")
    visitor.check_accessibility()
    page.get_by_role("link", name="L’enjeu et le diagnostic", exact=True).click()
    expect(page.locator("main")).to_contain_text("Repris de")
    visitor.check_accessibility()
    press(page, "C’est relu, rien ne change")
    expect(page.locator("main")).to_contain_text("7 sections à relire")
    page.get_by_role("link", name="Le chantier", exact=True).click()
    press(page, "Enregistrer et continuer")  # saving says as much
    page.get_by_role("link", name=re.compile("^brouillon", re.IGNORECASE)).first.click()
    expect(page.locator("main")).to_contain_text("6 sections à relire")
