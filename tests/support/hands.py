"""Two ways of filling a page: with a mouse, and with the Tab key and nothing else."""

from pathlib import Path
from typing import Any, Protocol

from playwright.sync_api import Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

MANY_TABS = 400


class Hands(Protocol):
    def write(self, name: str, text: str) -> None: ...
    def choose(self, name: str, value: str) -> None: ...
    def join(self, within: str, paper: Path) -> None: ...
    def go(self, words: str) -> None: ...


def sends_by_itself(page: Page, within: str) -> bool:
    """Where scripts run, a file leaves as soon as it is chosen."""
    return page.locator(f"{within} form.upload.ready").count() > 0


def wait_for_the_paper(page: Page, within: str, paper: Path) -> None:
    expect(page.locator(f"{within} .docs li").filter(has_text=paper.name)).to_be_visible()
    expect(page.locator(f"{within} .sending")).to_have_count(0)


class Mouse:
    """Fields by their name, buttons and links by their words."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def write(self, name: str, text: str) -> None:
        self.page.locator(f'main [name="{name}"]').fill(text)

    def choose(self, name: str, value: str) -> None:
        """An option of a list, one radio button, or a box to tick."""
        listed = self.page.locator(f'main select[name="{name}"]')
        if listed.count():
            listed.select_option(value)
        else:
            self.page.locator(f'main [name="{name}"][value="{value}"]').check()

    def join(self, within: str, paper: Path) -> None:
        self.page.locator(f"{within} input[type=file]").first.set_input_files(paper)
        if sends_by_itself(self.page, within):
            wait_for_the_paper(self.page, within, paper)
            return
        with self.page.expect_navigation():
            self.page.locator(f"{within} button").filter(has_text="Joindre").first.click()

    def go(self, words: str) -> None:
        pressed = self.page.locator("main").locator("a, button").filter(has_text=words)
        with self.page.expect_navigation():
            pressed.first.click()


class Keyboard:
    """Nobody touches a mouse: what cannot be reached by Tab cannot be used."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def write(self, name: str, text: str) -> None:
        self._reach(f'[name="{name}"]')
        if self._active("element.type") == "date":
            year, month, day = text.split("-")
            assert month == day, "whatever order the browser asks them in"
            self.page.keyboard.type(f"{day}{month}{year}")
        else:
            self.page.keyboard.press("Control+A")
            self.page.keyboard.type(text)
        assert self._active("element.value") == text

    def choose(self, name: str, value: str) -> None:
        self._reach(f'[name="{name}"]')
        kind = self._active("element.type")
        if kind == "checkbox":
            self._reach(f'[name="{name}"][value="{value}"]')
            self.page.keyboard.press("Space")
            return
        if kind == "radio" and self._active("element.value") == value:
            self.page.keyboard.press("Space")
            return
        for _ in range(40):
            if self._active("element.value") == value:
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"{value} is not among the choices of {name}")

    def join(self, within: str, paper: Path) -> None:
        self._reach(f"{within} input[type=file]")
        self._choose(paper)
        if sends_by_itself(self.page, within):
            wait_for_the_paper(self.page, within, paper)
            return
        self._reach(f"{within} button", "Joindre")
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def _choose(self, paper: Path) -> None:
        """A browser under load may let a key go: a person presses again."""
        for last in (False, False, True):
            try:
                with self.page.expect_file_chooser(timeout=6_000) as asked:
                    self.page.keyboard.press("Space")
            except PlaywrightTimeout:
                if last:
                    raise
            else:
                asked.value.set_files(paper)
                break

    def go(self, words: str) -> None:
        self._reach("main a, main button", words)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def _reach(self, selector: str, words: str = "") -> None:
        for _ in range(MANY_TABS):
            if self._is_on(selector, words):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"Tab never comes to {selector} {words}")

    def _is_on(self, selector: str, words: str) -> bool:
        seen: bool = self.page.evaluate(
            """([selector, words]) => {
                const element = document.activeElement;
                return element.matches(selector) && element.textContent.includes(words);
            }""",
            [selector, words],
        )
        return seen

    def _active(self, expression: str) -> Any:
        return self.page.evaluate(f"(() => {{ const element = document.activeElement; return {expression}; }})()")
