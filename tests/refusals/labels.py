"""Labels: of the fund, not retired, on a file that was sent, by nobody with an interest in it."""

from tests.refusals.case import CHECK, DENIED, REFUSED, UNIQUE, Case

LABEL, WORN = "applications_label", "applications_filelabel"
ONE = f"(SELECT max(id) FROM {LABEL})"


def label(**over: str) -> str:
    fields = {"fund_id": "(SELECT min(id) FROM fund_fund)", "name": "'À visiter'", "folded": "'a visiter'", **over}
    return f"INSERT INTO {LABEL} ({', '.join(fields)}) VALUES ({', '.join(fields.values())})"


def put(application: str = "$reviewed", by: str = "$instructor") -> str:
    return f"INSERT INTO {WORN} (application_id, label_id, put_by_id) VALUES ({application}, {ONE}, {by})"


AN_INTEREST = (
    "INSERT INTO reviews_conflict (user_id, application_id, reason) VALUES ($instructor, $submitted, 'Parenté.')"
)
RETIRED = f"UPDATE {LABEL} SET retired_at = now() WHERE id = {ONE}"
STAYS, PUT, NEUTRAL = f"{LABEL}.stays", f"{WORN}.put", f"{WORN}.neutral"
LABELS = [
    Case("the same name", label(), UNIQUE, "label_name_once", (label(),)),
    Case("no name", label(name="' '"), CHECK, "label_has_a_name"),
    Case(
        "another name", f"UPDATE {LABEL} SET name = 'X' WHERE id = {ONE}", REFUSED, "keeps its name", (label(),), STAYS
    ),
    Case("a label thrown away", f"DELETE FROM {LABEL}", DENIED, before=(label(),)),
    Case("on a draft", put("$draft"), REFUSED, "no label on a draft", (label(),), PUT),
    Case("once retired", put(), REFUSED, "not retired", (label(), RETIRED), PUT),
    Case("twice", put(), UNIQUE, "file_label_once", (label(), put())),
    Case("changed", f"UPDATE {WORN} SET application_id = $submitted", REFUSED, "taken off", (label(), put()), PUT),
    Case("by a person with an interest", put("$submitted"), REFUSED, "interest", (label(), AN_INTEREST), NEUTRAL),
]
LAWFUL = (label(), put(), f"DELETE FROM {WORN} WHERE label_id = {ONE}", RETIRED)
