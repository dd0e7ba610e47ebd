"""A line taken back is mirrored once in the ledger; what finance returns is read once and settled once."""

import pgtrigger

from common.guards import BY_OWNER, Guard, refuse

# The amount is copied; the movement is the mirror of the order, or the rejection of the same sum for the same file.
CONTRARY = f"""
SELECT l.amount_cents, l.state, l.prepared_by_id, l.instalment_id, i.state AS instalment_state, b.state AS batch_state,
       b.sealed_by_id, a.number AS subject
    INTO source
    FROM payments_paymentline l JOIN payments_batch b ON b.id = l.batch_id
    JOIN payments_instalment i ON i.id = l.instalment_id JOIN applications_application a ON a.id = i.application_id
    WHERE l.id = NEW.line_id FOR NO KEY UPDATE OF l;
SELECT m.amount_cents, m.from_account, m.to_account, m.subject INTO moved FROM fund_movement m WHERE m.id = NEW.movement_id;
NEW.amount_cents := -source.amount_cents;
IF source.state <> 'live' OR source.batch_state = 'open' OR source.instalment_state <> 'ordered' THEN
    {refuse("only an ordered line of a sealed batch is taken back")}
END IF;
IF (moved.amount_cents, moved.from_account, moved.to_account, moved.subject)
    IS DISTINCT FROM (source.amount_cents, 'ordered', 'committed', source.subject)
THEN {refuse("a contrary line has its movement in the ledger")} END IF;
IF encode(sha256(convert_to(NEW.content, 'UTF8')), 'hex') <> NEW.sha256 THEN
    {refuse("a contrary line has the hash of its content")}
END IF;
IF NEW.kind = 'cancelled' AND NEW.made_by_id IN (source.prepared_by_id, source.sealed_by_id) AND NOT {BY_OWNER} THEN
    {refuse("a line is cancelled by somebody who neither prepared nor sealed its batch")}
END IF;
IF NOT {BY_OWNER} AND NOT EXISTS (
    SELECT 1 FROM fund_counter c WHERE c.series = 'ANN' AND NEW.number =
        'ANN-' || c.year || '-' || lpad(c.value::text, greatest(3, length(c.value::text)), '0')
) THEN {refuse("the number of a contrary line is the one its counter has just given")} END IF;
RETURN NEW;
"""

# At commit: the line really was taken back, and its instalment with it.
CONTRARY_DONE = f"""
IF NOT {BY_OWNER} AND NOT EXISTS (
    SELECT 1 FROM payments_paymentline l JOIN payments_instalment i ON i.id = l.instalment_id
    WHERE l.id = NEW.line_id AND l.state = NEW.kind AND i.state <> 'paid'
        AND (i.state <> 'ordered' OR EXISTS (
            SELECT 1 FROM payments_paymentline o WHERE o.instalment_id = i.id AND o.state = 'live'))
) THEN {refuse("a contrary line takes back its line and its instalment")} END IF;
RETURN NULL;
"""

RETURN_STAYS = f"""
IF (NEW.name, NEW.sha256, NEW.content, NEW.imported_by_id, NEW.imported_at)
    IS DISTINCT FROM (OLD.name, OLD.sha256, OLD.content, OLD.imported_by_id, OLD.imported_at)
    OR OLD.state <> 'read' AND (to_jsonb(NEW) - 'content') IS DISTINCT FROM (to_jsonb(OLD) - 'content')
THEN {refuse("a return keeps its file; once applied it never changes")} END IF;
RETURN NEW;
"""

RETURN_FILE = f"""
IF encode(sha256(NEW.content), 'hex') <> NEW.sha256 THEN {refuse("a return has the hash of its file")} END IF;
RETURN NEW;
"""

# Lines are written while the import is being applied; an effect is for the amount of a live line that was ordered.
RETURN_LINE = f"""
SELECT i.state INTO import_state FROM payments_returnimport i WHERE i.id = NEW.imported_id FOR SHARE;
IF import_state <> 'read' AND NOT {BY_OWNER} THEN {refuse("an applied return gets no more lines")} END IF;
IF NEW.outcome IN ('paid', 'rejected') AND NOT {BY_OWNER} AND NOT EXISTS (
    SELECT 1 FROM payments_paymentline l JOIN payments_instalment i ON i.id = l.instalment_id
    JOIN payments_batch b ON b.id = l.batch_id
    WHERE l.id = NEW.line_id AND l.state = 'live' AND i.state = 'ordered' AND b.state <> 'open'
        AND l.amount_cents = NEW.amount_cents AND (NEW.outcome <> 'paid' OR NEW.paid_on IS NOT NULL)
) THEN {refuse("a return settles an ordered line, for its amount")} END IF;
RETURN NEW;
"""

DIFFERENCE_STAYS = f"""
IF (to_jsonb(NEW) - 'settled_by_id' - 'settled_at' - 'reason') IS DISTINCT FROM
    (to_jsonb(OLD) - 'settled_by_id' - 'settled_at' - 'reason')
    OR OLD.settled_by_id IS NOT NULL
THEN {refuse("a difference is settled once, and never changes")} END IF;
RETURN NEW;
"""

DIFFERENCE_BORN = f"""
IF NEW.settled_by_id IS NOT NULL AND NOT {BY_OWNER} THEN {refuse("a difference is born unsettled")} END IF;
RETURN NEW;
"""


def contrary_guards() -> list[Guard]:
    return [
        Guard(
            name="mirrors",
            when=pgtrigger.Before,
            operation=pgtrigger.Insert,
            declare=[("source", "record"), ("moved", "record")],
            func=CONTRARY,
        ),
        Guard(
            name="done",
            when=pgtrigger.After,
            operation=pgtrigger.Insert,
            timing=pgtrigger.Deferred,
            func=CONTRARY_DONE,
        ),
    ]


def return_guards() -> list[Guard]:
    return [
        Guard(name="faithful", when=pgtrigger.Before, operation=pgtrigger.Insert, func=RETURN_FILE),
        Guard(name="stays", when=pgtrigger.Before, operation=pgtrigger.Update, func=RETURN_STAYS),
    ]


def return_line_guards() -> list[Guard]:
    return [
        Guard(
            name="settles",
            when=pgtrigger.Before,
            operation=pgtrigger.Insert,
            declare=[("import_state", "text")],
            func=RETURN_LINE,
        )
    ]


def difference_guards() -> list[Guard]:
    return [
        Guard(name="born", when=pgtrigger.Before, operation=pgtrigger.Insert, func=DIFFERENCE_BORN),
        Guard(name="stays", when=pgtrigger.Before, operation=pgtrigger.Update, func=DIFFERENCE_STAYS),
    ]
