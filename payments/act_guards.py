"""The acts on an award: extension, reduction, cancellation, lapse. Prepared by one person, signed by another; the money follows at once."""

import pgtrigger

from applications.doors import GIVEN_BACK
from common.guards import BY_OWNER, TODAY, Guard, refuse

ENDED_NOW = """EXISTS (SELECT 1 FROM payments_awardact x WHERE x.decision_id = OLD.decision_id AND x.state = 'signed'
    AND x.kind IN ('cancellation', 'lapse') AND x.signed_at = now())"""
REDUCED_NOW = """EXISTS (SELECT 1 FROM payments_awardact x WHERE x.decision_id = OLD.decision_id AND x.state = 'signed'
    AND x.kind = 'reduction' AND x.signed_at = now())"""

# What the award of `d` amounts to, counted by the ledger, whatever gave money back.
AWARD_NOW = f"d.amount_cents - {GIVEN_BACK}"

ACT_BORN = f"""
SELECT d.application_id, d.kind, d.state AS told, a.state, a.organisation_id, {AWARD_NOW} AS cents INTO award FROM applications_decision d
    JOIN applications_application a ON a.id = d.application_id WHERE d.id = NEW.decision_id;
NEW.application_id := award.application_id;
NEW.organisation_id := award.organisation_id;
NEW.award_cents := award.cents;
IF NOT {BY_OWNER} THEN
    NEW.prepared_at := now();
    IF award.kind <> 'grant' OR award.told <> 'notified' OR award.state <> 'granted' THEN
        {refuse("an act changes an award that stands")}
    END IF;
    IF NEW.signed_by_id IS NOT NULL OR NEW.movement_id IS NOT NULL OR NEW.letter_id IS NOT NULL OR NEW.released_cents <> 0 THEN
        {refuse("an act is signed after it was prepared")}
    END IF;
END IF;
RETURN NEW;
"""

# What it frees is counted here: the award, less what was paid.
ACT_STAYS = f"""
IF (NEW.decision_id, NEW.application_id, NEW.organisation_id, NEW.kind, NEW.reason, NEW.until, NEW.before, NEW.award_cents, NEW.reduction_cents, NEW.prepared_by_id, NEW.prepared_at)
    IS DISTINCT FROM
   (OLD.decision_id, OLD.application_id, OLD.organisation_id, OLD.kind, OLD.reason, OLD.until, OLD.before, OLD.award_cents, OLD.reduction_cents, OLD.prepared_by_id, OLD.prepared_at)
THEN {refuse("an act stays as it was prepared; another takes its place")} END IF;
IF OLD.letter_id IS NOT NULL AND NEW.letter_id IS DISTINCT FROM OLD.letter_id THEN {refuse("the letter of an act stays")} END IF;
IF NOT (OLD.state = 'prepared' AND NEW.state = 'signed') AND
    (NEW.signed_by_id, NEW.signed_at, NEW.act_number, NEW.act_date, NEW.movement_id, NEW.released_cents)
    IS DISTINCT FROM (OLD.signed_by_id, OLD.signed_at, OLD.act_number, OLD.act_date, OLD.movement_id, OLD.released_cents)
THEN {refuse("a signed act never changes")} END IF;
IF OLD.state = 'prepared' AND NEW.state = 'signed' AND NOT {BY_OWNER} THEN
    PERFORM 1 FROM applications_decision d WHERE d.id = NEW.decision_id FOR NO KEY UPDATE;
    NEW.signed_at := now();
    IF NEW.act_date > {TODAY} THEN {refuse("an act is not dated in the future")} END IF;
    -- Its own movement is already in the ledger.
    IF NEW.kind = 'reduction' AND NEW.award_cents <> NEW.reduction_cents + (SELECT {AWARD_NOW}
        FROM applications_decision d JOIN applications_application a ON a.id = d.application_id WHERE d.id = NEW.decision_id)
    THEN {refuse("the award changed since the act was prepared")} END IF;
    IF NEW.kind = 'extension' AND NEW.released_cents <> 0
        OR NEW.kind = 'reduction' AND NEW.released_cents <> NEW.reduction_cents
        OR NEW.kind IN ('cancellation', 'lapse') AND NEW.released_cents <> (
        SELECT coalesce(sum(i.amount_cents), 0) FROM payments_instalment i
        WHERE i.decision_id = NEW.decision_id AND i.state = 'planned')
    THEN {refuse("an act frees what is not paid, no more and no less")} END IF;
END IF;
RETURN NEW;
"""

# At commit: an ended award has nothing left to pay, its file says so, its money has come back.
ACT_SETTLED = f"""
SELECT a.state, a.number, c.envelope_id INTO award FROM applications_application a JOIN fund_call c ON c.id = a.call_id
    WHERE a.id = NEW.application_id;
IF NEW.kind = 'extension' THEN
    IF award.state <> 'granted' THEN {refuse("an act changes an award that stands")} END IF;
    RETURN NULL;
END IF;
IF award.state <> (CASE NEW.kind WHEN 'lapse' THEN 'lapsed' WHEN 'cancellation' THEN 'cancelled' ELSE 'granted' END) THEN
    {refuse("the file of an ended award says so, of a reduced one stands")}
END IF;
IF NEW.kind <> 'reduction' AND EXISTS (SELECT 1 FROM payments_instalment i WHERE i.decision_id = NEW.decision_id AND i.state NOT IN ('paid', 'void')) THEN
    {refuse("an ended award has nothing left to pay")}
END IF;
IF NOT EXISTS (
    SELECT 1 FROM fund_movement m WHERE m.id = NEW.movement_id AND m.verb = 'decommit' AND m.reverses_id IS NULL
        AND m.amount_cents = NEW.released_cents AND m.subject = award.number AND m.envelope_id = award.envelope_id
        AND m.transaction_id = pg_current_xact_id()::text::bigint
) THEN {refuse("what an act frees comes back to the envelope")} END IF;
RETURN NULL;
"""

# A file is cancelled or lapses by a signed act, never by itself.
ENDED_BY_ACT = f"""
IF NOT {BY_OWNER} AND NOT EXISTS (
    SELECT 1 FROM payments_awardact x WHERE x.application_id = NEW.id AND x.state = 'signed'
        AND x.kind = CASE NEW.state WHEN 'lapsed' THEN 'lapse' ELSE 'cancellation' END
) THEN {refuse("an award ends by a signed act")} END IF;
RETURN NULL;
"""


def act_guards() -> list[Guard]:
    return [
        Guard(
            name="of_standing_award",
            when=pgtrigger.Before,
            operation=pgtrigger.Insert,
            declare=[("award", "record")],
            func=ACT_BORN,
        ),
        Guard(name="stays", when=pgtrigger.Before, operation=pgtrigger.Update, func=ACT_STAYS),
        Guard(
            name="settled",
            when=pgtrigger.After,
            operation=pgtrigger.UpdateOf("state"),
            timing=pgtrigger.Deferred,
            condition=pgtrigger.Condition("NEW.state = 'signed' AND OLD.state <> 'signed'"),
            declare=[("award", "record")],
            func=ACT_SETTLED,
        ),
    ]


def ended_guards() -> list[Guard]:
    return [
        Guard(
            name="ended_by_act",
            when=pgtrigger.After,
            operation=pgtrigger.UpdateOf("state"),
            timing=pgtrigger.Deferred,
            condition=pgtrigger.Condition("NEW.state IN ('lapsed', 'cancelled') AND OLD.state <> NEW.state"),
            func=ENDED_BY_ACT,
        )
    ]
