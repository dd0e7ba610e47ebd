"""Mail servers that misbehave, each in its own way, on a real socket."""

import socket
import threading
import time
from types import TracebackType

from common.supervisor.service import free_port

GREETING = b"220 hostile ESMTP\r\n"
OK = b"250 ok\r\n"


class HostileServer:
    """`script` maps a step (greeting, EHLO, MAIL, RCPT, DATA, content) to what is done there: an answer, or one of
    "hang", "cut", "drip". Everything else is answered as a good server would. `accepted` holds the messages received.
    """

    def __init__(self, **script: bytes | str) -> None:
        self.script = script
        self.accepted: list[bytes] = []
        self.connections = 0
        self.port = free_port()
        self._stop = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", self.port), backlog=20)
        self._socket.settimeout(0.1)
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> "HostileServer":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(5)
        self._socket.close()

    def _serve(self) -> None:
        while not self._stop.is_set():
            try:
                peer, _ = self._socket.accept()
            except TimeoutError:
                continue
            self.connections += 1
            threading.Thread(target=self._talk, args=(peer,), daemon=True).start()

    def _talk(self, peer: socket.socket) -> None:
        with peer, peer.makefile("rb") as lines:
            try:
                if not self._answer(peer, "greeting", GREETING):
                    return
                while line := lines.readline():
                    if not self._command(peer, lines, line):
                        return
            except OSError:
                return

    def _command(self, peer: socket.socket, lines, line: bytes) -> bool:  # type: ignore[no-untyped-def]
        verb = line[:4].upper().decode("ascii", "replace")
        if verb == "QUIT":
            peer.sendall(b"221 bye\r\n")
            return False
        if verb != "DATA":
            return self._answer(peer, {"HELO": "EHLO"}.get(verb, verb), OK)
        if not self._answer(peer, "DATA", b"354 go\r\n"):
            return False
        if self.script.get("DATA", b"354")[:3] != b"354":
            return True
        content = b""
        while (part := lines.readline()) != b".\r\n":
            if not part:
                return False
            content += part
        answer = self.script.get("content", OK)
        if answer == "cut" or (isinstance(answer, bytes) and answer.startswith(b"250")):
            self.accepted.append(content)
        return self._answer(peer, "content", OK)

    def _answer(self, peer: socket.socket, step: str, usual: bytes) -> bool:
        what = self.script.get(step, usual)
        if what == "cut":
            return False
        if what == "hang":
            self._stop.wait(30)
            return False
        if what == "drip":
            while not self._stop.wait(0.2):
                peer.sendall(b"2")
            return False
        assert isinstance(what, bytes)
        peer.sendall(what)
        return what.endswith(b"\n")


def wait_until(true: object, seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not true():  # type: ignore[operator]
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)
