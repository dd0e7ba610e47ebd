"""A year orders no more than its payment credits, where the fund counts in AE/CP."""

import pgtrigger

from common.guards import BY_OWNER, Guard, refuse
from fund.vote_guards import LOCK_PAYMENTS_OF

# The lock makes two seals of a year wait for each other, and for a vote that lowers its credits.
WITHIN_PAYMENT_CREDITS = f"""
IF {BY_OWNER} OR NOT EXISTS (SELECT 1 FROM fund_fund f WHERE f.credit_mode = 'ae_cp') THEN RETURN NEW; END IF;
{LOCK_PAYMENTS_OF.format(year="NEW.year")}
SELECT coalesce(sum(p.amount_cents), 0) INTO voted FROM fund_paymentcredit p JOIN fund_budget b ON b.id = p.budget_id
    WHERE b.year = NEW.year;
SELECT coalesce(sum(l.amount_cents), 0) INTO ordered FROM payments_paymentline l JOIN payments_batch t ON t.id = l.batch_id
    WHERE l.state = 'live' AND (t.id = NEW.id OR t.year = NEW.year AND t.state <> 'open');
IF ordered > voted THEN {refuse("the batches of a year pass its payment credits")} END IF;
RETURN NEW;
"""


def credit_guards() -> list[Guard]:
    return [
        Guard(
            name="payment_credits",
            when=pgtrigger.Before,
            operation=pgtrigger.UpdateOf("state"),
            condition=pgtrigger.Condition("OLD.state = 'open' AND NEW.state = 'sealed'"),
            declare=[("voted", "bigint"), ("ordered", "bigint")],
            func=WITHIN_PAYMENT_CREDITS,
        )
    ]
