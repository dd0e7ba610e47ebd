"""Two colleagues write one draft: everything is saved by itself, nobody's words replace another's, an ended session loses nothing."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse
from playwright.sync_api import Page, expect

from applications import services
from applications.models import Application, KeptText
from tests.factories.accounts import PASSWORD, a_drafter
from tests.factories.applications import a_draft
from tests.support.browser import PHONE, Visitor
from tests.support.journey import Person
from tests.support.live import LiveStack

pytestmark = pytest.mark.django_db(transaction=True)
NewVisitor = Callable[..., Visitor]
SAVED = re.compile(r"Enregistré à \d+\sh")


def address(draft: Application, slug: str) -> str:
    name = "application_budget" if slug == "budget" else "application_section"
    return reverse(name, args=[draft.public_id, *([] if slug == "budget" else [slug])])


def fresh(draft: Application) -> Application:
    return services.for_reading().get(pk=draft.pk)


def says(page: Page, words: Any) -> None:
    expect(page.locator("[data-said]")).to_contain_text(words)


def mirrored(page: Page) -> int:
    found: int = page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('fi-texte:')).length")
    return found


def test_two_colleagues_write_one_draft(live_stack: LiveStack, new_visitor: NewVisitor) -> None:
    draft = a_draft()
    lila = Person(new_visitor(live_stack.url), draft.created_by.email, PASSWORD)
    karim_ = a_drafter(draft.organisation, first_name="Karim", last_name="Benali")
    karim = Person(new_visitor(live_stack.url), karim_.email, PASSWORD)
    they_meet_in_a_text(draft, lila, karim)
    the_history_gives_back_what_was_there(draft, karim)
    with lila.visitor.expecting("htmx:sendAbort", "htmx:afterRequest"):  # a count on its way when the page is left
        the_budget_counts_as_one_types(draft, lila)
        lila.open(address(draft, "gouvernance"))
    a_server_that_is_down_loses_nothing(draft, lila, live_stack)
    a_session_that_ends_while_nobody_types_is_said(draft, lila)
    a_session_that_ended_loses_nothing(draft, lila)


def they_meet_in_a_text(draft: Application, lila: Person, karim: Person) -> None:
    for person in (lila, karim):
        person.open(address(draft, "enjeu"))
    lila.page.get_by_label("L’enjeu").press_sequentially("Le texte de Lila.")
    says(lila.page, SAVED)
    assert (fresh(draft).stakes, mirrored(lila.page)) == ("Le texte de Lila.", 0)
    karim.page.get_by_label("Le diagnostic").press_sequentially("Le diagnostic de Karim.")
    says(karim.page, SAVED)
    expect(karim.page.locator("[data-presence]")).to_contain_text("écrit dans « L’enjeu et le diagnostic »")
    karim.page.get_by_label("L’enjeu").press_sequentially("Le texte de Karim.")
    says(karim.page, "un collègue a changé le même texte")
    assert (fresh(draft).stakes, fresh(draft).diagnostic) == ("Le texte de Lila.", "Le diagnostic de Karim.")
    karim.reads("Deux textes pour", "Le texte de Lila.", "Le texte de Karim.")
    karim.look()
    karim.press("Garder le mien")
    assert fresh(draft).stakes == "Le texte de Karim."
    assert mirrored(karim.page) == 0


def the_history_gives_back_what_was_there(draft: Application, karim: Person) -> None:
    karim.open(reverse("application_history", args=[draft.public_id]))
    karim.reads("Karim Benali", "L’enjeu", "Le texte de")
    karim.follow("Reprendre le texte d’avant : L’enjeu")
    karim.press("Reprendre le texte d’avant")
    assert fresh(draft).stakes == "Le texte de Lila."
    karim.reads("Texte repris de l’historique")


def the_budget_counts_as_one_types(draft: Application, lila: Person) -> None:
    lila.open(address(draft, "budget"))
    page = lila.page
    page.locator("#id_charges-2-amount").fill("10000")
    page.locator("#id_demande-amount").fill("9 000,00")
    page.locator("#id_demande-amount").press("Tab")
    expect(page.locator("#total-charges")).to_contain_text("10 000,00")
    expect(page.locator("#controles")).to_contain_text("Pourquoi")
    says(page, SAVED)
    lila.look()
    page.get_by_role("button", name="Ramener la demande au maximum permis").click()
    says(page, "Montant proposé")
    expect(page.locator("#controles")).to_contain_text("Équilibrer par l’autofinancement")
    assert fresh(draft).requested_cents == 900_000, "shown, and not yet saved"
    page.get_by_role("button", name="Équilibrer par l’autofinancement").click()
    expect(page.locator("#controles")).to_contain_text("Respecté")
    page.locator("#id_charges-0-amount").fill("12k")
    page.locator("#id_charges-0-amount").press("Tab")
    expect(page.locator("main")).to_contain_text("Un montant s’écrit seulement avec des chiffres")
    lila.look()
    page.locator("#id_charges-0-amount").fill("")
    page.locator("#id_charges-0-amount").press("Tab")
    says(page, SAVED)
    assert fresh(draft).requested_cents == fresh(draft).allowed_cents > 0


def a_server_that_is_down_loses_nothing(draft: Application, lila: Person, stack: LiveStack) -> None:
    lila.open(address(draft, "gouvernance"))
    stack.web.stop()
    with lila.visitor.expecting("net::ERR_"):
        lila.page.get_by_label("Qui fait quoi").fill("Un comité de quatre personnes.")
        says(lila.page, "connexion perdue. Nouvel essai dans")
        assert mirrored(lila.page) == 1
        stack.web.start()
        expect(lila.page.locator("[data-said]")).to_contain_text(SAVED, timeout=40_000)
    assert fresh(draft).governance == "Un comité de quatre personnes."


def a_session_that_ends_while_nobody_types_is_said(draft: Application, lila: Person) -> None:
    """Seen by the page that asks who else is there; the page stays, and keeps what is written after."""
    look_again = "document.dispatchEvent(new Event('visibilitychange'))"
    lila.open(address(draft, "reussite"))
    home = lila.visitor.context.new_page()
    home.goto(reverse("application_home", args=[draft.public_id]))
    Session.objects.all().delete()
    with lila.visitor.expecting("401"):
        home.evaluate(look_again)
        expect(home.locator("[data-presence]")).to_contain_text("Votre session est terminée. Se reconnecter")
        lila.page.evaluate(look_again)
        says(lila.page, "Votre session est terminée. Ce que vous aviez écrit est enregistré")
        lila.page.get_by_label("Nous aurons réussi si").fill("Écrit après la fin.")
        assert mirrored(lila.page) == 1
        lila.page.get_by_role("link", name="Se reconnecter").click()
    home.close()
    lila.write("Adresse électronique", lila.account)
    lila.write("Mot de passe", lila.password)
    lila.press("Se connecter", exact=True)
    lila.reads("Ce navigateur garde un texte", "Écrit après la fin.")
    lila.page.get_by_role("button", name="Reprendre le texte gardé").click()
    says(lila.page, SAVED)


def a_session_that_ended_loses_nothing(draft: Application, lila: Person) -> None:
    lila.open(address(draft, "obstacles"))
    Session.objects.all().delete()
    with lila.visitor.expecting("401"):
        lila.page.get_by_label("Les obstacles").fill("Quarante minutes de travail.")
        says(lila.page, "votre session est terminée")
        lila.page.get_by_role("link", name="Se reconnecter").click()
    lila.write("Adresse électronique", lila.account)
    lila.write("Mot de passe", lila.password)
    lila.press("Se connecter", exact=True)
    lila.reads("Ce navigateur garde un texte", "Quarante minutes de travail.")
    lila.page.get_by_role("button", name="Reprendre le texte gardé").click()
    says(lila.page, SAVED)
    assert fresh(draft).obstacles == "Quarante minutes de travail."
    lila.page.get_by_label("Les questions ouvertes").fill("Effacé à la déconnexion")
    assert mirrored(lila.page) == 1
    lila.page.locator("details.menu summary").last.click()
    lila.page.get_by_role("button", name="Se déconnecter").click()
    lila.page.wait_for_url(lambda url: "/obstacles/" not in url)
    assert mirrored(lila.page) == 0


def test_on_a_phone_without_javascript(live_stack: LiveStack, new_visitor: NewVisitor) -> None:
    draft = a_draft()
    visitor = new_visitor(live_stack.url, viewport=PHONE, javascript=False)
    person = Person(visitor, draft.created_by.email, PASSWORD)
    person.open(address(draft, "enjeu"))
    Session.objects.all().delete()
    person.write("L’enjeu", "Écrit sans JavaScript.")
    person.press("Enregistrer et continuer")
    person.reads("Ce que vous avez écrit est gardé")
    assert KeptText.objects.count() == 1
    person.write("Adresse électronique", person.account)
    person.write("Mot de passe", person.password)
    person.press("Se connecter", exact=True)
    person.reads("Voici le texte que vous écriviez")
    expect(person.page.get_by_label("L’enjeu")).to_have_value("Écrit sans JavaScript.")
    person.press("Enregistrer et continuer")
    assert fresh(draft).stakes == "Écrit sans JavaScript." and not KeptText.objects.exists()
    person.open(address(draft, "budget"))
    person.page.locator("#id_charges-2-amount").fill("10000")
    person.page.locator("#id_demande-amount").fill("9000")
    person.press("Enregistrer et continuer")
    person.press("Ramener la demande au maximum permis")
    person.reads("Rien n’est encore enregistré")
    assert fresh(draft).requested_cents == 900_000
    person.press("Enregistrer et continuer")
    assert fresh(draft).requested_cents == fresh(draft).allowed_cents
