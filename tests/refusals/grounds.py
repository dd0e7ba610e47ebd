"""The list of reasons: a reason keeps its code and its use, and is chosen only for what it serves for."""

from tests.refusals.case import CHECK, DENIED, REFUSED, UNIQUE, Case
from tests.refusals.deciding import BORN as DECISION_BORN
from tests.refusals.deciding import decision

GROUND, CHOICE = "applications_ground", "applications_decisionground"
ONE, DECIDED = f"(SELECT max(id) FROM {GROUND})", "(SELECT max(id) FROM applications_decision)"
REJECTED = (DECISION_BORN, decision("reject", "0", reasons="'x'"))


def ground(**over: str) -> str:
    fields = {
        "fund_id": "(SELECT min(id) FROM fund_fund)",
        "code": "'R1'",
        "use": "'refusal'",
        "label": "'Hors objet'",
        "words": "'L’action est hors objet.'",
        "rule": "''",
        "version": "1",
        "retired_at": "NULL",
        **over,
    }
    return f"INSERT INTO {GROUND} ({', '.join(fields)}) VALUES ({', '.join(fields.values())})"


def chosen(decided: str = DECIDED) -> str:
    return f"INSERT INTO {CHOICE} (decision_id, ground_id) VALUES ({decided}, {ONE})"


def row_is(changes: str) -> str:
    return f"UPDATE {GROUND} SET {changes} WHERE id = {ONE}"


STAYS, CHOSEN = f"{GROUND}.stays", f"{CHOICE}.chosen"
KEEPS = "keeps its code"
GROUNDS = [
    Case("a reason without words", ground(words="' '"), CHECK, "ground_says_something"),
    Case("a code with a space", ground(code="'R 1'"), CHECK, "ground_says_something"),
    Case("the same code", ground(code="'r1'"), UNIQUE, "ground_code_once", (ground(),)),
    Case("another code", row_is("code = 'R2'"), REFUSED, KEEPS, (ground(),), STAYS),
    Case("another use", row_is("use = 'waitlist'"), REFUSED, KEEPS, (ground(),), STAYS),
    Case("a reason thrown away", f"DELETE FROM {GROUND}", DENIED, before=(ground(),)),
    Case(
        "a reason of another use",
        chosen(),
        REFUSED,
        "serves what it was written for",
        (ground(use="'waitlist'"), *REJECTED),
        CHOSEN,
    ),
    Case(
        "a reason taken off the list",
        chosen(),
        REFUSED,
        "taken off the list",
        (ground(retired_at="now()"), *REJECTED),
        CHOSEN,
    ),
    Case("a reason added to a signed decision", chosen("$signed"), REFUSED, "not after", (ground(),), CHOSEN),
    Case("the same reason twice", chosen(), UNIQUE, "decision_ground_once", (ground(), *REJECTED, chosen())),
    Case("a choice taken back", f"DELETE FROM {CHOICE}", DENIED, before=(ground(), *REJECTED, chosen())),
]
LAWFUL = (ground(), *REJECTED, chosen())
MENDED = (ground(), row_is("words = 'Autre phrase.', retired_at = now()"))
