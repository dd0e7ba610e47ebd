"""An answer in its canonical JSON: how it is checked, and how it reads. One kind, one shape.

short, long, one: text · number: integer · amount: integer of cents · date: « 2027-01-31 » · yes_no: true or false ·
several: list of texts, in the order of the choices. No answer is None, never an empty shape.
"""

import re
from datetime import date
from typing import Any

from common.dates import day
from common.money import MAX_CENTS, euros
from common.typography import counted, group_thousands
from common.words import count_words
from fund.models import Question
from fund.questions.states import FIGURES, MEASURED, MOST_CHARACTERS, TEXTS, Operator, QuestionKind

K = QuestionKind
MOST_NUMBER = 10**12
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)


def problem(question: Question, value: Any) -> str:
    """Why this answer is not one, in words; empty when it is. `value` is in canonical JSON, never None."""
    if question.kind in TEXTS:
        return _text_problem(question, value)
    if question.kind in FIGURES:
        return _figure_problem(question, value)
    if question.kind == K.DATE:
        return _date_problem(question, value)
    if question.kind == K.YES_NO:
        return "" if isinstance(value, bool) else "Répondez par oui ou par non."
    chosen = value if question.kind == K.SEVERAL else [value]
    if (
        not isinstance(chosen, list)
        or not chosen
        or not all(isinstance(one, str) and one in question.choices for one in chosen)
    ):
        return "Choisissez une réponse dans la liste."
    return "" if len(set(chosen)) == len(chosen) else "Chaque choix compte une seule fois."


def _text_problem(question: Question, value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or "\x00" in value:
        return "Écrivez un texte."
    most = MOST_CHARACTERS[K(question.kind)]
    if len(value) > most:
        return f"{group_thousands(most)} caractères au plus ; votre texte en a {group_thousands(len(value))}."
    words = count_words(value)
    if question.limit_words and words > question.limit_words:
        return f"{counted(question.limit_words, 'mot')} au plus ; votre texte en a {group_thousands(words)}."
    return ""


def _figure_problem(question: Question, value: Any) -> str:
    if not isinstance(value, int) or isinstance(value, bool):
        return "Écrivez un nombre."
    show = euros if question.kind == K.AMOUNT else group_thousands
    least, most = bounds(question)
    if value < least:
        return f"{show(least)} au moins."
    if value > most:
        return f"{show(most)} au plus."
    return ""


def bounds(question: Question) -> tuple[int, int]:
    """Between what and what a number or an amount (cents) is taken."""
    floor, ceiling = (0, MAX_CENTS) if question.kind == K.AMOUNT else (-MOST_NUMBER, MOST_NUMBER)
    least = floor if question.minimum is None else question.minimum
    return least, ceiling if question.maximum is None else question.maximum


def _date_problem(question: Question, value: Any) -> str:
    try:
        found = date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else None
    except ValueError:
        found = None
    if found is None:
        return "Cette date n’existe pas. Écrivez-la comme 22/11/2026."
    if found < (question.earliest or FIRST_DAY):
        return f"Au plus tôt le {day(question.earliest or FIRST_DAY)}."
    if found > (question.latest or LAST_DAY):
        return f"Au plus tard le {day(question.latest or LAST_DAY)}."
    return ""


# --- Reading ---------------------------------------------------------------------------------------------------


def words(question: Question, value: Any) -> str | tuple[str, ...]:
    """How an answer reads on a page; a tuple for several choices."""
    if value is None:
        return ""
    if question.kind == K.SEVERAL:
        return tuple(str(one) for one in value)
    if question.kind == K.NUMBER:
        return group_thousands(value)
    if question.kind == K.AMOUNT:
        return euros(value)
    if question.kind == K.DATE:
        return day(date.fromisoformat(value))
    if question.kind == K.YES_NO:
        return "Oui" if value else "Non"
    return str(value)


def line(question: Question, value: Any) -> str:
    """The same on one line."""
    found = words(question, value)
    return ", ".join(found) if isinstance(found, tuple) else found


def condition_values(question: Question) -> list[str]:
    """What a condition may wait for in the answers to this question, where they can be listed."""
    return ["Oui", "Non"] if question.kind == K.YES_NO else list(question.choices)


def measure(question: Question, expected: str) -> Any:
    """The value that a condition compares with, as it is stored in the condition: canonical JSON, None for no value."""
    if question.kind == K.DATE:
        return expected if not _date_problem(question, expected) else None
    figure = int(expected) if re.fullmatch(r"-?[0-9]{1,15}", expected) else None
    return None if figure is None or _figure_problem(question, figure) else figure


def may_wait(question: Question, operator: str, expected: str) -> bool:
    """May an answer to this question meet this condition?"""
    if operator == Operator.FILLED:
        return True
    if question.kind in MEASURED:
        return operator in (Operator.EQUALS, Operator.LEAST, Operator.MOST) and measure(question, expected) is not None
    return operator in (Operator.EQUALS, Operator.CONTAINS) and expected in condition_values(question)


def fits(question: Question, operator: str, expected: str, value: Any) -> bool:
    """Does this answer open what waits for it?"""
    if value is None:
        return False
    if operator == Operator.FILLED:
        return True
    if question.kind in MEASURED:
        return _compares(operator, value, measure(question, expected))
    found = words(question, value)
    return expected in found if isinstance(found, tuple) else expected == found


def _compares(operator: str, value: Any, expected: Any) -> bool:
    """Days are compared as they are written: the year first."""
    if type(value) is not type(expected):
        return False
    if operator == Operator.LEAST:
        return bool(value >= expected)
    return bool(value <= expected) if operator == Operator.MOST else bool(value == expected)
