"""A real HTTP server in the place of the public company directory; it misbehaves as asked."""

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

Answer = Callable[[BaseHTTPRequestHandler, str], None]


def seat(siren: str, **over: Any) -> dict[str, Any]:
    siege = {"siret": f"{siren}00017", "adresse": "1 RUE DE LA MAIRIE 13400 AUBAGNE", "etat_administratif": "A", **over}
    return {"results": [{"siren": siren, "nom_complet": "COMMUNE", "siege": siege}], "total_results": 1}


def says(body: Any, status: int = 200, **headers: str) -> Answer:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()

    def answer(handler: BaseHTTPRequestHandler, siren: str) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    return answer


def huge(handler: BaseHTTPRequestHandler, siren: str) -> None:
    """No length, no end."""
    handler.send_response(200)
    handler.end_headers()
    for _ in range(4000):
        handler.wfile.write(b" " * 65536)


def slow(handler: BaseHTTPRequestHandler, siren: str) -> None:
    """A byte now and then, for ever."""
    handler.send_response(200)
    handler.end_headers()
    for _ in range(600):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.1)


def silent(handler: BaseHTTPRequestHandler, siren: str) -> None:
    time.sleep(8)


class DirectoryServer:
    """`answers` are used one after the other, the last one for ever; `asked` are the requests received."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.asked: list[dict[str, Any]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                siren = parse_qs(parts.query).get("q", [""])[0]
                outer.asked.append({"path": parts.path, "q": siren, "headers": dict(self.headers)})
                answer = outer.answers.pop(0) if len(outer.answers) > 1 else outer.answers[0]
                try:
                    answer(self, siren)
                except (BrokenPipeError, ConnectionResetError):
                    pass  # who asked had enough

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/search"

    def __enter__(self) -> "DirectoryServer":
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.server.shutdown()
        self.server.server_close()
