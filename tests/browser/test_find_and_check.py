"""From the call to the conversation: five questions without an account, the answers begin the file, a question is answered."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from icalendar import Calendar
from playwright.sync_api import Page, expect

from accounts.models import User
from accounts.states import Role
from applications.models import Application, FileMessage
from common.search import sort_key
from tests.factories.accounts import PASSWORD, a_commune, a_drafter, a_user
from tests.factories.fund import a_call_open
from tests.support.browser import PHONE, Visitor
from tests.support.journey import Person, a_paper, text_of
from tests.support.live import LiveStack

pytestmark = pytest.mark.django_db(transaction=True)
MAXIMUM = "Oui, jusqu’à 5\u202f400,00\u202f€."


def answer_the_five_questions(page: Page) -> None:
    starts = (timezone.localdate() + timedelta(days=90)).isoformat()
    page.get_by_label("1. Votre commune").fill("chateauneuf-les-martigues")
    page.get_by_label("2. L’action").select_option("formation")
    page.get_by_label("3. Dans le domaine").select_option("logement")
    page.get_by_label("4. Elle commencerait").fill(starts)
    page.get_by_label("5. Son coût").fill("9 000")


def test_find_check_ask_and_be_answered(
    live_stack: LiveStack, new_visitor: Callable[..., Visitor], tmp_path: Path
) -> None:
    call = a_call_open(title="Agir près de chez soi")
    name = "Châteauneuf-les-Martigues"
    commune = a_commune(name, sort_name=sort_key(name))
    drafter = a_drafter(commune)
    instructor = a_user(Role.INSTRUCTOR, first_name="Inès", last_name="Caradec")
    anybody_is_answered_as_they_type(new_visitor(live_stack.url, viewport=PHONE), call.slug, tmp_path)
    the_answers_begin_the_file_without_javascript(new_visitor(live_stack.url, javascript=False), call.slug, drafter)
    writer = Person(new_visitor(live_stack.url), drafter.email, PASSWORD)
    a_question_is_asked(writer, live_stack, instructor)
    the_desk_answers(Person(new_visitor(live_stack.url), instructor.email, PASSWORD), live_stack, tmp_path, drafter)
    the_answer_is_read(writer)


def anybody_is_answered_as_they_type(visitor: Visitor, slug: str, folder: Path) -> None:
    page = visitor.page
    page.goto(f"/appels/{slug}/")
    visitor.check_accessibility()
    answer_the_five_questions(page)
    page.get_by_label("5. Son coût").blur()
    expect(page.get_by_role("status")).to_contain_text(MAXIMUM)
    page.get_by_label("Dont autres subventions").fill("8 000")
    page.get_by_label("Dont autres subventions").blur()
    expect(page.get_by_role("status")).not_to_contain_text("Oui")
    visitor.check_accessibility()
    page.get_by_label("5. Son coût").fill("beaucoup")
    page.get_by_role("button", name="Voir si je peux demander").click()
    expect(page.locator("main")).to_contain_text("s’écrit seulement avec des chiffres")
    visitor.check_accessibility()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    with page.expect_download() as started:
        page.get_by_role("link", name="Ajouter ces dates à mon agenda").click()
    started.value.save_as(folder / "appel.ics")
    diary = Calendar.from_ical((folder / "appel.ics").read_bytes())
    assert len(list(diary.walk("VEVENT"))) == 4


def the_answers_begin_the_file_without_javascript(visitor: Visitor, slug: str, drafter: User) -> None:
    page = visitor.page
    page.goto(f"/appels/{slug}/")
    answer_the_five_questions(page)
    page.get_by_role("button", name="Voir si je peux demander").click()
    expect(page.locator("main")).to_contain_text(MAXIMUM)
    page.get_by_role("link", name="Commencer le dossier avec ces réponses").click()
    page.get_by_label("Adresse électronique").fill(drafter.email)
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.get_by_role("button", name="Se connecter", exact=True).click()
    expect(page.locator("main")).to_contain_text("Vos réponses sont reprises dans le dossier")
    page.get_by_role("button", name="Commencer le dossier").click()
    expect(page.get_by_role("link", name="Le budget prévisionnel")).to_be_visible()
    draft = Application.objects.get()
    assert (draft.theme, draft.action_type, draft.requested_cents) == ("logement", "formation", 540_000)
    # The whole conversation works without a script too.
    page.get_by_role("link", name="Poser une question au service").click()
    page.get_by_role("button", name="Envoyer la question").click()
    expect(page.locator("main")).to_contain_text("Écrivez votre message")
    page.get_by_label("Votre message").fill("Première question, sans script.")
    page.get_by_role("button", name="Envoyer la question").click()
    expect(page.locator("main")).to_contain_text("Votre message est parti")


def a_question_is_asked(writer: Person, stack: LiveStack, instructor: User) -> None:
    writer.open("/mes-dossiers/")
    writer.page.locator("main a[href^='/dossiers/']").first.click()
    writer.follow("Poser une question au service")
    writer.write("Votre message", "La salle prêtée par la commune compte-t-elle dans le coût ?")
    writer.choose("Joindre mon brouillon")
    writer.press("Envoyer la question")
    writer.reads("Votre message est parti", "Le brouillon, tel qu’il était à ce moment")
    stack.smtp.wait_for(lambda mail: instructor.email in str(mail["To"]) and "La salle prêtée" in text_of(mail))


def the_desk_answers(desk: Person, stack: LiveStack, folder: Path, drafter: User) -> None:
    desk.page.get_by_role("link", name="Questions 2").click()
    desk.reads("La salle prêtée")
    desk.follow("Châteauneuf-les-Martigues")
    desk.follow("Lire le brouillon joint")
    desk.reads("Un brouillon, tel que la commune l’a montré", "9\u202f000,00\u202f€")
    desk.follow("Revenir à la question")
    desk.write("Votre message", "Non : elle se valorise au compte 86, des deux côtés.")
    desk.page.get_by_label("Joindre des documents").set_input_files(a_paper(folder, "Fiche budget"))
    desk.press("Envoyer la réponse")
    desk.reads("la commune le reçoit par courriel")
    stack.smtp.wait_for(lambda mail: drafter.email in str(mail["To"]) and "compte 86" in text_of(mail))
    desk.open("/instruction/questions/")
    desk.reads("Aucune commune n’attend de réponse")


def the_answer_is_read(writer: Person) -> None:
    writer.open("/mes-dossiers/")
    writer.page.locator("main a[href^='/dossiers/']").first.click()
    writer.reads("1\u00a0nouveau message")
    writer.follow("Poser une question au service")
    writer.reads("Non\u202f: elle se valorise au compte 86", "Inès Caradec")
    expect(writer.page.get_by_role("button", name="Marquer comme lu")).to_have_count(0)
    assert not FileMessage.objects.filter(side="desk", reading=None).exists(), "seen with JavaScript: read"
    writer.reads_after_refresh("fiche.pdf")
    writer.page.locator("main .crumb, nav").first.wait_for()
    writer.open(writer.path.replace("echanges/", ""))
    writer.reads("Un avis avant d’envoyer le dossier")
