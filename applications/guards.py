"""What the database refuses about a file: late sending, changed content, a decision that does not fit."""

import pgtrigger

from common.guards import BY_OWNER, Guard, refuse

# The content that is frozen once sent (columns of Application).
CONTENT = [
    "call_id",
    "organisation_id",
    "title",
    "theme",
    "stakes",
    "diagnostic",
    "success",
    "description",
    "resources",
    "governance",
    "obstacles",
    "open_questions",
    "action_type",
    "phase",
    "publics",
    "grounds",
    "domains",
    "starts_on",
    "ends_on",
    "requested_cents",
    "total_cost_cents",
    "eligible_cost_cents",
    "own_share_cents",
    "allowed_cents",
    "snapshot",
    "snapshot_sha256",
    "number",
    "submitted_at",
    "submitted_by_id",
]
_NEW = ", ".join(f"NEW.{column}" for column in CONTENT)
_OLD = ", ".join(f"OLD.{column}" for column in CONTENT)

FROZEN = f"""
IF OLD.state <> 'draft' AND ({_NEW}) IS DISTINCT FROM ({_OLD}) THEN
    {refuse("the content of a file that was sent is frozen")}
END IF;
RETURN NEW;
"""

# What one types to find a file: its folded text (written by the services), its number in pieces, its commune.
SEARCHABLE = """
NEW.search := to_tsvector('simple',
    NEW.search_text || ' ' || replace(coalesce(NEW.number, ''), '-', ' ')
    || ' ' || coalesce(regexp_replace(NEW.number, '^.*-0*', ''), '')
    || ' ' || coalesce((SELECT o.sort_name || ' ' || o.name FROM accounts_organisation o WHERE o.id = NEW.organisation_id), ''));
RETURN NEW;
"""

# `now()` is the start of the transaction: who clicked in time and queued is not refused.
IN_TIME = f"""
SELECT c.state, c.opens_at, c.closes_at INTO call FROM fund_call c WHERE c.id = NEW.call_id;
IF NOT {BY_OWNER} THEN
    IF call.state NOT IN ('published', 'open', 'closed') OR now() < call.opens_at OR now() >= call.closes_at THEN
        {refuse("the call does not take applications at this time")}
    END IF;
    NEW.submitted_at := now();
END IF;
RETURN NEW;
"""

CHILD_FROZEN = f"""
SELECT a.state INTO state FROM applications_application a
    WHERE a.id = CASE WHEN TG_OP = 'DELETE' THEN OLD.application_id ELSE NEW.application_id END;
IF state <> 'draft' AND NOT {BY_OWNER} THEN {refuse("the content of a file that was sent is frozen")} END IF;
IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
RETURN NEW;
"""

# Documents: free in a draft; while the commune is asked for pieces, one may be added, none removed.
ATTACHMENT = f"""
SELECT a.state INTO state FROM applications_application a
    WHERE a.id = CASE WHEN TG_OP = 'DELETE' THEN OLD.application_id ELSE NEW.application_id END;
IF NOT {BY_OWNER} AND state <> 'draft' AND NOT (TG_OP = 'INSERT' AND state = 'awaiting_commune') THEN
    {refuse("the documents of a file that was sent are frozen")}
END IF;
IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
RETURN NEW;
"""

# The bounds of a decision are copied from the file by the database, then checked by the table's constraints.
DECISION_BOUNDS = """
SELECT a.requested_cents, a.allowed_cents INTO NEW.requested_cents, NEW.allowed_cents
    FROM applications_application a WHERE a.id = NEW.application_id;
RETURN NEW;
"""

DECISION_STAYS = f"""
IF OLD.state <> 'recorded' AND
    (NEW.application_id, NEW.kind, NEW.amount_cents, NEW.reasons, NEW.recorded_by_id, NEW.recorded_at, NEW.signed_by_id,
     NEW.signed_at, NEW.act_number, NEW.act_date, NEW.movement_id)
    IS DISTINCT FROM
    (OLD.application_id, OLD.kind, OLD.amount_cents, OLD.reasons, OLD.recorded_by_id, OLD.recorded_at, OLD.signed_by_id,
     OLD.signed_at, OLD.act_number, OLD.act_date, OLD.movement_id)
THEN {refuse("a signed decision never changes; a correction is a new decision")} END IF;
IF (NEW.application_id, NEW.kind, NEW.amount_cents, NEW.recorded_by_id, NEW.requested_cents, NEW.allowed_cents)
    IS DISTINCT FROM
   (OLD.application_id, OLD.kind, OLD.amount_cents, OLD.recorded_by_id, OLD.requested_cents, OLD.allowed_cents)
THEN {refuse("a recorded decision is withdrawn and taken again, not edited")} END IF;
RETURN NEW;
"""


def application_guards() -> list[Guard]:
    sending = pgtrigger.Condition("OLD.state = 'draft' AND NEW.state = 'submitted'")
    return [
        Guard(name="frozen", when=pgtrigger.Before, operation=pgtrigger.Update, func=FROZEN),
        Guard(
            name="in_time",
            when=pgtrigger.Before,
            operation=pgtrigger.Update,
            condition=sending,
            declare=[("call", "record")],
            func=IN_TIME,
        ),
        Guard(
            name="searchable",
            when=pgtrigger.Before,
            operation=pgtrigger.Insert | pgtrigger.UpdateOf("search_text", "number"),
            func=SEARCHABLE,
        ),
    ]


def child_guards(func: str = CHILD_FROZEN) -> list[Guard]:
    return [
        Guard(
            name="frozen",
            when=pgtrigger.Before,
            operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
            declare=[("state", "text")],
            func=func,
        )
    ]


def decision_guards() -> list[Guard]:
    return [
        Guard(name="bounds", when=pgtrigger.Before, operation=pgtrigger.Insert, func=DECISION_BOUNDS),
        Guard(name="stays", when=pgtrigger.Before, operation=pgtrigger.Update, func=DECISION_STAYS),
    ]
