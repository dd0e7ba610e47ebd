"""A file instructed by one person: points answered, a slip mended, a remark asked, a near file compared, a colleague called, an absence."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Organisation
from accounts.states import OrganisationKind
from applications.models import Application
from applications.states import ApplicationState
from fund.models import CallPoint
from tests.factories.accounts import PASSWORD, an_instructor
from tests.factories.desk import Desk
from tests.factories.fund import a_call_open
from tests.support.browser import Visitor
from tests.support.journey import text_of
from tests.support.live import LiveStack

pytestmark = pytest.mark.django_db(transaction=True)
S = ApplicationState


def press(page: Page, words: str) -> None:
    with page.expect_navigation():
        page.locator("main").get_by_role("button", name=words).first.click()


def refused(visitor: Visitor, words: str) -> None:
    """The button of a form that is not right: its page comes back with its summary."""
    with visitor.expecting("422 POST", "Failed to load resource"):
        press(visitor.page, words)
        expect(visitor.page.locator(".errsum")).to_be_visible()


def test_from_the_checklist_to_the_request(live_stack: LiveStack, new_visitor: Callable[..., Visitor]) -> None:
    call = a_call_open()
    CallPoint.objects.create(call=call, code="p", label="La délibération cite l’action", help="Page 2.")
    desk = Desk(_call=call)
    colleague = an_instructor(first_name="Paul", last_name="Relais")
    application, twin = desk.application(S.IN_INSTRUCTION), desk.application(S.IN_INSTRUCTION)
    Organisation.objects.filter(pk=twin.organisation_id).update(
        kind=OrganisationKind.CCAS, insee_code=application.organisation.insee_code, name="CCAS de la commune"
    )
    visitor = new_visitor(live_stack.url)
    page = visitor.page
    page.goto("/compte/login/")
    page.fill("input[name=login]", desk.instructor.email)
    page.fill("input[name=password]", PASSWORD)
    press(page, "Se connecter")
    home = f"/instruction/{application.public_id}/"
    page.goto(home)
    expect(page.locator("aside.side")).to_contain_text("Dossiers proches")
    visitor.check_accessibility()
    the_twin_is_judged(visitor, home, twin)
    the_points_are_answered(visitor, home)
    a_slip_is_mended(visitor, home, live_stack)
    a_colleague_is_called(visitor, home, colleague, live_stack)
    a_remark_is_asked(visitor, home, live_stack)
    an_absence_is_said(visitor, home, colleague)


def the_twin_is_judged(visitor: Visitor, home: str, twin: Application) -> None:
    page = visitor.page
    page.get_by_role("link", name="comparer").first.click()
    expect(page.locator("main")).to_contain_text(str(twin.number))
    visitor.check_accessibility()
    refused(visitor, "Enregistrer mon avis")
    page.get_by_label("Ce n’est pas un doublon").check()
    page.get_by_label("Pourquoi").fill("Deux publics : agents de la mairie, agents du CCAS.")
    press(page, "Enregistrer mon avis")
    expect(page.locator("aside.side")).to_contain_text("écarté par")


def the_points_are_answered(visitor: Visitor, home: str) -> None:
    page = visitor.page
    page.get_by_role("link", name="Vérifier la recevabilité").click()
    visitor.check_accessibility()
    page.get_by_label("Non", exact=True).first.check()
    refused(visitor, "Enregistrer mes réponses")
    expect(page.locator(".errsum")).to_contain_text("en quoi")
    page.get_by_label("Oui", exact=True).first.check()
    page.get_by_label("Remarque").first.fill("Vue page 2.")
    press(page, "Enregistrer mes réponses")
    expect(page.locator("main")).to_contain_text("Vue page 2.")
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.goto(home)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.set_viewport_size({"width": 1440, "height": 900})


def a_slip_is_mended(visitor: Visitor, home: str, stack: LiveStack) -> None:
    page = visitor.page
    page.get_by_role("link", name="Corriger une faute de frappe").click()
    page.get_by_role("link", name="Titre du chantier").first.click()
    area = page.get_by_label("Le texte corrigé")
    area.fill(area.input_value().replace("trier", "triage"))
    page.get_by_label("Pourquoi").fill("Mot juste.")
    press(page, "Relire avant de corriger")
    expect(page.locator("main ins").first).to_be_visible()
    visitor.check_accessibility()
    press(page, "Corriger et prévenir la commune")
    expect(page.locator("h1")).to_contain_text("triage")
    assert "Mot juste." in text_of(stack.smtp.wait_for(lambda one: "faute de frappe" in str(one["Subject"])))


def a_colleague_is_called(visitor: Visitor, home: str, colleague: Any, stack: LiveStack) -> None:
    page = visitor.page
    page.get_by_role("link", name="Écrire une note").click()
    page.get_by_label("Votre note").fill("@Personne Inconnue, un avis ?")
    refused(visitor, "Enregistrer la note")
    expect(page.locator(".errsum")).to_contain_text("Personne Inconnue")
    page.get_by_label("Votre note").fill("@Paul Relais, un avis ?")
    press(page, "Enregistrer la note")
    visitor.check_accessibility()
    assert "un avis ?" in text_of(stack.smtp.wait_for(lambda one: colleague.email in str(one["To"])))


def a_remark_is_asked(visitor: Visitor, home: str, stack: LiveStack) -> None:
    page = visitor.page
    page.goto(home)
    page.get_by_role("link", name="Noter une remarque sur une réponse").click()
    page.get_by_label("Sur quelle réponse").select_option(value="field:stakes")
    page.get_by_label("Votre remarque").fill("Dans quels quartiers ?")
    press(page, "Noter")
    visitor.check_accessibility()
    page.get_by_role("link", name="Tout demander à la commune").click()
    page.get_by_label("Pourquoi").fill("Pour situer l’action.")
    press(page, "Relire le courriel avant l’envoi")
    preview = page.locator(".mail-text").inner_text()
    assert "Dans quels quartiers" in preview
    press(page, "Envoyer la demande")
    sent = text_of(stack.smtp.wait_for(lambda one: "à compléter avant" in str(one["Subject"])))
    assert "Dans quels quartiers" in sent


def an_absence_is_said(visitor: Visitor, home: str, colleague: Any) -> None:
    page = visitor.page
    page.goto("/absences/")
    visitor.check_accessibility()
    refused(visitor, "Enregistrer l’absence")
    today = page.locator("input[name=starts_on]").input_value()
    page.locator("input[name=ends_on]").fill(today)
    page.locator("select[name=substitute]").select_option(label="Paul Relais")
    press(page, "Enregistrer l’absence")
    page.goto(home)
    expect(page.locator(".file-top")).to_contain_text("remplacement par Paul Relais")
