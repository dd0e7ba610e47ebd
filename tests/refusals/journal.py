"""The journal, and what has a state."""

from tests.refusals.case import CHECK, DENIED, REFUSED, UNIQUE, Case, change, entry

FILE = "applications.application"
DRAFT = "applications_application"
SKIPPED = change(DRAFT, FILE, "$submitted", 3, "submitted", "under_review")
TAKEN = change(DRAFT, FILE, "$submitted", 3, "submitted", "in_instruction")
NUMBER = "(SELECT 'FI-' || year || '-' || lpad(value::text, 4, '0') FROM fund_counter WHERE series = 'FI')"
COUNT = "UPDATE fund_counter SET value = value + 1 WHERE series = 'FI'"
# What a lawful sending writes.
SENT = {
    "number": NUMBER,
    "submitted_at": "now()",
    "submitted_by_id": "$signatory",
    "snapshot": "'{}'",
    "snapshot_sha256": "repeat('a', 64)",
}

JOURNAL = [
    Case("update an entry", "UPDATE journal_entry SET reason = 'x'", DENIED),
    Case("delete an entry", "DELETE FROM journal_entry", DENIED),
    Case("truncate the journal", "TRUNCATE journal_entry", DENIED),
    Case("truncate the journal, cascade", "TRUNCATE journal_entry CASCADE", DENIED),
    Case(
        "bring in the past",
        entry(FILE, "$submitted", 3, "submitted", "withdrawn", occurred_at="now()"),
        REFUSED,
        "the past",
    ),
    Case("verb reprise", entry(FILE, "$submitted", 3, "submitted", "withdrawn", verb="'reprise'"), REFUSED, "the past"),
    Case("no verb", entry(FILE, "$submitted", 3, "submitted", "in_instruction", verb="''"), CHECK, "has_verb"),
    Case("a state entry to nowhere", entry(FILE, "$submitted", 3, "submitted", ""), CHECK, "state_is_complete"),
    Case(
        "a state entry on a side chain",
        entry(FILE, "$submitted", 3, "submitted", "in_instruction", chain="'elsewhere'"),
        REFUSED,
        "chain of its subject",
        guard="journal_entry.write",
    ),
    Case("a second entry for a version", entry(FILE, "$submitted", 2, "draft", "submitted"), UNIQUE, "one_per_version"),
    Case("insert a head", "INSERT INTO journal_head (chain, sequence, hash) VALUES ('x', 1, '')", DENIED),
    Case("rewrite a head", "UPDATE journal_head SET sequence = 1", DENIED),
    Case("delete a head", "DELETE FROM journal_head", DENIED),
    Case("update a seal", "UPDATE journal_seal SET hash = ''", DENIED),
    Case("delete a seal", "DELETE FROM journal_seal", DENIED),
    Case("update an idempotency key", "UPDATE journal_idempotencykey SET response = '{}'", DENIED),
    Case("delete an idempotency key", "DELETE FROM journal_idempotencykey", DENIED),
]

JOURNALLED = "without its journal entry"
STATE = [
    Case("without an entry", TAKEN[1], REFUSED, JOURNALLED, guard="applications_application.journalled_change"),
    Case(
        "with the entry of another file",
        TAKEN[1],
        REFUSED,
        JOURNALLED,
        before=(entry(FILE, "$second_draft", 3, "submitted", "in_instruction"),),
    ),
    Case(
        "with the entry of another version",
        TAKEN[1],
        REFUSED,
        JOURNALLED,
        before=(entry(FILE, "$submitted", 4, "submitted", "in_instruction"),),
    ),
    Case(
        "with an entry that leaves another state",
        TAKEN[1],
        REFUSED,
        JOURNALLED,
        before=(entry(FILE, "$submitted", 3, "reviewed", "in_instruction"),),
    ),
    Case(
        "with an entry that comes to another state",
        TAKEN[1],
        REFUSED,
        JOURNALLED,
        before=(entry(FILE, "$submitted", 3, "submitted", "withdrawn"),),
    ),
    Case(
        "with an entry about its content",
        TAKEN[1],
        REFUSED,
        JOURNALLED,
        before=(entry(FILE, "$submitted", 3, "submitted", "in_instruction", kind="'content'"),),
    ),
    Case(
        "two changes, one entry",
        change(DRAFT, FILE, "$submitted", 4, "in_instruction", "awaiting_commune")[1],
        REFUSED,
        JOURNALLED,
        before=TAKEN,
    ),
    Case(
        "an arrow that is not there",
        SKIPPED[1],
        REFUSED,
        "no such change",
        before=SKIPPED[:1],
        guard="applications_application.arrows",
    ),
    Case("back to draft", change(DRAFT, FILE, "$submitted", 3, "submitted", "draft")[1], REFUSED, "no such change"),
    Case(
        "a state nobody knows", change(DRAFT, FILE, "$submitted", 3, "submitted", "lost")[1], REFUSED, "no such change"
    ),
    Case(
        "out of a last state",
        "UPDATE payments_batch SET state = 'open', version = 3 WHERE id = $sealed",
        REFUSED,
        "no such change",
    ),
    Case(
        "a change that counts two versions",
        change(DRAFT, FILE, "$submitted", 4, "submitted", "in_instruction")[1],
        REFUSED,
        "counts one version",
    ),
    Case(
        "a change that counts no version",
        change(DRAFT, FILE, "$submitted", 2, "submitted", "in_instruction")[1],
        REFUSED,
        "counts one version",
    ),
    Case(
        "a version that goes down",
        "UPDATE applications_application SET version = 1 WHERE id = $submitted",
        REFUSED,
        "goes up only",
    ),
    Case(
        "another identity",
        "UPDATE payments_batch SET id = 999999 WHERE id = $empty_batch",
        REFUSED,
        "identity",
        guard="payments_batch.arrows",
    ),
    Case(
        "born in a later state",
        "INSERT INTO payments_batch (state, version, year, prepared_by_id, line_count, total_cents, content, sha256)"
        " VALUES ('sealed', 1, 2026, $preparer, 0, 0, '', '')",
        REFUSED,
        "born as open",
    ),
    Case(
        "born with a past",
        "INSERT INTO payments_batch (state, version, year, prepared_by_id, line_count, total_cents, content, sha256)"
        " VALUES ('open', 2, 2026, $preparer, 0, 0, '', '')",
        REFUSED,
        "born as open",
    ),
    Case(
        "born without an entry",
        "INSERT INTO payments_batch (state, version, year, prepared_by_id, line_count, total_cents, content, sha256)"
        " VALUES ('open', 1, 2026, $preparer, 0, 0, '', '')",
        REFUSED,
        JOURNALLED,
        guard="payments_batch.journalled_birth",
    ),
]

STATEFUL_TABLES = {
    "applications_application": "submitted",
    "applications_decision": "recorded",
    "applications_finalreport": "report",
    "documents_storedfile": "clean",
    "fund_call": "call",
    "payments_bankversion": "bank",
    "payments_batch": "batch",
    "payments_instalment": "approved",
    "reviews_review": "review",
}
KEPT_TABLES = (
    *STATEFUL_TABLES,
    *("accounts_membership", "accounts_organisation", "accounts_user", "applications_piecerequest"),
    *("applications_remark", "fund_budget", "fund_budgetline", "fund_counter", "fund_envelope", "fund_fund"),
    *("notifications_message", "payments_batchexport", "reviews_conflict", "reviews_opinion"),
)
KEPT = [
    *(Case(f"delete from {table}", f"DELETE FROM {table}", DENIED) for table in KEPT_TABLES),
    *(Case(f"truncate {table}", f"TRUNCATE {table} CASCADE", DENIED) for table in STATEFUL_TABLES),
    *(
        Case(
            f"an unknown state in {table}",
            f"UPDATE {table} SET state = 'zzz', version = version + 1 WHERE id = ${name}",
            REFUSED,
        )
        for table, name in STATEFUL_TABLES.items()
    ),
]
