"""The antivirus: the real daemon where the machine has one, with a signature of its own; else its protocol.

What it must find is EICAR, the industry's harmless test file, alone, in a ZIP-based document and in a PDF. The daemon
stopped in the middle is not an answer.
"""

import contextlib
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from common.supervisor.service import free_port
from documents import services
from documents.models import StoredFile
from documents.scanning import ScannerDown
from documents.states import FileState
from tests.factories.accounts import a_commune, a_drafter
from tests.factories.documents import EICAR, a_docx, a_pdf, a_stored_file, a_zip
from tests.support.clamd import Clamd

pytestmark = pytest.mark.django_db
BINARY = shutil.which("clamd", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
# A signature on the text itself finds it wherever clamd unpacks it.
SIGNATURE = f"Eicar.Ours:0:*:{EICAR.hex()}\n"


class RealClamd:
    """`clamd` in the foreground on a port of its own, with one signature instead of 300 MB of them."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.address = f"127.0.0.1:{self.port}"

    def start(self) -> None:
        (self.folder / "database").mkdir(exist_ok=True)
        (self.folder / "database" / "ours.ndb").write_text(SIGNATURE)
        (self.folder / "clamd.conf").write_text(
            f"TCPSocket {self.port}\nTCPAddr 127.0.0.1\nForeground yes\nStreamMaxLength 25M\nMaxThreads 2\n"
            f"DatabaseDirectory {self.folder}/database\nTemporaryDirectory {self.folder}\nOfficialDatabaseOnly no\n"
        )
        with (self.folder / "clamd.log").open("wb") as log:
            assert BINARY
            self.process = subprocess.Popen(
                [BINARY, "--config-file", str(self.folder / "clamd.conf")], stdout=log, stderr=subprocess.STDOUT
            )
        deadline = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                assert self.process.poll() is None and time.monotonic() < deadline, (
                    self.folder / "clamd.log"
                ).read_text()
                time.sleep(0.05)

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def clamd(tmp_path: Path, settings: Any) -> Iterator[str]:
    """The address of a daemon that knows EICAR."""
    settings.ANTIVIRUS = "clamav"
    if BINARY:
        real = RealClamd(tmp_path)
        real.start()
        settings.CLAMAV_SOCKET = real.address
        yield real.address
        real.stop()
    else:
        with Clamd() as protocol:
            settings.CLAMAV_SOCKET = protocol.address
            yield protocol.address


def deposited(content: bytes, name: str) -> StoredFile:
    commune = a_commune()
    return a_stored_file(commune, a_drafter(commune), name=name, content=content, clean=False)


def test_a_sound_file_is_cleared_by_a_named_engine(clamd: str) -> None:
    stored = deposited(a_pdf(), "Devis.pdf")
    assert services.scan(stored.pk) == FileState.CLEAN
    stored = StoredFile.objects.get(pk=stored.pk)
    assert stored.scan_engine.startswith("ClamAV ") and stored.scanned_sha256 == stored.sha256


HIDDEN = {
    "joint.pdf": lambda: a_pdf() + b"\n" + EICAR,
    "note.docx": lambda: a_docx(**{"word/media/notes.txt": EICAR}),
    "tableau.docx": lambda: a_docx(**{"word/embeddings/a.zip": a_zip({"eicar.com": EICAR})}),
}


@pytest.mark.parametrize("name", HIDDEN)
def test_a_virus_is_found_wherever_it_hides(clamd: str, name: str) -> None:
    """Our stand-in for the daemon does not unpack: there, the virus lies open at the end of a PDF."""
    name = name if BINARY else "joint.pdf"
    stored = deposited(HIDDEN[name](), name)
    assert services.scan(stored.pk) == FileState.INFECTED
    assert "icar" in StoredFile.objects.get(pk=stored.pk).scan_note.lower()


def test_a_daemon_that_dies_while_reading_clears_nothing(settings: Any) -> None:
    """It takes the file and goes, in the middle: the file stays in quarantine, and the next sweep asks again."""
    settings.ANTIVIRUS = "clamav"
    stored = deposited(a_pdf(), "Devis.pdf")
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings.CLAMAV_SOCKET = f"127.0.0.1:{server.getsockname()[1]}"

        def leave() -> None:
            with contextlib.suppress(OSError):
                while True:
                    peer, _address = server.accept()
                    peer.recv(1024)
                    peer.close()

        thread = threading.Thread(target=leave, daemon=True)
        thread.start()
        with pytest.raises(ScannerDown):
            services.scan(stored.pk)
        assert services.scan_waiting() == 0
    assert StoredFile.objects.get(pk=stored.pk).state == FileState.QUARANTINED
