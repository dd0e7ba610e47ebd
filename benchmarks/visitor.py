"""A person at a browser, as bytes on one kept connection: signs in through the real page, then asks."""

import http.client
import re
import time
from dataclasses import dataclass
from urllib.parse import urlencode

TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


@dataclass
class Answer:
    status: int
    seconds: float
    size: int
    queries: int
    body: bytes
    location: str


class Visitor:
    def __init__(self, port: int, email: str, password: str) -> None:
        self.port = port
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self.cookies: dict[str, str] = {}
        self.post("/compte/login/", {"login": email, "password": password})
        if "sessionid" not in self.cookies:
            raise RuntimeError(f"{email} could not sign in")

    def get(self, path: str) -> Answer:
        return self._ask("GET", path)

    def post(self, path: str, fields: dict[str, str]) -> Answer:
        """Read the page, then send its form with its hidden fields."""
        page = self.get(path).body.decode()
        form = page[page.rfind("<form", 0, page.find("csrfmiddlewaretoken", page.find("<main"))) :]
        form = form[: form.find("</form>")]
        hidden = dict(re.findall(r'<input[^>]*type="hidden"[^>]*name="([^"]+)"[^>]*value="([^"]*)"', form))
        token = TOKEN.search(page)
        data = {**hidden, "csrfmiddlewaretoken": token.group(1) if token else "", **fields}
        return self._ask("POST", path, urlencode(data))

    def _ask(self, method: str, path: str, body: str = "") -> Answer:
        headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items()), "Host": f"127.0.0.1:{self.port}"}
        if body:
            headers |= {
                "Content-Type": "application/x-www-form-urlencoded",
                "Referer": f"http://127.0.0.1:{self.port}{path}",
            }
        start = time.perf_counter()
        try:
            self.connection.request(method, path, body or None, headers)
            response = self.connection.getresponse()
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            if method != "GET":
                raise
            self.connection.close()  # kept too long: the server let it go
            start = time.perf_counter()
            self.connection.request(method, path, body or None, headers)
            response = self.connection.getresponse()
        content = response.read()
        seconds = time.perf_counter() - start
        for value in response.headers.get_all("Set-Cookie") or []:
            name, _, rest = value.partition("=")
            self.cookies[name] = rest.split(";")[0]
        return Answer(
            response.status,
            seconds,
            len(content),
            int(response.headers.get("X-Queries", "0")),
            content,
            response.headers.get("Location", ""),
        )
