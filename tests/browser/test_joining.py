"""A newcomer and the administrator of the commune, each at a browser: asked, answered, entered, handed over."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect
from pytest import MonkeyPatch
from stdnum import luhn

from accounts.models import Membership, Organisation, User
from accounts.states import Role
from tests.factories.accounts import PASSWORD, a_commune, a_commune_administrator, a_membership
from tests.support.browser import PHONE, Visitor
from tests.support.company_directory import DirectoryServer, says, seat
from tests.support.journey import Person, text_of
from tests.support.live import LiveStack

pytestmark = pytest.mark.django_db(transaction=True)
NADIA = "nadia.ferrandi@ville-aubagne.test"


@pytest.fixture
def directory(monkeypatch: MonkeyPatch) -> Iterator[DirectoryServer]:
    """Before the stack: its processes read the address when they start."""
    with DirectoryServer() as server:
        monkeypatch.setenv("COMPANY_DIRECTORY_URL", server.url)
        yield server


def test_from_the_request_to_the_hand_over(
    directory: DirectoryServer, live_stack: LiveStack, new_visitor: Callable[..., Visitor]
) -> None:
    commune = a_commune("Aubagne", email="mairie@ville-aubagne.test")
    second = a_commune("Cassis")
    administrator = a_commune_administrator(commune, first_name="Hélène", last_name="Castellan")
    a_membership(administrator, Role.DRAFTER, commune)
    a_membership(administrator, Role.READER, second)
    newcomer = new_visitor(live_stack.url, viewport=PHONE)
    the_newcomer_asks(newcomer, live_stack)
    at_the_desk = Person(new_visitor(live_stack.url), administrator.email, PASSWORD)
    the_administrator_accepts(at_the_desk)
    the_newcomer_enters(newcomer, live_stack)
    the_directory_answers_or_not(at_the_desk, directory, commune)
    the_administrator_hands_over(at_the_desk, commune)


def the_newcomer_asks(visitor: Visitor, stack: LiveStack) -> None:
    """On a phone: from the sign-in page; a mistake is said in words and nothing typed is lost."""
    page = visitor.page
    page.goto("/compte/login/")
    page.get_by_role("link", name="Rejoindre ma commune").click()
    visitor.check_accessibility()
    page.get_by_label("Votre commune").fill("Aubagnes")
    page.get_by_label("Prénom").fill("Nadia")
    page.get_by_label("Nom", exact=True).fill("Ferrandi")
    page.get_by_label("Fonction").fill("Chargée de mission")
    page.get_by_label("Adresse électronique").fill(NADIA)
    page.get_by_role("button", name="Envoyer ma demande").click()
    expect(page.locator("main")).to_contain_text("Nous ne trouvons pas cette commune")
    visitor.check_accessibility()
    expect(page.get_by_label("Prénom")).to_have_value("Nadia")
    page.get_by_label("Votre commune").fill("aubagne")
    page.get_by_role("button", name="Envoyer ma demande").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Ouvrez le courriel")
    visitor.check_accessibility()
    follow_mail(page, stack, "Confirmez votre adresse")
    visitor.check_accessibility()
    page.get_by_role("button", name="Confirmer et envoyer ma demande").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Votre demande est arrivée")
    visitor.check_accessibility()
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE["width"], width


def follow_mail(page: Page, stack: LiveStack, words: str) -> None:
    mail = stack.smtp.wait_for(lambda one: NADIA in str(one["To"]) and words in str(one["Subject"]))
    link = re.search(r"https?://[^/\s]+(/(?:rejoindre/confirmer|compte/password)/\S+)", text_of(mail))
    assert link
    page.goto(link[1])


def the_administrator_accepts(person: Person) -> None:
    person.open("/equipe/")
    person.reads("Aubagne et Cassis", "Nadia Ferrandi", "même domaine que la mairie")
    person.follow("répondre")
    person.choose("Rédacteur")
    person.press("Accepter la demande")
    person.reads("Nadia Ferrandi fait maintenant partie de la commune")


def the_newcomer_enters(visitor: Visitor, stack: LiveStack) -> None:
    page = visitor.page
    follow_mail(page, stack, "est ouvert")
    visitor.check_accessibility()
    page.get_by_label("Nouveau mot de passe").fill(PASSWORD)
    page.get_by_label("Le même, encore une fois").fill(PASSWORD)
    page.get_by_role("button").filter(has_text=re.compile("mot de passe", re.I)).last.click()
    page.goto("/compte/login/")
    page.get_by_label("Adresse électronique").fill(NADIA)
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.get_by_role("button", name="Se connecter", exact=True).click()
    page.goto("/mes-dossiers/")
    expect(page.locator("header.mast")).to_contain_text("Aubagne")
    visitor.check_accessibility()
    page.goto("/equipe/")
    expect(page.locator("main")).to_contain_text("Hélène Castellan")
    visitor.check_accessibility()


def the_directory_answers_or_not(person: Person, directory: DirectoryServer, commune: Organisation) -> None:
    """Down: the page says so and goes on. Back: one click takes the SIRET over."""
    root = f"{commune.siren}0001"
    siret = root + luhn.calc_check_digit(root)
    directory.answers = [says({}, 503), says(seat(commune.siren, siret=siret))]
    person.open("/equipe/")
    person.main.get_by_role("button", name="Chercher dans l’annuaire des entreprises").first.click()
    expect(person.main).to_contain_text("L’annuaire ne répond pas", timeout=20_000)
    person.look()
    person.main.get_by_role("button", name="Chercher de nouveau").first.click()
    expect(person.main).to_contain_text("L’annuaire des entreprises propose", timeout=20_000)
    person.look()
    person.press("Reprendre ce SIRET et cette adresse")
    person.reads("marqués comme vérifiés", "1 RUE DE LA MAIRIE")
    assert Organisation.objects.get(pk=commune.pk).siret == siret


def the_administrator_hands_over(person: Person, commune: Organisation) -> None:
    nadia = User.objects.get(email=NADIA)
    person.follow("quitter la commune")
    person.reads("Nommez d’abord quelqu’un")
    person.follow("Passer la main")
    person.choose("Nadia Ferrandi")
    person.press("Passer la main")
    person.reads("Nadia Ferrandi administre maintenant")
    person.follow("quitter la commune")
    person.press("Quitter la commune")
    person.open("/equipe/")
    expect(person.main).not_to_contain_text("Aubagne")
    person.reads("Cassis")
    held = Membership.objects.filter(organisation=commune, ended_at=None)
    assert set(held.values_list("user", "role")) == {
        (nadia.pk, Role.DRAFTER),
        (nadia.pk, Role.ORGANISATION_ADMIN),
    }
