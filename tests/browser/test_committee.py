"""The committee done end to end by three people at three browsers: the manager, the head of service, an elected member."""

import os
from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from applications.models import Decision
from applications.states import ApplicationState
from reviews import services
from reviews.models import AgendaItem, CommitteeSession
from tests.factories.accounts import PASSWORD, an_evaluator
from tests.factories.desk import Desk
from tests.support.browser import Visitor
from tests.support.journey import Person
from tests.support.live import LiveStack

pytestmark = pytest.mark.django_db(transaction=True)


def look(who: Person, name: str) -> None:
    if folder := os.environ.get("PICTURES"):
        who.page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def test_three_people(live_stack: LiveStack, new_visitor: Callable[..., Visitor]) -> None:
    desk, member = Desk(), an_evaluator(first_name="Nadia", last_name="Ferrandi")
    files = [desk.application(ApplicationState.REVIEWED) for _ in range(3)]
    services.declare_conflict(files[0].pk, reason="J’y suis élue.", by=member)
    manager = Person(new_visitor(live_stack.url), desk.manager.email, PASSWORD)
    _prepared(manager, desk, member.get_full_name())
    session = CommitteeSession.objects.get()
    elected = Person(new_visitor(live_stack.url), member.email, PASSWORD)
    elected.open("/comites/")
    elected.follow("Comité")
    elected.reads(files[1].organisation.name, files[2].organisation.name)
    expect(elected.page.locator("body")).not_to_contain_text(str(files[0].number))
    manager.open(f"/comites/{session.pk}/")
    manager.follow("Ouvrir la séance")
    manager.choose(f"Présent, {member.get_full_name()}")
    manager.press("Ouvrir la séance")
    manager.reads("Le quorum n’est pas atteint")
    manager.choose(f"Présent, {desk.head.get_full_name()}", f"Présent, {desk.instructor.get_full_name()}")
    manager.press("Ouvrir la séance")
    elected.open(f"/comites/{session.pk}/ecran/")
    expect(elected.page.locator("h1")).to_have_text(files[1].organisation.name)
    look(elected, "screen")
    items = {one.application_id: one.pk for one in AgendaItem.objects.all()}
    _answered(manager, session.pk, items[files[1].pk], votes=("2", "1", "0"))
    expect(elected.page.locator(".live-answer")).to_contain_text("Accordé", timeout=9_000)
    elected.page.keyboard.press("ArrowRight")
    expect(elected.page.locator("h1")).to_have_text(files[2].organisation.name)
    elected.page.keyboard.press("ArrowLeft")
    expect(elected.page.locator("h1")).to_have_text(files[1].organisation.name)
    _answered(manager, session.pk, items[files[0].pk], votes=("2", "0", "0"))
    manager.open(f"/comites/{session.pk}/clore/")
    manager.reads("Il manque encore", str(files[2].number))
    look(manager, "lacks")
    _answered(manager, session.pk, items[files[2].pk], refused="Hors du champ de l’appel.", votes=("0", "3", "0"))
    look(manager, "pen")
    manager.open(f"/comites/{session.pk}/clore/")
    manager.press("Clore la séance")
    head = Person(new_visitor(live_stack.url), desk.head.email, PASSWORD)
    head.open(f"/comites/{session.pk}/")
    head.reads_after_refresh("Procès-verbal")
    look(head, "closed")
    head.follow("Signer la délibération")
    head.write("Numéro de la délibération", "DEL-2026-44")
    head.write("Exécutoire le", timezone.localdate().isoformat())
    head.write("Référence de l’acte", "013-DEL44")
    head.press("Signer la délibération")
    head.reads("N° DEL-2026-44")
    manager.open(f"/comites/{session.pk}/")
    manager.follow("Enregistrer les décisions")
    manager.reads("3 prêts")
    look(manager, "record")
    manager.press("Enregistrer 3 décisions")
    manager.reads_after_refresh("3 dossiers faits")
    kinds = sorted(Decision.objects.values_list("kind", "amount_cents"))
    assert kinds == [("grant", 400_000), ("grant", 400_000), ("reject", 0)]
    assert not AgendaItem.objects.filter(decision=None).exists()
    elected.open(f"/comites/{session.pk}/")
    elected.reads(str(files[1].number), "son procès-verbal ne vous est pas ouvert")
    expect(elected.page.locator("body")).not_to_contain_text(str(files[0].number))


def _prepared(manager: Person, desk: Desk, member: str) -> None:
    manager.open("/comites/")
    manager.reads("Aucune séance")
    manager.follow("Préparer une séance")
    manager.write("Date", timezone.localdate().isoformat())
    manager.write("Heure", "23:59")
    manager.write("Lieu", "Salle du Pharo")
    manager.write("Quorum", "2")
    manager.choose(member, desk.head.get_full_name(), desk.instructor.get_full_name())
    look(manager, "form")
    manager.press("Créer la séance")
    manager.reads("L’ordre du jour est vide")
    manager.press("Inscrire les dossiers cochés")
    manager.reads("3 dossiers inscrits à l’ordre du jour")
    manager.press("Convoquer les membres")
    manager.reads("3 membres convoqués")
    look(manager, "planned")


def _answered(pen: Person, session: int, item: int, *, votes: tuple[str, str, str], refused: str = "") -> None:
    """Written, and kept by the page itself."""
    pen.open(f"/comites/{session}/plume/{item}/")
    pen.choose("Refusé" if refused else "Accordé")
    if refused:
        pen.write("Motifs", refused)
    for label, count in zip(("Pour", "Contre", "Abstentions"), votes, strict=True):
        pen.main.get_by_label(label, exact=True).fill(count)
    expect(pen.page.locator("[data-pen-state]")).to_have_text("Enregistré.", timeout=8_000)
