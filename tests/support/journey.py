"""People at their browsers: each acts by the words on the page, and every page passed is judged."""

import io
import re
import time
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pikepdf
import pypdf
import typst
from playwright.sync_api import Download, Locator, Page, expect

from tests.support.browser import Visitor


class Person:
    """Somebody signed in with a browser of their own. Each page they come to is checked by axe."""

    def __init__(self, visitor: Visitor, account: str, password: str) -> None:
        self.visitor, self.account, self.password = visitor, account, password
        self.page: Page = visitor.page
        self.open("/compte/login/")
        self.write("Adresse électronique", account)
        self.write("Mot de passe", password)
        self.press("Se connecter", exact=True)
        assert "/compte/login/" not in self.page.url, f"{account} could not sign in"

    @property
    def main(self) -> Locator:
        return self.page.locator("main")

    @property
    def path(self) -> str:
        return re.sub(r"^https?://[^/]+", "", self.page.url)

    def open(self, path: str) -> None:
        self.page.goto(path)
        self.look()

    def look(self) -> None:
        self.visitor.check_accessibility()

    def follow(self, words: str, *, within: Locator | None = None, exact: bool = False) -> None:
        self._go((within or self.main).get_by_role("link", name=words, exact=exact).first)

    def press(self, words: str, *, within: Locator | None = None, exact: bool = False) -> None:
        self._go((within or self.main).get_by_role("button", name=words, exact=exact).first)

    def _go(self, target: Locator) -> None:
        with self.page.expect_navigation():
            target.click()
        self.look()

    def confirm_identity(self) -> None:
        """The page asks for the password again; afterwards the person is where they wanted to go."""
        expect(self.page.get_by_role("heading", name="Confirmer que c’est vous")).to_be_visible()
        self.write("Votre mot de passe", self.password)
        self.press("Confirmer et continuer")

    def write(self, label: str, text: str, *, within: Locator | None = None) -> None:
        (within or self.main).get_by_label(label).first.fill(text)

    def choose(self, *labels: str, within: Locator | None = None) -> None:
        for label in labels:
            (within or self.main).get_by_label(label).first.check()

    def pick(self, label: str, option: str) -> None:
        self.main.get_by_label(label).first.select_option(label=option)

    def reads(self, *sentences: str) -> None:
        for sentence in sentences:
            expect(self.page.locator("body")).to_contain_text(sentence, timeout=5_000)

    def reads_after_refresh(self, sentence: str, *, seconds: float = 30) -> None:
        """What the worker has still to do; the page is asked again until it says so."""

        def says_so() -> None:
            self.page.reload()
            expect(self.main).to_contain_text(sentence, timeout=1_500)

        insist(says_so, seconds)
        self.look()

    def download(self, selector: str, folder: Path) -> Path:
        with self.page.expect_download() as started:
            self.page.locator(selector).first.click()
        kept: Download = started.value
        target = folder / f"{len(list(folder.iterdir()))}-{kept.suggested_filename}"
        kept.save_as(target)
        return target


def insist(attempt: Callable[[], Any], seconds: float) -> None:
    """Again until it passes; each attempt brings its own wait."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            attempt()
            return
        except AssertionError:
            if time.monotonic() > deadline:
                raise


# --- Mails and papers ------------------------------------------------------------------------------------------


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    return body.get_content() if body else ""


def link_in(mail: EmailMessage) -> str:
    """The path of the first address in the text."""
    found = re.search(r"https?://[^/\s]+(/[^\s>]*)", text_of(mail))
    assert found, text_of(mail)
    return found[1]


def pdf_of(mail: EmailMessage) -> bytes:
    (paper,) = [part for part in mail.iter_attachments() if part.get_content_type() == "application/pdf"]
    content = paper.get_content()
    assert isinstance(content, bytes)
    return content


def words_of(paper: bytes) -> str:
    pages = pypdf.PdfReader(io.BytesIO(paper)).pages
    return " ".join("".join(page.extract_text() for page in pages).split())


def assert_tagged(paper: bytes) -> None:
    with pikepdf.open(io.BytesIO(paper)) as pdf:
        assert bool(pdf.Root.MarkInfo.Marked) and "/StructTreeRoot" in pdf.Root


def a_paper(folder: Path, label: str) -> Path:
    path = folder / f"{label.split()[0].lower()}.pdf"
    path.write_bytes(typst.compile(f"= {label}\n\nSéance ordinaire du conseil municipal.".encode(), format="pdf"))
    return path
