"""The invariants of the final reports (see reports.invariants)."""

from typing import NamedTuple


class Rule(NamedTuple):
    code: str
    sentence: str
    query: str


RULES = (
    Rule(
        "I-33",
        "the spending of a report that was sent is the sum of its charges, voluntary ones apart",
        """
        SELECT 'report ' || r.id FROM applications_finalreport r JOIN applications_reportline l ON l.report_id = r.id
        WHERE r.state IN ('submitted', 'accepted')
        GROUP BY r.id, r.spent_cents HAVING count(l.done_cents) > 0 AND r.spent_cents <>
            coalesce(sum(l.done_cents) FILTER (WHERE l.side = 'charge' AND l.account <> '86'), 0)""",
    ),
    Rule(
        "I-34",
        "a report is accepted by the fund, its photos were sent with caption and consent",
        """
        SELECT 'report ' || r.id FROM applications_finalreport r JOIN applications_application a ON a.id = r.application_id
            JOIN accounts_membership m ON m.organisation_id = a.organisation_id AND m.user_id = r.accepted_by_id
            WHERE m.ended_at IS NULL AND m.started_at <= r.accepted_at
        UNION ALL SELECT 'photo ' || p.id FROM applications_reportphoto p JOIN applications_finalreport r ON r.id = p.report_id
            WHERE r.state IN ('submitted', 'accepted')
                AND (p.caption = '' OR p.alternative = '' OR p.people = '' OR NOT p.rights)""",
    ),
    Rule(
        "I-35",
        "what is published of a report is what its commune lets be published",
        """
        SELECT 'section ' || s.id FROM applications_reportsection s WHERE s.moderation = 'publiable' AND NOT s.publish
        UNION ALL SELECT 'photo ' || p.id FROM applications_reportphoto p WHERE p.moderation = 'publiable' AND NOT p.publish""",
    ),
    Rule(
        "I-36",
        "a balance is asked for once the report of its action is accepted",
        """
        SELECT 'instalment ' || i.id FROM payments_instalment i
        WHERE i.kind = 'balance' AND i.state NOT IN ('planned', 'void') AND NOT EXISTS (
            SELECT 1 FROM applications_finalreport r WHERE r.application_id = i.application_id AND r.state = 'accepted')""",
    ),
)
