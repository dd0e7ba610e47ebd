"""The tools of the tests do notice: a skip nobody allowed, a blocked image, a page one cannot read."""

import http.server
import io
import smtplib
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from clamav_client.clamd import ClamdNetworkSocket

from tests.support.browser import Visitor
from tests.support.clamd import EICAR, Clamd
from tests.support.mail import SmtpSink

ROOT = Path(__file__).resolve().parents[2]
WITH_REFUSAL = """
import sys, pytest
from tests.support.skips import RefuseSkips
sys.exit(pytest.main(["-q", "-p", "no:django", "-p", "no:cacheprovider", "-p", "no:playwright", sys.argv[1]], plugins=[RefuseSkips()]))
"""
PAGES = {
    "/calm": '<!doctype html><html lang="fr"><link rel="icon" href="/icon"><title>Calme</title><main><h1>Bonjour</h1></main>',
    "/icon": "",
    "/blocked": '<!doctype html><html lang="fr"><link rel="icon" href="/icon"><title>Bloqué</title><main><h1>Bonjour</h1>'
    '<img alt="" src="data:image/png;base64,AAAA"></main>',
    "/unreadable": '<!doctype html><html><link rel="icon" href="/icon"><main><p><img src="/icon"></p></main>',
}


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        known = self.path in PAGES
        self.send_response(200 if known else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Security-Policy", "default-src 'none'; img-src 'self'")
        self.end_headers()
        self.wfile.write(PAGES.get(self.path, PAGES["/calm"]).encode())

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def site() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}"
        server.shutdown()


@pytest.fixture
def visitor(site: str, new_visitor: Callable[[str], Visitor]) -> Visitor:
    return new_visitor(site)


def test_a_calm_page_raises_no_complaint(visitor: Visitor) -> None:
    visitor.page.goto("/calm")
    visitor.check_accessibility()
    visitor.check()


def test_what_the_csp_blocks_is_noticed(visitor: Visitor) -> None:
    visitor.page.goto("/blocked")
    visitor.page.wait_for_timeout(200)
    with pytest.raises(AssertionError, match="CSP: img-src blocked data"):
        visitor.check()
    visitor.complaints.clear()


def test_a_failed_answer_is_noticed_unless_expected(visitor: Visitor) -> None:
    with visitor.expecting("404"):
        visitor.page.goto("/absent")
    visitor.check()
    visitor.page.goto("/absent?again")
    with pytest.raises(AssertionError, match="404 GET"):
        visitor.check()
    visitor.complaints.clear()


def test_a_page_one_cannot_read_is_noticed(visitor: Visitor) -> None:
    visitor.page.goto("/unreadable")
    with pytest.raises(AssertionError, match="html-has-lang"):
        visitor.check_accessibility()
    visitor.complaints.clear()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("def test_runs(): pass", pytest.ExitCode.OK),
        ("import pytest\n@pytest.mark.skip('later')\ndef test_skipped(): pass", pytest.ExitCode.TESTS_FAILED),
        ("import pytest\npytest.skip('whole file', allow_module_level=True)", pytest.ExitCode.TESTS_FAILED),
        ("import pytest\n@pytest.mark.xfail(reason='known')\ndef test_x(): assert 0", pytest.ExitCode.TESTS_FAILED),
        ("", pytest.ExitCode.NO_TESTS_COLLECTED),
    ],
)
def test_a_skip_that_nobody_allowed_fails_the_run(tmp_path: Path, body: str, code: pytest.ExitCode) -> None:
    (tmp_path / "test_one.py").write_text(f"{body}\n")
    runs_too = "def test_other(): pass\n"
    if "allow_module_level" in body:
        (tmp_path / "test_other.py").write_text(runs_too)
    done = subprocess.run(
        [sys.executable, "-c", WITH_REFUSAL, str(tmp_path)],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr


def test_the_smtp_sink_keeps_and_refuses(smtp_sink: SmtpSink) -> None:
    smtp_sink.refusals_left = 1
    with smtplib.SMTP("127.0.0.1", smtp_sink.port) as client:
        text = "From: a@a.fr\nTo: b@b.fr\nSubject: Accusé\n\nBonjour\n".encode()
        with pytest.raises(smtplib.SMTPDataError):
            client.sendmail("a@a.fr", ["b@b.fr"], text)
        client.sendmail("a@a.fr", ["b@b.fr"], text)
    assert smtp_sink.wait_for(lambda message: "b@b.fr" in str(message["To"]), seconds=5)
    assert len(smtp_sink.to("b@b.fr")) == 1


def test_the_scanner_knows_eicar(clamd: Clamd) -> None:
    host, _, port = clamd.address.partition(":")
    client = ClamdNetworkSocket(host, int(port), timeout=5)
    assert client.ping() == "PONG"
    assert client.instream(io.BytesIO(b"a letter"))["stream"] == ("OK", None)
    assert client.instream(io.BytesIO(EICAR))["stream"] == ("FOUND", "Win.Test.EICAR_HDB-1")
    assert clamd.scanned == [b"a letter", EICAR]
