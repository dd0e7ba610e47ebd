"""What the database refuses about a file: late sending, changed content, a decision that does not fit."""

import pgtrigger

from accounts.absence_guards import SIGNED
from applications import doors
from common.guards import BY_OWNER, Guard, refuse
from fund.questions.states import JSON_TYPES

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
    "commitments",
    "question_set_id",
    "public_id",
    "created_by_id",
    "created_at",
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
FROZEN = f"""
{doors.through_a_door(CONTENT)}
IF OLD.receipt_id IS NOT NULL AND NEW.receipt_id IS DISTINCT FROM OLD.receipt_id THEN
    {refuse("a receipt that was made stays")}
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
SELECT c.state, c.opens_at, c.closes_at, c.year, c.number_prefix, c.ceiling_cents, c.max_rate_bp INTO call
    FROM fund_call c WHERE c.id = NEW.call_id;
IF NOT {BY_OWNER} THEN
    IF call.state NOT IN ('published', 'open', 'closed') OR now() < call.opens_at OR now() >= call.closes_at THEN
        {refuse("the call does not take applications at this time")}
    END IF;
    IF NEW.allowed_cents > least(call.ceiling_cents, NEW.eligible_cost_cents * call.max_rate_bp / 10000) THEN
        {refuse("the amount allowed passes the ceiling or the rate of the call")}
    END IF;
    SELECT c.value INTO last_number FROM fund_counter c WHERE c.series = call.number_prefix AND c.year = call.year;
    IF NEW.number IS DISTINCT FROM call.number_prefix || '-' || call.year || '-'
        || lpad(last_number::text, greatest(4, length(last_number::text)), '0') THEN
        {refuse("the number of a file is the one its counter has just given")}
    END IF;
    NEW.submitted_at := now();
END IF;
RETURN NEW;
"""

# Both ends of a move: a row neither joins nor leaves a file that was sent.
_FILES = """(
    CASE WHEN TG_OP <> 'INSERT' THEN OLD.application_id END, CASE WHEN TG_OP <> 'DELETE' THEN NEW.application_id END)"""


def frozen_but(corrected: str) -> str:
    """Body of the guard of a table below a file: it stays once the file is sent, but for what a correction changes."""
    return f"""
IF NOT {BY_OWNER} AND EXISTS (
    SELECT 1 FROM applications_application a WHERE a.id IN {_FILES} AND a.state <> 'draft' AND NOT {corrected}
) THEN {refuse("the content of a file that was sent is frozen")} END IF;
IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
RETURN NEW;
"""


CHILD_FROZEN = frozen_but(doors.TABLE_CORRECTED)

_JSON_TYPES = ", ".join(f"('{kind.value}', '{name}')" for kind, name in JSON_TYPES.items())

# An answer to a question of the call: one of the file's own version, of the shape of its kind, in its place of a block.
QUESTION_ANSWER = f"""
IF TG_OP <> 'DELETE' AND NOT EXISTS (
    SELECT 1 FROM fund_question q JOIN applications_application a ON a.id = NEW.application_id
    LEFT JOIN fund_question p ON p.id = q.parent_id
    WHERE q.id = NEW.question_id AND q.set_id = a.question_set_id
        AND (q.kind, jsonb_typeof(NEW.value)) IN ({_JSON_TYPES})
        AND NEW.occurrence < coalesce(p.rows_max, 1)
) THEN {refuse("an answer fits a question of its own file")} END IF;
{frozen_but(doors.QUESTION_CORRECTED)}"""

# The questions of a file: in service, and of its own call.
QUESTIONS_OF_CALL = f"""
IF NOT EXISTS (
    SELECT 1 FROM fund_questionset s WHERE s.id = NEW.question_set_id AND s.call_id = NEW.call_id AND s.state = 'frozen'
) THEN {refuse("the questions of a file are in service for its call")} END IF;
RETURN NEW;
"""

# Documents: free in a draft; while the commune is asked for some, those join (and leave) its answer until it is sent.
ATTACHMENT = f"""
IF NOT {BY_OWNER} AND EXISTS (
    SELECT 1 FROM applications_application a
    WHERE a.id IN {_FILES} AND a.state <> 'draft' AND NOT {doors.DOCUMENT_ASKED}
) THEN
    {refuse("the documents of a file that was sent are frozen")}
END IF;
IF TG_OP <> 'DELETE' AND NEW.piece_request_id IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM applications_piecerequest p WHERE p.id = NEW.piece_request_id AND p.application_id = NEW.application_id
) THEN
    {refuse("the request answered is one of the same file")}
END IF;
IF TG_OP <> 'DELETE' AND NEW.replaces_id IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM applications_attachment o WHERE o.id = NEW.replaces_id AND o.application_id = NEW.application_id AND o.code = NEW.code
) THEN
    {refuse("a document replaces one of the same file that answers the same need")}
END IF;
IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
RETURN NEW;
"""

# A version of the draft: of its own file, at the hour of the database, and only while it is written.
VERSION = f"""
IF NOT {BY_OWNER} THEN NEW.begun_at := now(); END IF;
IF NEW.restores_id IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM applications_version v
    WHERE v.id = NEW.restores_id AND v.application_id = NEW.application_id AND v.unit = NEW.unit
) THEN {refuse("what is restored is of the same file")} END IF;
{CHILD_FROZEN}"""

# The bounds of a decision are copied from the file by the database, then checked by the table's constraints.
# The money of an award is its own: committed for this file, on its envelope, for this amount, by this transaction.
DECISION_BOUNDS = f"""
SELECT a.state, a.number, a.requested_cents, a.allowed_cents, c.envelope_id INTO file
    FROM applications_application a JOIN fund_call c ON c.id = a.call_id WHERE a.id = NEW.application_id;
NEW.requested_cents := file.requested_cents;
NEW.allowed_cents := file.allowed_cents;
IF NEW.movement_id IS NOT NULL THEN
    SELECT m.* INTO money FROM fund_movement m WHERE m.id = NEW.movement_id;
    IF money.verb NOT IN ('commit', 'commit_reserved') OR money.reverses_id IS NOT NULL
        OR (money.envelope_id, money.subject, money.amount_cents)
            IS DISTINCT FROM (file.envelope_id, file.number, NEW.amount_cents)
        OR EXISTS (SELECT 1 FROM fund_movement r WHERE r.reverses_id = money.id)
    THEN {refuse("the money of an award is committed for it alone")} END IF;
END IF;
IF NOT {BY_OWNER} THEN
    NEW.recorded_at := now();
    IF file.state NOT IN ('reviewed', 'waitlisted', 'granted', 'rejected') THEN
        {refuse("a decision is taken on a file that was reviewed")}
    END IF;
    IF NEW.movement_id IS NOT NULL AND money.transaction_id <> pg_current_xact_id()::text::bigint THEN
        {refuse("the money of an award is committed for it alone")}
    END IF;
END IF;
RETURN NEW;
"""

DECISION_STAYS = f"""
IF OLD.state <> 'recorded' AND
    (NEW.application_id, NEW.kind, NEW.amount_cents, NEW.reasons, NEW.recorded_by_id, NEW.recorded_at, NEW.signed_by_id,
     NEW.signed_at, NEW.delegation_id, NEW.act_number, NEW.act_date, NEW.movement_id, NEW.text_id)
    IS DISTINCT FROM
    (OLD.application_id, OLD.kind, OLD.amount_cents, OLD.reasons, OLD.recorded_by_id, OLD.recorded_at, OLD.signed_by_id,
     OLD.signed_at, OLD.delegation_id, OLD.act_number, OLD.act_date, OLD.movement_id, OLD.text_id)
THEN {refuse("a signed decision never changes; a correction is a new decision")} END IF;
IF OLD.letter_id IS NOT NULL AND NEW.letter_id IS DISTINCT FROM OLD.letter_id
    OR OLD.notified_at IS NOT NULL AND NEW.notified_at IS DISTINCT FROM OLD.notified_at
THEN {refuse("the letter of a decision stays the one that left")} END IF;
IF (NEW.application_id, NEW.kind, NEW.amount_cents, NEW.recorded_by_id, NEW.requested_cents, NEW.allowed_cents,
    NEW.movement_id)
    IS DISTINCT FROM
   (OLD.application_id, OLD.kind, OLD.amount_cents, OLD.recorded_by_id, OLD.requested_cents, OLD.allowed_cents,
    OLD.movement_id)
THEN {refuse("a recorded decision is withdrawn and taken again, not edited")} END IF;
RETURN NEW;
"""


# At commit: the money of a withdrawn award has come back, that of a standing one has not.
WITHDRAWN_REVERSED = f"""
IF NOT EXISTS (SELECT 1 FROM fund_movement r WHERE r.reverses_id = NEW.movement_id) THEN
    {refuse("the money of a withdrawn award comes back to the envelope")}
END IF;
RETURN NULL;
"""

AWARD_STAYS_COMMITTED = f"""
IF NEW.reverses_id IS NOT NULL THEN
    IF EXISTS (SELECT 1 FROM applications_decision d WHERE d.movement_id = NEW.reverses_id AND d.state <> 'withdrawn') THEN
        {refuse("the money of a standing award stays committed")}
    END IF;
ELSIF NOT {BY_OWNER} THEN
    SELECT coalesce(sum(CASE WHEN m.to_account = 'committed' AND m.from_account IN ('available', 'reserved') THEN m.amount_cents
                             WHEN m.from_account = 'committed' AND m.to_account IN ('available', 'reserved') THEN -m.amount_cents
                        END), 0) INTO held
        FROM fund_movement m WHERE m.subject = NEW.subject;
    IF held < 0 OR NOT EXISTS (SELECT 1 FROM applications_application a
                               WHERE a.number = NEW.subject AND a.state IN ('closed', 'lapsed', 'cancelled'))
        AND NOT EXISTS (SELECT 1 FROM applications_changerequest r WHERE r.movement_id = NEW.id AND r.state = 'accepted')
        AND NOT EXISTS (SELECT 1 FROM payments_settlement s WHERE s.movement_id = NEW.id)
        AND NOT EXISTS (SELECT 1 FROM payments_awardact x WHERE x.movement_id = NEW.id AND x.state = 'signed') THEN
        {refuse("the money of a standing award stays committed")}
    END IF;
END IF;
RETURN NULL;
"""

# At commit: a file is granted, rejected or put on the waiting list by a decision of that kind.
DECIDED = f"""
IF NOT EXISTS (
    SELECT 1 FROM applications_decision d WHERE d.application_id = NEW.id AND d.state NOT IN ('withdrawn', 'revoked')
        AND d.kind = CASE NEW.state WHEN 'granted' THEN 'grant' WHEN 'rejected' THEN 'reject' ELSE 'waitlist' END
) THEN {refuse("a file is decided by a decision")} END IF;
RETURN NULL;
"""


def application_guards() -> list[Guard]:
    sending = pgtrigger.Condition("OLD.state = 'draft' AND NEW.state = 'submitted'")
    return [
        Guard(
            name="frozen",
            when=pgtrigger.Before,
            operation=pgtrigger.Update,
            declare=[("door", "jsonb")],
            func=FROZEN,
        ),
        Guard(
            name="version_kept",
            when=pgtrigger.After,
            operation=pgtrigger.UpdateOf("content_version"),
            timing=pgtrigger.Deferred,
            condition=pgtrigger.Condition("NEW.content_version <> OLD.content_version"),
            func=doors.VERSION_KEPT,
        ),
        Guard(
            name="in_time",
            when=pgtrigger.Before,
            operation=pgtrigger.Update,
            condition=sending,
            declare=[("call", "record"), ("last_number", "int")],
            func=IN_TIME,
        ),
        Guard(
            name="decided",
            when=pgtrigger.After,
            operation=pgtrigger.UpdateOf("state"),
            timing=pgtrigger.Deferred,
            condition=pgtrigger.Condition(
                "NEW.state IN ('granted', 'rejected', 'waitlisted') AND NEW.state IS DISTINCT FROM OLD.state"
            ),
            func=DECIDED,
        ),
        Guard(
            name="questions",
            when=pgtrigger.Before,
            operation=pgtrigger.Insert | pgtrigger.UpdateOf("question_set_id", "call_id"),
            condition=pgtrigger.Condition("NEW.question_set_id IS NOT NULL"),
            func=QUESTIONS_OF_CALL,
        ),
        Guard(
            name="searchable",
            when=pgtrigger.Before,
            operation=pgtrigger.Insert | pgtrigger.UpdateOf("search_text", "number"),
            func=SEARCHABLE,
        ),
    ]


def draft_version_guards() -> list[Guard]:
    return [Guard(name="frozen", when=pgtrigger.Before, operation=pgtrigger.Insert, func=VERSION)]


def child_guards(func: str = CHILD_FROZEN) -> list[Guard]:
    return [
        Guard(
            name="frozen",
            when=pgtrigger.Before,
            operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
            func=func,
        )
    ]


def decision_guards() -> list[Guard]:
    return [
        Guard(
            name="bounds",
            when=pgtrigger.Before,
            operation=pgtrigger.Insert,
            declare=[("file", "record"), ("money", "fund_movement%ROWTYPE")],
            func=DECISION_BOUNDS,
        ),
        Guard(name="stays", when=pgtrigger.Before, operation=pgtrigger.Update, func=DECISION_STAYS),
        Guard(
            name="signed_with_power",
            when=pgtrigger.Before,
            operation=pgtrigger.Update,
            condition=pgtrigger.Condition(
                "NEW.signed_by_id IS DISTINCT FROM OLD.signed_by_id OR NEW.delegation_id IS DISTINCT FROM OLD.delegation_id"
            ),
            func=SIGNED,
        ),
        Guard(
            name="withdrawn_reversed",
            when=pgtrigger.After,
            operation=pgtrigger.UpdateOf("state"),
            timing=pgtrigger.Deferred,
            condition=pgtrigger.Condition(
                "NEW.state = 'withdrawn' AND OLD.state <> 'withdrawn' AND NEW.movement_id IS NOT NULL"
            ),
            func=WITHDRAWN_REVERSED,
        ),
    ]


def award_guards() -> list[Guard]:
    return [
        Guard(
            name="award_stays",
            when=pgtrigger.After,
            operation=pgtrigger.Insert,
            timing=pgtrigger.Deferred,
            condition=pgtrigger.Condition("NEW.reverses_id IS NOT NULL OR NEW.verb = 'decommit'"),
            declare=[("held", "bigint")],
            func=AWARD_STAYS_COMMITTED,
        )
    ]


def stays_guard(func: str) -> Guard:
    return Guard(name="stays", when=pgtrigger.Before, operation=pgtrigger.Update, func=func)


def request_guards() -> list[Guard]:
    return [
        stays_guard(doors.REQUEST_STAYS),
        Guard(
            name="answered",
            when=pgtrigger.After,
            operation=pgtrigger.UpdateOf("answered_at"),
            timing=pgtrigger.Deferred,
            condition=pgtrigger.Condition("NEW.answered_at IS NOT NULL AND OLD.answered_at IS NULL"),
            func=doors.REQUEST_ANSWERED,
        ),
    ]


def correction_guards() -> list[Guard]:
    return [
        Guard(
            name="asked",
            when=pgtrigger.Before,
            operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
            declare=[("asked", "record")],
            func=doors.CORRECTION,
        )
    ]


def typo_guards() -> list[Guard]:
    return [
        Guard(
            name="made",
            when=pgtrigger.Before,
            operation=pgtrigger.Insert,
            declare=[("file", "record")],
            func=doors.TYPO_MADE,
        ),
        Guard(
            name="applied",
            when=pgtrigger.After,
            operation=pgtrigger.Insert,
            timing=pgtrigger.Deferred,
            func=doors.TYPO_APPLIED,
        ),
    ]


def version_guards() -> list[Guard]:
    return [Guard(name="as_it_stands", when=pgtrigger.Before, operation=pgtrigger.Insert, func=doors.VERSION)]


def change_guards() -> list[Guard]:
    return [
        Guard(
            name="asked",
            when=pgtrigger.Before,
            operation=pgtrigger.Insert,
            declare=[("award", "record")],
            func=doors.CHANGE_ASKED,
        ),
        stays_guard(doors.CHANGE_STAYS),
        Guard(
            name="settled",
            when=pgtrigger.After,
            operation=pgtrigger.UpdateOf("state"),
            timing=pgtrigger.Deferred,
            condition=pgtrigger.Condition("NEW.state = 'accepted' AND OLD.state <> 'accepted'"),
            func=doors.CHANGE_SETTLED,
        ),
    ]
