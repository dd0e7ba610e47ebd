"""What the database refuses while a draft is written: documents too heavy, a hand not given, last year's words unread."""

import pgtrigger

from common.guards import BY_OWNER, Guard, refuse

MAX_BYTES = 100 * 1024 * 1024

# The row of the file is the lock: twenty documents that arrive together are weighed one after the other.
WEIGHT = f"""
PERFORM 1 FROM applications_application a WHERE a.id = NEW.application_id FOR NO KEY UPDATE;
SELECT coalesce(sum(f.size), 0) INTO weight
    FROM applications_attachment t JOIN documents_storedfile f ON f.id = t.file_id
    WHERE t.application_id = NEW.application_id AND t.id <> NEW.id;
IF weight + (SELECT f.size FROM documents_storedfile f WHERE f.id = NEW.file_id) > {MAX_BYTES} THEN
    {refuse("the documents of a file are too heavy together")}
END IF;
RETURN NEW;
"""

HAND_GIVEN = f"""
IF TG_OP = 'INSERT' AND NOT {BY_OWNER} AND NOT EXISTS (
    SELECT 1 FROM applications_application a WHERE a.id = NEW.application_id AND a.state = 'draft'
) THEN {refuse("only a draft is written with help")} END IF;
IF TG_OP = 'UPDATE' AND (
    OLD.ended_at IS NOT NULL AND NEW IS DISTINCT FROM OLD
    OR OLD.helper_id IS NOT NULL AND (NEW.helper_id, NEW.taken_at) IS DISTINCT FROM (OLD.helper_id, OLD.taken_at)
    OR (NEW.id, NEW.application_id, NEW.asked_by_id, NEW.reason, NEW.opened_at)
        IS DISTINCT FROM (OLD.id, OLD.application_id, OLD.asked_by_id, OLD.reason, OLD.opened_at)
) THEN {refuse("a hand given is ended, never rewritten")} END IF;
IF NOT {BY_OWNER} AND NEW.ended_at IS NULL AND NEW.helper_id IS NOT NULL AND (
    NOT EXISTS (SELECT 1 FROM accounts_membership m WHERE m.user_id = NEW.helper_id AND m.ended_at IS NULL
                AND m.organisation_id IS NULL AND m.role IN ('instructor', 'fund_manager'))
    OR EXISTS (SELECT 1 FROM accounts_membership m JOIN applications_application a ON a.organisation_id = m.organisation_id
               WHERE m.user_id = NEW.helper_id AND a.id = NEW.application_id AND m.ended_at IS NULL)
) THEN {refuse("the hand is given to an instructor who is not of the commune")} END IF;
RETURN NEW;
"""

RENEWAL = f"""
IF TG_OP = 'UPDATE' AND (NEW.application_id, NEW.origin_id) IS DISTINCT FROM (OLD.application_id, OLD.origin_id) THEN
    {refuse("a file keeps the one it was begun from")}
END IF;
IF NOT EXISTS (
    SELECT 1 FROM applications_application a JOIN applications_application o ON o.organisation_id = a.organisation_id
    WHERE a.id = NEW.application_id AND o.id = NEW.origin_id AND o.id <> a.id AND o.number IS NOT NULL
) THEN {refuse("a file is begun from one its commune sent")} END IF;
RETURN NEW;
"""

READ_AGAIN = f"""
IF EXISTS (SELECT 1 FROM applications_renewal r WHERE r.application_id = NEW.id AND cardinality(r.unread) > 0) THEN
    {refuse("what comes from last year is read again before sending")}
END IF;
RETURN NEW;
"""


def weight_guard() -> Guard:
    return Guard(
        name="weight",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update,
        declare=[("weight", "bigint")],
        func=WEIGHT,
    )


def assistance_guards() -> list[Guard]:
    return [Guard(name="given", when=pgtrigger.Before, operation=pgtrigger.Insert | pgtrigger.Update, func=HAND_GIVEN)]


def renewal_guards() -> list[Guard]:
    return [Guard(name="origin", when=pgtrigger.Before, operation=pgtrigger.Insert | pgtrigger.Update, func=RENEWAL)]


def read_again_guard() -> Guard:
    return Guard(
        name="read_again",
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        condition=pgtrigger.Condition("OLD.state = 'draft' AND NEW.state = 'submitted'"),
        func=READ_AGAIN,
    )
