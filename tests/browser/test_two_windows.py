"""One person in two windows, a colleague in the same table, a page left open while the file leaves, a report that saves itself."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse
from playwright.sync_api import Page, expect

from applications import services
from applications.models import Application
from tests.factories.accounts import PASSWORD, a_drafter
from tests.factories.applications import a_complete_draft, balanced_budget, signatory_of
from tests.factories.reports import an_opened_report, fresh
from tests.support.browser import PHONE, Visitor
from tests.support.journey import Person
from tests.support.live import LiveStack

pytestmark = pytest.mark.django_db(transaction=True)
NewVisitor = Callable[..., Visitor]
SAVED = re.compile(r"Enregistré à \d+\sh")


def says(page: Page, words: Any) -> None:
    expect(page.locator("[data-said]")).to_contain_text(words)


def test_a_draft_in_two_windows_until_it_is_sent(live_stack: LiveStack, new_visitor: NewVisitor) -> None:
    draft = a_complete_draft()
    lila = Person(new_visitor(live_stack.url), draft.created_by.email, PASSWORD)
    text = reverse("application_section", args=[draft.public_id, "enjeu"])
    lila.open(text)
    other = lila.page.context.new_page()
    other.goto(f"{live_stack.url}{text}")
    oneself_is_no_stranger(draft, lila, other)
    a_colleague_takes_a_line_away(draft, lila, live_stack, new_visitor)
    services.submit(draft.pk, by=signatory_of(draft))
    a_page_left_open_says_that_the_file_has_left(draft, lila, other)


def oneself_is_no_stranger(draft: Application, lila: Person, other: Page) -> None:
    lila.page.get_by_label("L’enjeu").fill("De la première fenêtre.")
    says(lila.page, SAVED)
    other.get_by_label("L’enjeu").fill("De la seconde fenêtre.")
    says(other, "Choisissez")
    expect(other.locator("main")).to_contain_text("Vous avez changé ce texte dans une autre fenêtre")
    assert Application.objects.get(pk=draft.pk).stakes == "De la première fenêtre."
    other.get_by_role("button", name="Garder le sien").click()
    expect(other.get_by_label("L’enjeu")).to_have_value("De la première fenêtre.")


def a_colleague_takes_a_line_away(draft: Application, lila: Person, stack: LiveStack, new_visitor: NewVisitor) -> None:
    budget = reverse("application_budget", args=[draft.public_id])
    karim = Person(new_visitor(stack.url), a_drafter(draft.organisation).email, PASSWORD)
    with lila.visitor.expecting("htmx:"), karim.visitor.expecting("htmx:"):  # a count on its way when a page is left
        lila.open(budget)
        karim.open(budget)
        amounts = karim.page.locator("input[name^='charges-'][name$='-amount']")
        place = next(n for n in range(amounts.count()) if amounts.nth(n).input_value())
        karim.page.locator("input[name^='charges-'][name$='-amount']").nth(place).fill("")
        says(karim.page, SAVED)
        lila.page.locator("input[name^='charges-'][name$='-amount']").nth(place).fill("7777")
        says(lila.page, "Choisissez")
        lila.reads("Deux textes pour", "7 777,00")
        lila.look()
        lila.page.get_by_role("button", name="Garder le sien").click()
        lila.page.wait_for_load_state()
    services.save_section(draft.pk, "budget", by=draft.created_by, rows={"budget_lines": balanced_budget()})


def a_page_left_open_says_that_the_file_has_left(draft: Application, lila: Person, other: Page) -> None:
    with lila.visitor.expecting("409", "403"):
        other.get_by_label("L’enjeu").fill("Écrit trop tard.")
        says(other, "Pas encore enregistré")
        says(other, "Copiez-le avant de quitter la page")
    assert Application.objects.get(pk=draft.pk).stakes == "De la première fenêtre."
    other.close()
    lila.page.go_back()
    lila.page.go_back()
    lila.page.wait_for_load_state()
    expect(lila.page.locator("form[data-autosave]")).to_have_count(0)


def test_a_report_saves_itself_and_survives_the_session(live_stack: LiveStack, new_visitor: NewVisitor) -> None:
    report = an_opened_report()
    publics = reverse("report_text", args=[report.application.public_id, "publics"])
    lila = Person(new_visitor(live_stack.url, viewport=PHONE), report.application.created_by.email, PASSWORD)
    lila.open(publics)
    lila.page.get_by_label("Votre texte").fill("Quarante agents.")
    says(lila.page, SAVED)
    assert fresh(report).texts.get(slug="publics").text == "Quarante agents."
    Session.objects.all().delete()
    with lila.visitor.expecting("401"):
        lila.page.get_by_label("Votre texte").fill("Quarante agents, puis douze élus.")
        says(lila.page, "votre session est terminée")
        lila.page.get_by_role("link", name="Se reconnecter").click()
    lila.write("Adresse électronique", lila.account)
    lila.write("Mot de passe", lila.password)
    lila.press("Se connecter", exact=True)
    lila.reads("Ce navigateur garde un texte", "puis douze élus")
    lila.page.get_by_role("button", name="Reprendre le texte gardé").click()
    says(lila.page, SAVED)
    assert fresh(report).texts.get(slug="publics").text == "Quarante agents, puis douze élus."
    lila.open(reverse("report_budget", args=[report.application.public_id]))
    lila.page.get_by_label("60 Achats").fill("12.000,50")
    lila.page.get_by_label("60 Achats").press("Tab")
    expect(lila.main).to_contain_text("Pas encore enregistré : ")
    lila.look()
    lila.page.get_by_label("60 Achats").fill("1 200,50")
    lila.page.get_by_label("60 Achats").press("Tab")
    says(lila.page, SAVED)
    assert 120_050 in [line.done_cents for line in fresh(report).lines.all()]
