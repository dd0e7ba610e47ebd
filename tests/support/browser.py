"""A browser that notices: console errors, blocked content, failed answers and accessibility."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
REPORT_VIOLATIONS = """
addEventListener("securitypolicyviolation", event =>
    window.__blocked(`${event.effectiveDirective} blocked ${event.blockedURI} (${event.sourceFile}:${event.lineNumber})`));
"""


def launch_options() -> dict[str, Any]:
    """The system's browser where there is one, else Playwright's own."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    return {"args": QUIET} | ({"executable_path": found} if found else {})


def violations_of(page: Page, *, contrast: bool = True) -> list[dict[str, Any]]:
    """What axe says of the page as it stands; its script is given once to each page."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    options = {"resultTypes": ["violations"], "rules": {"color-contrast": {"enabled": contrast}}}
    found: list[dict[str, Any]] = page.evaluate(
        "(options) => axe.run(options).then((said) => said.violations)", options
    )
    return found


class Visitor:
    """One person with cookies of their own. `check()` fails on anything the browser complained about."""

    def __init__(
        self, browser: Browser, base_url: str, *, viewport: dict[str, int] = DESK, javascript: bool = True
    ) -> None:
        self.javascript = javascript
        self.complaints: list[str] = []
        self._expected: list[str] = []
        self.context: BrowserContext = browser.new_context(
            base_url=base_url,
            locale="fr-FR",
            timezone_id="Europe/Paris",
            viewport=viewport,  # type: ignore[arg-type]
            accept_downloads=True,
            java_script_enabled=javascript,
        )
        self.context.set_default_timeout(15_000)
        self.context.expose_binding("__blocked", lambda source, text: self.complaints.append(f"CSP: {text}"))
        self.context.add_init_script(REPORT_VIOLATIONS)
        self.context.on("console", self._on_console)
        self.context.on("weberror", lambda error: self.complaints.append(f"script error: {error.error}"))
        self.context.on("response", self._on_response)
        self.context.on("requestfailed", self._on_failure)
        self.page: Page = self.context.new_page()

    @contextmanager
    def expecting(self, *fragments: str) -> Iterator[None]:
        """Complaints that hold one of these fragments are what the test is about, e.g. "404 GET"."""
        self._expected += fragments
        yield
        del self._expected[len(self._expected) - len(fragments) :]

    def check(self) -> None:
        assert not self.complaints, "\n".join(self.complaints)

    def check_accessibility(self, page: Page | None = None) -> None:
        if not self.javascript:
            return  # axe is a script: the same page is judged where scripts run
        violations = violations_of(page or self.page)
        shown = [
            {"rule": one["id"], "help": one["help"], "where": [node["html"][:200] for node in one["nodes"]]}
            for one in violations
        ]
        assert not shown, f"{(page or self.page).url}\n{json.dumps(shown, indent=2, ensure_ascii=False)}"

    def _complain(self, text: str) -> None:
        if not any(fragment in text for fragment in self._expected):
            self.complaints.append(text)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._complain(f"console: {message.text} ({message.location.get('url', '')})")

    def _on_response(self, response: Response) -> None:
        if response.status >= 400:
            self._complain(f"{response.status} {response.request.method} {response.url}")

    def _on_failure(self, request: Request) -> None:
        # A navigation that becomes a download is aborted by the browser itself.
        if request.failure != "net::ERR_ABORTED":
            self._complain(f"{request.failure} {request.method} {request.url}")
