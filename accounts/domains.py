"""Does an address come from the town hall's own mail? A hint for whoever answers a request, never a right."""

import re
from dataclasses import dataclass

from accounts.models import Organisation

# Anybody may have an address there.
_FREE = """
    aol.com bbox.fr club-internet.fr free.fr gmail.com gmx.com gmx.fr googlemail.com hotmail.com hotmail.fr icloud.com
    laposte.net live.com live.fr mail.com me.com msn.com neuf.fr numericable.fr orange.fr outlook.com outlook.fr
    proton.me protonmail.com sfr.fr tutanota.com wanadoo.fr yahoo.com yahoo.fr ymail.com zoho.com
"""
FREE_PROVIDERS = frozenset(_FREE.split())
_SHAPE = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")


@dataclass(frozen=True)
class Hint:
    """`kind` is that of the tag that shows it."""

    kind: str
    words: str


SAME = Hint("ok", "même domaine que la mairie")
FREE = Hint("warn", "messagerie grand public")
OTHER = Hint("info", "autre domaine que celui de la mairie")
UNKNOWN = Hint("info", "domaine de la mairie inconnu")


def domain_of(email: str) -> str:
    return email.rpartition("@")[2].strip().lower()


def is_domain(text: str) -> bool:
    return _SHAPE.fullmatch(text) is not None


def known_domains(organisation: Organisation) -> set[str]:
    """That of the contact address, and those that the staff wrote down; never one that anybody may use."""
    found = {domain_of(organisation.email), *organisation.email_domains} - {""}
    return found - FREE_PROVIDERS


def hint(email: str, organisation: Organisation) -> Hint:
    domain, known = domain_of(email), known_domains(organisation)
    if domain in FREE_PROVIDERS:
        return FREE
    if domain in known:
        return SAME
    return OTHER if known else UNKNOWN
