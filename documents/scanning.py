"""Ask the antivirus about a file. An error is never an answer: the file stays in quarantine and is asked about again."""

from dataclasses import dataclass
from typing import BinaryIO

import structlog
from clamav_client.clamd import ClamdError, ClamdNetworkSocket, ClamdUnixSocket
from django.conf import settings

from common.errors import DomainError
from documents.inspection import inspect
from documents.names import extension
from documents.states import FileState

TIMEOUT = 60
log = structlog.get_logger(__name__)


class ScannerDown(Exception):
    """The antivirus does not answer, or answered an error."""


@dataclass(frozen=True)
class Verdict:
    state: FileState
    engine: str
    note: str = ""


def scan(content: BinaryIO, name: str) -> Verdict:
    """Raises ScannerDown when nobody can tell."""
    if settings.ANTIVIRUS == "clamav":
        return _by_clamav(content)
    if settings.PRODUCTION:
        raise ScannerDown("production serves no file without an antivirus")
    try:
        inspect(content, extension(name))
    except DomainError as refusal:
        return Verdict(FileState.UNREADABLE, "structure", str(refusal))
    return Verdict(FileState.CLEAN, "structure")


def client(address: str) -> ClamdNetworkSocket:
    """`host:port`, or the path of a Unix socket."""
    if address.startswith(("/", "unix:")):
        return ClamdUnixSocket(path=address.removeprefix("unix://"), timeout=TIMEOUT)
    host, _, port = address.rpartition(":")
    return ClamdNetworkSocket(host=host, port=int(port), timeout=TIMEOUT)


def _by_clamav(content: BinaryIO) -> Verdict:
    clamd = client(settings.CLAMAV_SOCKET)
    try:
        engine = clamd.version()[:120]
        content.seek(0)
        answer = clamd.instream(content)
    except (ClamdError, OSError, ValueError) as error:
        raise ScannerDown(str(error)) from error
    state, detail = answer.get("stream", ("ERROR", "no answer"))
    if not engine.strip():
        raise ScannerDown("the antivirus does not say who it is")
    if state == "FOUND":
        return Verdict(FileState.INFECTED, engine, detail or "")
    if state != "OK":
        raise ScannerDown(detail or state)
    return Verdict(FileState.CLEAN, engine)
