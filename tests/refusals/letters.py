"""The texts of letters: added in order by the manager, never changed; a decision is signed with the newest of its own."""

from tests.refusals.case import DENIED, REFUSED, UNIQUE, Case, born
from tests.refusals.deciding import signature

TEXT, DECISION = "applications_lettertext", "applications_decision"
CALL = f"(SELECT a.call_id FROM applications_application a JOIN {DECISION} d ON d.application_id = a.id WHERE d.id = $recorded)"
LAST = f"(SELECT max(id) FROM {TEXT})"
FIRST = f"(SELECT min(id) FROM {TEXT})"


def text(**over: str) -> str:
    fields = {
        "call_id": CALL,
        "kind": "'attribution'",
        "number": "1",
        "text": "'Bonjour.'",
        "why": "''",
        "written_by_id": "$manager",
        **over,
    }
    return f"INSERT INTO {TEXT} ({', '.join(fields)}) VALUES ({', '.join(fields.values())})"


ENTRY, _ = signature()
WRITTEN, SIGNED = f"{TEXT}.written", f"{DECISION}.text_signed"
TEXTS = [
    Case("a text by an instructor", text(written_by_id="$instructor"), REFUSED, "by the manager", (), WRITTEN),
    Case("a text written again", f"UPDATE {TEXT} SET text = 'Autre.'", DENIED, before=(text(),)),
    Case("a text thrown away", f"DELETE FROM {TEXT}", DENIED, before=(text(),)),
    Case("signed with an older text", signature(text_id=FIRST)[1], REFUSED, "newest", (text(), text(), ENTRY), SIGNED),
    Case("signed without its text", signature()[1], REFUSED, "newest", (text(), ENTRY), SIGNED),
    Case(
        "signed with the text of another letter",
        signature(text_id=LAST)[1],
        REFUSED,
        "newest",
        (text(kind="'refus'"), ENTRY),
        SIGNED,
    ),
    Case(
        "signed with the text of another call",
        signature(text_id=LAST)[1],
        REFUSED,
        "newest",
        (text(call_id="(SELECT max(id) FROM fund_call c WHERE c.id <> " + CALL + ")"), ENTRY),
        SIGNED,
    ),
    Case(
        "a text set before the signature",
        f"UPDATE {DECISION} SET text_id = {LAST} WHERE id = $recorded",
        REFUSED,
        "set by the signature",
        (text(),),
        SIGNED,
    ),
    Case(
        "the text of a signed decision",
        f"UPDATE {DECISION} SET text_id = {LAST} WHERE id = $signed",
        REFUSED,
        "",
        (text(),),
    ),
]
LETTER = "applications_fileletter"
MINE = f"(SELECT max(id) FROM {LETTER})"
OF = "(SELECT application_id FROM applications_decision WHERE id = $recorded)"


def letter(**over: str) -> str:
    fields = {
        "application_id": OF,
        "kind": "'ajournement'",
        "occasion": "'seance-1'",
        "text_id": "NULL",
        "said": "'{}'",
        "written_by_id": "$manager",
        **over,
    }
    return f"INSERT INTO {LETTER} ({', '.join(fields)}) VALUES ({', '.join(fields.values())})"


def made(where: str) -> str:
    return f"UPDATE {LETTER} SET file_id = (SELECT max(id) FROM documents_storedfile WHERE {where}) WHERE id = {MINE}"


A_PDF = (
    "INSERT INTO documents_storedfile (state, version, origin, organisation_id, key, path, name, content_type, size, sha256,"
    " scan_engine, scan_note, scanned_sha256) SELECT 'quarantined', 1, 'issued', a.organisation_id, 'k-letter', 'p-letter', 'x.pdf',"
    f" 'application/pdf', 1, repeat('a', 64), '', '', '' FROM applications_application a WHERE a.id = {OF}"
)
BORN_PDF = born("documents_storedfile", "documents.storedfile", "quarantined")
ELSEWHERE = A_PDF.replace(
    "SELECT 'quarantined', 1, 'issued', a.organisation_id", "SELECT 'quarantined', 1, 'issued', NULL"
)
L_WRITTEN, L_STAYS = f"{LETTER}.written", f"{LETTER}.stays"
LETTERS = [
    Case("the same letter twice", letter(), UNIQUE, "file_letter_once", (letter(),)),
    Case(
        "a letter without the text of its call", letter(), REFUSED, "newest", (text(kind="'ajournement'"),), L_WRITTEN
    ),
    Case("a letter with the text of another kind", letter(text_id=LAST), REFUSED, "newest", (text(),), L_WRITTEN),
    Case(
        "a letter that says something else",
        f"UPDATE {LETTER} SET said = '{{\"x\": 1}}' WHERE id = {MINE}",
        REFUSED,
        "stays as it was written",
        (letter(),),
        L_STAYS,
    ),
    Case(
        "the PDF of another organisation",
        made("path = 'p-letter'"),
        REFUSED,
        "organisation of its file",
        (letter(), BORN_PDF, ELSEWHERE),
        L_STAYS,
    ),
    Case("a letter thrown away", f"DELETE FROM {LETTER}", DENIED, before=(letter(),)),
]
WRITTEN_AND_MADE = (letter(), BORN_PDF, A_PDF, made("path = 'p-letter'"))
LAWFUL = (text(), text(number="7"), ENTRY, signature(text_id=LAST)[1])


PAPER = "applications_signedpaper"
SCAN = (
    A_PDF.replace("'issued'", "'uploaded'")
    .replace("scan_engine,", "uploaded_by_id, scan_engine,")
    .replace("repeat('a', 64), ''", "repeat('a', 64), $head, ''")
)


def paper(**over: str) -> str:
    fields = {
        "decision_id": "$signed",
        "kind": "'lettre'",
        "number": "1",
        "file_id": "(SELECT max(id) FROM documents_storedfile WHERE path = 'p-letter')",
        "deposited_by_id": "$head",
        **over,
    }
    return f"INSERT INTO {PAPER} ({', '.join(fields)}) VALUES ({', '.join(fields.values())})"


OF_SIGNED = SCAN.replace("$recorded", "$signed")
DEPOSITED = f"{PAPER}.deposited"
PAPERS = [
    Case(
        "the scan of a decision that is not signed",
        paper(decision_id="$recorded"),
        REFUSED,
        "is signed",
        (BORN_PDF, SCAN),
        DEPOSITED,
    ),
    Case(
        "a convention that was not made",
        paper(kind="'convention'"),
        REFUSED,
        "made before",
        (BORN_PDF, OF_SIGNED),
        DEPOSITED,
    ),
    Case(
        "a scan deposited by another",
        paper(deposited_by_id="$manager"),
        REFUSED,
        "by who deposits it",
        (BORN_PDF, OF_SIGNED),
        DEPOSITED,
    ),
    Case(
        "a document of the fund as a scan",
        paper(),
        REFUSED,
        "by who deposits it",
        (BORN_PDF, A_PDF.replace("$recorded", "$signed")),
        DEPOSITED,
    ),
    Case("a scan taken back", f"DELETE FROM {PAPER}", DENIED, before=(BORN_PDF, OF_SIGNED, paper())),
    Case("another version number", f"UPDATE {PAPER} SET number = 9", DENIED, before=(BORN_PDF, OF_SIGNED, paper())),
]
SCANNED = (BORN_PDF, OF_SIGNED, paper(number="5"))
