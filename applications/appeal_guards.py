"""What the database refuses of gracious appeals."""

import pgtrigger

from common.guards import BY_OWNER, TODAY, Guard, refuse

_OF_COMMUNE = """EXISTS (SELECT 1 FROM accounts_membership m JOIN applications_application a ON a.organisation_id = m.organisation_id
    WHERE a.id = NEW.application_id AND m.user_id = {user} AND m.ended_at IS NULL)"""

FILED = f"""
IF {BY_OWNER} THEN RETURN NEW; END IF;
NEW.filed_at := now();
SELECT a.state INTO file FROM applications_application a WHERE a.id = NEW.application_id;
IF NEW.decision_id IS NULL AND file.state <> 'inadmissible' OR NEW.decision_id IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM applications_decision d WHERE d.id = NEW.decision_id AND d.application_id = NEW.application_id
        AND d.state = 'notified' AND (d.notified_at AT TIME ZONE 'Europe/Paris')::date <= NEW.received_on)
THEN {refuse("an appeal is about a decision that its commune was told")} END IF;
IF NEW.received_on > {TODAY} OR NOT NEW.by_post AND NEW.received_on <> {TODAY}
THEN {refuse("an appeal is received on the day it comes")} END IF;
IF NEW.due_on <> (NEW.received_on + interval '2 months')::date
THEN {refuse("the silence of two months is a refusal")} END IF;
IF NEW.by_post = ({_OF_COMMUNE.format(user="NEW.filed_by_id")})
THEN {refuse("an appeal is filed by its commune, or registered by the desk when it came by post")} END IF;
RETURN NEW;
"""

STAYS = f"""
IF (NEW.application_id, NEW.decision_id, NEW.words, NEW.received_on, NEW.by_post, NEW.last_day, NEW.due_on, NEW.filed_by_id, NEW.filed_at)
    IS DISTINCT FROM
   (OLD.application_id, OLD.decision_id, OLD.words, OLD.received_on, OLD.by_post, OLD.last_day, OLD.due_on, OLD.filed_by_id, OLD.filed_at)
   OR OLD.state <> 'received' AND (NEW.answer, NEW.answered_by_id, NEW.answered_at, NEW.letter_id)
    IS DISTINCT FROM (OLD.answer, OLD.answered_by_id, OLD.answered_at, OLD.letter_id)
THEN {refuse("an appeal and its answer stay as they were written")} END IF;
IF NEW.answered_by_id IS NOT NULL AND OLD.answered_by_id IS NULL AND NOT {BY_OWNER} THEN
    IF EXISTS (SELECT 1 FROM applications_decision d WHERE d.id = NEW.decision_id AND d.recorded_by_id = NEW.answered_by_id)
        OR NEW.decision_id IS NULL AND EXISTS (SELECT 1 FROM applications_fileletter l WHERE l.application_id = NEW.application_id
            AND l.kind = 'irrecevabilite' AND l.written_by_id = NEW.answered_by_id)
    THEN {refuse("an appeal is answered by another person than who took the decision")} END IF;
    IF NOT EXISTS (SELECT 1 FROM applications_fileletter l WHERE l.id = NEW.letter_id AND l.application_id = NEW.application_id
        AND l.kind = 'recours') THEN {refuse("an appeal is answered by a letter")} END IF;
END IF;
RETURN NEW;
"""

# A refusal is taken back, an inadmissible file read again, by an appeal that was accepted, and by nothing else.
REVOKED = f"""
IF NOT EXISTS (SELECT 1 FROM applications_appeal p WHERE p.decision_id = NEW.id AND p.state = 'accepted')
    OR NEW.kind <> 'reject'
THEN {refuse("a refusal is taken back on an appeal that was accepted")} END IF;
RETURN NULL;
"""
RECONSIDERED = f"""
IF NOT EXISTS (SELECT 1 FROM applications_appeal p WHERE p.application_id = NEW.id AND p.decision_id IS NULL
    AND p.state = 'accepted')
THEN {refuse("an inadmissible file is read again on an appeal that was accepted")} END IF;
RETURN NULL;
"""


def appeal_guards() -> list[Guard]:
    return [
        Guard(
            name="filed",
            when=pgtrigger.Before,
            operation=pgtrigger.Insert,
            declare=[("file", "record")],
            func=FILED,
        ),
        Guard(name="stays", when=pgtrigger.Before, operation=pgtrigger.Update, func=STAYS),
    ]


def revoked_guards() -> list[Guard]:
    return [
        Guard(
            name="revoked",
            when=pgtrigger.After,
            operation=pgtrigger.UpdateOf("state"),
            timing=pgtrigger.Deferred,
            condition=pgtrigger.Condition("NEW.state = 'revoked' AND OLD.state <> 'revoked'"),
            func=REVOKED,
        )
    ]


def reconsidered_guards() -> list[Guard]:
    return [
        Guard(
            name="reconsidered",
            when=pgtrigger.After,
            operation=pgtrigger.UpdateOf("state"),
            timing=pgtrigger.Deferred,
            condition=pgtrigger.Condition("NEW.state = 'in_instruction' AND OLD.state = 'inadmissible'"),
            func=RECONSIDERED,
        )
    ]
