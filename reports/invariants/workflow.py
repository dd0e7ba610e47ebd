"""Files, reviews, decisions, people: what was done was done in order, by whom it may be."""

from reports.invariants.rule import Invariant

WORKFLOW = (
    Invariant(
        "I-19",
        "what was sent has its snapshot, and the snapshot its SHA-256",
        """
        SELECT number FROM applications_application WHERE state <> 'draft' AND
            (snapshot IS NULL OR snapshot_sha256 !~ '^[0-9a-f]{64}$')""",
    ),
    Invariant(
        "I-19b",
        "a corrected content has each of its versions, and its last one is what stands",
        """
        SELECT a.number FROM applications_application a WHERE a.content_version <> 1 + (
            SELECT count(*) FROM applications_contentversion v WHERE v.application_id = a.id AND v.number <= a.content_version)""",
    ),
    Invariant(
        "I-20",
        "sent while the call took applications",
        """
        SELECT a.number FROM applications_application a JOIN fund_call c ON c.id = a.call_id
        WHERE a.state <> 'draft' AND (a.submitted_at < c.opens_at OR a.submitted_at >= c.closes_at)""",
    ),
    Invariant(
        "I-21",
        "scores are within bounds, on a criterion of the file's call",
        """
        SELECT s.id::text FROM reviews_score s JOIN reviews_review r ON r.id = s.review_id
        JOIN applications_application a ON a.id = r.application_id JOIN fund_criterion c ON c.id = s.criterion_id
        WHERE s.value > 5 OR c.call_id <> a.call_id""",
    ),
    Invariant(
        "I-22",
        "nobody with an interest evaluates or decides",
        """
        SELECT 'review ' || r.id FROM reviews_review r JOIN reviews_conflict c
            ON c.user_id = r.evaluator_id AND c.application_id = r.application_id AND c.lifted_at IS NULL
            WHERE r.state <> 'recused'
        UNION ALL SELECT 'decision ' || d.id FROM applications_decision d JOIN reviews_conflict c
            ON c.user_id = d.recorded_by_id AND c.application_id = d.application_id AND c.declared_at < d.recorded_at
            AND c.lifted_at IS NULL""",
    ),
    Invariant(
        "I-24",
        "one effective decision a file, in accord with the file's state",
        """
        SELECT a.number FROM applications_application a LEFT JOIN applications_decision d
            ON d.application_id = a.id AND d.state NOT IN ('withdrawn', 'revoked') AND d.kind <> 'waitlist'
        WHERE a.state IN ('granted', 'rejected', 'closed', 'lapsed', 'cancelled')
        GROUP BY a.id HAVING count(d.id) <> 1
            OR bool_or(d.kind = 'reject' AND a.state <> 'rejected') OR bool_or(d.kind = 'grant' AND a.state = 'rejected')""",
    ),
    Invariant(
        "I-24b",
        "a signed decision bears another person's signature, a number and a date",
        """
        SELECT id::text FROM applications_decision WHERE state IN ('signed', 'notified', 'revoked')
            AND (signed_by_id IS NULL OR signed_by_id = recorded_by_id OR act_number = '' OR act_date IS NULL)""",
    ),
    Invariant(
        "I-26",
        "a message is in one state; one that was sent has its hour",
        """
        SELECT id::text FROM notifications_message WHERE (state = 'sent') <> (sent_at IS NOT NULL)""",
    ),
    Invariant(
        "I-28",
        "a clean file was scanned as it is stored",
        """
        SELECT id::text FROM documents_storedfile WHERE state = 'clean'
            AND (scan_engine = '' OR scanned_at IS NULL OR scanned_sha256 <> sha256)""",
    ),
    Invariant(
        "I-29",
        "a child belongs to the organisation of its parent",
        """
        SELECT 'attachment ' || t.id FROM applications_attachment t
            JOIN applications_application a ON a.id = t.application_id JOIN documents_storedfile f ON f.id = t.file_id
            WHERE t.organisation_id <> a.organisation_id OR t.organisation_id IS DISTINCT FROM f.organisation_id
        UNION ALL SELECT 'report document ' || d.id FROM applications_reportdocument d
            JOIN applications_finalreport r ON r.id = d.report_id JOIN applications_application a ON a.id = r.application_id
            JOIN documents_storedfile f ON f.id = d.file_id
            WHERE d.organisation_id <> a.organisation_id OR d.organisation_id IS DISTINCT FROM f.organisation_id
        UNION ALL SELECT 'instalment ' || i.id FROM payments_instalment i
            JOIN applications_application a ON a.id = i.application_id WHERE i.organisation_id <> a.organisation_id
        UNION ALL SELECT 'message ' || m.id FROM applications_messagepaper p
            JOIN applications_filemessage m ON m.id = p.message_id JOIN applications_application a ON a.id = m.application_id
            JOIN documents_storedfile f ON f.id = p.file_id WHERE f.organisation_id IS DISTINCT FROM a.organisation_id""",
    ),
    Invariant(
        "I-30",
        "a commune that had an administrator lost the last one by the fund's staff only",
        """
        SELECT o.name FROM accounts_organisation o
        WHERE EXISTS (SELECT 1 FROM accounts_membership m WHERE m.organisation_id = o.id AND m.role = 'organisation_admin')
            AND NOT EXISTS (
                SELECT 1 FROM accounts_membership m JOIN accounts_user u ON u.id = m.user_id
                WHERE m.organisation_id = o.id AND m.role = 'organisation_admin' AND m.ended_at IS NULL AND u.is_active)
            AND NOT EXISTS (
                SELECT 1 FROM (
                    SELECT m.ended_by_id FROM accounts_membership m
                    WHERE m.organisation_id = o.id AND m.role = 'organisation_admin' ORDER BY m.ended_at DESC NULLS FIRST LIMIT 1
                ) last JOIN accounts_membership s ON s.user_id = last.ended_by_id
                WHERE s.organisation_id IS NULL AND s.role IN ('fund_manager', 'administrator'))""",
    ),
    Invariant(
        "I-30b",
        "who was let in was let in under the confirmed address, by somebody else",
        """
        SELECT j.id::text FROM accounts_joinrequest j JOIN accounts_user u ON u.id = j.user_id
        WHERE j.state = 'accepted' AND (j.confirmed_at IS NULL OR j.user_id = j.decided_by_id
            OR NOT EXISTS (SELECT 1 FROM accounts_membership m WHERE m.user_id = u.id
                AND m.organisation_id = j.organisation_id AND m.role = j.role))""",
    ),
)
