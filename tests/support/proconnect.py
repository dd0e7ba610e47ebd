"""An identity provider that signs what it says as it is told to: the right way, and the wrong ones."""

import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa

CLIENT_ID = "fonds"
SECRET = "un secret assez long pour signer en HS256, au moins"


@dataclass
class SigningProvider:
    """`claims` of the person; `userinfo_alg` "" answers JSON; `key` and `over` let it lie."""

    claims: dict[str, Any]
    userinfo_alg: str = "RS256"
    over: dict[str, Any] = field(default_factory=dict)  # claims of the userinfo token alone
    id_over: dict[str, Any] = field(default_factory=dict)  # and of the id_token alone
    foreign_key: bool = False
    asked: list[dict[str, str]] = field(default_factory=list)

    def __enter__(self) -> "SigningProvider":
        self.keys: dict[str, Any] = {
            "RS256": rsa.generate_private_key(65537, 2048),
            "ES256": ec.generate_private_key(ec.SECP256R1()),
        }
        self.others: dict[str, Any] = {
            "RS256": rsa.generate_private_key(65537, 2048),
            "ES256": ec.generate_private_key(ec.SECP256R1()),
        }
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer._answer(self)

            do_POST = do_GET

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.server.shutdown()
        self.server.server_close()

    def authorize(self, location: str) -> str:
        """What the person's browser would bring back: `code` and `state`; the nonce is remembered."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
        self.asked.append(asked)
        return f"code=abc&state={asked['state']}"

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        path = urlsplit(handler.path).path
        if path == "/userinfo":
            said = {**self._common(), **self.claims, **self.over}
            if not self.userinfo_alg:
                return self._send(handler, json.dumps({**self.claims, **self.over}), "application/json")
            return self._send(handler, self._sign(said, self.userinfo_alg), "application/jwt")
        documents: dict[str, Any] = {
            "/.well-known/openid-configuration": {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "userinfo_endpoint": f"{self.url}/userinfo",
                "jwks_uri": f"{self.url}/jwks",
                "end_session_endpoint": f"{self.url}/session/end",
            },
            "/jwks": {"keys": [self._public(alg) for alg in self.keys]},
            "/token": {"access_token": "t", "token_type": "Bearer", "id_token": self._id_token()},
        }
        return self._send(handler, json.dumps(documents[path]), "application/json")

    def _common(self) -> dict[str, Any]:
        now = int(time.time())
        return {"iss": self.url, "aud": CLIENT_ID, "iat": now, "exp": now + 60}

    def _id_token(self) -> str:
        nonce = self.asked[-1]["nonce"] if self.asked else ""
        return self._sign({**self._common(), "sub": self.claims["sub"], "nonce": nonce, **self.id_over}, "RS256")

    def _sign(self, claims: dict[str, Any], alg: str) -> str:
        if alg == "none":
            return jwt.encode(claims, None, algorithm="none")
        key = SECRET if alg == "HS256" else (self.others if self.foreign_key else self.keys)[alg]
        return jwt.encode(claims, key, algorithm=alg, headers={"kid": alg})

    def _public(self, alg: str) -> dict[str, Any]:
        maker = {"RS256": jwt.algorithms.RSAAlgorithm, "ES256": jwt.algorithms.ECAlgorithm}[alg]
        return {**maker.to_jwk(self.keys[alg].public_key(), as_dict=True), "kid": alg, "alg": alg, "use": "sig"}

    @staticmethod
    def _send(handler: BaseHTTPRequestHandler, body: str, kind: str) -> None:
        content = body.encode()
        handler.send_response(200)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)
