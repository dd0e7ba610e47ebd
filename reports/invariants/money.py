"""Envelopes, awards, payments: every cent is found again."""

from fund.states import Account
from reports.invariants.rule import Invariant


def _sum(account: str) -> str:
    return (
        f"coalesce(sum(m.amount_cents) FILTER (WHERE m.to_account = '{account}'), 0)"
        f" - coalesce(sum(m.amount_cents) FILTER (WHERE m.from_account = '{account}'), 0)"
    )


_BALANCES = " OR ".join(f"s.{a} <> {'-1 * ' if a == Account.VOTED.value else ''}(x.{a})" for a in Account.values)

MONEY = (
    Invariant(
        "I-01",
        "counters of an envelope = sums of its ledger, none below zero",
        f"""
        SELECT s.envelope_id::text FROM fund_envelopebalance s JOIN (
            SELECT m.envelope_id, {", ".join(f"{_sum(a)} AS {a}" for a in Account.values)}
            FROM fund_movement m GROUP BY m.envelope_id) x ON x.envelope_id = s.envelope_id
        WHERE {_BALANCES} OR least(s.available, s.reserved, s.committed, s.ordered, s.paid, s.recovered) < 0
            OR s.voted <> s.available + s.reserved + s.committed + s.ordered + s.paid + s.recovered""",
    ),
    Invariant(
        "I-01b",
        "a movement has its counters",
        """
        SELECT DISTINCT m.envelope_id::text FROM fund_movement m
        LEFT JOIN fund_envelopebalance s ON s.envelope_id = m.envelope_id WHERE s.envelope_id IS NULL""",
    ),
    Invariant(
        "I-02",
        "a grant is positive, within what was asked and what the rules allow",
        """
        SELECT d.id::text FROM applications_decision d JOIN applications_application a ON a.id = d.application_id
        WHERE d.kind = 'grant' AND (d.amount_cents <= 0 OR d.amount_cents > a.requested_cents
            OR d.amount_cents > a.allowed_cents)""",
    ),
    Invariant(
        "I-02b",
        "a live grant is committed in the ledger for its amount, a withdrawn one reversed",
        """
        SELECT d.id::text FROM applications_decision d JOIN applications_application a ON a.id = d.application_id
        LEFT JOIN fund_movement m ON m.id = d.movement_id
        LEFT JOIN fund_movement r ON r.reverses_id = m.id
        WHERE d.kind = 'grant' AND (m.id IS NULL OR m.amount_cents <> d.amount_cents OR m.subject <> a.number
            OR (d.state = 'withdrawn') <> (r.id IS NOT NULL))""",
    ),
    Invariant(
        "I-03",
        "the instalments of an award sum to the award; paid never passes it",
        """
        SELECT d.id::text FROM applications_decision d JOIN payments_instalment i ON i.decision_id = d.id
        GROUP BY d.id HAVING coalesce(sum(i.amount_cents) FILTER (WHERE i.state <> 'void'), 0) <> max(d.amount_cents)
                - coalesce((SELECT sum(r.reduction_cents)
                FROM applications_changerequest r WHERE r.decision_id = d.id AND r.state = 'accepted'), 0)
                - coalesce((SELECT s.released_cents FROM payments_settlement s WHERE s.decision_id = d.id), 0)
                - coalesce((SELECT sum(x.released_cents) FROM payments_awardact x
                WHERE x.decision_id = d.id AND x.state = 'signed'), 0)
            OR sum(i.amount_cents) FILTER (WHERE i.state = 'paid') > max(d.amount_cents)""",
    ),
    Invariant(
        "I-03f",
        "a file is cancelled or lapses by an act signed by two persons, whose money came back",
        """
        SELECT a.id::text FROM applications_application a LEFT JOIN payments_awardact x
            ON x.application_id = a.id AND x.state = 'signed' AND x.kind <> 'extension'
        LEFT JOIN fund_movement m ON m.id = x.movement_id
        WHERE a.state IN ('lapsed', 'cancelled') AND x.id IS NULL
            OR x.id IS NOT NULL AND (m.id IS NULL OR m.verb <> 'decommit' OR m.amount_cents <> x.released_cents
            OR m.subject <> a.number OR x.signed_by_id = x.prepared_by_id OR x.act_number = '')""",
    ),
    Invariant(
        "I-01c",
        "a line carries the sum of its votes; credits enter and leave an envelope by a vote",
        """
        SELECT l.id::text FROM fund_budgetline l
        WHERE l.amount_cents <> coalesce((SELECT sum(v.amount_cents) FROM fund_budgetvote v WHERE v.line_id = l.id), 0)
        UNION ALL
        SELECT 'm' || m.id FROM fund_movement m LEFT JOIN fund_budgetvote v ON v.movement_id = m.id
        WHERE m.verb IN ('vote', 'lower') AND m.occurred_at IS NULL AND v.id IS NULL""",
    ),
    Invariant(
        "I-03c",
        "what an accepted change gives back has come back to the envelope, signed by two persons",
        """
        SELECT r.id::text FROM applications_changerequest r JOIN applications_application a ON a.id = r.application_id
        LEFT JOIN fund_movement m ON m.id = r.movement_id
        WHERE r.state = 'accepted' AND r.reduction_cents > 0 AND (m.id IS NULL OR m.verb <> 'decommit'
            OR m.amount_cents <> r.reduction_cents OR m.subject <> a.number OR r.agreed_by_id = r.decided_by_id
            OR r.act_number = '' OR r.asked_by_id IN (r.agreed_by_id, r.decided_by_id))""",
    ),
    Invariant(
        "I-03d",
        "the account of an award adds up; what it releases and what is received have their movements",
        """
        SELECT s.id::text FROM payments_settlement s JOIN applications_application a ON a.id = s.application_id
        LEFT JOIN fund_movement m ON m.id = s.movement_id
        WHERE s.due_cents <> s.gone_cents + s.balance_cents - s.recover_cents OR s.due_cents > s.granted_cents
            OR s.granted_cents <> s.gone_cents + s.balance_cents + s.released_cents
            OR s.released_cents > 0 AND (m.verb, m.amount_cents, m.subject)
                IS DISTINCT FROM ('decommit', s.released_cents, a.number)
        UNION ALL SELECT 'recovery ' || r.id FROM payments_recovery r JOIN applications_application a ON a.id = r.application_id
        LEFT JOIN fund_movement m ON m.id = r.movement_id
        WHERE r.state = 'received' AND (m.verb, m.amount_cents, m.subject) IS DISTINCT FROM ('recover', r.amount_cents, a.number)
            AND NOT (m.id IS NULL AND EXISTS (SELECT 1 FROM fund_call c JOIN fund_envelope e ON e.id = c.envelope_id
                JOIN fund_budgetline l ON l.id = e.line_id JOIN fund_budget b ON b.id = l.budget_id
                WHERE c.id = a.call_id AND b.closed_at IS NOT NULL))
            OR r.asked_by_id IN (r.issued_by_id, r.received_by_id)""",
    ),
    Invariant(
        "I-03b",
        "a signed grant has its instalments",
        """
        SELECT d.id::text FROM applications_decision d LEFT JOIN payments_instalment i ON i.decision_id = d.id
        WHERE d.kind = 'grant' AND d.state IN ('signed', 'notified') AND i.id IS NULL""",
    ),
    Invariant(
        "I-04",
        "at most one live payment line an instalment",
        """
        SELECT instalment_id::text FROM payments_paymentline WHERE state = 'live'
        GROUP BY instalment_id HAVING count(*) > 1""",
    ),
    Invariant(
        "I-05",
        "an ordered or paid instalment stands in exactly one live line of a sealed batch",
        """
        SELECT i.id::text FROM payments_instalment i WHERE i.state IN ('ordered', 'paid') AND (
            SELECT count(*) FROM payments_paymentline l JOIN payments_batch b ON b.id = l.batch_id
            WHERE l.instalment_id = i.id AND l.state = 'live' AND b.state <> 'open') <> 1""",
    ),
    Invariant(
        "I-06",
        "the totals and the SHA-256 of a sealed batch are those of its content and lines",
        """
        SELECT b.number FROM payments_batch b WHERE b.state <> 'open' AND (
            encode(sha256(convert_to(b.content, 'UTF8')), 'hex') <> b.sha256
            OR (SELECT count(*) FROM payments_paymentline l WHERE l.batch_id = b.id) <> b.line_count
            OR (SELECT sum(l.amount_cents) FROM payments_paymentline l WHERE l.batch_id = b.id) <> b.total_cents)""",
    ),
    Invariant(
        "I-06b",
        "the stored file of a batch has its SHA-256",
        """
        SELECT id::text FROM payments_batchexport WHERE encode(sha256(content), 'hex') <> sha256""",
    ),
    Invariant(
        "I-06c",
        "a line that is not live has its contrary, sealed, of the same amount, with its movement; a live one has none",
        """
        SELECT l.id::text FROM payments_paymentline l LEFT JOIN payments_contraryline c ON c.line_id = l.id
        LEFT JOIN fund_movement m ON m.id = c.movement_id
        WHERE (l.state <> 'live') <> (c.id IS NOT NULL) OR c.id IS NOT NULL AND (c.kind <> l.state
            OR c.amount_cents <> -l.amount_cents OR encode(sha256(convert_to(c.content, 'UTF8')), 'hex') <> c.sha256
            OR (m.from_account, m.to_account, m.amount_cents) IS DISTINCT FROM ('ordered', 'committed', l.amount_cents))""",
    ),
    Invariant(
        "I-06d",
        "a reconciled batch waits for nothing; a paid instalment was told by one line of a return, for its amount",
        """
        SELECT b.number FROM payments_batch b JOIN payments_paymentline l ON l.batch_id = b.id AND l.state = 'live'
            JOIN payments_instalment i ON i.id = l.instalment_id WHERE b.state = 'reconciled' AND i.state <> 'paid'
        UNION ALL SELECT i.id::text FROM payments_instalment i
            JOIN payments_paymentline l ON l.instalment_id = i.id AND l.state = 'live'
            JOIN journal_entry e ON e.subject_type = 'payments.instalment' AND e.subject_id = i.id
                AND e.to_state = 'paid' AND e.kind = 'state' AND e.occurred_at IS NULL
            WHERE i.state = 'paid' AND (SELECT count(*) FROM payments_returnline r WHERE r.line_id = l.id
                AND r.outcome = 'paid' AND r.amount_cents = i.amount_cents AND r.paid_on = i.paid_on) <> 1""",
    ),
    Invariant(
        "I-07",
        "certify, verify the account, record the decision, prepare, approve: five different persons",
        """
        SELECT l.id::text FROM payments_paymentline l WHERE (
            SELECT count(DISTINCT p) FROM unnest(ARRAY[l.prepared_by_id, l.approved_by_id, l.iban_verified_by_id,
                l.decision_recorded_by_id, l.certified_by_id]) p) < 5""",
    ),
    Invariant(
        "I-08",
        "a line pays an account of the same organisation that was verified and old enough",
        """
        SELECT l.id::text FROM payments_paymentline l JOIN payments_bankversion v ON v.id = l.bank_version_id
        JOIN payments_batch b ON b.id = l.batch_id
        WHERE v.organisation_id <> l.organisation_id OR v.verified_by_id IS NULL
            OR (b.sealed_at IS NOT NULL AND v.usable_from > b.sealed_at)
        UNION ALL SELECT 'visa ' || l.id FROM payments_paymentline l JOIN payments_instalment i ON i.id = l.instalment_id
        JOIN payments_bankversion v ON v.id = l.bank_version_id
        WHERE l.endorsed_by_id IN (l.certified_by_id, l.approved_by_id, l.prepared_by_id)
            OR i.requested_by_id IN (l.certified_by_id, l.endorsed_by_id, l.approved_by_id, l.prepared_by_id)""",
    ),
    Invariant(
        "I-09",
        "bank details are verified by another person; one verified version an organisation",
        """
        SELECT id::text FROM payments_bankversion WHERE verified_by_id = declared_by_id
        UNION ALL SELECT organisation_id::text FROM payments_bankversion WHERE state = 'verified'
        GROUP BY organisation_id HAVING count(*) > 1""",
    ),
    Invariant(
        "I-10",
        "a reversal mirrors its movement, once",
        """
        SELECT r.id::text FROM fund_movement r JOIN fund_movement m ON m.id = r.reverses_id
        WHERE (r.from_account, r.to_account, r.amount_cents, r.envelope_id)
            IS DISTINCT FROM (m.to_account, m.from_account, m.amount_cents, m.envelope_id)""",
    ),
    Invariant(
        "I-10b",
        "what is ordered or paid in the ledger = the live lines of sealed batches",
        """
        SELECT e.id::text FROM fund_envelope e LEFT JOIN fund_envelopebalance s ON s.envelope_id = e.id
        LEFT JOIN (SELECT c.envelope_id, sum(l.amount_cents) AS cents FROM payments_paymentline l
            JOIN payments_batch b ON b.id = l.batch_id JOIN payments_instalment i ON i.id = l.instalment_id
            JOIN applications_application a ON a.id = i.application_id JOIN fund_call c ON c.id = a.call_id
            WHERE l.state = 'live' AND b.state <> 'open' GROUP BY c.envelope_id) x ON x.envelope_id = e.id
        WHERE coalesce(s.ordered + s.paid + s.recovered, 0) <> coalesce(x.cents, 0)""",
    ),
    Invariant(
        "I-11",
        "a key of idempotency is used once an actor and operation",
        """
        SELECT operation || ' ' || key FROM journal_idempotencykey GROUP BY operation, key, actor_id
        HAVING count(*) > 1""",
    ),
    Invariant(
        "I-12",
        "numbers without a gap: as many files as the counter says",
        """
        SELECT c.series || '-' || c.year FROM fund_counter c WHERE c.value <>
            (SELECT count(*) FROM applications_application a
             WHERE a.number ~ ('^' || c.series || '-' || c.year || '-[0-9]+$'))
            + (SELECT count(*) FROM payments_batch b WHERE b.number ~ ('^' || c.series || '-' || c.year || '-[0-9]+$'))
            + (SELECT count(*) FROM payments_contraryline n
               WHERE n.number ~ ('^' || c.series || '-' || c.year || '-[0-9]+$'))
        OR c.value <> greatest(
            (SELECT coalesce(max(substring(n.number FROM '[0-9]+$')::int), 0) FROM payments_contraryline n
             WHERE n.number ~ ('^' || c.series || '-' || c.year || '-[0-9]+$')),
            (SELECT coalesce(max(substring(a.number FROM '[0-9]+$')::int), 0) FROM applications_application a
             WHERE a.number ~ ('^' || c.series || '-' || c.year || '-[0-9]+$')),
            (SELECT coalesce(max(substring(b.number FROM '[0-9]+$')::int), 0) FROM payments_batch b
             WHERE b.number ~ ('^' || c.series || '-' || c.year || '-[0-9]+$')))""",
    ),
    Invariant(
        "I-13",
        "no payment without an executable decision",
        """
        SELECT l.id::text FROM payments_paymentline l JOIN payments_instalment i ON i.id = l.instalment_id
        JOIN applications_decision d ON d.id = i.decision_id
        WHERE d.kind <> 'grant' OR d.state NOT IN ('signed', 'notified') OR d.act_number = ''
            OR d.act_date > (l.created_at AT TIME ZONE 'Europe/Paris')::date""",
    ),
    Invariant(
        "I-15",
        "no movement after the closing of a year",
        """
        SELECT m.id::text FROM fund_movement m JOIN fund_envelope e ON e.id = m.envelope_id
        JOIN fund_budgetline l ON l.id = e.line_id JOIN fund_budget b ON b.id = l.budget_id
        WHERE b.closed_at IS NOT NULL AND m.recorded_at > b.closed_at AND m.occurred_at IS NULL""",
    ),
)
