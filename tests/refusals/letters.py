"""The texts of letters: added in order by the manager, never changed; a decision is signed with the newest of its own."""

from tests.refusals.case import DENIED, REFUSED, Case
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
LAWFUL = (text(), text(number="7"), ENTRY, signature(text_id=LAST)[1])
