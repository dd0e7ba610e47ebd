"""Scenarios and sessions of the committee: what was seen, voted and promised is what was decided."""

from reports.invariants.rule import Invariant

COMMITTEE = (
    Invariant(
        "I-40",
        "a closed session is seen under its own print, and says of each file what its agenda says",
        """
        SELECT s.id::text FROM reviews_committeesession s WHERE s.state IN ('closed', 'signed')
            AND encode(sha256(convert_to(s.snapshot::text, 'UTF8')), 'hex') <> s.snapshot_sha256
        UNION ALL SELECT 'point ' || i.id FROM reviews_agendaitem i
            JOIN reviews_committeesession s ON s.id = i.session_id AND s.state IN ('closed', 'signed')
            LEFT JOIN LATERAL jsonb_array_elements(s.snapshot -> 'files') f
                ON (f ->> 'application')::bigint = i.application_id
            WHERE f IS NULL OR (f ->> 'outcome', (f ->> 'amount_cents')::bigint, f ->> 'reasons')
                IS DISTINCT FROM (i.outcome, i.amount_cents, i.reasons)
                OR i.amount_cents > least((f ->> 'requested_cents')::bigint, (f ->> 'allowed_cents')::bigint)
        UNION ALL SELECT 'snapshot ' || s.id FROM reviews_committeesession s WHERE s.state IN ('closed', 'signed')
            AND jsonb_array_length(s.snapshot -> 'files')
                <> (SELECT count(*) FROM reviews_agendaitem i WHERE i.session_id = s.id)""",
    ),
    Invariant(
        "I-40b",
        "a recorded answer has its decision: of the same file, kind and amount, after the deliberation",
        """
        SELECT i.id::text FROM reviews_agendaitem i JOIN applications_decision d ON d.id = i.decision_id
        JOIN reviews_committeesession s ON s.id = i.session_id
        WHERE d.application_id <> i.application_id OR d.amount_cents <> i.amount_cents OR s.state <> 'signed'
            OR d.kind <> CASE i.outcome WHEN 'granted' THEN 'grant' WHEN 'refused' THEN 'reject'
                WHEN 'waitlist' THEN 'waitlist' ELSE '' END""",
    ),
    Invariant(
        "I-40c",
        "nobody who stepped aside is counted in a vote; the named votes are the counts",
        """
        SELECT 'vote ' || v.id FROM reviews_vote v JOIN reviews_committeemember m ON m.id = v.member_id
            JOIN reviews_agendaitem i ON i.id = v.item_id
            WHERE m.session_id <> i.session_id OR EXISTS (
                SELECT 1 FROM reviews_recusal r WHERE (r.item_id, r.member_id) = (v.item_id, v.member_id))
        UNION ALL SELECT 'point ' || i.id FROM reviews_agendaitem i
            WHERE i.voters IS NOT NULL AND i.votes_for + i.votes_against + i.abstentions > i.voters
        UNION ALL SELECT 'named ' || i.id FROM reviews_agendaitem i JOIN reviews_vote v ON v.item_id = i.id
            WHERE i.voters IS NOT NULL GROUP BY i.id
            HAVING count(*) FILTER (WHERE v.choice = 'for') IS DISTINCT FROM max(i.votes_for)
                OR count(*) FILTER (WHERE v.choice = 'against') IS DISTINCT FROM max(i.votes_against)
                OR count(*) FILTER (WHERE v.choice = 'abstain') IS DISTINCT FROM max(i.abstentions)""",
    ),
    Invariant(
        "I-40d",
        "a session sat with its quorum or said why not; another person signed its deliberation",
        """
        SELECT s.id::text FROM reviews_committeesession s JOIN journal_entry e
            ON e.subject_type = 'reviews.committeesession' AND e.subject_id = s.id AND e.to_state = 'open'
            WHERE s.quorum_waiver = '' AND (e.data ->> 'present')::int < (e.data ->> 'quorum')::int
        UNION ALL SELECT 'signed ' || s.id FROM reviews_committeesession s WHERE s.state = 'signed' AND (
            s.signed_by_id = s.closed_by_id OR s.deliberation_number = '' OR s.act_reference = ''
            OR s.executory_on < s.deliberation_date)""",
    ),
    Invariant(
        "I-40e",
        "a file is answered for good by one committee, that of its call",
        """
        SELECT i.application_id::text FROM reviews_agendaitem i
            JOIN reviews_committeesession s ON s.id = i.session_id AND s.state <> 'cancelled'
            LEFT JOIN applications_decision d ON d.id = i.decision_id
            WHERE i.outcome IN ('granted', 'refused') AND coalesce(d.state, '') NOT IN ('withdrawn', 'revoked')
            GROUP BY i.application_id HAVING count(*) > 1
        UNION ALL SELECT 'point ' || i.id FROM reviews_agendaitem i
            JOIN applications_application a ON a.id = i.application_id
            JOIN reviews_committeesession s ON s.id = i.session_id
            WHERE a.call_id <> s.call_id""",
    ),
    Invariant(
        "I-41",
        "a scenario gives money or a rank, to files sent to its call; one at most is retained",
        """
        SELECT l.id::text FROM reviews_scenarioline l JOIN reviews_scenario s ON s.id = l.scenario_id
        JOIN applications_application a ON a.id = l.application_id
        WHERE a.call_id <> s.call_id OR a.state = 'draft' OR l.proposed_cents < 0
            OR l.proposed_cents > 0 AND l.reserve_rank IS NOT NULL
        UNION ALL SELECT 'call ' || call_id FROM reviews_scenario WHERE state = 'retained'
            GROUP BY call_id HAVING count(*) > 1""",
    ),
)
