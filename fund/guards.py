"""The ledger's guards and the counters they keep."""

import pgtrigger

from common.guards import BY_OWNER, Guard, refuse
from fund.states import MOVEMENTS, Account

_PAIRS = ", ".join(f"('{verb}', '{a.value}', '{b.value}')" for verb, (a, b) in MOVEMENTS.items())

WRITE_MOVEMENT = f"""
IF NEW.occurred_at IS NOT NULL AND NOT {BY_OWNER} THEN {refuse("the past is written by the owner only")} END IF;
NEW.recorded_at := clock_timestamp();
NEW.transaction_id := pg_current_xact_id()::text::bigint;
IF NEW.reverses_id IS NULL THEN
    IF (NEW.verb, NEW.from_account, NEW.to_account) NOT IN ({_PAIRS}) THEN {refuse("no such movement")} END IF;
ELSE
    SELECT m.* INTO original FROM fund_movement m WHERE m.id = NEW.reverses_id;
    IF original.reverses_id IS NOT NULL
        OR (NEW.envelope_id, NEW.from_account, NEW.to_account, NEW.amount_cents, NEW.verb, NEW.subject)
        IS DISTINCT FROM (original.envelope_id, original.to_account, original.from_account, original.amount_cents,
                          original.verb, original.subject)
    THEN {refuse("a reversal mirrors its movement")} END IF;
END IF;
-- FOR SHARE: a year is not closed while it moves.
SELECT b.closed_at INTO closed FROM fund_envelope e JOIN fund_budgetline l ON l.id = e.line_id
    JOIN fund_budget b ON b.id = l.budget_id WHERE e.id = NEW.envelope_id FOR SHARE OF b;
IF closed IS NOT NULL AND NOT {BY_OWNER} THEN {refuse("the year is closed")} END IF;
RETURN NEW;
"""

_SUMS = ", ".join(
    f"sum(CASE WHEN m.to_account = '{a}' THEN m.amount_cents ELSE 0 END)"
    f" - sum(CASE WHEN m.from_account = '{a}' THEN m.amount_cents ELSE 0 END) AS {a}"
    for a in Account.values
)
_SET = ", ".join(f"{a} = b.{a} {'-' if a == Account.VOTED.value else '+'} d.{a}" for a in Account.values)

# Statement-level: one update of the counters a statement, however many rows (a row-level one is quadratic).
KEEP_BALANCE = f"""
INSERT INTO fund_envelopebalance (envelope_id, {", ".join(Account.values)})
    SELECT DISTINCT m.envelope_id, {", ".join("0" for _ in Account.values)} FROM new_rows m
    ON CONFLICT (envelope_id) DO NOTHING;
UPDATE fund_envelopebalance b SET {_SET}
    FROM (SELECT m.envelope_id, {_SUMS} FROM new_rows m GROUP BY m.envelope_id) d
    WHERE b.envelope_id = d.envelope_id;
RETURN NULL;
"""


def movement_guards() -> list[Guard]:
    return [
        Guard(
            name="write",
            when=pgtrigger.Before,
            operation=pgtrigger.Insert,
            declare=[("original", "fund_movement%ROWTYPE"), ("closed", "timestamptz")],
            func=WRITE_MOVEMENT,
        ),
        Guard(
            name="balance",
            level=pgtrigger.Statement,
            when=pgtrigger.After,
            operation=pgtrigger.Insert,
            referencing=pgtrigger.Referencing(new="new_rows"),
            func=KEEP_BALANCE,
        ),
    ]


# A year that is closed stays so; what hangs on a year never moves to another.
BUDGET_STAYS = f"""
IF NOT {BY_OWNER} AND (OLD.closed_at IS NOT NULL AND NEW IS DISTINCT FROM OLD
    OR (NEW.id, NEW.fund_id, NEW.year) IS DISTINCT FROM (OLD.id, OLD.fund_id, OLD.year)) THEN
    {refuse("a closed year stays closed, and keeps its number")}
END IF;
RETURN NEW;
"""

LINE_STAYS = f"""
IF NOT {BY_OWNER} THEN
    IF (NEW.id, NEW.budget_id, NEW.kind) IS DISTINCT FROM (OLD.id, OLD.budget_id, OLD.kind) THEN
        {refuse("a line of the budget keeps its year and its kind")}
    END IF;
    IF NEW.amount_cents <> OLD.amount_cents
        AND (SELECT b.closed_at IS NOT NULL FROM fund_budget b WHERE b.id = OLD.budget_id) THEN
        {refuse("the year is closed")}
    END IF;
END IF;
RETURN NEW;
"""

ENVELOPE_STAYS = f"""
IF (NEW.id, NEW.line_id) IS DISTINCT FROM (OLD.id, OLD.line_id) THEN
    {refuse("an envelope keeps its line of the budget")}
END IF;
RETURN NEW;
"""

# A call that has received an application keeps its rules (they were read before writing).
RULES_STAY = f"""
IF OLD.state <> 'draft' AND (
    NEW.max_rate_bp, NEW.ceiling_cents, NEW.floor_cents, NEW.min_own_share_bp, NEW.legal_basis, NEW.envelope_id,
    NEW.opens_at, NEW.number_prefix, NEW.comment_under, NEW.second_reading_over
) IS DISTINCT FROM (
    OLD.max_rate_bp, OLD.ceiling_cents, OLD.floor_cents, OLD.min_own_share_bp, OLD.legal_basis, OLD.envelope_id,
    OLD.opens_at, OLD.number_prefix, OLD.comment_under, OLD.second_reading_over
) AND EXISTS (SELECT 1 FROM applications_application a WHERE a.call_id = OLD.id AND a.number IS NOT NULL) THEN
    {refuse("the rules of a call that received applications stay")}
END IF;
RETURN NEW;
"""

# So do its criteria, its documents and its instalments.
RULE_ROWS_STAY = f"""
IF NOT {BY_OWNER} AND EXISTS (
    SELECT 1 FROM applications_application a
    WHERE a.number IS NOT NULL
        AND a.call_id = ANY (ARRAY[CASE WHEN TG_OP <> 'INSERT' THEN OLD.call_id END, CASE WHEN TG_OP <> 'DELETE' THEN NEW.call_id END])
) THEN
    {refuse("the rules of a call that received applications stay")}
END IF;
IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
RETURN NEW;
"""


def rule_rows_guard() -> Guard:
    return Guard(
        name="rules",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
        func=RULE_ROWS_STAY,
    )


def stays_guard(func: str) -> Guard:
    return Guard(name="stays", when=pgtrigger.Before, operation=pgtrigger.Update, func=func)
