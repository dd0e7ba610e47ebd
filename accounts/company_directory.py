"""The public company directory (API Recherche d'entreprises): the seat of one organisation, by its SIREN.

One host, the one of the settings; no redirection is followed; the answer is bounded in time and size; what is not exactly
the expected shape counts as no answer.
"""

import json
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings
from django.core.cache import cache
from stdnum.fr import siret as siret_number
from urllib3.exceptions import HTTPError

CONNECT_SECONDS, READ_SECONDS, WHOLE_SECONDS = 3.0, 5.0, 10.0
MAX_BYTES = 256 * 1024
PER_SECOND = 7  # what the service allows from one address
LONGEST_PAUSE = 20
ADDRESS_LENGTH = 300


class Unavailable(Exception):
    """The directory did not answer usefully; `retry_after` seconds when it asked to come back later."""

    def __init__(self, trouble: str, retry_after: int | None = None) -> None:
        super().__init__(trouble)
        self.retry_after = retry_after


@dataclass(frozen=True)
class Seat:
    siret: str
    address: str


def look_up(siren: str) -> Seat | None:
    """The open seat of this SIREN, None when the directory does not know it. Raises Unavailable."""
    _keep_pace()
    return _seat(_answer(siren), siren)


def _keep_pace() -> None:
    """No more questions in a second than the service allows, whatever the number of workers."""
    key = f"company-directory:{int(time.time())}"
    cache.add(key, 0, timeout=5)
    if cache.incr(key) > PER_SECOND:
        raise Unavailable("too many questions in this second", retry_after=1)


def _answer(siren: str) -> Any:
    began = time.monotonic()
    try:
        with (
            requests.Session() as session,
            session.get(
                settings.COMPANY_DIRECTORY_URL,
                params={"q": siren},
                headers=_headers(),
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                allow_redirects=False,
                stream=True,
            ) as response,
        ):
            _refuse_status(response)
            body = bytearray()
            while part := response.raw.read1(8192):  # what is there, without waiting for more
                body += part
                if len(body) > MAX_BYTES or time.monotonic() - began > WHOLE_SECONDS:
                    raise Unavailable("too long an answer")
        return json.loads(body)
    except (requests.RequestException, HTTPError, OSError) as error:
        raise Unavailable(type(error).__name__) from error
    except (ValueError, RecursionError) as error:
        raise Unavailable("not readable") from error


def _headers() -> dict[str, str]:
    """Not compressed: what is counted is what is read."""
    return {
        "User-Agent": settings.COMPANY_DIRECTORY_AGENT,
        "Accept": "application/json",
        "Accept-Encoding": "identity",
    }


def _refuse_status(response: requests.Response) -> None:
    if urlsplit(response.url).netloc != urlsplit(settings.COMPANY_DIRECTORY_URL).netloc:
        raise Unavailable("another host")
    if response.status_code == requests.codes.too_many_requests:
        said = response.headers.get("Retry-After", "")
        raise Unavailable("too many questions", retry_after=min(int(said), LONGEST_PAUSE) if said.isdigit() else 5)
    if response.status_code != requests.codes.ok:
        raise Unavailable(f"answered {response.status_code}")


def _seat(data: Any, siren: str) -> Seat | None:
    """Only what speaks of this very SIREN, with a valid SIRET of it, in an establishment that is open."""
    try:
        found = [one for one in data["results"] if one["siren"] == siren]
        if not found:
            return None
        seat = found[0]["siege"]
        number, address, state = seat["siret"], seat["adresse"], seat["etat_administratif"]
    except (KeyError, TypeError, IndexError) as error:
        raise Unavailable("not the expected answer") from error
    if not (isinstance(number, str) and isinstance(address, str) and isinstance(state, str)):
        raise Unavailable("not the expected answer")
    if not (number.isascii() and number.isdigit() and number.startswith(siren) and siret_number.is_valid(number)):
        raise Unavailable("not a SIRET of this SIREN")
    if state != "A":
        return None
    return Seat(number, _one_line(address))


def _one_line(address: str) -> str:
    """Printable text, single spaces; an address that is too long is not one."""
    text = " ".join("".join(char if char.isprintable() else " " for char in address).split())
    if len(text) > ADDRESS_LENGTH:
        raise Unavailable("not an address")
    return text
