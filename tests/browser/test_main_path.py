"""From « Mes dossiers » to the number: by keyboard alone, without JavaScript, on a phone."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from accounts.states import Role
from applications import reference
from applications.models import Application
from applications.states import ApplicationState
from tests.factories.accounts import PASSWORD, a_commune, a_membership, a_signatory
from tests.factories.fund import a_call_open
from tests.support.browser import PHONE, Visitor
from tests.support.hands import Hands, Keyboard, Mouse
from tests.support.journey import a_paper
from tests.support.live import LiveStack

pytestmark = pytest.mark.django_db(transaction=True)


def a_day(days: int) -> str:
    """A day whose number is that of its month: typed the same in every order."""
    day = timezone.localdate() + timedelta(days=days)
    while day.day != day.month:
        day += timedelta(days=1)
    return date.isoformat(day)


TEXTS = {
    "enjeu": {"stakes": "Un dossier sur cinq est écarté avant la visite.", "diagnostic": "Douze entretiens."},
    "reussite": {"success": "quatre-vingts agents sont formés."},
    "ressources": {"resources": "Une formatrice, la salle du conseil."},
    "gouvernance": {"governance": "La directrice générale préside le comité de suivi."},
    "obstacles": {"obstacles": "Peu de temps : séances courtes."},
}


def the_commune_writes(hands: Hands, page: Page, folder: Path, look: Callable[[], None]) -> None:
    """Every section as it comes, one after the other, by the button that continues."""
    hands.go("Commencer un dossier")
    look()
    hands.go("Commencer le dossier")
    look()
    hands.go("La commune et le porteur")
    hands.go("Continuer")
    hands.choose("theme", "logement")
    hands.write("title", "Accueillir sans trier")
    hands.choose("action_type", "formation")
    hands.choose("phase", "internal")
    keep(hands, look)
    write_all(hands, "enjeu", look)
    hands.write("success", TEXTS["reussite"]["success"])
    for column, text in (("label", "Agents formés"), ("unit", "agents"), ("baseline", "0"), ("target", "80")):
        hands.write(f"indicators-0-{column}", text)
    keep(hands, look)
    hands.write("description", "Six séances de deux heures.")
    for name, value in (
        ("publics", "agents"),
        ("grounds", reference.grounds()[0][0]),
        ("domains", reference.domains()[0][0]),
    ):
        hands.choose(name, value)
    hands.write("starts_on", a_day(60))
    hands.write("ends_on", a_day(150))
    keep(hands, look)
    for slug in ("ressources", "gouvernance", "obstacles"):
        write_all(hands, slug, look)
    for name, cents in (("charges-1-amount", "8000"), ("demande-amount", "4000"), ("commune-2-amount", "4 000,00")):
        hands.write(name, cents)
    keep(hands, look)
    for code in ("deliberation", "plan_financement"):
        hands.join(f"#{code}", a_paper(folder, code))
        look()
    hands.go("Continuer")
    for code, _ in reference.COMMITMENTS:
        hands.choose("commitments", code)
    keep(hands, look)


def write_all(hands: Hands, slug: str, look: Callable[[], None]) -> None:
    for name, text in TEXTS[slug].items():
        hands.write(name, text)
    keep(hands, look)


def keep(hands: Hands, look: Callable[[], None]) -> None:
    hands.go("Enregistrer et continuer")
    look()


def sign_in(page: Page, user: User, hands: Hands) -> None:
    page.goto("/compte/login/")
    hands.write("login", user.email)
    hands.write("password", PASSWORD)
    hands.go("Se connecter")
    expect(page.get_by_role("heading", name="Mes dossiers")).to_be_visible()


def the_file_is_sent(hands: Hands, page: Page, look: Callable[[], None]) -> None:
    expect(page.locator("main")).to_contain_text("Le dossier est complet")
    hands.go("Envoyer le dossier")
    look()
    hands.go("Envoyer le dossier")
    look()
    expect(page.locator("main")).to_contain_text(re.compile(r"FI-\d{4}-\d{4}"))


def a_mayor(town: str) -> User:
    """Of a small commune: the same person writes and signs."""
    commune = a_commune(town)
    user = a_signatory(commune)
    a_membership(user, Role.DRAFTER, commune)
    return user


def judge_on_a_phone(visitor: Visitor) -> None:
    """Nothing wider than the screen, no axe violation on any page of the way."""
    visitor.check_accessibility()
    over = visitor.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert over <= 0, f"{visitor.page.url} is {over} px too wide"


WAYS: dict[str, tuple[dict[str, Any], type[Hands], Callable[[Visitor], None]]] = {
    "Cassis, by keyboard alone": ({}, Keyboard, lambda visitor: None),
    "Ceyreste, without JavaScript": ({"javascript": False}, Mouse, lambda visitor: None),
    "Saint-Chamas, on a phone": ({"viewport": PHONE}, Mouse, judge_on_a_phone),
}


def test_three_small_communes_send_their_file(
    live_stack: LiveStack, new_visitor: Callable[..., Visitor], tmp_path: Path
) -> None:
    a_call_open()
    for way, (options, hand, judge) in WAYS.items():
        visitor = new_visitor(live_stack.url, **options)
        hands, page = hand(visitor.page), visitor.page
        look = partial(judge, visitor)
        sign_in(page, a_mayor(way.split(",")[0]), hands)
        the_commune_writes(hands, page, tmp_path, look)
        the_file_is_sent(hands, page, look)
    sent = Application.objects.filter(state=ApplicationState.SUBMITTED, requested_cents=400_000)
    assert sent.count() == len(WAYS)
