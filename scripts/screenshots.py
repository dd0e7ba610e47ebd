"""Pictures of the main screens, at the width of a desk and of a phone, from a demonstration of its own.

    python -m scripts.screenshots [--to docs/images] [--only queue,budget] [--at http://localhost:8000]

Says what the browser complained about and what axe found on the way.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from common.supervisor.service import free_port
from common.supervisor.stack import scratch_folder
from tests.support.browser import DESK, PHONE, Visitor, launch_options

ROOT = Path(__file__).resolve().parents[1]
START_SECONDS = 300
COMMUNE = "redacteur@aubagne.demo"
DRAFT = "main tr:has-text('Brouillon') a[href^='/dossiers/']"
DESK_OFFICER = "instructrice@metropole.demo"
MANAGER = "gestionnaire@metropole.demo"
EVALUATOR = "evaluatrice1@metropole.demo"
FINANCE = "prepa.finances@metropole.demo"
TWO_TEXTS = "commune-deux-textes"
PEN = "comite-plume"
RECOVERY = "main tbody a[href^='/recouvrements/']"
FIRST_FILE = "main a[href^='/dossiers/']"


@dataclass(frozen=True)
class Screen:
    """A page, reached by its path and then by following links; `follow` holds CSS selectors."""

    name: str
    account: str | None
    path: str
    follow: tuple[str, ...] = ()


SCREENS = (
    Screen("accueil", None, "/"),
    Screen("connexion", None, "/compte/login/"),
    Screen("appels", None, "/appels/"),
    Screen("appel", None, "/appels/", ("main a[href^='/appels/']",)),
    Screen("donnees-ouvertes", None, "/donnees-ouvertes/"),
    Screen("commune-rejoindre", None, "/rejoindre/"),
    Screen("commune-equipe", "signataire@aubagne.demo", "/equipe/"),
    Screen("commune-dossiers", COMMUNE, "/mes-dossiers/"),
    Screen("commune-dossier", COMMUNE, "/mes-dossiers/", ("main a[href^='/dossiers/']",)),
    Screen("commune-questions", COMMUNE, "/mes-dossiers/", (FIRST_FILE, "main a[href$='/questions/']")),
    Screen("commune-pieces", COMMUNE, "/mes-dossiers/", (FIRST_FILE, "main a[href$='/pieces/']")),
    Screen("commune-repartir", COMMUNE, "/mes-dossiers/", ("main a[href$='/repartir/']",)),
    Screen("commune-question", "redacteur@pertuis.demo", "/mes-dossiers/", (FIRST_FILE, "main a[href$='/echanges/']")),
    Screen("commune-bilan", "redacteur@auriol.demo", "/mes-dossiers/", (FIRST_FILE, "main a[href$='/bilan/']")),
    Screen(
        "commune-bilan-budget",
        "redacteur@auriol.demo",
        "/mes-dossiers/",
        (FIRST_FILE, "main a[href$='/bilan/']", "main a[href$='/bilan/budget/']"),
    ),
    Screen("commune-reprise", "redacteur@pertuis.demo", "/mes-dossiers/", (DRAFT, "main a[href$='/enjeu/']")),
    Screen("commune-aidee", "redacteur@saint-antonin.demo", "/mes-dossiers/", (DRAFT,)),
    Screen("lettres-textes", MANAGER, "/lettres/"),
    Screen("lettre-texte", MANAGER, "/lettres/", ("main a[href$='/attribution-reduite/']",)),
    Screen(
        "signature", "cheffe.service@metropole.demo", "/decisions/", ("main a[href^='/decisions/']:has-text('FI-')",)
    ),
    Screen(
        "courriers",
        MANAGER,
        "/instruction/?etat=granted",
        ("main tbody a[href^='/instruction/']", "main a[href$='/courriers/']"),
    ),
    Screen(
        "recours",
        MANAGER,
        "/instruction/?etat=inadmissible",
        ("main tbody a[href^='/instruction/']", "main a[href$='/recours/']"),
    ),
    Screen("saisie-assistee", DESK_OFFICER, "/instruction/saisie/"),
    Screen("bilans", DESK_OFFICER, "/bilans/"),
    Screen("questions", DESK_OFFICER, "/instruction/questions/"),
    Screen("commune-ecrire", COMMUNE, "/mes-dossiers/", (DRAFT, "main a[href$='/enjeu/']")),
    Screen("commune-budget", COMMUNE, "/mes-dossiers/", (DRAFT, "main a[href$='/budget/']")),
    Screen("commune-relire", COMMUNE, "/mes-dossiers/", (DRAFT, "main a[href$='/verifier/']")),
    Screen("commune-historique", COMMUNE, "/mes-dossiers/", (DRAFT, "main a[href$='/historique/']")),
    Screen("instruction", DESK_OFFICER, "/instruction/"),
    Screen("instruction-dossier", DESK_OFFICER, "/instruction/", ("main table a[href^='/instruction/']",)),
    Screen("budget", MANAGER, "/budget/"),
    Screen("tableau-de-bord", MANAGER, "/tableau-de-bord/"),
    Screen("appels-gestion", MANAGER, "/appels-gestion/"),
    Screen("versements", FINANCE, "/versements/"),
    Screen("finances-bureau", FINANCE, "/finances/"),
    Screen("finances-echeances", FINANCE, "/finances/echeances/?etape=a-payer"),
    Screen("lots", FINANCE, "/lots/"),
    Screen("finances-budget", FINANCE, "/budget/"),
    Screen(
        "finances-aide",
        FINANCE,
        "/versements/?etat=payes",
        ("main tbody a[href^='/versements/']", "main a[href$='/aide-accordee/']"),
    ),
    Screen(
        "finances-compte",
        FINANCE,
        "/coordonnees-bancaires/?etat=verifies",
        ("main a[href^='/coordonnees-bancaires/']",),
    ),
    Screen("finances-decompte", FINANCE, "/recouvrements/", (RECOVERY, "main a[href$='/decompte/']")),
    Screen("finances-lot", FINANCE, "/lots/", ("main tbody a[href^='/lots/']",)),
    Screen("finances-rapprochement", FINANCE, "/rapprochement/"),
    Screen("scenarios", MANAGER, "/scenarios/"),
    Screen("scenario", MANAGER, "/scenarios/", ("main tbody a[href^='/scenarios/']",)),
    Screen("scenarios-comparer", MANAGER, "/scenarios/", ("main form[action$='/comparer/'] button",)),
    Screen("comites", MANAGER, "/comites/"),
    Screen("comite-prevu", MANAGER, "/comites/", ("main tr:has-text('Prévue') a",)),
    Screen("comite-ecran", MANAGER, "/comites/", ("main tr:has-text('Prévue') a", "main a[href$='/ecran/']")),
    Screen("comite-signe", MANAGER, "/comites/", ("main tr:has-text('Signée') a",)),
    Screen("scenario-proposer", MANAGER, "/scenarios/", ("main a[href^='/scenarios/proposer/']",)),
    Screen("decisions", MANAGER, "/decisions/"),
    Screen("decisions-attente", MANAGER, "/decisions/attente/"),
    Screen("decisions-tableau", MANAGER, "/decisions/tableau/"),
    Screen("motifs", MANAGER, "/motifs/"),
    Screen("etiquettes", MANAGER, "/etiquettes/"),
    Screen("vues", DESK_OFFICER, "/instruction/vues/"),
    Screen("evaluations", EVALUATOR, "/evaluations/"),
    Screen(
        "evaluation-grille", EVALUATOR, "/evaluations/", ("main a[href^='/evaluations/']:not([href*='classement'])",)
    ),
    Screen("courriels", None, "/demo/courriels/"),
)


@contextmanager
def demonstration() -> Iterator[str]:
    """A demonstration that lives as long as the pictures take."""
    folder, port = scratch_folder("fonds-pictures-"), free_port()
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("DATABASE", "REDIS", "MAKE"))
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "common.supervisor", "demo"],
        cwd=ROOT,
        env=environment | {"DATA_DIR": str(folder), "PORT": str(port)},
    )
    try:
        wait_for(f"http://127.0.0.1:{port}/healthz", process)
        yield f"http://localhost:{port}"
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    raise SystemExit("The demonstration did not start: its words are above.")


def sign_in(visitor: Visitor, account: str, password: str) -> None:
    visitor.page.goto("/compte/login/")
    visitor.page.fill("input[name=login]", account)
    visitor.page.fill("input[name=password]", password)
    visitor.page.locator("form:has(input[name=password])").get_by_role("button").first.click()
    visitor.page.wait_for_url(lambda url: "/compte/login/" not in url)


def photograph(visitor: Visitor, screen: Screen, target: Path) -> list[str]:
    page = visitor.page
    page.goto(screen.path)
    for selector in screen.follow:
        page.locator(selector).first.click()
    page.wait_for_load_state("networkidle")
    page.screenshot(path=target, full_page=True, animations="disabled")
    found = [f"{target.name}: {complaint}" for complaint in visitor.complaints]
    visitor.complaints.clear()
    try:
        visitor.check_accessibility()
    except AssertionError as violations:
        found.append(f"{target.name}: axe {violations}")
    return found


def photograph_two_texts(browser: Browser, base_url: str, target: Path, viewport: Any, password: str) -> list[str]:
    """Two colleagues write in the same field: the second one is shown both texts."""
    people = [Visitor(browser, base_url, viewport=viewport) for _ in range(2)]
    share = "cinq" if viewport is DESK else "quatre"  # not what the picture before has left there
    texts = (
        f"Une demande de logement sur {share} est écartée avant la visite.",
        f"Une demande sur {share} est écartée, d’abord celles des familles monoparentales.",
    )
    for visitor, account in zip(people, (COMMUNE, "signataire@aubagne.demo"), strict=True):
        sign_in(visitor, account, password)
    for visitor in people:
        visitor.page.goto("/mes-dossiers/")
        for selector in (DRAFT, "main a[href$='/enjeu/']"):
            visitor.page.locator(selector).first.click()
        visitor.page.locator("[name=stakes]").wait_for()
    for visitor, text, shown in zip(
        people, texts, ("[data-said]:has-text('Enregistré à')", "[data-conflict]"), strict=True
    ):
        visitor.page.locator("[name=stakes]").fill(text)
        visitor.page.locator(shown).first.wait_for()
    people[1].page.screenshot(path=target, full_page=True, animations="disabled")
    found = [f"{target.name}: {complaint}" for visitor in people for complaint in visitor.complaints]
    for visitor in people:
        visitor.context.close()
    return found


def photograph_pen(visitor: Visitor, target: Path) -> list[str]:
    """The committee sits: the session that was prepared is opened, once, with everybody there."""
    page = visitor.page
    page.goto("/comites/")
    page.locator("main tr:has-text('Prévue') a, main tr:has-text('Ouverte') a").first.click()
    opening = page.locator("main a[href$='/ouvrir/']")
    if opening.count():
        opening.first.click()
        for there in page.locator("input[name^='presence-'][value='present']").all():
            there.check()
        page.locator("main form button.btn-primary").first.click()
    return photograph(visitor, Screen(PEN, MANAGER, page.url, ("main a[href*='/plume/']",)), target)


def take_pictures(
    base_url: str, screens: list[Screen], folder: Path, password: str, *, two_texts: bool = True, pen: bool = True
) -> list[str]:
    found = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_options())
        widths = (("1440", DESK), ("390", PHONE))
        for suffix, viewport in widths:
            for account in {screen.account: None for screen in screens}:
                visitor = Visitor(browser, base_url, viewport=viewport)
                if account:
                    sign_in(visitor, account, password)
                for screen in screens:
                    if screen.account == account:
                        try:
                            found += photograph(visitor, screen, folder / f"{screen.name}-{suffix}.png")
                        except Exception as error:  # one broken page must not hide the others
                            found.append(f"{screen.name}-{suffix}: {error}")
                visitor.context.close()
            if two_texts:
                found += photograph_two_texts(
                    browser, base_url, folder / f"{TWO_TEXTS}-{suffix}.png", viewport, password
                )
        for suffix, viewport in widths if pen else ():  # last: it changes the session
            visitor = Visitor(browser, base_url, viewport=viewport)
            sign_in(visitor, MANAGER, password)
            found += photograph_pen(visitor, folder / f"{PEN}-{suffix}.png")
            visitor.context.close()
        browser.close()
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--to", type=Path, default=ROOT / "docs" / "images")
    parser.add_argument("--only", default="", help="names, separated by commas")
    parser.add_argument("--at", help="address of a demonstration that runs already")
    parser.add_argument("--password", default=os.environ.get("DEMO_PASSWORD", "bienvenue-au-fonds"))
    options = parser.parse_args()
    wanted = [name for name in options.only.split(",") if name]
    screens = [screen for screen in SCREENS if not wanted or screen.name in wanted]
    more = {"two_texts": not wanted or TWO_TEXTS in wanted, "pen": not wanted or PEN in wanted}
    options.to.mkdir(parents=True, exist_ok=True)
    if options.at:
        found = take_pictures(options.at, screens, options.to, options.password, **more)
    else:
        with demonstration() as base_url:
            found = take_pictures(base_url, screens, options.to, options.password, **more)
    print(*found, sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
