"""Documents too heavy, a hand that nobody gave, last year's words unread, an opinion by who wrote the file."""

from tests.refusals.case import CHECK, REFUSED, UNIQUE, Case
from tests.refusals.files import SEND
from tests.refusals.journal import COUNT


def a_file_row(size: int, key: str, organisation: str = "$commune") -> str:
    """Born in quarantine; its journal entry is asked for at the commit only."""
    return (
        "INSERT INTO documents_storedfile (state, version, origin, organisation_id, key, path, name, content_type, size,"
        f" sha256, scanned_sha256, scan_engine, scan_note) VALUES ('quarantined', 1, 'uploaded', {organisation}, '{key}',"
        f" '{key}', 'n', 't', {size}, repeat('a', 64), '', '', '')"
    )


HEAVY = (
    "INSERT INTO applications_attachment (application_id, organisation_id, code, title, file_id, added_by_id)"
    " VALUES ($second_draft, $commune, 'x', '', $heavy, $drafter)"
)


def a_hand(helper: str, *, application: str = "$second_draft", reason: str = "'x'", asked_by: str = "NULL") -> str:
    return (
        "INSERT INTO applications_assistance (application_id, helper_id, asked_by_id, reason)"
        f" VALUES ({application}, {helper}, {asked_by}, {reason})"
    )


def a_renewal(application: str = "$second_draft", origin: str = "$submitted") -> str:
    return (
        "INSERT INTO applications_renewal (application_id, origin_id, unread, dropped, created_by_id)"
        f" VALUES ({application}, {origin}, ARRAY['enjeu'], ARRAY[]::varchar[], $drafter)"
    )


NOT_NEUTRAL = "interest in the file"
OPINION = (
    "INSERT INTO reviews_opinion (application_id, advice, text, proposed_cents, written_by_id, written_at)"
    " VALUES ($in_instruction, 'favorable', 'x', 0, {by}, now())"
)

HELPING = [
    Case(
        "more than a hundred megabytes of documents",
        HEAVY,
        REFUSED,
        "too heavy together",
        before=(HEAVY,) * 4,
        guard="applications_attachment.weight",
    ),
    Case("a deposit above twenty megabytes", a_file_row(20 * 1024 * 1024 + 1, "heavy"), CHECK, "upload_not_heavy"),
    Case(
        "a hand on a file that was sent",
        a_hand("$instructor", application="$submitted"),
        REFUSED,
        "only a draft",
        guard="applications_assistance.given",
    ),
    Case("a hand given to an evaluator", a_hand("$evaluator"), REFUSED, "given to an instructor"),
    Case("a hand given to a drafter of the commune", a_hand("$drafter"), REFUSED, "given to an instructor"),
    Case("a hand without a reason", a_hand("$instructor", reason="''"), CHECK, "has_reason"),
    Case("a hand of nobody", a_hand("NULL"), CHECK, "has_somebody"),
    Case("two hands at once", a_hand("$manager"), UNIQUE, "one_open", before=(a_hand("$instructor"),)),
    Case(
        "a hand given to another behind the helper",
        "UPDATE applications_assistance SET helper_id = $manager WHERE application_id = $second_draft",
        REFUSED,
        "never rewritten",
        before=(a_hand("$instructor"),),
    ),
    Case(
        "a hand moved to another draft",
        "UPDATE applications_assistance SET application_id = $draft WHERE application_id = $second_draft",
        REFUSED,
        "never rewritten",
        before=(a_hand("$instructor"),),
    ),
    Case(
        "a hand opened again",
        "UPDATE applications_assistance SET ended_at = NULL WHERE application_id = $second_draft",
        REFUSED,
        "never rewritten",
        before=(
            a_hand("$instructor"),
            "UPDATE applications_assistance SET ended_at = now() WHERE application_id = $second_draft",
        ),
    ),
    Case(
        "an opinion by who wrote the file",
        OPINION.format(by="$drafter"),
        REFUSED,
        NOT_NEUTRAL,
        guard="reviews_opinion.neutral",
    ),
    Case(
        "a file begun from another commune's",
        a_renewal(origin="$other_under_review"),
        REFUSED,
        "one its commune sent",
        guard="applications_renewal.origin",
    ),
    Case("a file begun from a draft", a_renewal(origin="$draft"), REFUSED, "one its commune sent"),
    Case("a file sent that is begun from another", a_renewal("$in_instruction"), REFUSED, "frozen"),
    Case(
        "a file that changes its origin",
        "UPDATE applications_renewal SET origin_id = $in_instruction WHERE application_id = $second_draft",
        REFUSED,
        "keeps the one",
        before=(a_renewal(),),
    ),
    Case(
        "sent with last year's words unread",
        SEND[1],
        REFUSED,
        "read again before sending",
        before=(a_renewal("$draft"), COUNT, SEND[0]),
        guard="applications_application.read_again",
    ),
]
LAWFUL = {
    "a hand is given, then ended": (
        a_hand("$instructor"),
        "UPDATE applications_assistance SET ended_at = now(), ended_by_id = $drafter WHERE application_id = $second_draft",
    ),
    "a file is begun from another and read again": (
        a_renewal(),
        "UPDATE applications_renewal SET unread = ARRAY[]::varchar[] WHERE application_id = $second_draft",
    ),
}
