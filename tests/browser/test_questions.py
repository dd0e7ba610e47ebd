"""Questions of a call: written by keyboard and tried as a commune, answered, and changed while the call is open."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from applications import questionnaire, services
from applications.models import Application
from applications.views.home_parts import section_url
from fund.models import Call
from fund.services import in_service, open_and_close_due_calls
from fund.states import CallState
from tests.factories.accounts import PASSWORD, a_fund_manager
from tests.factories.applications import a_draft
from tests.factories.fund import a_call
from tests.support.browser import PHONE, Visitor
from tests.support.hands import Keyboard
from tests.support.journey import Person
from tests.support.live import LiveStack

pytestmark = pytest.mark.django_db(transaction=True)
LENT, WHERE, PLACES = "Un local est-il prêté ?", "À quelle adresse ?", "Les lieux"


def test_from_the_writing_of_the_questions_to_their_second_version(
    live_stack: LiveStack, new_visitor: Callable[..., Visitor]
) -> None:
    call = a_call(CallState.PUBLISHED, opens_at=timezone.now() + timedelta(days=1))
    manager = Person(new_visitor(live_stack.url), a_fund_manager().email, PASSWORD)
    the_manager_writes_by_keyboard(manager, call)
    the_manager_tries_them(manager, call)
    Call.objects.filter(pk=call.pk).update(opens_at=timezone.now() - timedelta(seconds=5))
    open_and_close_due_calls()
    draft = a_draft(Call.objects.get(pk=call.pk))
    writer = Person(new_visitor(live_stack.url, viewport=PHONE), draft.created_by.email, PASSWORD)
    the_commune_answers(writer, draft)
    the_questions_change(manager, call)
    the_draft_keeps_its_own_then_goes_over(writer, draft)


def the_manager_writes_by_keyboard(manager: Person, call: Call) -> None:
    hands = Keyboard(manager.page)
    manager.open(f"/appels-gestion/{call.slug}/questions/")
    hands.go("Préparer des questions")
    manager.look()
    write(hands, manager, "yes_no", LENT, required=True)
    manager.open(manager.path)
    hands._reach('[name="sorte"]')
    hands.go("Écrire la question")
    hands.write("label", WHERE)
    choice = manager.page.locator('select[name="condition"] option', has_text="est « Oui »".replace(" ", "\u202f", 1))
    value = (choice if choice.count() else manager.page.locator("select[name=condition] option").nth(2)).first
    hands.choose("condition", str(value.get_attribute("value")))
    hands.go("Enregistrer la question")
    manager.reads("Posée seulement si")
    write(hands, manager, "block", PLACES)
    write(hands, manager, "short", "Le lieu", required=True)  # the first list by Tab is that of the block
    manager.reads("Ajouter dans ce bloc")
    call = Call.objects.get(pk=call.pk)
    assert [one.label for one in call.question_sets.get().questions.all()] == [LENT, WHERE, PLACES, "Le lieu"]


def write(hands: Keyboard, manager: Person, kind: str, label: str, *, required: bool = False) -> None:
    manager.page.goto(manager.path.split("#")[0])
    hands.choose("sorte", kind)
    hands.go("Écrire la question")
    manager.look()
    hands.write("label", label)
    if required:
        hands._reach('[name="required"]')
        manager.page.keyboard.press("Space")
    hands.go("Enregistrer la question")
    manager.look()


def the_manager_tries_them(manager: Person, call: Call) -> None:
    manager.open(f"/appels-gestion/{call.slug}/questions/apercu/")
    an_answer_opens_a_question(manager.page)
    manager.press("Essayer ces réponses")
    manager.reads("Ces réponses seraient acceptées", "Rien n’a été gardé")
    assert not Application.objects.exists()


def an_answer_opens_a_question(page: Page) -> None:
    expect(page.get_by_label("À quelle adresse")).to_be_hidden()
    page.get_by_role("radio", name="Oui").check()
    expect(page.get_by_label("À quelle adresse")).to_be_visible()


def the_commune_answers(writer: Person, draft: Application) -> None:
    page = writer.page
    writer.open(section_url(draft, "questions"))
    an_answer_opens_a_question(page)
    writer.write("À quelle adresse", "3, rue de la République")
    writer.write("Le lieu", "Mairie")
    a_row_comes_and_goes(page)
    expect(page.locator("[data-said]")).to_contain_text("Enregistré à", timeout=20_000)
    writer.look()
    over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert over <= 0
    writer.press("Enregistrer et continuer")
    found = services.for_reading().get(pk=draft.pk)
    assert questionnaire.content(found, "q-a_quelle_adresse") == "3, rue de la République"
    assert questionnaire.content(found, "q-les_lieux") == [{"le_lieu": "Mairie"}, {"le_lieu": "École"}]


def a_row_comes_and_goes(page: Page) -> None:
    """Each row added may be taken away; those after it take its place, and the focus is never lost."""
    add, places = page.get_by_role("button", name="Ajouter"), page.get_by_label("Le lieu")
    for at, place in ((1, "Gymnase"), (2, "École")):
        add.click()
        expect(places.nth(at)).to_be_focused()
        places.nth(at).fill(place)
    page.get_by_role("button", name="Retirer le n° 2").click()
    expect(add).to_be_focused()
    expect(places).to_have_count(2)
    expect(places.nth(1)).to_have_value("École")
    expect(page.get_by_role("button", name="Retirer le n° 2")).to_have_count(1)


def the_questions_change(manager: Person, call: Call) -> None:
    manager.open(f"/appels-gestion/{call.slug}/questions/")
    manager.press("Préparer une nouvelle version")
    manager.follow("modifier", within=manager.main.locator("li", has_text=PLACES).first)
    manager.write("La question", "Les lieux d’accueil")
    manager.press("Enregistrer la question")
    manager.follow("Mettre en service")
    manager.write("Pourquoi les questions changent", "Une commune ne comprenait pas.")
    manager.press("Mettre en service")
    manager.reads("En service : version 2".replace(" :", "\u202f:"))


def the_draft_keeps_its_own_then_goes_over(writer: Person, draft: Application) -> None:
    kept = services.for_reading().get(pk=draft.pk)
    assert kept.question_set is not None and kept.question_set.number == 1
    writer.open(f"/dossiers/{draft.public_id}/")
    writer.follow("Les questions de l’appel ont changé")
    writer.reads("Une commune ne comprenait pas.")
    writer.press("Passer aux nouvelles questions")
    found = services.for_reading().get(pk=draft.pk)
    assert found.question_set == in_service(found.call)
    assert questionnaire.content(found, "q-les_lieux") == [{"le_lieu": "Mairie"}, {"le_lieu": "École"}]
