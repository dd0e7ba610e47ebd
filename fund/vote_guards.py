"""Credits come by votes only; a closed year has nothing left engaged; a year pays no more than its payment credits."""

import pgtrigger

from common.guards import BY_OWNER, TODAY, Guard, refuse

OPEN_YEAR = f"""
IF NEW.occurred_at IS NOT NULL AND NOT {BY_OWNER} THEN {refuse("the past is written by the owner only")} END IF;
NEW.recorded_at := clock_timestamp();
IF NOT {BY_OWNER} AND NEW.voted_on > {TODAY} THEN {refuse("a vote is not dated in the future")} END IF;
"""

# FOR SHARE: a year is not closed while it is voted on.
WRITE_VOTE = f"""
{OPEN_YEAR}
SELECT b.closed_at INTO closed FROM fund_budgetline l JOIN fund_budget b ON b.id = l.budget_id
    WHERE l.id = NEW.line_id FOR SHARE OF b;
IF closed IS NOT NULL AND NOT {BY_OWNER} THEN {refuse("the year is closed")} END IF;
RETURN NEW;
"""

_SUM = "coalesce((SELECT sum(v.amount_cents) FROM fund_budgetvote v WHERE v.line_id = l.id), 0)"

# At commit: the line carries its votes, a transfer takes what it gives, the ledger follows on the line of an envelope.
VOTE_SETTLED = f"""
IF EXISTS (SELECT 1 FROM fund_budgetline l WHERE l.id = NEW.line_id AND l.amount_cents <> {_SUM}) THEN
    {refuse("the amount of a line is the sum of its votes")}
END IF;
SELECT count(*) AS votes, sum(v.amount_cents) AS cents, count(DISTINCT (v.kind, v.deliberation, v.voted_on)) AS acts,
       count(DISTINCT b.year) AS years, max(b.year) - min(b.year) AS apart, count(DISTINCT b.fund_id) AS funds,
       bool_and((v.amount_cents < 0) = (b.year = first.year)) AS forward
    INTO pair FROM fund_budgetvote v JOIN fund_budgetline l ON l.id = v.line_id JOIN fund_budget b ON b.id = l.budget_id,
        LATERAL (SELECT min(b2.year) AS year FROM fund_budgetvote v2 JOIN fund_budgetline l2 ON l2.id = v2.line_id
                 JOIN fund_budget b2 ON b2.id = l2.budget_id WHERE v2.operation = NEW.operation) first
    WHERE v.operation = NEW.operation;
IF NEW.kind IN ('transfer', 'carry_over') AND (pair.votes <> 2 OR pair.cents <> 0 OR pair.acts <> 1 OR pair.funds <> 1)
    OR NEW.kind = 'transfer' AND pair.years <> 1 OR NEW.kind = 'carry_over' AND (pair.apart <> 1 OR NOT pair.forward)
    OR NEW.kind NOT IN ('transfer', 'carry_over') AND pair.votes <> 1
THEN {refuse("what a line gives another takes, by one deliberation")} END IF;
SELECT e.id INTO envelope FROM fund_envelope e WHERE e.line_id = NEW.line_id;
IF (envelope IS NULL) <> (NEW.movement_id IS NULL) AND NOT {BY_OWNER} OR NEW.movement_id IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM fund_movement m WHERE m.id = NEW.movement_id AND m.envelope_id = envelope AND m.reverses_id IS NULL
        AND m.amount_cents = abs(NEW.amount_cents) AND m.verb = CASE WHEN NEW.amount_cents > 0 THEN 'vote' ELSE 'lower' END)
THEN {refuse("the ledger follows the votes of its line")} END IF;
RETURN NULL;
"""

LINE_IS_VOTED = f"""
IF EXISTS (SELECT 1 FROM fund_budgetline l WHERE l.id = NEW.id AND l.amount_cents <> {_SUM}) THEN
    {refuse("the amount of a line is the sum of its votes")}
END IF;
RETURN NULL;
"""

MOVEMENT_IS_VOTED = f"""
IF NOT {BY_OWNER} AND NOT EXISTS (SELECT 1 FROM fund_budgetvote v WHERE v.movement_id = NEW.id) THEN
    {refuse("credits come and go by a vote")}
END IF;
RETURN NULL;
"""

# The update has the row of the year: what moves waits (FOR SHARE), what has moved is seen.
NOTHING_ENGAGED = f"""
IF NOT {BY_OWNER} AND EXISTS (
    SELECT 1 FROM fund_budgetline l JOIN fund_envelope e ON e.line_id = l.id
    JOIN fund_envelopebalance s ON s.envelope_id = e.id
    WHERE l.budget_id = NEW.id AND s.reserved + s.committed + s.ordered <> 0
) THEN {refuse("a year is closed when nothing of it is engaged any more")} END IF;
RETURN NEW;
"""

LINE_OF_OPEN_YEAR = f"""
IF NOT {BY_OWNER} AND EXISTS (SELECT 1 FROM fund_budget b WHERE b.id = NEW.budget_id AND b.closed_at IS NOT NULL) THEN
    {refuse("the year is closed")}
END IF;
RETURN NEW;
"""

LOCK_PAYMENTS_OF = "PERFORM pg_advisory_xact_lock(hashtextextended('payment-credits', {year}));"

WRITE_PAYMENT_CREDIT = f"""
{OPEN_YEAR}
SELECT b.year, b.closed_at INTO budget FROM fund_budget b WHERE b.id = NEW.budget_id FOR SHARE;
IF budget.closed_at IS NOT NULL AND NOT {BY_OWNER} THEN {refuse("the year is closed")} END IF;
{LOCK_PAYMENTS_OF.format(year="budget.year")}
SELECT coalesce(sum(p.amount_cents), 0) + NEW.amount_cents INTO voted FROM fund_paymentcredit p WHERE p.budget_id = NEW.budget_id;
SELECT coalesce(sum(l.amount_cents), 0) INTO ordered FROM payments_paymentline l JOIN payments_batch t ON t.id = l.batch_id
    WHERE t.year = budget.year AND t.state <> 'open' AND l.state = 'live';
IF voted < 0 OR NEW.amount_cents < 0 AND voted < ordered AND NOT {BY_OWNER} THEN
    {refuse("the payment credits of a year do not fall under what it has ordered")}
END IF;
RETURN NEW;
"""


def vote_guards() -> list[Guard]:
    return [
        Guard(
            name="write",
            when=pgtrigger.Before,
            operation=pgtrigger.Insert,
            declare=[("closed", "timestamptz")],
            func=WRITE_VOTE,
        ),
        Guard(
            name="settled",
            when=pgtrigger.After,
            operation=pgtrigger.Insert,
            timing=pgtrigger.Deferred,
            declare=[("pair", "record"), ("envelope", "bigint")],
            func=VOTE_SETTLED,
        ),
    ]


def line_guards() -> list[Guard]:
    return [
        Guard(name="open_year", when=pgtrigger.Before, operation=pgtrigger.Insert, func=LINE_OF_OPEN_YEAR),
        Guard(
            name="voted",
            when=pgtrigger.After,
            operation=pgtrigger.Insert | pgtrigger.UpdateOf("amount_cents"),
            timing=pgtrigger.Deferred,
            func=LINE_IS_VOTED,
        ),
    ]


def voted_guards() -> list[Guard]:
    return [
        Guard(
            name="voted",
            when=pgtrigger.After,
            operation=pgtrigger.Insert,
            timing=pgtrigger.Deferred,
            condition=pgtrigger.Condition("NEW.verb IN ('vote', 'lower')"),
            func=MOVEMENT_IS_VOTED,
        )
    ]


def closing_guards() -> list[Guard]:
    return [
        Guard(
            name="nothing_engaged",
            when=pgtrigger.Before,
            operation=pgtrigger.UpdateOf("closed_at"),
            condition=pgtrigger.Condition("NEW.closed_at IS NOT NULL AND OLD.closed_at IS NULL"),
            func=NOTHING_ENGAGED,
        )
    ]


def payment_credit_guards() -> list[Guard]:
    return [
        Guard(
            name="write",
            when=pgtrigger.Before,
            operation=pgtrigger.Insert,
            declare=[("budget", "record"), ("voted", "bigint"), ("ordered", "bigint")],
            func=WRITE_PAYMENT_CREDIT,
        )
    ]
