"""The file a commune sends, its documents, the exchange, and what is decided on it."""

from applications.guards import CONTENT
from tests.refusals.case import CHECK, DENIED, FOREIGN_KEY, REFUSED, UNIQUE, Case, change
from tests.refusals.journal import COUNT, DRAFT, FILE, SENT

SEND = change(DRAFT, FILE, "$draft", 2, "draft", "submitted", **SENT)
LATE = "does not take applications at this time"


def sending(
    name: str, says: str, *, error: type[Exception] = REFUSED, call: str = "", guard: str = "", **fields: str
) -> Case:
    entry_sql, update = change(DRAFT, FILE, "$draft", 2, "draft", "submitted", **{**SENT, **fields})
    before = tuple(sql for sql in (call and f"UPDATE fund_call SET {call} WHERE id = $call", COUNT, entry_sql) if sql)
    return Case(name, update, error, says, before=before, guard=guard)


SENDING = [
    sending(
        "one second late",
        LATE,
        call="closes_at = now() - interval '1 second'",
        guard="applications_application.in_time",
    ),
    sending("at the very moment of the closing", LATE, call="closes_at = now()"),
    Case(
        "before the call opens",
        change(DRAFT, FILE, "$draft", 2, "draft", "submitted", **{**SENT, "call_id": "$other_call"})[1],
        REFUSED,
        LATE,
        before=("UPDATE fund_call SET opens_at = now() + interval '1 second' WHERE id = $other_call", SEND[0]),
    ),
    sending("without a number", "", number="NULL"),
    sending(
        "with a number of one's own",
        "its counter has just given",
        number="'FI-2026-9999'",
        guard="applications_application.in_time",
    ),
    sending("with the number of another series", "its counter has just given", number="'XX-2026-0001'"),
    sending("without a snapshot", "sent_is_complete", error=CHECK, snapshot="NULL"),
    sending("with a hash that is none", "sent_is_complete", error=CHECK, snapshot_sha256="'x'"),
    sending("asking for nothing", "sent_is_complete", error=CHECK, requested_cents="0"),
    sending("sent by nobody", "sent_is_complete", error=CHECK, submitted_by_id="NULL"),
    sending(
        "allowing oneself more than the ceiling",
        "ceiling or the rate",
        allowed_cents="600001",
        eligible_cost_cents="99999999",
    ),
    sending(
        "allowing oneself more than the rate",
        "ceiling or the rate",
        allowed_cents="120001",
        guard="applications_application.in_time",
    ),
    Case(
        "with a number given before",
        SEND[1].replace(SENT["number"], "(SELECT number FROM applications_application WHERE id = $submitted)"),
        REFUSED,
        "its counter has just given",
        before=(COUNT, SEND[0]),
    ),
    Case(
        "a number in a draft",
        "UPDATE applications_application SET number = 'FI-2026-0099' WHERE id = $draft",
        CHECK,
        "draft_has_no_number",
    ),
    Case(
        "a negative amount",
        "UPDATE applications_application SET requested_cents = -1 WHERE id = $draft",
        CHECK,
        "amounts_sane",
    ),
]

# Another value for each frozen column, that its type and its constraints take.
OTHER = {
    "call_id": "$other_call",
    "organisation_id": "$other_commune",
    "question_set_id": "NULL",
    "snapshot": """'{"other": 1}'""",
    "snapshot_sha256": "repeat('b', 64)",
    "number": "'FI-2026-0999'",
    "submitted_at": "submitted_at - interval '1 day'",
    "submitted_by_id": "$manager",
    "created_by_id": "$manager",
    "created_at": "created_at - interval '1 day'",
    "public_id": "gen_random_uuid()",
    **dict.fromkeys(("publics", "grounds", "domains", "commitments"), "ARRAY['x']"),
    **dict.fromkeys(("starts_on", "ends_on"), "'2027-01-01'"),
    "requested_cents": "requested_cents + 1",
    "total_cost_cents": "total_cost_cents + 1",
    "eligible_cost_cents": "eligible_cost_cents + 1",
    "own_share_cents": "own_share_cents + 1",
    "allowed_cents": "allowed_cents + 1",
}
CHILDREN = {
    "partner": ("(application_id, name, role, confirmed, position)", "$submitted, 'x', '', false, 9"),
    "milestone": ("(application_id, label, position)", "$submitted, 'x', 9"),
    "indicator": (
        "(application_id, label, unit, baseline, target, proof, position)",
        "$submitted, 'x', '', '', '', '', 9",
    ),
    "budgetline": (
        "(application_id, side, account, label, funder, status, amount_cents, is_request, position)",
        "$submitted, 'charge', '60', '', '', '', 5, false, 9",
    ),
    "attachment": (
        "(application_id, organisation_id, code, title, file_id, added_by_id)",
        "$submitted, $commune, 'x', '', $clean, $drafter",
    ),
}

FROZEN = [
    *(
        Case(
            f"the {column} of a file that was sent",
            f"UPDATE applications_application SET {column} = {OTHER.get(column, chr(39) + 'x' + chr(39))} WHERE id = $submitted",
            REFUSED,
            "frozen",
            guard="applications_application.frozen" if column in ("title", "commitments") else "",
        )
        for column in CONTENT
    ),
    *(
        Case(f"a {child} more", f"INSERT INTO applications_{child} {columns} VALUES ({values})", REFUSED, "frozen")
        for child, (columns, values) in CHILDREN.items()
    ),
    *(
        Case(
            f"a {child} changed",
            f"UPDATE applications_{child} SET application_id = application_id WHERE application_id = $submitted",
            REFUSED,
            "frozen",
        )
        for child in CHILDREN
    ),
    *(
        Case(
            f"a {child} less", f"DELETE FROM applications_{child} WHERE application_id = $submitted", REFUSED, "frozen"
        )
        for child in CHILDREN
    ),
    *(
        Case(
            f"a {child} moved out, to a draft",
            f"UPDATE applications_{child} SET application_id = $draft WHERE application_id = $submitted",
            REFUSED,
            "frozen",
            guard=f"applications_{child}.frozen",
        )
        for child in CHILDREN
    ),
    *(
        Case(
            f"a {child} moved in, from a draft",
            f"UPDATE applications_{child} SET application_id = $submitted WHERE application_id = $draft",
            REFUSED,
            "frozen",
        )
        for child in CHILDREN
    ),
    Case(
        "a document taken away while pieces are asked",
        "DELETE FROM applications_attachment WHERE application_id = $awaiting",
        REFUSED,
        "frozen",
    ),
    Case(
        "a budget line while pieces are asked",
        "UPDATE applications_budgetline SET amount_cents = 1 WHERE application_id = $awaiting",
        REFUSED,
        "frozen",
    ),
    Case(
        "a document that answers the request of another file",
        "UPDATE applications_attachment SET piece_request_id = $request WHERE application_id = $draft",
        REFUSED,
        "one of the same file",
    ),
    Case(
        "a request reworded",
        "UPDATE applications_piecerequest SET reason = 'x' WHERE id = $request",
        REFUSED,
        "what was asked",
        guard="applications_piecerequest.stays",
    ),
    Case(
        "an answer rewritten",
        "UPDATE applications_piecerequest SET answer = 'x' WHERE id = $answered",
        REFUSED,
        "what was asked",
    ),
    Case(
        "an answer taken back",
        "UPDATE applications_piecerequest SET answered_at = NULL WHERE id = $answered",
        REFUSED,
        "what was asked",
    ),
    Case(
        "a request without a reason",
        "INSERT INTO applications_piecerequest (application_id, asked_by_id, items, reason, due_on, answer) VALUES ($submitted, $instructor, '[]', '', '2027-01-01', '')",
        CHECK,
        "has_reason",
    ),
    Case(
        "a second open request",
        "INSERT INTO applications_piecerequest (application_id, asked_by_id, items, reason, due_on, answer) VALUES ($awaiting, $instructor, '[]', 'x', '2027-01-01', '')",
        UNIQUE,
        "one_open",
    ),
]

VERSIONS = [
    Case(
        "a version of a file that was sent",
        "INSERT INTO applications_version (application_id, section, unit, before, by_id) VALUES ($submitted, 'enjeu', 'stakes', '\"x\"', $drafter)",
        REFUSED,
        "frozen",
        guard="applications_version.frozen",
    ),
    Case(
        "a version that restores what stood in another file",
        "INSERT INTO applications_version (application_id, section, unit, before, by_id, restores_id) VALUES ($other_draft, 'enjeu', 'stakes', '\"x\"', $drafter, $version)",
        REFUSED,
        "of the same file",
    ),
    Case(
        "a version of nothing",
        "INSERT INTO applications_version (application_id, section, unit, before, by_id) VALUES ($draft, 'enjeu', '', '\"x\"', $drafter)",
        CHECK,
        "version_says_where",
    ),
    Case("a version rewritten", "UPDATE applications_version SET before = '\"x\"' WHERE id = $version", DENIED),
    Case("a version removed", "DELETE FROM applications_version WHERE id = $version", DENIED),
    Case(
        "a kept text without end",
        "INSERT INTO applications_kepttext (user_id, path, body) VALUES ($drafter, '/x/', repeat('x', 400001))",
        CHECK,
        "kept_text_is_bounded",
    ),
]

TENANTS = [
    Case(
        "a document of another commune",
        "UPDATE applications_attachment SET file_id = $foreign_file WHERE application_id = $draft",
        FOREIGN_KEY,
        "file_same_organisation",
    ),
    Case(
        "a document under another commune's name",
        "UPDATE applications_attachment SET organisation_id = $other_commune WHERE application_id = $draft",
        FOREIGN_KEY,
        "same_organisation",
    ),
    Case(
        "a draft that changes commune with its documents",
        "UPDATE applications_application SET organisation_id = $other_commune WHERE id = $draft",
        FOREIGN_KEY,
        "same_organisation",
    ),
    Case(
        "a stored file that changes commune",
        "UPDATE documents_storedfile SET organisation_id = $other_commune WHERE id = $clean",
        REFUSED,
        "stored file never changes",
    ),
    Case(
        "a second request to the fund in one budget",
        "INSERT INTO applications_budgetline (application_id, side, account, label, funder, status, amount_cents, is_request, position) VALUES ($draft, 'product', '74', '', '', '', 5, true, 9), ($draft, 'product', '74', '', '', '', 5, true, 10)",
        UNIQUE,
        "one_request",
    ),
    Case(
        "a charge asked of the fund",
        "UPDATE applications_budgetline SET is_request = true WHERE application_id = $draft",
        CHECK,
        "request_is_product",
    ),
]

FILES = [
    Case(
        "clean without a scan",
        change("documents_storedfile", "documents.storedfile", "$quarantined", 2, "quarantined", "clean")[1],
        CHECK,
        "clean_was_scanned",
    ),
    Case(
        "clean by the scan of other bytes",
        change(
            "documents_storedfile",
            "documents.storedfile",
            "$quarantined",
            2,
            "quarantined",
            "clean",
            scanned_at="now()",
            scan_engine="'x'",
            scanned_sha256="repeat('0', 64)",
        )[1],
        CHECK,
        "clean_was_scanned",
    ),
    Case(
        "a file born clean",
        "INSERT INTO documents_storedfile (state, version, origin, key, path, name, content_type, size, sha256, scanned_at, scanned_sha256, scan_engine, scan_note) VALUES ('clean', 1, 'issued', 'k', 'p', 'n', 't', 1, repeat('a', 64), now(), repeat('a', 64), 'x', '')",
        REFUSED,
        "born as quarantined",
    ),
    *(
        Case(
            f"the {column} of a stored file",
            f"UPDATE documents_storedfile SET {column} = {value} WHERE id = $clean",
            REFUSED,
            "stored file",
        )
        for column, value in {
            "sha256": "repeat('0', 64)",
            "path": "'elsewhere'",
            "size": "99",
            "name": "'x.exe'",
            "content_type": "'text/html'",
            "key": "'guessed'",
            "origin": "'issued'",
            "uploaded_by_id": "$manager",
            "scan_engine": "'another'",
        }.items()
    ),
    Case(
        "back to quarantine",
        "UPDATE documents_storedfile SET state = 'quarantined', version = 3 WHERE id = $clean",
        REFUSED,
        "no such change",
    ),
]

MESSAGES = [
    Case(
        "a message that left, queued again",
        "UPDATE notifications_message SET state = 'queued', sent_at = NULL WHERE id = $sent",
        REFUSED,
        "does not come back",
        guard="notifications_message.final",
    ),
    Case(
        "a body rewritten",
        "UPDATE notifications_message SET body_text = 'x' WHERE id = $queued",
        REFUSED,
        "never rewritten",
    ),
    Case(
        "a body in HTML rewritten",
        "UPDATE notifications_message SET body_html = 'x' WHERE id = $queued",
        REFUSED,
        "never rewritten",
    ),
    Case(
        "sent to somebody else",
        "UPDATE notifications_message SET recipient_email = 'x@y.fr' WHERE id = $queued",
        REFUSED,
        "never rewritten",
    ),
    Case(
        "its documents, once it left",
        "UPDATE notifications_message SET attachments = '[1]' WHERE id = $sent",
        REFUSED,
        "never rewritten",
    ),
    Case(
        "its hour, once it left",
        "UPDATE notifications_message SET sent_at = now() WHERE id = $sent",
        REFUSED,
        "never rewritten",
    ),
    Case(
        "sent without an hour",
        "UPDATE notifications_message SET state = 'sent' WHERE id = $queued",
        CHECK,
        "sent_has_time",
    ),
    Case(
        "a state nobody knows",
        "UPDATE notifications_message SET state = 'lost' WHERE id = $queued",
        CHECK,
        "state_known",
    ),
    Case(
        "said twice",
        "INSERT INTO notifications_message (dedup_key, kind, recipient_email, recipient_label, subject_ref, subject, body_text, body_html, attachments, awaits, message_id, state, attempts, last_answer) VALUES ('sent', 'x', 'a@b.fr', '', '', 'x', 'x', '', '[]', '', '<x>', 'queued', 0, '')",
        UNIQUE,
        "dedup_key",
    ),
]
