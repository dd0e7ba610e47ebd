"""Validation of what we write in XML, by libxml2: no entity, no network, one sentence for the person."""

from functools import cache
from pathlib import Path

from lxml import etree

from common.errors import DomainError


@cache
def _schema(path: Path) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(path), _parser()))


def _parser() -> etree.XMLParser:
    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)


def validate(content: bytes, schema: Path, *, what: str) -> None:
    """Raises DomainError with the first fault, its line and its reason."""
    checker = _schema(schema)
    if not checker.validate(etree.fromstring(content, _parser())):
        fault = checker.error_log[0]
        raise DomainError(
            f"Le {what} n’est pas conforme à son schéma et n’a pas été fait (ligne {fault.line} : {fault.message}) "
            "Corrigez le réglage ou l’adresse en cause, puis recommencez."
        )
