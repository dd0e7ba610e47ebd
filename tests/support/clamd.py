"""The protocol of clamd over TCP, with one signature: EICAR's. The daemon itself and its 300 MB stay out of the tests."""

import socketserver
import struct
import threading
from types import TracebackType

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


class _Handler(socketserver.StreamRequestHandler):
    server: "_Server"

    def handle(self) -> None:
        terminator = b"\0" if self.rfile.peek(1)[:1] == b"z" else b"\n"  # type: ignore[attr-defined]
        command = b""
        while not command.endswith(terminator):
            read = self.rfile.read(1)
            if not read:
                return
            command += read
        verb = command.strip(b"zn\0\n")
        answers = {b"PING": b"PONG", b"VERSION": b"ClamAV 1.4.0/27000"}
        answer = self._scan() if verb == b"INSTREAM" else answers.get(verb, b"UNKNOWN COMMAND")
        self.wfile.write(answer + terminator)

    def _scan(self) -> bytes:
        content = b""
        while size := struct.unpack("!L", self.rfile.read(4))[0]:
            content += self.rfile.read(size)
        self.server.scanned.append(content)
        return b"stream: Win.Test.EICAR_HDB-1 FOUND" if EICAR in content else b"stream: OK"


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.scanned: list[bytes] = []


class Clamd:
    """`address` is what CLAMAV_SOCKET takes; `scanned` holds what was sent to it."""

    def __enter__(self) -> "Clamd":
        self._server = _Server()
        self.scanned = self._server.scanned
        self.address = f"127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
