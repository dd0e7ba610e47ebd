"""The invariants of the committee (see reports.invariants)."""

from reports.final_reports import Rule

RULES = (
    Rule(
        "I-37",
        "a closed session is what was seen when it closed: its print, its files, its answers",
        """
        SELECT 'session ' || s.id FROM reviews_committeesession s WHERE s.state IN ('closed', 'signed')
            AND s.snapshot_sha256 <> encode(sha256(convert_to(s.snapshot::text, 'UTF8')), 'hex')
        UNION ALL SELECT 'item ' || i.id FROM reviews_agendaitem i
            JOIN reviews_committeesession s ON s.id = i.session_id AND s.state IN ('closed', 'signed')
            WHERE NOT s.snapshot->'files' @> jsonb_build_array(jsonb_build_object(
                'application', i.application_id, 'outcome', i.outcome, 'amount_cents', i.amount_cents))""",
    ),
    Rule(
        "I-38",
        "a decision of the committee gives what the committee answered, no more",
        """
        SELECT 'item ' || i.id FROM reviews_agendaitem i JOIN reviews_committeesession s ON s.id = i.session_id
            JOIN applications_decision d ON d.id = i.decision_id
            WHERE d.state <> 'withdrawn' AND (s.state <> 'signed' OR d.application_id <> i.application_id
                OR d.amount_cents > i.amount_cents)""",
    ),
    Rule(
        "I-39",
        "no vote by a member who was absent, or who left the room for the file",
        """
        SELECT 'vote ' || v.id FROM reviews_vote v JOIN reviews_recusal r ON (r.item_id, r.member_id) = (v.item_id, v.member_id)
        UNION ALL SELECT 'item ' || i.id FROM reviews_agendaitem i JOIN reviews_committeesession s ON s.id = i.session_id
            WHERE s.state IN ('closed', 'signed') AND i.outcome <> '' AND i.votes_for IS NOT NULL
            AND i.votes_for + i.votes_against + i.abstentions > coalesce(i.voters, 0)""",
    ),
)
