"""A committee from its invitation to its decisions: a manager, a member with an interest, a second pen, the head of service."""

import io
import os
from collections.abc import Callable
from datetime import timedelta

import pypdf
import pytest
from django.utils import timezone
from playwright.sync_api import expect

from applications.models import Application, Decision
from applications.states import ApplicationState
from fund.models import EnvelopeBalance
from reviews.models import CommitteeSession
from tests.factories.accounts import PASSWORD, an_evaluator
from tests.factories.desk import Desk
from tests.support.browser import DESK, PHONE, Visitor
from tests.support.journey import Person
from tests.support.live import LiveStack

pytestmark = pytest.mark.django_db(transaction=True)
TITLE = "Comité de novembre"


def look(who: Person, name: str) -> None:
    """Nothing is cut on a phone; a picture where one is asked for."""
    for size, viewport in (("bureau", DESK), ("telephone", PHONE)):
        who.page.set_viewport_size(viewport)  # type: ignore[arg-type]
        assert who.page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], (name, size)
        who.look()
        if folder := os.environ.get("PICTURES"):
            who.page.screenshot(path=f"{folder}/{name}-{size}.png", full_page=size == "telephone")
    who.page.set_viewport_size(DESK)  # type: ignore[arg-type]


def row(who: Person, file: Application) -> str:
    return f"main tr:has-text('{file.number}')"


def votes(who: Person, number: str, *, against: str = "") -> None:
    who.page.locator("[name=votes_for]").fill(number)
    who.page.locator("[name=votes_against]").fill(against)


def pen_on(who: Person, session: CommitteeSession, file: Application) -> None:
    who.open(f"/comites/{session.pk}/plume/{session.items.get(application=file).pk}/")
    who.reads(str(file.number))


def test_from_the_invitation_to_the_decisions(live_stack: LiveStack, new_visitor: Callable[..., Visitor]) -> None:
    desk = Desk()
    member, other = (
        an_evaluator(first_name="Nadia", last_name="Ferrat"),
        an_evaluator(first_name="Luc", last_name="Bonnet"),
    )
    hidden, given, refused = (desk.application(ApplicationState.REVIEWED) for _ in range(3))

    def enter(user: object, **options: object) -> Person:
        return Person(new_visitor(live_stack.url, **options), user.email, PASSWORD)  # type: ignore[attr-defined]

    manager = enter(desk.manager)
    session = it_is_planned(manager, desk)
    sits = enter(member)
    an_interest_is_declared(sits, session, hidden)
    it_opens_with_its_quorum(manager, session)
    first_answers(manager, session, hidden, given)
    the_member_follows(sits, session, hidden, given)
    two_pens(manager, enter(desk.instructor), session, refused)
    the_second_passage(manager, session, given)
    it_closes(manager, session)
    sits.open(f"/comites/{session.pk}/")
    sits.reads("Vous ne voyez pas tous les dossiers")
    head = enter(desk.head)
    the_head_reads_and_signs(head, session, [hidden, given, refused])
    the_decisions_are_recorded(manager, session)
    assert set(Decision.objects.values_list("application", "kind", "amount_cents")) == {
        (hidden.pk, "grant", 350_000),
        (given.pk, "grant", 400_000),
        (refused.pk, "reject", 0),
    }
    assert EnvelopeBalance.objects.get(envelope=desk.call.envelope_id).committed == 750_000
    assert other.committee_seats.get().attendance == "present"


def it_is_planned(who: Person, desk: Desk) -> CommitteeSession:
    who.open("/comites/")
    who.reads("Aucune séance")
    who.follow("Préparer une séance")
    who.write("Intitulé", TITLE)
    soon = timezone.localtime() + timedelta(minutes=2)
    who.write("Date", soon.date().isoformat())
    who.write("Heure", soon.strftime("%H:%M"))
    who.write("Quorum", "2")
    for name in ("Nadia Ferrat", "Luc Bonnet"):
        who.main.get_by_role("row", name=name).get_by_role("checkbox").check()
    with who.visitor.expecting("422"):
        who.press("Créer la séance")
    expect(who.page.locator(".errsum")).to_contain_text("Lieu")
    expect(who.main.get_by_label("Intitulé")).to_have_value(TITLE)
    who.write("Lieu", "Salle du conseil")
    look(who, "comite-preparer")
    who.press("Créer la séance")
    who.reads("L’ordre du jour est vide", "Dossiers à inscrire")
    who.press("Inscrire les dossiers cochés")
    who.reads("3 dossiers inscrits")
    who.press("Convoquer les membres")
    who.reads("2 membres convoqués")
    look(who, "comite-prevu")
    return CommitteeSession.objects.get(title=TITLE)


def an_interest_is_declared(who: Person, session: CommitteeSession, hidden: Application) -> None:
    who.open(f"/comites/{session.pk}/")
    who.reads(str(hidden.number))
    who.open(f"/interets/{session.call.slug}/")
    who.write("Mandats", "Conseillère municipale.")
    who.main.get_by_text("Choisir les communes concernées").click()
    who.choose(hidden.organisation.name)
    who.press("Enregistrer ma déclaration")
    for page in ("", "ecran/"):
        who.open(f"/comites/{session.pk}/{page}")
        expect(who.page.locator("body")).not_to_contain_text(str(hidden.number))
        expect(who.page.locator("body")).not_to_contain_text(hidden.organisation.name)


def it_opens_with_its_quorum(who: Person, session: CommitteeSession) -> None:
    who.open(f"/comites/{session.pk}/")
    who.follow("Ouvrir la séance")
    who.main.get_by_label("Présent, Nadia Ferrat").check()
    with who.visitor.expecting("422"):
        who.press("Ouvrir la séance")
    who.reads("Le quorum n’est pas atteint")
    who.main.get_by_label("Présent, Luc Bonnet").check()
    look(who, "comite-ouvrir")
    who.press("Ouvrir la séance")
    who.reads("Ouverte", "2 présents")
    who.follow("Écran à projeter")
    look(who, "comite-ecran")


def first_answers(who: Person, session: CommitteeSession, hidden: Application, given: Application) -> None:
    pen_on(who, session, hidden)
    expect(who.main.get_by_role("checkbox", name="Nadia Ferrat quitte la salle")).to_be_checked()
    who.choose("Accordé")
    who.write("Montant accordé", "3 500")
    who.write("Motifs", "Le poste de communication est réduit.")
    votes(who, "2")
    with who.visitor.expecting("422", "409"):
        who.press("Enregistrer", exact=True)
        who.reads("2 voix pour 1 votants")
    votes(who, "1")
    who.press("Enregistrer", exact=True)
    who.reads("La réponse du comité est enregistrée")
    look(who, "comite-plume")
    pen_on(who, session, given)
    who.choose("Ajourné")
    who.write("Motifs", "Le comité demande le plan de financement.")
    expect(who.page.locator("[data-pen-state]")).to_have_text("Enregistré.")


def the_member_follows(who: Person, session: CommitteeSession, hidden: Application, given: Application) -> None:
    who.open(f"/comites/{session.pk}/")
    who.follow("Suivre la séance")
    expect(who.page.locator("body")).not_to_contain_text(hidden.organisation.name)
    who.open(f"/comites/{session.pk}/ecran/?dossier={session.items.get(application=given).pk}")
    who.reads("Ajourné")
    expect(who.page.locator("body")).not_to_contain_text("3\u202f500,00")
    look(who, "comite-ecran-membre")


def two_pens(who: Person, second: Person, session: CommitteeSession, refused: Application) -> None:
    pen_on(second, session, refused)
    pen_on(who, session, refused)
    who.choose("Refusé")
    who.write("Motifs", "Hors de l’objet du fonds.")
    votes(who, "2")
    who.press("Enregistrer", exact=True)
    who.reads("La réponse du comité est enregistrée")
    with second.visitor.expecting("409", "422"):
        second.choose("Liste d’attente")
        expect(second.page.locator("[data-pen-state]")).to_contain_text("Pas encore enregistré")
        second.press("Enregistrer", exact=True)
    second.reads("Une autre personne vient d’écrire", "Hors de l’objet du fonds.")
    look(second, "comite-deux-plumes")
    second.follow("reprenez la sienne")
    expect(second.main.get_by_label("Refusé")).to_be_checked()


def the_second_passage(who: Person, session: CommitteeSession, given: Application) -> None:
    who.open(f"/comites/{session.pk}/")
    who.press("Second passage", within=who.page.locator(row(who, given)))
    pen_on(who, session, given)
    who.choose("Accordé")
    who.write("Montant accordé", "4 000")
    who.write("Motifs", "")
    votes(who, "1", against="1")
    who.press("Enregistrer", exact=True)
    who.reads("La réponse du comité est enregistrée")
    expect(who.page.locator("#enveloppe")).to_contain_text("7\u202f500,00")


def it_closes(who: Person, session: CommitteeSession) -> None:
    who.open(f"/comites/{session.pk}/")
    look(who, "comite-ouvert")
    who.follow("Clore la séance")
    who.reads("7\u202f500,00\u202f€ accordés à 2 dossiers")
    look(who, "comite-clore")
    who.press("Clore la séance")
    who.reads("La séance est close")
    who.visitor.check()


def the_head_reads_and_signs(who: Person, session: CommitteeSession, files: list[Application]) -> None:
    who.open(f"/comites/{session.pk}/")
    minutes = who.main.get_by_role("link", name="Procès-verbal")
    who.reads_after_refresh("PDF")
    paper = who.page.request.get(minutes.get_attribute("href") or "").body()
    words = " ".join(" ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(paper)).pages).split())
    if folder := os.environ.get("PICTURES"):
        with open(f"{folder}/proces-verbal.pdf", "wb") as target:
            target.write(paper)
    assert all(str(one.number) in words for one in files)
    assert "Nadia Ferrat" in words and "Hors de l’objet du fonds." in words
    who.follow("Signer la délibération")
    who.write("Numéro de la délibération", "DEL-2026-41")
    with who.visitor.expecting("422"):
        who.press("Signer la délibération")
    expect(who.page.locator(".errsum")).to_be_visible()
    today = timezone.localdate().isoformat()
    who.write("Date de la délibération", today)
    who.write("Exécutoire le", today)
    who.write("Référence de l’acte", "013-241300-2026-41")
    look(who, "comite-signer")
    who.press("Signer la délibération")
    who.reads("N° DEL-2026-41", "013-241300-2026-41", "exécutoire le")


def the_decisions_are_recorded(who: Person, session: CommitteeSession) -> None:
    who.open(f"/comites/{session.pk}/")
    who.follow("Enregistrer les décisions")
    who.reads("3 prêts, 0 refusé", "7\u202f500,00\u202f€ à engager")
    look(who, "comite-enregistrer")
    who.press("Enregistrer 3 décisions")
    who.reads_after_refresh("3 dossiers faits")
    who.open(f"/comites/{session.pk}/")
    look(who, "comite-signe")
    expect(who.main.get_by_role("link", name="Enregistrer les décisions")).to_have_count(0)
