"""The journey of the fund, at real browsers: from the call to the exported payment, with web, worker, beat and SMTP.

The demonstration is the world it happens in. Each page passed is checked by axe; a console error, a blocked content or a
failed answer in anybody's browser fails the test.
"""

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import openpyxl
import pytest
from django.core.management import call_command
from django.utils import timezone
from playwright.sync_api import expect

from common.dates import PARIS
from config.celery import app as celery
from demo.seed.people import PASSWORD
from tests.demo.test_seed import seed
from tests.support.browser import PHONE, Visitor
from tests.support.journey import Person, a_paper, assert_tagged, insist, link_in, pdf_of, text_of, words_of
from tests.support.live import LiveStack

COMMUNES = Path("accounts/data/communes_amp.csv")
DRAFTER, SIGNATORY = "redacteur@pelissanne.demo", "signataire@pelissanne.demo"
INSTRUCTOR, MANAGER = "instructrice@metropole.demo", "gestionnaire@metropole.demo"
LATE = "redacteur@cassis.demo"
HEAD, AUDITOR, ADMINISTRATOR = "cheffe.service@metropole.demo", "audit@metropole.demo", "admin@metropole.demo"
APPROVER, PREPARER = "approbation.finances@metropole.demo", "prepa.finances@metropole.demo"
EVALUATORS = {
    "evaluatrice1@metropole.demo": "Nadia Guerroudj",
    "evaluateur2@metropole.demo": "Bertrand Lachaume",
    "evaluatrice3@metropole.demo": "Mireille Sauvan",
}
CALL = "Un accueil égal pour tous"
TITLE = "Accueillir sans trier au guichet"
IBAN = "FR7630001007941234567890185"
ACT = "DEL-2026-417"


@dataclass
class Journey:
    """Who is at a browser, and what the steps learn on the way."""

    stack: LiveStack
    new_visitor: Callable[..., Visitor]
    folder: Path
    people: dict[str, Person] = field(default_factory=dict)
    number: str = ""
    file: str = ""  # the path of the file for its commune
    desk: str = ""  # and for the desk
    instalment: str = ""

    def by(self, account: str) -> Person:
        if account not in self.people:
            self.people[account] = Person(self.new_visitor(self.stack.url), account, PASSWORD)
        return self.people[account]

    def mail(self, account: str, words: str) -> EmailMessage:
        """The mail to this person that holds these words; the worker brings it."""
        return self.stack.smtp.wait_for(
            lambda one: account in str(one["To"]) and words in f"{one['Subject']}\n{text_of(one)}"
        )


@pytest.fixture
def demonstration(transactional_db: None) -> None:
    done = seed("--seed", "1")
    assert done.returncode == 0, done.stderr


@pytest.fixture
def journey(
    demonstration: None, live_stack: LiveStack, new_visitor: Callable[..., Visitor], tmp_path: Path
) -> Iterator[Journey]:
    (tmp_path / "papers").mkdir()
    yield Journey(live_stack, new_visitor, tmp_path / "papers")


def test_from_the_call_to_the_exported_payment(journey: Journey) -> None:
    the_directory_is_imported(journey)
    the_call_is_prepared_and_published(journey)
    the_call_opens_by_itself(journey)
    anybody_reads_the_call_on_a_phone(journey)
    the_commune_writes(journey)
    the_signatory_sends(journey)
    the_receipt_arrives(journey)
    the_desk_asks_for_a_piece(journey)
    the_desk_gives_its_opinion(journey)
    evaluators_score_or_step_aside(journey)
    the_grant_is_recorded_and_signed(journey)
    the_commune_asks_for_the_advance(journey)
    finance_pays_once(journey)
    clocks_write_by_themselves(journey)
    the_auditor_reads_it_all(journey)


# --- 1. The directory ------------------------------------------------------------------------------------------


def the_directory_is_imported(journey: Journey) -> None:
    """A wrong file is refused whole, with its lines; the 92 communes are tried, and nothing would change."""
    administrator = journey.by(ADMINISTRATOR)
    administrator.open("/communes/")
    administrator.follow("Importer un fichier")
    wrong = journey.folder / "communes.csv"
    wrong.write_text(COMMUNES.read_text(encoding="utf-8").replace("13005,", "13001,", 1), encoding="utf-8")
    administrator.page.get_by_label("Fichier CSV des communes").set_input_files(wrong)
    administrator.press("Essayer le fichier")
    administrator.reads("Fichier refusé en entier", "Rien n’a été changé")
    administrator.page.get_by_label("Fichier CSV des communes").set_input_files(COMMUNES)
    administrator.press("Essayer le fichier")
    administrator.reads("92 sans changement", "Il n’y a rien à importer")


# --- 2. The call -----------------------------------------------------------------------------------------------


def the_call_is_prepared_and_published(journey: Journey) -> None:
    manager, now = journey.by(MANAGER), timezone.now().astimezone(PARIS)
    the_budget_of_next_year_is_written(manager, now.year + 1)
    manager.open("/appels-gestion/")
    manager.follow("Préparer un appel")
    manager.write("Titre", CALL)
    manager.pick("Partir de", "un appel vierge")
    envelope = manager.page.get_by_label("Enveloppe")
    envelope.select_option(label=next(o for o in envelope.locator("option").all_inner_texts() if str(now.year) in o))
    manager.press("Commencer l’appel")
    manager.reads("Avant de publier")
    part(manager, "La présentation", lambda: manager.write("Présentation", "Former celles et ceux qui accueillent."))
    part(manager, "Le calendrier", lambda: set_the_dates(manager, now))
    part(manager, "Les communes et les actions", lambda: choose_the_actions(manager))
    part(manager, "Les montants", lambda: set_the_amounts(manager))
    part(manager, "Les versements", lambda: set_the_plan(manager))
    part(manager, "Les pièces demandées", lambda: set_the_documents(manager))
    part(manager, "Les critères", lambda: set_the_criteria(manager))
    manager.follow("Publier l’appel")
    manager.press("Publier l’appel")
    manager.reads("Publié")


def the_budget_of_next_year_is_written(manager: Person, year: int) -> None:
    manager.open("/budget/nouveau/")
    expect(manager.page.get_by_label("Exercice")).to_have_value(str(year))
    for label, amount in (("Actions propres", "15 000"), ("Fonds d’initiative", "40 000"), ("Plateforme", "5000,00")):
        manager.write(label, amount)
    manager.write("Délibération", "CM-2026-118")
    manager.write("Votée le", timezone.localdate().isoformat())
    manager.press("Créer le budget")
    manager.reads("40 000")


def part(manager: Person, title: str, fill: Callable[[], None]) -> None:
    manager.follow(title)
    fill()
    manager.press("Enregistrer")
    manager.reads("est enregistré")


def set_the_dates(manager: Person, now: datetime) -> None:
    manager.write("Ouverture", f"{now - timedelta(minutes=1):%Y-%m-%dT%H:%M}")
    manager.write("Clôture", f"{now + timedelta(days=5):%Y-%m-%dT17:00}")
    manager.write("Décision prévue", f"{now + timedelta(days=60):%Y-%m-%d}")
    manager.write("Bilan attendu", f"{now + timedelta(days=400):%Y-%m-%d}")


def choose_the_actions(manager: Person) -> None:
    manager.choose(
        "Toutes les communes", "Emploi et carrière", "Biens et services publics", "Formation des acteurs locaux"
    )


def set_the_amounts(manager: Person) -> None:
    manager.choose("Programme d’actions du contrat de ville")
    manager.write("Part des dépenses prise en charge", "60")
    manager.write("Part minimale de la commune", "20")
    manager.write("Plafond d’une aide", "6 000")
    manager.write("Plancher d’une aide", "500")


def set_the_plan(manager: Person) -> None:
    """Half in advance, half at the end; the spare row stays empty."""
    for row, (kind, share) in enumerate((("Acompte", "50"), ("Solde", "50"))):
        manager.page.locator(f"[name=r-{row}-kind]").select_option(label=kind)
        manager.page.locator(f"[name=r-{row}-share_bp]").fill(share)


def set_the_documents(manager: Person) -> None:
    for row, label in enumerate(("Délibération du conseil municipal", "Plan de financement")):
        manager.page.locator(f"[name=r-{row}-label]").fill(label)
        manager.page.locator(f"[name=r-{row}-required]").check()


def set_the_criteria(manager: Person) -> None:
    manager.page.locator("[name=r-0-label]").fill("Pertinence de l’action")
    manager.page.locator("[name=r-0-weight]").fill("100")


def the_call_opens_by_itself(journey: Journey) -> None:
    """Nobody presses anything: beat wakes the worker every twenty seconds."""
    manager = journey.by(MANAGER)
    manager.reads_after_refresh("Ouvert", seconds=40)


# --- 3. The application ----------------------------------------------------------------------------------------


def anybody_reads_the_call_on_a_phone(journey: Journey) -> None:
    passer_by = journey.new_visitor(journey.stack.url, viewport=PHONE)
    for path in ("/", "/appels/"):
        passer_by.page.goto(path)
        passer_by.check_accessibility()
    passer_by.page.locator("main").get_by_role("link", name=CALL).first.click()
    expect(passer_by.page.get_by_role("heading", name=CALL, level=1)).to_be_visible()
    passer_by.check_accessibility()
    assert passer_by.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def the_commune_writes(journey: Journey) -> None:
    drafter = journey.by(DRAFTER)
    drafter.open("/appels/")
    drafter.follow(CALL)
    drafter.follow("Commencer un dossier")
    drafter.reads("Oui, votre commune peut demander")
    drafter.press("Commencer le dossier")
    journey.file = drafter.path
    drafter.follow("Le chantier")
    for fill in (
        the_project,
        the_stakes,
        the_success,
        the_action,
        the_resources,
        the_governance,
        the_obstacles,
        the_budget,
    ):
        fill(drafter)
        drafter.press("Enregistrer et continuer")
    the_documents(journey, drafter)
    drafter.follow("Continuer")
    for box in drafter.main.get_by_role("checkbox").all():
        box.check()
    drafter.press("Enregistrer et continuer")
    drafter.reads("Le dossier est complet")
    drafter.follow("Demander la signature")
    drafter.press("Demander la signature")


def the_project(drafter: Person) -> None:
    drafter.pick("Thème", "Biens et services publics")
    drafter.write("Titre du chantier", TITLE)
    drafter.choose("Formation des acteurs locaux", "Culture interne de la collectivité")


def the_stakes(drafter: Person) -> None:
    drafter.write("L’enjeu", "Au guichet, une demande sur dix repart sans réponse, faute d’être comprise.")
    drafter.write("Le diagnostic", "Un mois de relevés par nos trois agentes d’accueil, sans aucun nom.")


def the_success(drafter: Person) -> None:
    drafter.write("Nous aurons réussi si…", "… les demandes sans réponse ont diminué de moitié.")
    for label, text in (("Ce que l’on compte", "Demandes sans réponse"), ("Départ", "41"), ("Cible", "20")):
        drafter.write(f"{label}, ligne 1", text)


def the_action(drafter: Person) -> None:
    drafter.write("Le déroulement de l’action", "Six ateliers de deux heures, dix participants chacun.")
    drafter.choose("Agents des collectivités", "Origine", "Handicap")
    drafter.page.get_by_role("group", name="Domaines").get_by_role("checkbox").first.check()
    begins = date.today() + timedelta(days=90)
    drafter.write("Début de l’action", begins.isoformat())
    drafter.write("Fin de l’action", (begins + timedelta(days=150)).isoformat())


def the_resources(drafter: Person) -> None:
    drafter.write("Ce qu’il faut réunir", "Une formatrice et la salle du conseil.")
    drafter.write("Partenaire, ligne 1", "Centre communal d’action sociale")
    drafter.write("Ce qu’il fait, ligne 1", "Libère ses agents")


def the_governance(drafter: Person) -> None:
    drafter.write("Qui fait quoi", "La direction générale pilote, le centre communal d’action sociale organise.")


def the_obstacles(drafter: Person) -> None:
    drafter.write("Les obstacles", "Les plannings : deux dates pour chaque atelier.")


def the_budget(drafter: Person) -> None:
    """First without balance: what is wrong is said in figures, and what was typed is kept."""
    for account, amount in (
        ("60 Achats", "1 000"),
        ("62 Autres services extérieurs", "5 000,50"),
        ("74 Métropole", "4 500"),
    ):
        drafter.page.get_by_role("textbox", name=account).and_(drafter.page.locator(".money")).first.fill(amount)
    own = drafter.page.get_by_role("textbox", name="Autofinancement de la commune").and_(drafter.page.locator(".money"))
    own.fill("3 000,50")
    drafter.press("Enregistrer et continuer")
    drafter.reads("points à corriger", "Écart avec les charges")
    drafter.page.get_by_role("textbox", name="64 Charges de personnel").and_(drafter.page.locator(".money")).fill(
        "1 500"
    )


def the_documents(journey: Journey, drafter: Person) -> None:
    """Real PDFs; the worker looks into each before it counts."""
    drafter.reads("Il manque encore")
    for label in ("Délibération du conseil municipal", "Plan de financement"):
        drafter.page.get_by_label(f"Fichier : {label}").set_input_files(a_paper(journey.folder, label))
        expect(drafter.page.locator(".file-row").filter(has_text=label).locator(".docs li")).to_have_count(1)
    insist(lambda: every_document_is_ready(drafter), 40)
    drafter.look()


def every_document_is_ready(drafter: Person) -> None:
    drafter.page.reload()
    expect(drafter.main).not_to_contain_text("En cours d’analyse", timeout=1_500)
    expect(drafter.main.locator(".st").get_by_text("Prêt", exact=True)).to_have_count(2, timeout=1_500)


def the_signatory_sends(journey: Journey) -> None:
    """They come by the link of the mail, read everything on one page, and send."""
    signatory = journey.by(SIGNATORY)
    signatory.open(link_in(journey.mail(SIGNATORY, TITLE)))
    signatory.open(f"{journey.file}verifier/")
    signatory.reads(TITLE, "Le dossier est complet", "41")
    signatory.follow("Envoyer le dossier")
    signatory.press("Envoyer le dossier")
    signatory.reads("Votre dossier est envoyé")
    journey.number = re.search(r"FI-\d{4}-\d{4}", signatory.main.inner_text())[0]  # type: ignore[index]


def the_receipt_arrives(journey: Journey) -> None:
    """By mail, as a tagged PDF that names the file and the hash of what was sent."""
    receipt = pdf_of(journey.mail(SIGNATORY, journey.number))
    text = words_of(receipt)
    shown = re.search(r"SHA-256\s+((?:[0-9a-f]{4}\s*){16})", journey.by(SIGNATORY).main.inner_text())
    assert shown and re.sub(r"\s", "", shown[1]) in re.sub(r"\s", "", text)
    assert journey.number in text and TITLE in text
    assert_tagged(receipt)


# --- 4. Instruction --------------------------------------------------------------------------------------------


def the_desk_asks_for_a_piece(journey: Journey) -> None:
    instructor, drafter = journey.by(INSTRUCTOR), journey.by(DRAFTER)
    instructor.open("/instruction/")
    instructor.write("Rechercher", journey.number)
    instructor.press("Filtrer")
    instructor.follow(journey.number, exact=True)
    journey.desk = instructor.path
    instructor.press("Prendre ce dossier")
    instructor.follow("Demander une pièce")
    instructor.write("Autres pièces", "Devis de la formatrice")
    instructor.write("Pourquoi", "Le compte 62 dépasse 5 000 euros.")
    instructor.press("Relire le courriel avant l’envoi")
    instructor.reads("Devis de la formatrice")
    instructor.press("Envoyer la demande à")
    instructor.reads("le délai d’instruction est arrêté")

    drafter.open(link_in(journey.mail(DRAFTER, "Devis de la formatrice")))
    drafter.open(f"{journey.file}repondre/")
    drafter.page.locator("input[type=file]").first.set_input_files(a_paper(journey.folder, "Devis"))
    expect(drafter.main.locator(".files .docs li")).to_have_count(1)  # joined by itself
    drafter.write("Votre réponse", "Voici le devis signé.")
    drafter.press("Envoyer ma réponse")
    journey.mail(INSTRUCTOR, journey.number)


def the_desk_gives_its_opinion(journey: Journey) -> None:
    instructor = journey.by(INSTRUCTOR)
    instructor.open(journey.desk)
    instructor.reads("Voici le devis signé.")
    instructor.choose("Favorable")
    instructor.write("Motivation", "Un besoin chiffré, une action simple.")
    instructor.write("Montant proposé", "4 000")
    instructor.press("Rendre l’avis")
    instructor.press("Déclarer complet et recevable")
    instructor.follow("Envoyer en évaluation")
    instructor.choose(*EVALUATORS.values())
    instructor.press("Envoyer en évaluation")
    instructor.reads("Dossier confié à 3 évaluateurs")


# --- 5. Review -------------------------------------------------------------------------------------------------


def says_no_interest(evaluator: Person) -> None:
    """The first grid of a call asks for it."""
    if "/interets/" in evaluator.page.url:
        evaluator.press("Je n’ai aucun intérêt")


def evaluators_score_or_step_aside(journey: Journey) -> None:
    *scoring, stepping_aside = EVALUATORS
    for account, note in zip(scoring, ("4", "3"), strict=True):
        evaluator = journey.by(account)
        evaluator.open(link_in(journey.mail(account, journey.number)))
        says_no_interest(evaluator)
        evaluator.open("/evaluations/")
        evaluator.follow(journey.number)
        for group in evaluator.page.get_by_role("group", name="Note pour").all():
            group.get_by_label(note, exact=True).check()
        evaluator.write("Appréciation générale", "Solide et mesuré.")
        evaluator.press("Rendre ma grille")
        evaluator.reads("Votre grille est rendue")
    evaluator = journey.by(stepping_aside)
    evaluator.open("/evaluations/")
    evaluator.follow(journey.number)
    says_no_interest(evaluator)
    evaluator.follow("J’ai un lien avec ce dossier")
    evaluator.write("Quel est cet intérêt", "J’ai travaillé avec la formatrice.")
    evaluator.press("Me déporter")
    expect(evaluator.main.get_by_role("link", name=journey.number)).to_have_count(0)
    journey.mail(MANAGER, journey.number)


# --- 6. Decision -----------------------------------------------------------------------------------------------


def the_grant_is_recorded_and_signed(journey: Journey) -> None:
    manager, head = journey.by(MANAGER), journey.by(HEAD)
    manager.open(f"{journey.desk}evaluation/")
    manager.reads("70,0 points sur 100, 2 grilles")
    manager.press("Clore l’évaluation")
    manager.follow("Enregistrer une décision")
    manager.choose("Accord")
    manager.write("Montant accordé", "4 000")
    manager.write("Motifs", "Le poste de personnel est retenu en partie.")
    manager.press("Relire la décision")
    manager.reads("4 000,00 € seront engagés ; il restera")
    manager.press("Engager 4 000,00 €")

    commune = journey.by(DRAFTER)
    commune.open(journey.file)
    expect(commune.main).not_to_contain_text("4 000,00")

    head.open("/decisions/")
    head.follow(journey.number)
    head.write("Numéro de l’acte", ACT)
    head.press("Signer la décision")
    head.reads("Décision signée")
    letter = pdf_of(journey.mail(SIGNATORY, "4 000"))
    assert ACT in words_of(letter) and journey.number in words_of(letter)
    assert_tagged(letter)


# --- 7. Payment ------------------------------------------------------------------------------------------------


def the_commune_asks_for_the_advance(journey: Journey) -> None:
    drafter, head = journey.by(DRAFTER), journey.by(HEAD)
    drafter.open(f"{journey.file}versements/")
    drafter.follow("Déclarer le compte bancaire")
    drafter.write("IBAN", IBAN)
    drafter.write("Titulaire du compte", "Commune de Pélissanne")
    drafter.page.get_by_label("RIB", exact=True).set_input_files(a_paper(journey.folder, "RIB"))
    drafter.press("Déclarer ce compte")
    drafter.follow("Demander 2 000,00 €")
    drafter.press("Demander 2 000,00 €")
    drafter.reads("Votre demande de 2 000,00 € est envoyée")

    head.open("/coordonnees-bancaires/?q=Pelissanne")
    head.follow("Pélissanne")
    head.follow("Vérifier")
    head.confirm_identity()
    head.write("Qui vous a répondu", "La directrice des finances")
    head.choose("connu avant la déclaration", "J’ai comparé l’IBAN")
    head.press("Vérifier ce compte")
    head.reads("Compte vérifié")


def finance_pays_once(journey: Journey) -> None:
    the_instalment_is_certified_then_approved(journey)
    preparer = journey.by(PREPARER)
    the_batch_is_sealed(journey, preparer)
    for format_name in ("csv", "xlsx"):
        first = preparer.download(f"form[action$='/{format_name}/'] button", journey.folder)
        again = preparer.download(f"form[action$='/{format_name}/'] button", journey.folder)
        assert first.read_bytes() == again.read_bytes()
    the_workbook_says_who_gets_what(journey, again)
    preparer.open("/lots/")
    preparer.press("Préparer un lot")
    expect(preparer.main.get_by_role("checkbox", name=journey.number)).to_have_count(0)
    the_same_instalment_is_refused(journey, preparer)


def the_same_instalment_is_refused(journey: Journey, preparer: Person) -> None:
    """Also to a request that no page offers."""
    token = preparer.page.locator("input[name=csrfmiddlewaretoken]").first.input_value()
    form = {"csrfmiddlewaretoken": token, "version": "1", "ids": journey.instalment}
    answer = preparer.page.request.post(f"{preparer.path}ajouter/", form=form)
    assert "Déjà dans" in answer.text(), answer.text()
    preparer.open(preparer.path)
    preparer.reads("Ce lot est vide")


def the_instalment_is_certified_then_approved(journey: Journey) -> None:
    for account, act, verb in (
        (INSTRUCTOR, "Certifier le service fait", "Certifier 2 000,00 €"),
        (APPROVER, "Approuver le versement", "Approuver 2 000,00 €"),
    ):
        person = journey.by(account)
        person.open(f"/versements/?q={journey.number}")
        person.follow(journey.number)
        person.follow(act)
        if person.page.get_by_label("Votre mot de passe").count():
            person.confirm_identity()
        person.press(verb)


def the_batch_is_sealed(journey: Journey, preparer: Person) -> None:
    preparer.open("/lots/")
    preparer.press("Préparer un lot")
    for choice in preparer.main.locator("input[name=ids]").all():
        choice.uncheck()
    ours = preparer.main.get_by_role("checkbox", name=journey.number)
    ours.check()
    journey.instalment = ours.input_value()
    preparer.press("Ajouter les versements choisis")
    preparer.follow("Sceller 2 000,00 €")
    preparer.confirm_identity()
    preparer.reads("2 000,00 € passent d’engagé à ordonnancé")
    preparer.choose("J’ai contrôlé le total")
    preparer.press("Sceller 2 000,00 €")
    preparer.reads("est scellé")


def the_workbook_says_who_gets_what(journey: Journey, path: Path) -> None:
    rows = list(openpyxl.load_workbook(path).active.iter_rows(values_only=True))  # type: ignore[union-attr]
    head = next(position for position, row in enumerate(rows) if "IBAN" in row)
    lines = [dict(zip(rows[head], row, strict=True)) for row in rows[head + 1 :] if journey.number in row]
    assert [(line["IBAN"], line["Montant"], line["N° de décision"]) for line in lines] == [(IBAN, 2000, ACT)]


# --- 8. What goes out by itself, and what remains ---------------------------------------------------------------


def clocks_write_by_themselves(journey: Journey) -> None:
    """The two periodic messages, by the worker; the hours of beat are proved elsewhere."""
    late = journey.by(LATE)
    late.open("/appels/")
    late.follow(CALL)
    late.follow("Commencer un dossier")
    late.press("Commencer le dossier")
    celery.send_task("applications.tasks.remind_before_closing")
    celery.send_task("reports.tasks.weekly_report")
    assert late.path in text_of(journey.mail(LATE, "n’est pas envoyé"))
    assert_tagged(pdf_of(journey.mail(MANAGER, "Voici la semaine du fonds")))


def the_auditor_reads_it_all(journey: Journey) -> None:
    auditor = journey.by(AUDITOR)
    auditor.open("/journal/")
    auditor.write("Objet (numéro de dossier)", journey.number)
    auditor.press("Chercher", exact=True)
    auditor.reads(journey.number, "Sophie Marcellin", "Camille Roubaud", "Agnès Brunet")
    call_command("check_invariants", "--quiet", stdout=io.StringIO())
    call_command("verify_journal", stdout=io.StringIO())
