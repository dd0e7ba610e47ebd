"""Gracious appeals: about what the commune was told, in its name, answered by another person than who decided."""

from tests.refusals.case import CHECK, DENIED, REFUSED, UNIQUE, Case, born, change, entry
from tests.refusals.letters import letter

APPEAL, LABEL = "applications_appeal", "applications.appeal"
LAST = f"(SELECT max(id) FROM {APPEAL})"
TODAY = "(now() AT TIME ZONE 'Europe/Paris')::date"
REFUSED_FILE = "(SELECT application_id FROM applications_decision WHERE id = $told_refusal)"
COMMUNE = (
    f"(SELECT m.user_id FROM accounts_membership m JOIN applications_application a ON a.organisation_id = m.organisation_id"
    f" WHERE a.id = {REFUSED_FILE} AND m.ended_at IS NULL LIMIT 1)"
)
BORN = born(APPEAL, LABEL, "received")


def appeal(**over: str) -> str:
    fields = {
        "application_id": REFUSED_FILE,
        "decision_id": "$told_refusal",
        "state": "'received'",
        "version": "1",
        "words": "'Relisez.'",
        "received_on": TODAY,
        "by_post": "true",
        "last_day": TODAY,
        "due_on": f"({TODAY} + interval '2 months')::date",
        "filed_by_id": "$instructor",
        "answer": "''",
        **over,
    }
    return f"INSERT INTO {APPEAL} ({', '.join(fields)}) VALUES ({', '.join(fields.values())})"


ANSWER = letter(application_id=REFUSED_FILE, kind="'recours'", occasion="'recours-1'")
LETTER = "(SELECT max(id) FROM applications_fileletter)"


def answered(state: str = "rejected", **over: str) -> tuple[str, str]:
    fields = {"answer": "'Non.'", "answered_by_id": "$head", "answered_at": "now()", "letter_id": LETTER, **over}
    _, update = change(APPEAL, LABEL, LAST, 2, "received", state, **fields)
    return entry(LABEL, LAST, 2, "received", state, chain=f"'{LABEL}:' || {LAST}"), update


ENTRY, DONE = answered()
FILED, STAYS, NEUTRAL = f"{APPEAL}.filed", f"{APPEAL}.stays", f"{APPEAL}.neutral"
BEFORE = (BORN, appeal(), ANSWER, ENTRY)
APPEALS = [
    Case(
        "against a decision the commune was not told",
        appeal(decision_id="$signed"),
        REFUSED,
        "was told",
        (BORN,),
        FILED,
    ),
    Case(
        "received tomorrow",
        appeal(received_on=f"{TODAY} + 1", due_on=f"({TODAY} + 1 + interval '2 months')::date"),
        REFUSED,
        "on the day",
        (BORN,),
        FILED,
    ),
    Case("another delay than two months", appeal(due_on=f"{TODAY} + 5"), REFUSED, "two months", (BORN,), FILED),
    Case(
        "by the desk as if the commune had come",
        appeal(by_post="false"),
        REFUSED,
        "filed by its commune",
        (BORN,),
        FILED,
    ),
    Case(
        "by the commune as if it came by post",
        appeal(filed_by_id=COMMUNE),
        REFUSED,
        "filed by its commune",
        (BORN,),
        FILED,
    ),
    Case("without words", appeal(words="' '"), CHECK, "appeal_says_something", (BORN,)),
    Case("a second one", appeal(), UNIQUE, "appeal_one", (BORN, appeal())),
    Case(
        "other words", f"UPDATE {APPEAL} SET words = 'x' WHERE id = {LAST}", REFUSED, "stay as", (BORN, appeal()), STAYS
    ),
    Case("answered by who decided", answered(answered_by_id="$manager")[1], REFUSED, "another person", BEFORE, STAYS),
    Case("answered by the commune", answered(answered_by_id=COMMUNE)[1], REFUSED, "interest", BEFORE, NEUTRAL),
    Case("answered by who registered it", answered(answered_by_id="$instructor")[1], CHECK, "by_another", BEFORE),
    Case("answered without a letter", answered(letter_id="NULL")[1], REFUSED, "by a letter", BEFORE),
    Case("answered without reasons", answered(answer="''")[1], CHECK, "by_another", BEFORE),
    Case(
        "an answer mended",
        f"UPDATE {APPEAL} SET answer = 'Oui.' WHERE id = {LAST}",
        REFUSED,
        "stay as",
        (*BEFORE, DONE),
        STAYS,
    ),
    Case(
        "a refusal taken back without an appeal",
        change("applications_decision", "applications.decision", "$told_refusal", 4, "notified", "revoked")[1],
        REFUSED,
        "accepted",
        change("applications_decision", "applications.decision", "$told_refusal", 4, "notified", "revoked")[:1],
        "applications_decision.revoked",
    ),
    Case("an appeal thrown away", f"DELETE FROM {APPEAL}", DENIED, before=(BORN, appeal())),
]
LAWFUL = (*BEFORE, DONE)
