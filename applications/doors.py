"""The three doors through which the content of a sent file may still change: the answer to a request, an accepted change, a slip
of the pen mended by the desk.

All are rows written before (`Correction`, `ChangeRequest`, `StaffCorrection`): what they say, and nothing else, becomes the content, in the
transaction that answers or accepts; a new `ContentVersion` is kept beside what was sent.
"""

from common.guards import BY_OWNER, refuse

# What a commune may be asked to correct: columns of the file, and its tables.
FIELDS = (
    "theme",
    "title",
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
)
TABLES = {
    "partners": "applications_partner",
    "milestones": "applications_milestone",
    "indicators": "applications_indicator",
    "budget_lines": "applications_budgetline",
}
MONEY = ("requested_cents", "total_cost_cents", "eligible_cost_cents", "own_share_cents", "allowed_cents")
# A question of the call is corrected under this prefix and its code, a block whole (questionnaire.is_unit).
QUESTION = "q-"
# What the desk may mend of a slip of the pen: texts only, while the file is instructed and evaluated.
TYPOS = (
    "title",
    "stakes",
    "diagnostic",
    "success",
    "description",
    "resources",
    "governance",
    "obstacles",
    "open_questions",
)
TYPO_CHARACTERS = 60
TYPO_STATES = ("submitted", "in_instruction", "under_review", "reviewed")
# What may change in an action once the aid is granted.
CHANGEABLE = ("title", "description", "starts_on", "ends_on")


def texts(names: object) -> str:
    return ", ".join(f"'{name}'" for name in names)  # type: ignore[attr-defined]


# The last request of a file, when it is answered by this very transaction; the owner brings in the past.
_ANSWERED_NOW = f"""p.answered_at = CASE WHEN {BY_OWNER} THEN p.answered_at ELSE now() END AND p.outcome <> 'lapsed' AND p.id = (
    SELECT max(q.id) FROM applications_piecerequest q WHERE q.application_id = p.application_id)"""

# The table whose trigger runs, by the name a correction gives it.
_HERE = "CASE TG_TABLE_NAME " + " ".join(f"WHEN '{table}' THEN '{name}'" for name, table in TABLES.items()) + " END"

# True for a row of a table of the file `a` that this transaction's answer corrects.
TABLE_CORRECTED = f"""(a.state = 'awaiting_commune' AND EXISTS (
    SELECT 1 FROM applications_correction c JOIN applications_piecerequest p ON p.id = c.request_id
    WHERE p.application_id = a.id AND {_ANSWERED_NOW} AND c.name = {_HERE}))"""

# True for an answer to a question of the call that this transaction's answer corrects; `row` is NEW or OLD.
_QUESTION_CORRECTED = f"""(a.state = 'awaiting_commune' AND TG_OP <> 'UPDATE' AND EXISTS (
    SELECT 1 FROM applications_correction c JOIN applications_piecerequest p ON p.id = c.request_id
        JOIN fund_question k ON k.id = {{row}}.question_id LEFT JOIN fund_question b ON b.id = k.parent_id
    WHERE p.application_id = a.id AND {_ANSWERED_NOW} AND c.name = '{QUESTION}' || coalesce(b.code, k.code)))"""
QUESTION_CORRECTED = f"""(CASE WHEN TG_OP = 'INSERT' THEN {_QUESTION_CORRECTED.format(row="NEW")}
    ELSE {_QUESTION_CORRECTED.format(row="OLD")} END)"""

# True for a document that answers the open request of the file `a`, which asked for it.
DOCUMENT_ASKED = """(a.state = 'awaiting_commune' AND TG_OP <> 'UPDATE' AND EXISTS (
    SELECT 1 FROM applications_piecerequest p CROSS JOIN LATERAL jsonb_array_elements(p.items) i
    WHERE p.application_id = a.id AND p.answered_at IS NULL
        AND p.id = CASE WHEN TG_OP = 'INSERT' THEN NEW.piece_request_id ELSE OLD.piece_request_id END
        AND i->>'kind' = 'document' AND i->>'code' = CASE WHEN TG_OP = 'INSERT' THEN NEW.code ELSE OLD.code END))"""


def _differs(name: str, table: str) -> str:
    """True when the rows of a table are not those its correction gives, in their order."""
    return f"""door ? '{name}' AND EXISTS (
        SELECT 1 FROM (SELECT row_number() OVER (ORDER BY t.position, t.id) AS n, to_jsonb(t) AS kept
                       FROM {table} t WHERE t.application_id = NEW.id) x
        FULL JOIN (SELECT w.n, w.value FROM jsonb_array_elements(door->'{name}') WITH ORDINALITY w (value, n)) y ON y.n = x.n
        WHERE x.n IS NULL OR y.n IS NULL OR NOT x.kept @> y.value)"""


def _answered(application: str, questions: str, name: str) -> str:
    """The answer to a question as `questionnaire.content` gives it; NULL when it is none of this version (or a document)."""
    given = "applications_questionanswer"
    return f"""(SELECT CASE WHEN q.kind = 'block' THEN coalesce((
        SELECT jsonb_agg((SELECT jsonb_object_agg(k.code, x.value)
                FROM fund_question k LEFT JOIN {given} x ON x.question_id = k.id AND x.application_id = {application} AND x.occurrence = n
                WHERE k.parent_id = q.id) ORDER BY n)
            FROM generate_series(0, (SELECT max(y.occurrence) FROM {given} y JOIN fund_question k ON k.id = y.question_id
                WHERE k.parent_id = q.id AND y.application_id = {application})) n), '[]')
        ELSE coalesce((SELECT x.value FROM {given} x
            WHERE x.question_id = q.id AND x.application_id = {application} AND x.occurrence = 0), '""') END
        FROM fund_question q WHERE q.set_id = {questions} AND q.parent_id IS NULL AND q.kind <> 'file'
            AND '{QUESTION}' || q.code = {name})"""


def through_a_door(content: list[str]) -> str:
    """Body of the guard of a sent file: its content stays, but for what a door lets through, exactly as it was written."""
    new, old = (", ".join(f"{row}.{column}" for column in content) for row in ("NEW", "OLD"))
    return f"""
IF OLD.state <> 'draft' AND (({new}) IS DISTINCT FROM ({old}) OR NEW.content_version <> OLD.content_version
        OR OLD.state = 'awaiting_commune' AND NEW.state <> OLD.state) THEN
    SELECT coalesce(jsonb_object_agg(d.name, d.after ORDER BY d.id), '{{}}') INTO door FROM (
        SELECT c.id, c.name, c.after FROM applications_correction c JOIN applications_piecerequest p ON p.id = c.request_id
            WHERE p.application_id = NEW.id AND OLD.state = 'awaiting_commune' AND {_ANSWERED_NOW}
        UNION ALL
        SELECT r.id, e.key, e.value FROM applications_changerequest r CROSS JOIN LATERAL jsonb_each(r.after) e
            WHERE r.application_id = NEW.id AND OLD.state = 'granted' AND r.state = 'accepted'
                AND r.decided_at = CASE WHEN {BY_OWNER} THEN r.decided_at ELSE now() END
                AND r.id = (SELECT max(s.id) FROM applications_changerequest s WHERE s.application_id = NEW.id)
        UNION ALL
        SELECT t.id, t.name, to_jsonb(t.after) FROM applications_staffcorrection t
            WHERE t.application_id = NEW.id AND OLD.state IN ({texts(TYPO_STATES)})
                AND NEW.state = OLD.state AND NEW.content_version = OLD.content_version + 1 AND t.number = NEW.content_version
                AND t.made_at = CASE WHEN {BY_OWNER} THEN t.made_at ELSE now() END
    ) d;
    IF EXISTS (
        SELECT 1 FROM jsonb_each(to_jsonb(NEW)) n JOIN jsonb_each(to_jsonb(OLD)) o ON o.key = n.key
        WHERE n.key IN ({texts(content)}) AND n.value IS DISTINCT FROM o.value
            AND NOT (door ? n.key AND door->n.key = n.value)
            AND NOT (door ? 'budget_lines' AND n.key IN ({texts(MONEY)}))
    ) THEN {refuse("the content of a file that was sent is frozen")} END IF;
    IF EXISTS (SELECT 1 FROM jsonb_each(door) d WHERE d.key IN ({texts(FIELDS)}) AND to_jsonb(NEW)->d.key IS DISTINCT FROM d.value)
        {"".join(f" OR {_differs(name, table)}" for name, table in TABLES.items())}
        OR EXISTS (SELECT 1 FROM jsonb_each(door) d WHERE starts_with(d.key, '{QUESTION}')
            AND d.value IS DISTINCT FROM {_answered("NEW.id", "NEW.question_set_id", "d.key")})
    THEN {refuse("a correction is applied as it was written")} END IF;
    IF door ? 'budget_lines' AND (NEW.requested_cents > OLD.requested_cents OR NEW.allowed_cents > (
        SELECT least(c.ceiling_cents, NEW.eligible_cost_cents * c.max_rate_bp / 10000) FROM fund_call c WHERE c.id = NEW.call_id))
    THEN {refuse("a corrected budget asks no more than what was sent, and keeps to the rules of the call")} END IF;
    IF NEW.content_version <> OLD.content_version + (CASE WHEN door = '{{}}' THEN 0 ELSE 1 END) THEN
        {refuse("a corrected content counts one version")}
    END IF;
END IF;
"""


# At commit: what was corrected has its snapshot.
VERSION_KEPT = f"""
IF NOT EXISTS (SELECT 1 FROM applications_contentversion v WHERE v.application_id = NEW.id AND v.number = NEW.content_version) THEN
    {refuse("a corrected content has its snapshot")}
END IF;
RETURN NULL;
"""

VERSION = f"""
IF NOT EXISTS (SELECT 1 FROM applications_application a WHERE a.id = NEW.application_id AND a.content_version = NEW.number)
THEN {refuse("a snapshot is taken of the content as it stands")} END IF;
IF NOT {BY_OWNER} THEN NEW.made_at := now(); END IF;
RETURN NEW;
"""

# A draft answer: only what was asked, only while the request is open.
CORRECTION = f"""
SELECT p.application_id, p.items, p.answered_at, a.state, to_jsonb(a) AS content INTO asked
    FROM applications_piecerequest p JOIN applications_application a ON a.id = p.application_id
    WHERE p.id = CASE WHEN TG_OP = 'DELETE' THEN OLD.request_id ELSE NEW.request_id END;
IF asked.answered_at IS NOT NULL OR asked.state <> 'awaiting_commune' THEN
    {refuse("what was answered stays")}
END IF;
IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
IF TG_OP = 'UPDATE' AND (NEW.id, NEW.request_id, NEW.name) IS DISTINCT FROM (OLD.id, OLD.request_id, OLD.name) THEN
    {refuse("a correction keeps what it corrects")}
END IF;
IF NOT EXISTS (SELECT 1 FROM jsonb_array_elements(asked.items) i WHERE i->>'kind' IN ('field', 'table', 'question') AND i->>'code' = NEW.name) THEN
    {refuse("an answer touches only what was asked")}
END IF;
IF NEW.name IN ({texts(FIELDS)}) THEN NEW.before := asked.content -> NEW.name::text; END IF;
IF starts_with(NEW.name, '{QUESTION}') THEN
    NEW.before := {_answered("asked.application_id", "(asked.content ->> 'question_set_id')::bigint", "NEW.name")};
    IF NEW.before IS NULL THEN {refuse("a question corrected is one of its own file")} END IF;
END IF;
RETURN NEW;
"""

# A request is open or answered; only its deadline moves meanwhile, and only later.
REQUEST_STAYS = f"""
IF OLD.answered_at IS NOT NULL AND NEW IS DISTINCT FROM OLD
    OR (NEW.id, NEW.application_id, NEW.asked_by_id, NEW.asked_at, NEW.items, NEW.reason)
    IS DISTINCT FROM (OLD.id, OLD.application_id, OLD.asked_by_id, OLD.asked_at, OLD.items, OLD.reason)
    OR NEW.due_on < OLD.due_on
THEN {refuse("what was asked of a commune, and what it answered, stays")} END IF;
IF NEW.answered_at IS NOT NULL AND session_user <> current_user THEN NEW.answered_at := now(); END IF;
RETURN NEW;
"""

# At commit: an answered request no longer holds the file, and its corrections have become the content.
REQUEST_ANSWERED = f"""
IF EXISTS (SELECT 1 FROM applications_application a WHERE a.id = NEW.application_id AND a.state = 'awaiting_commune')
    AND NOT EXISTS (SELECT 1 FROM applications_piecerequest p WHERE p.application_id = NEW.application_id AND p.answered_at IS NULL)
THEN {refuse("an answer gives the file back to its instructor")} END IF;
IF NEW.outcome <> 'lapsed' AND EXISTS (SELECT 1 FROM applications_correction c WHERE c.request_id = NEW.id)
    AND NOT EXISTS (SELECT 1 FROM applications_contentversion v WHERE v.request_id = NEW.id)
THEN {refuse("a corrected content has its snapshot")} END IF;
RETURN NULL;
"""


# A slip of the pen mended by the desk: the text as it stands is copied, few characters change.
TYPO_MADE = f"""
SELECT a.state, a.organisation_id, a.content_version, to_jsonb(a) AS content INTO file
    FROM applications_application a WHERE a.id = NEW.application_id;
IF file.state NOT IN ({texts(TYPO_STATES)}) OR NEW.number <> file.content_version + 1 THEN
    {refuse("the desk mends a slip while the file is instructed, in a new version of it")}
END IF;
NEW.before := file.content ->> NEW.name::text;
IF abs(length(NEW.after) - length(NEW.before)) > {TYPO_CHARACTERS} THEN {refuse("more than a slip of the pen")} END IF;
IF NOT {BY_OWNER} THEN NEW.made_at := now(); END IF;
RETURN NEW;
"""

# At commit: what was mended is the content of that version.
TYPO_APPLIED = f"""
IF NOT EXISTS (SELECT 1 FROM applications_contentversion v JOIN applications_application a ON a.id = v.application_id
    WHERE v.typo_id = NEW.id AND v.number = NEW.number AND a.content_version >= v.number
        AND (a.content_version > v.number OR to_jsonb(a) ->> NEW.name::text = NEW.after)
) THEN {refuse("a slip that is mended becomes the content of the file")} END IF;
RETURN NULL;
"""


# --- The change of an awarded action -----------------------------------------------------------------------------

REDUCED = """coalesce((SELECT sum(r.reduction_cents) FROM applications_changerequest r
    WHERE r.decision_id = d.id AND r.state = 'accepted'), 0)"""

# What the award of the file `a` gave back to its envelope, whatever the reason: the ledger says it.
GIVEN_BACK = """coalesce((SELECT sum(m.amount_cents) FROM fund_movement m
    WHERE m.verb = 'decommit' AND m.subject = a.number), 0)"""

CHANGE_ASKED = f"""
SELECT a.state, d.kind, d.state AS told, d.application_id, d.amount_cents - {GIVEN_BACK} AS cents, to_jsonb(a) AS content INTO award
    FROM applications_decision d JOIN applications_application a ON a.id = d.application_id WHERE d.id = NEW.decision_id;
IF award.application_id <> NEW.application_id OR award.state <> 'granted' OR award.kind <> 'grant' OR award.told <> 'notified' THEN
    {refuse("a change is asked of an awarded action")}
END IF;
IF NEW.after - ARRAY[{texts(CHANGEABLE)}] <> '{{}}' OR NEW.after = '{{}}' AND NEW.reduction_cents = 0 THEN
    {refuse("a change says what it changes")}
END IF;
NEW.award_cents := award.cents;
NEW.before := (SELECT coalesce(jsonb_object_agg(k, award.content -> k), '{{}}') FROM jsonb_object_keys(NEW.after) k);
IF NOT {BY_OWNER} THEN NEW.asked_at := now(); END IF;
RETURN NEW;
"""

CHANGE_STAYS = f"""
IF (NEW.application_id, NEW.decision_id, NEW.before, NEW.after, NEW.award_cents, NEW.reduction_cents, NEW.reason, NEW.asked_by_id, NEW.asked_at)
    IS DISTINCT FROM
   (OLD.application_id, OLD.decision_id, OLD.before, OLD.after, OLD.award_cents, OLD.reduction_cents, OLD.reason, OLD.asked_by_id, OLD.asked_at)
THEN {refuse("what was asked of an awarded action stays as it was asked")} END IF;
IF OLD.state IN ('accepted', 'refused', 'withdrawn') AND
    (NEW.agreed_by_id, NEW.agreed_at, NEW.decided_by_id, NEW.decided_at, NEW.answer, NEW.act_number, NEW.act_date, NEW.movement_id)
    IS DISTINCT FROM
    (OLD.agreed_by_id, OLD.agreed_at, OLD.decided_by_id, OLD.decided_at, OLD.answer, OLD.act_number, OLD.act_date, OLD.movement_id)
    OR OLD.letter_id IS NOT NULL AND NEW.letter_id IS DISTINCT FROM OLD.letter_id
    OR OLD.agreed_by_id IS NOT NULL AND NEW.agreed_by_id IS DISTINCT FROM OLD.agreed_by_id
THEN {refuse("the answer to a change stays")} END IF;
IF NEW.state = 'accepted' AND OLD.state <> 'accepted' AND NOT {BY_OWNER} THEN NEW.decided_at := now(); END IF;
RETURN NEW;
"""

# At commit: what was accepted is the content of the file, and the money it gives back has come back.
CHANGE_SETTLED = f"""
IF NOT EXISTS (SELECT 1 FROM applications_application a WHERE a.id = NEW.application_id AND to_jsonb(a) @> NEW.after) THEN
    {refuse("an accepted change becomes the content of the file")}
END IF;
IF NEW.reduction_cents > 0 AND NOT EXISTS (
    SELECT 1 FROM fund_movement m JOIN applications_application a ON a.number = m.subject
        JOIN fund_call c ON c.id = a.call_id AND c.envelope_id = m.envelope_id
    WHERE m.id = NEW.movement_id AND a.id = NEW.application_id AND m.verb = 'decommit' AND m.reverses_id IS NULL
        AND m.amount_cents = NEW.reduction_cents AND m.transaction_id = pg_current_xact_id()::text::bigint
) THEN {refuse("the money of a reduced award comes back to the envelope")} END IF;
RETURN NULL;
"""
