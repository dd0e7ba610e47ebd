"""The fund's own paragraphs in its letters: safe text written by staff, fields of a closed list, never code.

A letter always says its act, its amount, its reasons, the remedies and who signs: those are in the templates of
`documents/typst/` and cannot be edited away (CRPA L. 211-2, L. 212-1; CJA R. 421-5). What staff write stands between
the reasons and the remedies. Fields are filled after the text was cut into runs: a value is never read as markup.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from applications.states import LetterKind
from common.dates import day
from common.errors import DomainError
from common.money import euros, euros_in_words, percent

MOST = 8000
Values = Mapping[str, str | None]
Block = dict[str, Any]
_FIELD = re.compile(r"\{([^{}\n]*)\}")
_BOLD = re.compile(r"\*\*(.+?)\*\*")


@dataclass(frozen=True)
class Field:
    """What may be merged: its words on the page, and how it is read in the data of a letter (None: not known)."""

    label: str
    read: Callable[[Mapping[str, Any]], str | None]


def _amount(key: str, write: Callable[[int], str] = euros) -> Callable[[Mapping[str, Any]], str | None]:
    return lambda data: None if data.get(key) is None else write(data[key])


def _day(*keys: str) -> Callable[[Mapping[str, Any]], str | None]:
    return lambda data: next((day(data[key]) for key in keys if data.get(key)), None)


def _text(key: str) -> Callable[[Mapping[str, Any]], str | None]:
    return lambda data: str(data[key]) if data.get(key) else None


def _head(key: str) -> Callable[[Mapping[str, Any]], str | None]:
    return lambda data: data["head"].get(key) or None


FIELDS = {
    "dossier": Field("le numéro du dossier", _text("number")),
    "commune": Field("le nom de la commune", _text("commune")),
    "action": Field("le titre de l’action", _text("title")),
    "annee": Field("l’année de l’appel", _text("year")),
    "montant_demande": Field("le montant demandé", _amount("requested_cents")),
    "fonds": Field("le nom du fonds", _head("fund")),
    "metropole": Field("le nom de la métropole", _head("authority")),
    "service": Field("le nom du service", _head("service")),
    "contact": Field("qui suit le dossier, ou le service", lambda d: d["head"]["contact_name"] or d["head"]["service"]),
    "courriel": Field("l’adresse électronique du service", _head("contact_email")),
    "tribunal": Field("le tribunal administratif", _head("court")),
    "acte": Field("le numéro de l’acte", _text("act_number")),
    "date_acte": Field("la date de l’acte", _day("act_date", "signed_on")),
    "montant_accorde": Field("le montant accordé", _amount("amount_cents")),
    "montant_en_lettres": Field("le montant accordé, en lettres", _amount("amount_cents", euros_in_words)),
    "taux": Field("la part du coût retenu", _amount("rate_bp", percent)),
    "date_bilan": Field("la date du bilan", _day("report_due_on", "report_on")),
    "date_limite": Field("la date avant laquelle répondre", _day("due_on")),
}
_EVERY = ("dossier", "commune", "action", "annee", "fonds", "metropole", "service", "contact", "courriel", "tribunal")
_ACT = (*_EVERY, "montant_demande", "acte", "date_acte")
_AWARD = (*_ACT, "montant_accorde", "montant_en_lettres", "taux", "date_bilan")


@dataclass(frozen=True)
class Sort:
    """A sort of letter: what may be merged in it, the text of the product, and what the letter says in any case."""

    fields: tuple[str, ...]
    standard: str
    always: str


DUTIES = """# Ce que vous avez à faire
- demander le premier versement en ligne, avec les coordonnées bancaires de la commune ;
- réaliser l’action telle qu’elle a été présentée, et nous écrire avant tout changement important ;
- mentionner l’aide de la métropole dans les documents de l’action ;
- remettre le bilan de l’action avant le {date_bilan} : le solde est calculé sur les dépenses réelles.

Une aide dont les conditions ne sont pas respectées peut être retirée, en tout ou partie, et les sommes versées réclamées."""

CONVENTION = """# Ce que la commune s’engage à faire
- réaliser l’action « {action} » telle qu’elle est décrite dans le dossier {dossier} ;
- prévenir la métropole avant tout changement important, et demander son accord ;
- employer l’aide à cette action seulement, et mentionner le soutien de la métropole ;
- remettre le bilan de l’action avant le {date_bilan}, avec les justificatifs des dépenses.

# Contrôle et reversement
La métropole peut demander toute pièce utile au contrôle de l’emploi de l’aide. Une aide qui n’a pas été employée à cette action, ou dont le bilan n’est pas remis, est reversée en tout ou partie.

# Durée et litiges
La convention prend effet à sa signature par les deux parties et s’achève quand le solde est versé. Les parties cherchent un accord avant de saisir le {tribunal}."""

SORTS: dict[str, Sort] = {
    LetterKind.AWARD: Sort(
        _AWARD,
        DUTIES,
        "L’acte, le montant en chiffres et en lettres, les versements prévus, les motifs, les voies de recours et la signature.",
    ),
    LetterKind.REDUCED: Sort(
        _AWARD,
        "Le montant accordé est inférieur à celui que vous demandiez. Si l’action ne peut plus se faire ainsi, écrivez-nous : "
        "vous pouvez proposer de l’adapter, ou renoncer à l’aide.\n\n" + DUTIES,
        "L’acte, le montant accordé et celui demandé, les versements prévus, les motifs de la réduction, les voies de recours et la signature.",
    ),
    LetterKind.REFUSAL: Sort(
        _ACT,
        "Ce refus porte sur ce dossier, et non sur la volonté d’agir de votre commune. Le service peut vous recevoir pour en "
        "parler et préparer une autre demande.",
        "L’acte, le montant demandé, les motifs du refus, les voies de recours et la signature.",
    ),
    LetterKind.WAITLIST: Sort(
        _ACT,
        "# Ce que cela veut dire\nSi des crédits se libèrent, le dossier est réexaminé sans que vous ayez rien à refaire. Dans "
        "le cas contraire, nous vous l’écrirons. D’ici là, cette décision n’ouvre pas de droit à une aide : n’engagez de "
        "dépense que si la commune peut la supporter seule.",
        "L’acte, le montant demandé, les motifs, les voies de recours et la signature.",
    ),
    LetterKind.INADMISSIBLE: Sort(
        (*_EVERY, "montant_demande"),
        "Si cette lecture vous paraît inexacte, écrivez-nous : le dossier sera relu. Rien de ce que vous avez rédigé n’est "
        "perdu, et vous pouvez vous en servir pour une nouvelle demande.",
        "La règle de l’appel qui n’est pas respectée, les motifs, les voies de recours et la signature.",
    ),
    LetterKind.PIECES: Sort(
        (*_EVERY, "date_limite"),
        "Si ce délai est trop court, dites-le-nous.",
        "Les pièces demandées, pourquoi, avant quelle date, ce que devient le délai de réponse, et la signature.",
    ),
    LetterKind.ADJOURNED: Sort(
        (*_EVERY, "montant_demande"),
        "Votre dossier n’est ni accepté ni refusé : il sera réexaminé dès que le comité aura ce qu’il attend. Vous n’avez rien à "
        "refaire ; si le service a besoin de vous, il vous écrira.",
        "Que le dossier est ajourné, pour quelles raisons, et la signature.",
    ),
    LetterKind.APPEAL: Sort(
        (*_EVERY, "montant_demande"),
        "Le service peut vous recevoir pour en parler.",
        "Quelle décision était contestée, la réponse et ses motifs, le recours qui reste devant le tribunal, et la signature.",
    ),
    LetterKind.CONVENTION: Sort(
        (*_ACT, "montant_accorde", "montant_en_lettres", "taux", "date_bilan"),
        CONVENTION,
        "Les deux parties, l’action, le montant en chiffres et en lettres, les versements prévus, et la place des deux signatures.",
    ),
}


def values_of(kind: str, data: Mapping[str, Any]) -> dict[str, str | None]:
    """The fields of this kind, as the data of a letter (documents.letters) gives them."""
    return {name: FIELDS[name].read(data) for name in SORTS[kind].fields}


def check(kind: str, text: str) -> None:
    """DomainError, in words, for a text that no letter of this kind could carry."""
    if len(text) > MOST:
        raise DomainError(f"Ce texte a {len(text)} signes : {MOST} au plus.")
    known = SORTS[kind].fields
    for name in _FIELD.findall(text):
        if name not in known:
            raise DomainError(
                f"« {{{name}}} » n’est pas un champ de cette lettre. Les champs sont dans la liste à côté."
            )
    left = _FIELD.sub("", text)
    if "{" in left or "}" in left:
        raise DomainError("Une accolade est restée seule : un champ s’écrit entre deux accolades, comme {commune}.")


def filled(kind: str, text: str, data: Mapping[str, Any]) -> list[Block]:
    """The text as blocks of runs with its fields filled; DomainError when the file has no value for one of them.

    A block is {"kind": "title" | "list" | "text", "lines": [[{"run": "…", "bold": bool}]]}.
    """
    values = values_of(kind, data)
    return [
        {"kind": block, "lines": [[_run(part, bold, values) for part, bold in _runs(line)] for line in lines]}
        for block, lines in _blocks(text)
    ]


def _blocks(text: str) -> Iterator[tuple[str, list[str]]]:
    """An empty line parts paragraphs; « # » begins a title; lines that all begin by « - » are a list."""
    for piece in re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip()):
        lines = [line.strip() for line in piece.split("\n") if line.strip()]
        while lines and lines[0].startswith("#"):
            yield "title", [lines.pop(0).lstrip("# ")]
        if lines and all(line.startswith("- ") for line in lines):
            yield "list", [line[2:] for line in lines]
        elif lines:
            yield "text", lines


def _runs(line: str) -> Iterator[tuple[str, bool]]:
    """« **gras** » is bold; the rest is not."""
    for number, part in enumerate(_BOLD.split(line)):
        if part:
            yield part, number % 2 == 1


def _run(part: str, bold: bool, values: Values) -> dict[str, Any]:
    return {"run": _FIELD.sub(lambda found: _value(found[1], values), part), "bold": bold}


def _value(name: str, values: Values) -> str:
    value = values.get(name)
    if not value:
        raise DomainError(
            f"Le texte de la lettre emploie {{{name}}}, que ce dossier n’a pas. Changez le texte, puis recommencez."
        )
    return value
