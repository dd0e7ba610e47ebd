"""No euro paid twice, none to an unverified account, none prepared and approved by the same person."""

import pgtrigger

from applications.doors import REDUCED
from common.guards import BY_OWNER, TODAY, Guard, refuse
from payments.act_guards import REDUCED_NOW
from payments.bank_guards import VISA_FROM
from payments.settling_guards import PAPERS_WANTED, RELEASED, SETTLED_NOW

# The sum of the instalments is the award; the sum paid never passes it. Locks the decision.
INSTALMENTS_SUM = f"""
SELECT d.amount_cents - {REDUCED} - {RELEASED} AS amount_cents, d.state, d.kind, d.application_id INTO award FROM applications_decision d
    WHERE d.id = NEW.decision_id FOR NO KEY UPDATE;
SELECT coalesce(sum(i.amount_cents), 0) INTO total FROM payments_instalment i
    WHERE i.decision_id = NEW.decision_id AND i.state <> 'void';
IF NOT {BY_OWNER} AND (award.kind <> 'grant' OR award.state NOT IN ('signed', 'notified')) THEN
    {refuse("instalments are planned for a signed award")}
END IF;
IF award.application_id <> NEW.application_id THEN {refuse("an instalment is of the file of its award")} END IF;
IF total <> award.amount_cents THEN {refuse("the instalments of an award sum to the award")} END IF;
RETURN NULL;
"""

# At commit: the plan of a reduced award sums to what is left of it.
PLAN_FOLLOWS = f"""
SELECT d.amount_cents - {REDUCED} - {RELEASED} AS amount_cents INTO award FROM applications_decision d
    WHERE d.id = NEW.decision_id FOR NO KEY UPDATE;
SELECT coalesce(sum(i.amount_cents), 0) INTO total FROM payments_instalment i
    WHERE i.decision_id = NEW.decision_id AND i.state <> 'void';
IF total <> award.amount_cents THEN {refuse("the instalments of an award sum to the award")} END IF;
RETURN NULL;
"""

# Its amount goes down only while nobody has asked for it, in the transaction that reduces or settles the award.
INSTALMENT_STAYS = f"""
IF (NEW.decision_id, NEW.application_id, NEW.organisation_id, NEW.position, NEW.kind)
    IS DISTINCT FROM (OLD.decision_id, OLD.application_id, OLD.organisation_id, OLD.position, OLD.kind)
    OR NEW.amount_cents <> OLD.amount_cents AND NOT (
        NEW.amount_cents < OLD.amount_cents AND OLD.state = 'planned' AND NEW.state = 'planned' AND (EXISTS (
            SELECT 1 FROM applications_changerequest r WHERE r.decision_id = OLD.decision_id AND r.state = 'accepted'
                AND r.reduction_cents > 0 AND r.decided_at = now()) OR {SETTLED_NOW} OR {REDUCED_NOW}))
THEN {refuse("an instalment keeps its award and its amount")} END IF;
IF NOT {BY_OWNER} THEN
    IF NEW.state = OLD.state AND (NEW.requested_by_id, NEW.certified_by_id, NEW.endorsed_by_id, NEW.approved_by_id, NEW.paid_on,
            NEW.mandate)
        IS DISTINCT FROM (OLD.requested_by_id, OLD.certified_by_id, OLD.endorsed_by_id, OLD.approved_by_id, OLD.paid_on, OLD.mandate)
        OR NEW.state NOT IN ('planned', 'requested') AND NEW.requested_by_id IS DISTINCT FROM OLD.requested_by_id
        OR NEW.state IN ('endorsed', 'approved', 'ordered', 'paid') AND NEW.certified_by_id IS DISTINCT FROM OLD.certified_by_id
        OR NEW.state IN ('approved', 'ordered', 'paid') AND NEW.endorsed_by_id IS DISTINCT FROM OLD.endorsed_by_id
        OR NEW.state IN ('ordered', 'paid') AND NEW.approved_by_id IS DISTINCT FROM OLD.approved_by_id
    THEN {refuse("who certified and approved an instalment is written by that act only")} END IF;
    IF NEW.state = 'void' AND OLD.state <> 'void' AND NOT {SETTLED_NOW} THEN
        {refuse("an instalment falls with the account of its award")}
    END IF;
    IF NEW.state = 'certified' AND OLD.state = 'requested' AND NOT ({PAPERS_WANTED}) THEN
        {refuse("the legal basis wants the title and the agreement of this payment")}
    END IF;
    IF NEW.state = 'approved' AND NEW.endorsed_by_id IS NULL AND NEW.amount_cents >= {VISA_FROM} THEN
        {refuse("the rules want the visa of the head of service")}
    END IF;
    IF NEW.state IN ('certified', 'endorsed') AND NEW.approved_by_id IS NOT NULL
        OR NEW.state = 'certified' AND NEW.endorsed_by_id IS NOT NULL
    THEN {refuse("an instalment comes back without the visa and the approval it had")} END IF;
    in_batch := EXISTS (SELECT 1 FROM payments_paymentline l WHERE l.instalment_id = NEW.id AND l.state = 'live');
    IF OLD.state = 'approved' AND NEW.state = 'requested' AND in_batch THEN
        {refuse("an instalment that stands in a batch is not returned")}
    END IF;
    IF OLD.state = 'approved' AND NEW.state = 'ordered' AND NOT in_batch THEN
        {refuse("only an instalment that stands in a batch is ordered")}
    END IF;
    IF OLD.state = 'ordered' AND NEW.state = 'certified' AND (in_batch OR NEW.approved_by_id IS NOT NULL) THEN
        {refuse("an ordered instalment comes back by the contrary of its line, to be approved again")}
    END IF;
    IF OLD.state = 'ordered' AND NEW.state = 'paid' AND NOT EXISTS (
        SELECT 1 FROM payments_returnline r JOIN payments_paymentline l ON l.id = r.line_id
        WHERE l.instalment_id = NEW.id AND l.state = 'live' AND r.outcome = 'paid'
            AND r.amount_cents = NEW.amount_cents AND r.paid_on = NEW.paid_on
    ) THEN {refuse("an instalment is paid by a line of a return, for its amount")} END IF;
END IF;
RETURN NEW;
"""

# An accepted report stays accepted: looking once, when the commune asks, is enough.
REPORTED = f"""
IF NOT {BY_OWNER} AND NOT EXISTS (
    SELECT 1 FROM applications_finalreport r WHERE r.application_id = NEW.application_id AND r.state = 'accepted'
) THEN {refuse("the balance is asked for once the report is accepted")} END IF;
RETURN NEW;
"""

# At commit: what is ordered stands in a batch that is sealed.
ORDERED_IN_SEALED = f"""
IF NOT {BY_OWNER} AND NOT EXISTS (
    SELECT 1 FROM payments_paymentline l JOIN payments_batch b ON b.id = l.batch_id
    WHERE l.instalment_id = NEW.id AND l.state = 'live' AND b.state <> 'open'
) THEN {refuse("an instalment is ordered by the seal of its batch")} END IF;
RETURN NULL;
"""

# What a line pays is copied from where it stands, never given by the caller.
LINE_COPIES = f"""
SELECT i.amount_cents, i.state, i.organisation_id, i.requested_by_id, i.certified_by_id, i.endorsed_by_id, i.approved_by_id,
       i.application_id,
       d.state AS decision_state, d.act_number, d.act_date, d.recorded_by_id, d.kind
    INTO source
    FROM payments_instalment i JOIN applications_decision d ON d.id = i.decision_id
    WHERE i.id = NEW.instalment_id FOR NO KEY UPDATE OF i;
SELECT v.state, v.organisation_id, v.verified_by_id, v.usable_from, v.declared_by_id INTO bank
    FROM payments_bankversion v WHERE v.id = NEW.bank_version_id FOR SHARE;
SELECT b.state, b.prepared_by_id INTO batch FROM payments_batch b WHERE b.id = NEW.batch_id FOR NO KEY UPDATE;
NEW.amount_cents := source.amount_cents;
NEW.organisation_id := source.organisation_id;
NEW.certified_by_id := source.certified_by_id;
NEW.endorsed_by_id := source.endorsed_by_id;
NEW.approved_by_id := source.approved_by_id;
NEW.decision_recorded_by_id := source.recorded_by_id;
NEW.iban_verified_by_id := bank.verified_by_id;
NEW.prepared_by_id := batch.prepared_by_id;
NEW.state := 'live';
IF NOT {BY_OWNER} THEN
    IF source.state <> 'approved' THEN {refuse("only an approved instalment is put in a batch")} END IF;
    IF batch.state <> 'open' THEN {refuse("a line joins an open batch only")} END IF;
    IF source.decision_state NOT IN ('signed', 'notified') OR source.act_number = '' OR source.act_date > {TODAY}
        OR source.kind <> 'grant' THEN {refuse("no payment without an executable decision")} END IF;
    IF bank.state <> 'verified' OR bank.usable_from > now() THEN
        {refuse("no payment to an account that is not verified, or too young")}
    END IF;
    IF source.requested_by_id IN (NEW.certified_by_id, NEW.endorsed_by_id, NEW.approved_by_id, NEW.prepared_by_id, NEW.iban_verified_by_id)
        OR bank.declared_by_id IN (NEW.certified_by_id, NEW.endorsed_by_id, NEW.approved_by_id, NEW.prepared_by_id)
    THEN {refuse("who asked for the money or declared the account does not pay it")} END IF;
END IF;
IF bank.organisation_id <> source.organisation_id THEN {refuse("the account belongs to another organisation")} END IF;
RETURN NEW;
"""

# FOR SHARE: a line cannot slip out of a batch that is being sealed.
LINE_STAYS = f"""
SELECT b.state INTO batch_state FROM payments_batch b WHERE b.id = OLD.batch_id FOR SHARE;
IF TG_OP = 'DELETE' THEN
    IF batch_state <> 'open' THEN {refuse("the lines of a sealed batch are never removed")} END IF;
    RETURN OLD;
END IF;
IF (to_jsonb(NEW) - 'state') IS DISTINCT FROM (to_jsonb(OLD) - 'state') THEN
    {refuse("a payment line never changes")}
END IF;
IF NEW.state <> OLD.state AND (OLD.state <> 'live' OR batch_state = 'open' OR NEW.state NOT IN ('rejected', 'cancelled')) THEN
    {refuse("only a live line of a sealed batch is rejected or cancelled, once")}
END IF;
IF NEW.state <> OLD.state AND NOT {BY_OWNER} AND NOT EXISTS (
    SELECT 1 FROM payments_contraryline c WHERE c.line_id = NEW.id AND c.kind = NEW.state
) THEN {refuse("a line is taken back by its contrary line")} END IF;
RETURN NEW;
"""

BATCH_STAYS = f"""
IF OLD.state <> 'open' AND
    (NEW.number, NEW.year, NEW.prepared_by_id, NEW.sealed_by_id, NEW.sealed_at, NEW.sha256, NEW.content, NEW.total_cents,
     NEW.line_count)
    IS DISTINCT FROM
    (OLD.number, OLD.year, OLD.prepared_by_id, OLD.sealed_by_id, OLD.sealed_at, OLD.sha256, OLD.content, OLD.total_cents,
     OLD.line_count)
THEN {refuse("a sealed batch never changes")} END IF;
IF NEW.state = 'reconciled' AND OLD.state <> 'reconciled' AND NOT {BY_OWNER} AND EXISTS (
    SELECT 1 FROM payments_paymentline l JOIN payments_instalment i ON i.id = l.instalment_id
    WHERE l.batch_id = NEW.id AND l.state = 'live' AND i.state <> 'paid'
) THEN {refuse("a batch is reconciled when each of its lines is paid or taken back")} END IF;
IF OLD.prepared_by_id <> NEW.prepared_by_id THEN {refuse("a batch keeps who prepared it")} END IF;
IF OLD.state = 'open' AND NEW.state = 'sealed' THEN
    SELECT count(*) AS lines, coalesce(sum(l.amount_cents), 0) AS cents INTO counted
        FROM payments_paymentline l WHERE l.batch_id = NEW.id AND l.state = 'live';
    IF counted.lines = 0 OR counted.lines <> NEW.line_count OR counted.cents <> NEW.total_cents
        OR encode(sha256(convert_to(NEW.content, 'UTF8')), 'hex') <> NEW.sha256
    THEN {refuse("the totals and the hash of a sealed batch are those of its lines")} END IF;
    SELECT c.value INTO last_number FROM fund_counter c WHERE c.series = 'LOT' AND c.year = NEW.year;
    IF NOT {BY_OWNER} AND NEW.number IS DISTINCT FROM 'LOT-' || NEW.year || '-'
        || lpad(last_number::text, greatest(3, length(last_number::text)), '0')
    THEN {refuse("the number of a batch is the one its counter has just given")} END IF;
    PERFORM 1 FROM payments_bankversion v
        WHERE v.id IN (SELECT l.bank_version_id FROM payments_paymentline l WHERE l.batch_id = NEW.id)
        ORDER BY v.id FOR SHARE;
    IF EXISTS (
        SELECT 1 FROM payments_paymentline l JOIN payments_bankversion v ON v.id = l.bank_version_id
        WHERE l.batch_id = NEW.id AND (v.state <> 'verified' OR v.usable_from > now())
    ) AND NOT {BY_OWNER} THEN {refuse("an account of this batch is no longer verified")} END IF;
    IF EXISTS (
        SELECT 1 FROM payments_paymentline l JOIN payments_instalment i ON i.id = l.instalment_id
        WHERE l.batch_id = NEW.id AND (i.state <> 'ordered'
            OR (i.certified_by_id, i.endorsed_by_id, i.approved_by_id)
                IS DISTINCT FROM (l.certified_by_id, l.endorsed_by_id, l.approved_by_id))
    ) AND NOT {BY_OWNER} THEN {refuse("a sealed batch orders each of its instalments")} END IF;
    IF EXISTS (
        SELECT 1 FROM payments_paymentline l JOIN payments_instalment i ON i.id = l.instalment_id
        JOIN payments_bankversion v ON v.id = l.bank_version_id
        WHERE l.batch_id = NEW.id AND NEW.sealed_by_id IN
            (l.decision_recorded_by_id, l.iban_verified_by_id, l.certified_by_id, l.endorsed_by_id, l.approved_by_id,
             i.requested_by_id, v.declared_by_id)
    ) AND NOT {BY_OWNER} THEN {refuse("a batch is sealed by somebody who did not act on its lines before")} END IF;
END IF;
RETURN NEW;
"""

# The file of a batch has the hash it says, and is made of a batch that no longer changes.
EXPORT = f"""
IF encode(sha256(NEW.content), 'hex') <> NEW.sha256
    OR EXISTS (SELECT 1 FROM payments_batch b WHERE b.id = NEW.batch_id AND b.state = 'open')
THEN {refuse("the file of a batch is made once it is sealed, with its own hash")} END IF;
RETURN NEW;
"""


def instalment_guards() -> list[Guard]:
    return [
        Guard(
            name="sum",
            when=pgtrigger.After,
            operation=pgtrigger.Insert | pgtrigger.UpdateOf("amount_cents"),
            timing=pgtrigger.Deferred,
            declare=[("award", "record"), ("total", "bigint")],
            func=INSTALMENTS_SUM,
        ),
        Guard(
            name="sum_void",
            when=pgtrigger.After,
            operation=pgtrigger.UpdateOf("state"),
            timing=pgtrigger.Deferred,
            condition=pgtrigger.Condition("NEW.state = 'void' AND OLD.state <> 'void'"),
            declare=[("award", "record"), ("total", "bigint")],
            func=INSTALMENTS_SUM,
        ),
        Guard(
            name="stays",
            when=pgtrigger.Before,
            operation=pgtrigger.Update,
            declare=[("in_batch", "boolean")],
            func=INSTALMENT_STAYS,
        ),
        Guard(
            name="reported",
            when=pgtrigger.Before,
            operation=pgtrigger.UpdateOf("state"),
            condition=pgtrigger.Condition("NEW.kind = 'balance' AND OLD.state = 'planned' AND NEW.state = 'requested'"),
            func=REPORTED,
        ),
        Guard(
            name="ordered_in_sealed",
            when=pgtrigger.After,
            operation=pgtrigger.UpdateOf("state"),
            timing=pgtrigger.Deferred,
            condition=pgtrigger.Condition("NEW.state = 'ordered' AND OLD.state <> 'ordered'"),
            func=ORDERED_IN_SEALED,
        ),
    ]


def award_change_guards() -> list[Guard]:
    return [
        Guard(
            name="plan_follows",
            when=pgtrigger.After,
            operation=pgtrigger.UpdateOf("state"),
            timing=pgtrigger.Deferred,
            condition=pgtrigger.Condition(
                "NEW.state = 'accepted' AND OLD.state <> 'accepted' AND NEW.reduction_cents > 0"
            ),
            declare=[("award", "record"), ("total", "bigint")],
            func=PLAN_FOLLOWS,
        )
    ]


def line_guards() -> list[Guard]:
    return [
        Guard(
            name="copies",
            when=pgtrigger.Before,
            operation=pgtrigger.Insert,
            declare=[("source", "record"), ("bank", "record"), ("batch", "record")],
            func=LINE_COPIES,
        ),
        Guard(
            name="stays",
            when=pgtrigger.Before,
            operation=pgtrigger.Update | pgtrigger.Delete,
            declare=[("batch_state", "text")],
            func=LINE_STAYS,
        ),
    ]


def batch_guards() -> list[Guard]:
    return [
        Guard(
            name="stays",
            when=pgtrigger.Before,
            operation=pgtrigger.Update,
            declare=[("counted", "record"), ("last_number", "int")],
            func=BATCH_STAYS,
        )
    ]


def export_guards() -> list[Guard]:
    return [Guard(name="faithful", when=pgtrigger.Before, operation=pgtrigger.Insert, func=EXPORT)]
