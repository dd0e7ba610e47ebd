"""The lists of the form that are data: grounds of discrimination, domains, the commune's commitments."""

import json
from functools import cache
from pathlib import Path

_LAW = Path(__file__).parent / "data" / "criteres_discrimination.json"


@cache
def _law() -> dict[str, list[dict[str, str]]]:
    return dict(json.loads(_LAW.read_text(encoding="utf-8")))


def grounds() -> tuple[tuple[str, str], ...]:
    """Grounds named by the law, as (code, label). How many there are is never printed: the count depends on the date."""
    return tuple((item["code"], item["libelle"]) for item in _law()["criteres"])


def domains() -> tuple[tuple[str, str], ...]:
    return tuple((item["code"], item["libelle"]) for item in _law()["domaines"])


# What the signatory answers for. The codes are kept in `Application.commitments`.
COMMITMENTS = (
    ("sincerity", "Les renseignements de ce dossier sont exacts et le budget est sincère."),
    ("not_started", "L’action n’a pas commencé : aucune dépense n’est engagée à ce jour."),
    ("no_personal_data", "Le dossier ne décrit aucune personne : ni nom, ni situation qui permette de la reconnaître."),
    ("report", "La commune rendra compte de l’action et des dépenses avant la date fixée par l’appel."),
    ("mention", "La commune signalera l’aide de la métropole dans ses documents et ses annonces."),
)


def labels(choices: tuple[tuple[str, str], ...], codes: list[str]) -> list[str]:
    """The words of these codes, in the order of the list; an unknown code is shown as it is."""
    known = dict(choices)
    ordered = [code for code, _ in choices if code in codes]
    return [known[code] for code in ordered] + [code for code in codes if code not in known]
