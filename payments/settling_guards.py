"""The account of an award is made once from its accepted report; what was paid too much comes back."""

import pgtrigger

from applications.doors import REDUCED
from common.guards import BY_OWNER, Guard, refuse
from payments.act_guards import ENDED_NOW

# What an account, or an act on an award, gives back to the envelope, beside the changes that were accepted (REDUCED).
ACTED = """coalesce((SELECT sum(x.released_cents) FROM payments_awardact x
    WHERE x.decision_id = d.id AND x.state = 'signed'), 0)"""
RELEASED = (
    f"""(coalesce((SELECT sum(s.released_cents) FROM payments_settlement s WHERE s.decision_id = d.id), 0) + {ACTED})"""
)
SETTLED_NOW = f"""(EXISTS (SELECT 1 FROM payments_settlement s WHERE s.decision_id = OLD.decision_id AND s.made_at = now())
    OR {ENDED_NOW})"""

# The figures come from where they stand; the caller gives the sum due, which the report bounds.
SETTLEMENT = f"""
SELECT d.amount_cents - {REDUCED} - {ACTED} AS cents, d.state, d.kind, d.application_id, a.organisation_id INTO award
    FROM applications_decision d JOIN applications_application a ON a.id = d.application_id
    WHERE d.id = NEW.decision_id FOR NO KEY UPDATE OF d;
SELECT r.spent_cents, r.state, coalesce((SELECT sum(l.planned_cents) FROM applications_reportline l
        WHERE l.report_id = r.id AND l.side = 'charge' AND l.account <> '86'), 0) AS planned INTO report
    FROM applications_finalreport r WHERE r.application_id = award.application_id;
IF award.kind <> 'grant' OR award.state <> 'notified' OR report.state IS DISTINCT FROM 'accepted' THEN
    {refuse("an award is settled once its report is accepted")}
END IF;
IF EXISTS (SELECT 1 FROM payments_instalment i WHERE i.decision_id = NEW.decision_id
    AND i.state IN ('requested', 'certified', 'endorsed', 'approved'))
THEN {refuse("an award is not settled while an instalment is on its way")} END IF;
NEW.application_id := award.application_id;
NEW.organisation_id := award.organisation_id;
NEW.granted_cents := award.cents;
NEW.planned_cents := report.planned;
NEW.spent_cents := report.spent_cents;
NEW.gone_cents := (SELECT coalesce(sum(i.amount_cents), 0) FROM payments_instalment i
    WHERE i.decision_id = NEW.decision_id AND i.state IN ('ordered', 'paid'));
IF NEW.due_cents < 0 OR NEW.due_cents > award.cents
    OR report.planned > 0 AND NEW.due_cents::numeric * report.planned > award.cents::numeric * report.spent_cents
THEN {refuse("what is due is never more than the award, pro rata of what was spent")} END IF;
NEW.balance_cents := greatest(NEW.due_cents - NEW.gone_cents, 0);
NEW.recover_cents := greatest(NEW.gone_cents - NEW.due_cents, 0);
NEW.released_cents := NEW.granted_cents - greatest(NEW.due_cents, NEW.gone_cents);
NEW.made_at := now();
RETURN NEW;
"""

# At commit: what is released has come back to the envelope, and the plan is what is left to pay.
SETTLED = f"""
SELECT d.amount_cents - {REDUCED} - {RELEASED} AS cents, a.number, c.envelope_id INTO award
    FROM applications_decision d JOIN applications_application a ON a.id = d.application_id
    JOIN fund_call c ON c.id = a.call_id WHERE d.id = NEW.decision_id;
IF (SELECT coalesce(sum(i.amount_cents), 0) FROM payments_instalment i
    WHERE i.decision_id = NEW.decision_id AND i.state <> 'void') <> award.cents
THEN {refuse("the instalments of an award sum to the award")} END IF;
IF NEW.released_cents > 0 AND NOT EXISTS (
    SELECT 1 FROM fund_movement m WHERE m.id = NEW.movement_id AND m.verb = 'decommit' AND m.reverses_id IS NULL
        AND m.amount_cents = NEW.released_cents AND m.subject = award.number AND m.envelope_id = award.envelope_id
        AND m.transaction_id = pg_current_xact_id()::text::bigint
) THEN {refuse("what an account releases comes back to the envelope")} END IF;
RETURN NULL;
"""

SETTLEMENT_STAYS = f"""
{refuse("the account of an award never changes")}
"""

# Never more than what has gone; for an account, exactly what it says.
RECOVERY_BORN = f"""
PERFORM 1 FROM applications_decision d WHERE d.id = NEW.decision_id FOR NO KEY UPDATE;
SELECT d.application_id, a.organisation_id INTO award FROM applications_decision d
    JOIN applications_application a ON a.id = d.application_id WHERE d.id = NEW.decision_id;
NEW.application_id := award.application_id;
NEW.organisation_id := award.organisation_id;
SELECT s.recover_cents INTO wanted FROM payments_settlement s WHERE s.decision_id = NEW.decision_id;
IF wanted IS DISTINCT FROM NEW.amount_cents AND NOT {BY_OWNER} THEN
    {refuse("what is recovered is what the account of the award says")}
END IF;
IF NEW.amount_cents > (SELECT coalesce(sum(i.amount_cents), 0) FROM payments_instalment i
        WHERE i.decision_id = NEW.decision_id AND i.state IN ('ordered', 'paid'))
    - (SELECT coalesce(sum(r.amount_cents), 0) FROM payments_recovery r
        WHERE r.decision_id = NEW.decision_id AND r.state <> 'cancelled')
THEN {refuse("no more is recovered than what was paid")} END IF;
RETURN NEW;
"""

RECOVERY_STAYS = f"""
IF (NEW.decision_id, NEW.application_id, NEW.organisation_id, NEW.amount_cents, NEW.reason, NEW.asked_by_id, NEW.asked_at)
    IS DISTINCT FROM
   (OLD.decision_id, OLD.application_id, OLD.organisation_id, OLD.amount_cents, OLD.reason, OLD.asked_by_id, OLD.asked_at)
THEN {refuse("what is recovered stays as it was asked")} END IF;
IF NOT {BY_OWNER} AND (
    NOT (OLD.state = 'asked' AND NEW.state = 'issued') AND (NEW.title_number, NEW.title_date, NEW.issued_by_id, NEW.issued_at)
        IS DISTINCT FROM (OLD.title_number, OLD.title_date, OLD.issued_by_id, OLD.issued_at)
    OR NOT (OLD.state = 'issued' AND NEW.state = 'received') AND (NEW.received_on, NEW.reference, NEW.received_by_id, NEW.movement_id)
        IS DISTINCT FROM (OLD.received_on, OLD.reference, OLD.received_by_id, OLD.movement_id)
    OR NOT (OLD.state <> 'cancelled' AND NEW.state = 'cancelled') AND (NEW.cancelled_by_id, NEW.cancel_reason)
        IS DISTINCT FROM (OLD.cancelled_by_id, OLD.cancel_reason))
THEN {refuse("each step of a recovery is written by that step only")} END IF;
RETURN NEW;
"""

# A closed year moves no more: what it gets back later is a receipt of the open year, outside its envelope.
RECEIVED = f"""
IF NEW.movement_id IS NULL AND EXISTS (
    SELECT 1 FROM applications_application a JOIN fund_call c ON c.id = a.call_id JOIN fund_envelope e ON e.id = c.envelope_id
    JOIN fund_budgetline l ON l.id = e.line_id JOIN fund_budget b ON b.id = l.budget_id
    WHERE a.id = NEW.application_id AND b.closed_at IS NOT NULL
) THEN RETURN NULL; END IF;
IF NOT {BY_OWNER} AND NOT EXISTS (
    SELECT 1 FROM fund_movement m JOIN applications_application a ON a.number = m.subject AND a.id = NEW.application_id
    JOIN fund_call c ON c.id = a.call_id AND c.envelope_id = m.envelope_id
    WHERE m.id = NEW.movement_id AND m.verb = 'recover' AND m.reverses_id IS NULL AND m.amount_cents = NEW.amount_cents
        AND m.transaction_id = pg_current_xact_id()::text::bigint
) THEN {refuse("what is received has its movement in the ledger")} END IF;
RETURN NULL;
"""

# A paper joins the request of the same organisation while it can still be looked at.
PAPER = f"""
SELECT i.state, i.organisation_id INTO request FROM payments_instalment i WHERE i.id = NEW.instalment_id FOR SHARE;
IF NOT {BY_OWNER} AND (NEW.organisation_id <> request.organisation_id OR EXISTS (SELECT 1 FROM documents_storedfile f
    WHERE f.id = NEW.file_id AND f.organisation_id IS DISTINCT FROM NEW.organisation_id))
THEN {refuse("a paper is of the organisation that is paid")} END IF;
IF NOT {BY_OWNER} AND NEW.kind <> 'statement' AND request.state NOT IN ('planned', 'requested') THEN
    {refuse("a paper is joined before the service fait")}
END IF;
NEW.added_at := now();
RETURN NEW;
"""

# Rubriques 76 and 78: the beneficiary's title for each payment, and the agreement behind it (CGCT, annexe I).
PAPERS_WANTED = """NOT EXISTS (
    SELECT 1 FROM applications_application a JOIN fund_call c ON c.id = a.call_id
    WHERE a.id = NEW.application_id AND c.legal_basis IN ('shared_cost_fund', 'agreement') AND NOT (
        EXISTS (SELECT 1 FROM payments_paymentpaper p JOIN documents_storedfile f ON f.id = p.file_id AND f.state = 'clean'
            WHERE p.instalment_id = NEW.id AND p.kind = 'title')
        AND EXISTS (SELECT 1 FROM payments_paymentpaper p JOIN documents_storedfile f ON f.id = p.file_id AND f.state = 'clean'
            JOIN payments_instalment o ON o.id = p.instalment_id
            WHERE o.decision_id = NEW.decision_id AND p.kind = 'agreement')))"""


def settlement_guards() -> list[Guard]:
    return [
        Guard(
            name="figures",
            when=pgtrigger.Before,
            operation=pgtrigger.Insert,
            declare=[("award", "record"), ("report", "record")],
            func=SETTLEMENT,
        ),
        Guard(
            name="settled",
            when=pgtrigger.After,
            operation=pgtrigger.Insert,
            timing=pgtrigger.Deferred,
            declare=[("award", "record")],
            func=SETTLED,
        ),
        Guard(name="stays", when=pgtrigger.Before, operation=pgtrigger.Update, func=SETTLEMENT_STAYS),
    ]


def recovery_guards() -> list[Guard]:
    return [
        Guard(
            name="bounded",
            when=pgtrigger.Before,
            operation=pgtrigger.Insert,
            declare=[("award", "record"), ("wanted", "bigint")],
            func=RECOVERY_BORN,
        ),
        Guard(name="stays", when=pgtrigger.Before, operation=pgtrigger.Update, func=RECOVERY_STAYS),
        Guard(
            name="received",
            when=pgtrigger.After,
            operation=pgtrigger.UpdateOf("state"),
            timing=pgtrigger.Deferred,
            condition=pgtrigger.Condition("NEW.state = 'received' AND OLD.state <> 'received'"),
            func=RECEIVED,
        ),
    ]


def paper_guards() -> list[Guard]:
    return [
        Guard(
            name="of_the_request",
            when=pgtrigger.Before,
            operation=pgtrigger.Insert,
            declare=[("request", "record")],
            func=PAPER,
        )
    ]
