"""How words and numbers are written in French on screens, in mails and in documents.

Pure functions, no Django settings needed. Narrow no-break space (U+202F) stands before ; : ! ? € %
and inside « »; it also groups the thousands.
"""

import re
import unicodedata
from typing import Any

from django.utils.safestring import SafeString, mark_safe

NNBSP = "\u202f"
MINUS = "\u2212"
APOSTROPHE = "\u2019"

_MARKS = frozenset(";:!?€%»")
_BEFORE = re.compile(r"[ \u00a0]+(?=[;:!?€%»])")
_AFTER = re.compile(r"(?<=«)[ \u00a0]+")
_IN_NUMBERS = re.compile(
    r"(?<=[0-9])[ \u00a0](?=[0-9]{3}(?![0-9]))|(?<=[0-9])[ \u00a0](?=h\b)|(?<=[0-9][ \u202f]h)[ \u00a0](?=[0-9])"
)
_PHONE = re.compile(r"\b0[1-9](?: [0-9]{2}){4}\b")
_STRAIGHT = re.compile(r"(?<=[^\W\d_])'(?=[^\W\d_])")


def typo(text: Any) -> str:
    """Put the spaces and apostrophes French asks for. Idempotent; a safe string stays safe."""
    source = str(text)
    # A mark alone, put after a word by a template.
    if source in _MARKS:
        return mark_safe(f"{NNBSP}{source}")  # noqa: S308 - one of our own marks
    done = _BEFORE.sub(NNBSP, source)
    done = _IN_NUMBERS.sub(NNBSP, _AFTER.sub(NNBSP, done))
    done = _PHONE.sub(lambda number: number[0].replace(" ", NNBSP), done)
    if isinstance(text, SafeString):
        return mark_safe(done)  # noqa: S308 - only spaces changed in a string already trusted
    return _STRAIGHT.sub(APOSTROPHE, done)


def group_thousands(number: int) -> str:
    """18364 gives 18 364, with a true minus sign when negative."""
    digits = f"{abs(number):,}".replace(",", NNBSP)
    return f"{MINUS}{NNBSP}{digits}" if number < 0 else digits


def plural(count: int, forms: str = "s") -> str:
    """The ending that goes with a count: in French zero and one are singular.

    `forms` is "s", or "singular,plural" ("al,aux").
    """
    singular, _, several = forms.rpartition(",")
    return several if abs(count) >= 2 else singular


def counted(count: int, forms: str) -> str:
    """14 dossiers. `forms`: "dossier", "œil,yeux" or "pièce,pièces,aucune pièce"."""
    words = [word.strip() for word in forms.split(",")]
    if count == 0:
        return words[2] if len(words) > 2 else f"aucun {words[0]}"
    several = words[1] if len(words) > 1 else f"{words[0]}s"
    return f"{group_thousands(count)}\u00a0{several if abs(count) >= 2 else words[0]}"


def of_name(name: Any) -> str:
    """A commune after « de »: d’Aubagne, du Puy-Sainte-Réparade, des Pennes-Mirabeau, de La Ciotat."""
    text = str(name).replace("'", APOSTROPHE)
    for article, contracted in (("Le ", "du "), ("Les ", "des ")):
        if text.startswith(article):
            return contracted + text.removeprefix(article)
    elided = unicodedata.normalize("NFD", text)[:1] in "AEIOU" and text != ""
    return (f"d{APOSTROPHE}" if elided else "de ") + text


_NUMBER_WORDS = ("zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix")


def number_word(count: int) -> str:
    """« trois » up to ten, then figures."""
    return _NUMBER_WORDS[count] if 0 <= count <= 10 else group_thousands(count)


def _compact(value: Any) -> str:
    return re.sub(r"\s", "", str(value))


def siren(value: Any) -> str:
    """211300058 gives 211 300 058."""
    text = _compact(value)
    return NNBSP.join((text[:3], text[3:6], text[6:])) if len(text) == 9 else text


def siret(value: Any) -> str:
    """21130005800017 gives 211 300 058 00017."""
    text = _compact(value)
    return f"{siren(text[:9])}{NNBSP}{text[9:]}" if len(text) == 14 else text


def iban_grouped(value: Any) -> str:
    """Groups of four, as printed on a bank statement."""
    text = _compact(value).upper()
    return NNBSP.join(text[i : i + 4] for i in range(0, len(text), 4))


def iban_masked(value: Any) -> str:
    """FR76 •••• 0189: enough to recognise an account, not enough to use it."""
    text = _compact(value).upper()
    if len(text) < 12:
        return "••••" if text else ""
    return f"{text[:4]}{NNBSP}••••{NNBSP}{text[-4:]}"


def initials(name: Any) -> str:
    """Hélène Roustan gives HR."""
    words = [word for word in re.split(r"[\s\-]+", str(name)) if word and word[0].isalpha()]
    if not words:
        return "·"
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


def filesize(size: int) -> str:
    """1258291 gives 1,2 Mo (decimal units, as French systems show them)."""
    if size < 1000:
        return f"{size}{NNBSP}{plural(size, 'octet,octets')}"
    for unit, step in (("Ko", 10**3), ("Mo", 10**6), ("Go", 10**9)):
        tenths = (size * 10 + step // 2) // step
        if tenths < 10_000 or unit == "Go":
            whole, tenth = divmod(tenths, 10)
            shown = f"{whole},{tenth}" if unit != "Ko" and tenth else str(whole + (tenth >= 5))
            return f"{shown}{NNBSP}{unit}"
    raise AssertionError("unreachable")


_BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
    ("Linux", "Linux"),
)


def browser_name(user_agent: Any) -> str:
    """« Firefox sous Windows », so that a person recognises their own device."""
    text = str(user_agent)
    browser = next((name for mark, name in _BROWSERS if mark in text), "Navigateur inconnu")
    system = next((name for mark, name in _SYSTEMS if mark in text), "")
    return f"{browser} sous {system}" if system else browser
