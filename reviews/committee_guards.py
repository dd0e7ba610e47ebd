"""What the database refuses of scenarios and of committee sessions.

A scenario proposes what may be given, never more once it is retained. A session that was closed stays as it was seen:
its files, its members, who stepped aside, the votes. Nobody writes of a file they have an interest in.
"""

import pgtrigger

from common.guards import BY_OWNER, Guard, refuse
from reviews.guards import CONFLICTED

LINE = f"""
IF TG_OP = 'UPDATE' AND (NEW.scenario_id, NEW.application_id) IS DISTINCT FROM (OLD.scenario_id, OLD.application_id)
THEN {refuse("a line keeps its scenario and its file")} END IF;
SELECT s.state, s.call_id INTO plan FROM reviews_scenario s
    WHERE s.id = CASE WHEN TG_OP = 'DELETE' THEN OLD.scenario_id ELSE NEW.scenario_id END FOR SHARE;
IF plan.state = 'retained' THEN {refuse("a scenario that was retained does not change")} END IF;
IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
SELECT a.call_id, a.state, a.requested_cents, a.allowed_cents, c.floor_cents INTO file
    FROM applications_application a JOIN fund_call c ON c.id = a.call_id WHERE a.id = NEW.application_id;
IF file.call_id <> plan.call_id OR file.state = 'draft' THEN {refuse("a line is about a file sent to the call")} END IF;
IF NEW.proposed_cents > least(file.requested_cents, file.allowed_cents) THEN
    {refuse("a line proposes what was asked and is allowed at most")}
END IF;
IF NEW.proposed_cents BETWEEN 1 AND file.floor_cents - 1 THEN {refuse("a line proposes the floor of the call at least")} END IF;
IF NOT {BY_OWNER} AND ({CONFLICTED.format(user="NEW.written_by_id", application="NEW.application_id")}) THEN
    {refuse("no line by a person with an interest in the file")}
END IF;
RETURN NEW;
"""

SCENARIO_STAYS = f"""
IF (NEW.call_id, NEW.author_id, NEW.created_at) IS DISTINCT FROM (OLD.call_id, OLD.author_id, OLD.created_at)
THEN {refuse("a scenario keeps its call and its author")} END IF;
IF OLD.state = 'retained' AND NEW.state = 'retained' AND (NEW.name, NEW.note, NEW.rules, NEW.envelope_cents)
    IS DISTINCT FROM (OLD.name, OLD.note, OLD.rules, OLD.envelope_cents)
THEN {refuse("a scenario that was retained does not change")} END IF;
RETURN NEW;
"""

# At commit, under the lock of the balance: what all the retained scenarios of the envelope still propose fits in it.
RETAINED_FITS = f"""
SELECT b.available INTO room FROM fund_call c
    JOIN fund_envelopebalance b ON b.envelope_id = c.envelope_id WHERE c.id = NEW.call_id FOR UPDATE OF b;
SELECT coalesce(sum(l.proposed_cents), 0) INTO total FROM reviews_scenarioline l
    JOIN reviews_scenario s ON s.id = l.scenario_id AND s.state = 'retained'
    JOIN fund_call c ON c.id = s.call_id AND c.envelope_id = (SELECT envelope_id FROM fund_call WHERE id = NEW.call_id)
    JOIN applications_application a ON a.id = l.application_id
        AND a.state IN ('in_instruction', 'awaiting_commune', 'under_review', 'reviewed', 'waitlisted');
IF total > coalesce(room.available, 0) THEN {refuse("a retained scenario fits in its envelope")} END IF;
RETURN NULL;
"""

SESSION_STAYS = f"""
IF NEW.call_id <> OLD.call_id THEN {refuse("a session keeps its call")} END IF;
IF OLD.state IN ('closed', 'signed') AND
    (NEW.held_at, NEW.place, NEW.quorum, NEW.vote_mode, NEW.scenario_id, NEW.title, NEW.opened_at, NEW.closed_at,
     NEW.closed_by_id, NEW.snapshot, NEW.snapshot_sha256)
    IS DISTINCT FROM
    (OLD.held_at, OLD.place, OLD.quorum, OLD.vote_mode, OLD.scenario_id, OLD.title, OLD.opened_at, OLD.closed_at,
     OLD.closed_by_id, OLD.snapshot, OLD.snapshot_sha256)
    OR OLD.minutes_id IS NOT NULL AND NEW.minutes_id IS DISTINCT FROM OLD.minutes_id
    OR OLD.state = 'signed' AND (NEW.deliberation_number, NEW.deliberation_date, NEW.executory_on, NEW.act_reference,
                                 NEW.signed_by_id, NEW.signed_at)
    IS DISTINCT FROM (OLD.deliberation_number, OLD.deliberation_date, OLD.executory_on, OLD.act_reference,
                      OLD.signed_by_id, OLD.signed_at)
THEN {refuse("a session that was closed stays as it was")} END IF;
IF OLD.state <> 'planned' AND NEW.quorum_waiver IS DISTINCT FROM OLD.quorum_waiver THEN
    {refuse("a session that was opened keeps why it sits without its quorum")}
END IF;
IF NEW.state = 'closed' AND OLD.state = 'open'
    AND NEW.snapshot_sha256 <> encode(sha256(convert_to(NEW.snapshot::text, 'UTF8')), 'hex')
THEN {refuse("the print of a session is that of what was seen")} END IF;
IF NEW.state = 'open' AND OLD.state = 'planned' AND btrim(NEW.quorum_waiver) = '' AND
    (SELECT count(*) FROM reviews_committeemember m WHERE m.session_id = NEW.id AND m.attendance = 'present') < NEW.quorum
THEN {refuse("a session opens with its quorum")} END IF;
IF NEW.state = 'closed' AND OLD.state = 'open' AND EXISTS (
    SELECT 1 FROM reviews_agendaitem i WHERE i.session_id = NEW.id AND i.outcome = '')
THEN {refuse("a session closes once every file has its answer")} END IF;
RETURN NEW;
"""

# At commit, under the lock of the balance: what the closed sessions of the envelope promise still fits in it.
PROMISES_FIT = f"""
SELECT b.available INTO room FROM fund_call c
    JOIN fund_envelopebalance b ON b.envelope_id = c.envelope_id WHERE c.id = NEW.call_id FOR UPDATE OF b;
SELECT coalesce(sum(i.amount_cents), 0) INTO total FROM reviews_agendaitem i
    JOIN reviews_committeesession s ON s.id = i.session_id AND s.state IN ('closed', 'signed')
    JOIN fund_call c ON c.id = s.call_id AND c.envelope_id = (SELECT envelope_id FROM fund_call WHERE id = NEW.call_id)
    JOIN applications_application a ON a.id = i.application_id
        AND a.state IN ('in_instruction', 'awaiting_commune', 'under_review', 'reviewed', 'waitlisted')
    WHERE i.outcome = 'granted' AND i.decision_id IS NULL;
IF total > coalesce(room.available, 0) THEN {refuse("a session that closes fits in its envelope")} END IF;
RETURN NULL;
"""

# Members and files are settled before the close; a file is answered while the session is open.
_SESSION = """
SELECT s.state, s.call_id INTO sitting FROM reviews_committeesession s
    WHERE s.id = CASE WHEN TG_OP = 'DELETE' THEN OLD.session_id ELSE NEW.session_id END FOR SHARE;
"""
_CLOSED = refuse("a session that was closed stays as it was")
MEMBER = f"""
{_SESSION}
IF TG_OP = 'UPDATE' AND (NEW.session_id, NEW.user_id) IS DISTINCT FROM (OLD.session_id, OLD.user_id)
THEN {refuse("a member keeps their session")} END IF;
IF sitting.state IN ('closed', 'signed', 'cancelled') AND NOT {BY_OWNER} THEN {_CLOSED} END IF;
IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
RETURN NEW;
"""

ITEM = f"""
{_SESSION}
IF TG_OP = 'UPDATE' AND (NEW.session_id, NEW.application_id) IS DISTINCT FROM (OLD.session_id, OLD.application_id)
THEN {refuse("a point of the agenda keeps its session and its file")} END IF;
IF sitting.state IN ('closed', 'signed') AND NOT {BY_OWNER} THEN
    IF TG_OP <> 'UPDATE' OR (to_jsonb(NEW) - 'decision_id') IS DISTINCT FROM (to_jsonb(OLD) - 'decision_id')
        OR OLD.decision_id IS NOT NULL AND EXISTS (
            SELECT 1 FROM applications_decision d WHERE d.id = OLD.decision_id AND d.state <> 'withdrawn')
        OR NOT EXISTS (SELECT 1 FROM applications_decision d WHERE d.id = NEW.decision_id
            AND d.application_id = NEW.application_id AND d.state <> 'withdrawn'
            AND (d.kind, d.amount_cents) = (CASE NEW.outcome WHEN 'granted' THEN 'grant' WHEN 'refused' THEN 'reject'
                                                 WHEN 'waitlist' THEN 'waitlist' ELSE '' END, NEW.amount_cents))
    THEN {_CLOSED} END IF;
    RETURN NEW;
END IF;
IF TG_OP = 'DELETE' THEN
    IF OLD.outcome <> '' OR OLD.passages <> '[]' THEN {refuse("a file that was answered stays on the agenda")} END IF;
    RETURN OLD;
END IF;
SELECT a.call_id, a.state, a.requested_cents, a.allowed_cents INTO file FROM applications_application a
    WHERE a.id = NEW.application_id;
IF file.call_id <> sitting.call_id OR file.state = 'draft' THEN {refuse("a session is about files sent to its call")} END IF;
IF greatest(NEW.proposed_cents, NEW.amount_cents) > least(file.requested_cents, file.allowed_cents) THEN
    {refuse("a committee gives what was asked and is allowed at most")}
END IF;
IF NEW.outcome <> '' AND (TG_OP = 'INSERT' OR (NEW.outcome, NEW.amount_cents, NEW.reasons, NEW.votes_for, NEW.votes_against,
    NEW.abstentions) IS DISTINCT FROM (OLD.outcome, OLD.amount_cents, OLD.reasons, OLD.votes_for, OLD.votes_against,
    OLD.abstentions)) AND NOT {BY_OWNER} THEN
    IF sitting.state <> 'open' THEN {refuse("a file is answered while the session is open")} END IF;
    IF NEW.outcome IN ('granted', 'refused') AND EXISTS (
        SELECT 1 FROM reviews_agendaitem o JOIN reviews_committeesession s ON s.id = o.session_id
        LEFT JOIN applications_decision d ON d.id = o.decision_id
        WHERE o.application_id = NEW.application_id AND o.session_id <> NEW.session_id AND s.state <> 'cancelled'
            AND o.outcome IN ('granted', 'refused') AND coalesce(d.state, '') NOT IN ('withdrawn', 'revoked')
    ) THEN {refuse("a file is answered by one committee")} END IF;
    IF {CONFLICTED.format(user="NEW.decided_by_id", application="NEW.application_id")} THEN
        {refuse("no answer by a person with an interest in the file")}
    END IF;
END IF;
RETURN NEW;
"""

# At commit: no more voices than members present who did not step aside.
_VOICES = f"""
SELECT count(*) INTO voices FROM reviews_committeemember seat
    WHERE seat.session_id = {{session}} AND seat.attendance = 'present'
    AND NOT EXISTS (SELECT 1 FROM reviews_recusal r WHERE r.member_id = seat.id AND r.item_id = {{item}})
    AND NOT ({CONFLICTED.format(user="seat.user_id", application="{application}")});
"""
ITEM_VOICES = f"""
{_VOICES.format(session="NEW.session_id", item="NEW.id", application="NEW.application_id")}
IF coalesce(NEW.votes_for, 0) + coalesce(NEW.votes_against, 0) + coalesce(NEW.abstentions, 0) > voices THEN
    {refuse("no more voices than members present who did not step aside")}
END IF;
RETURN NULL;
"""

_OF_ITEM = """
SELECT s.state, i.application_id, m.session_id = i.session_id AS together, m.user_id, m.attendance INTO seat
    FROM reviews_agendaitem i JOIN reviews_committeesession s ON s.id = i.session_id, reviews_committeemember m
    WHERE (i.id, m.id) = ({row}.item_id, {row}.member_id) FOR SHARE OF s;
"""
_SEAT = f"""
IF TG_OP = 'DELETE' THEN {_OF_ITEM.format(row="OLD")}
ELSE {_OF_ITEM.format(row="NEW")} END IF;
IF TG_OP = 'UPDATE' AND (NEW.item_id, NEW.member_id) IS DISTINCT FROM (OLD.item_id, OLD.member_id) OR NOT seat.together
THEN {refuse("a member sits for the files of their session")} END IF;
"""
RECUSAL = f"""
{_SEAT}
IF seat.state IN ('closed', 'signed') AND NOT {BY_OWNER} THEN {_CLOSED} END IF;
IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
IF EXISTS (SELECT 1 FROM reviews_vote v WHERE (v.item_id, v.member_id) = (NEW.item_id, NEW.member_id)) THEN
    {refuse("whoever steps aside does not vote")}
END IF;
RETURN NEW;
"""

VOTE = f"""
{_SEAT}
IF seat.state <> 'open' AND NOT {BY_OWNER} THEN {refuse("a vote is given while the session is open")} END IF;
IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
IF seat.attendance <> 'present'
    OR EXISTS (SELECT 1 FROM reviews_recusal r WHERE (r.item_id, r.member_id) = (NEW.item_id, NEW.member_id))
    OR ({CONFLICTED.format(user="seat.user_id", application="seat.application_id")})
THEN {refuse("only a member present who did not step aside votes")} END IF;
RETURN NEW;
"""

_EVERY = pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete


def line_guards() -> list[Guard]:
    return [
        Guard(
            name="bounds",
            when=pgtrigger.Before,
            operation=_EVERY,
            declare=[("plan", "record"), ("file", "record")],
            func=LINE,
        )
    ]


def scenario_guards() -> list[Guard]:
    return [
        Guard(name="stays", when=pgtrigger.Before, operation=pgtrigger.Update, func=SCENARIO_STAYS),
        Guard(
            name="fits",
            when=pgtrigger.After,
            operation=pgtrigger.UpdateOf("state"),
            timing=pgtrigger.Deferred,
            condition=pgtrigger.Condition("NEW.state = 'retained' AND OLD.state <> 'retained'"),
            declare=[("room", "record"), ("total", "bigint")],
            func=RETAINED_FITS,
        ),
    ]


def session_guards() -> list[Guard]:
    return [
        Guard(name="stays", when=pgtrigger.Before, operation=pgtrigger.Update, func=SESSION_STAYS),
        Guard(
            name="fits",
            when=pgtrigger.After,
            operation=pgtrigger.UpdateOf("state"),
            timing=pgtrigger.Deferred,
            condition=pgtrigger.Condition("NEW.state = 'closed' AND OLD.state = 'open'"),
            declare=[("room", "record"), ("total", "bigint")],
            func=PROMISES_FIT,
        ),
    ]


def member_guards() -> list[Guard]:
    sitting = [("sitting", "record")]
    return [Guard(name="sits", when=pgtrigger.Before, operation=_EVERY, declare=sitting, func=MEMBER)]


def item_guards() -> list[Guard]:
    return [
        Guard(
            name="answered",
            when=pgtrigger.Before,
            operation=_EVERY,
            declare=[("sitting", "record"), ("file", "record")],
            func=ITEM,
        ),
        Guard(
            name="voices",
            when=pgtrigger.After,
            operation=pgtrigger.Insert | pgtrigger.UpdateOf("votes_for", "votes_against", "abstentions"),
            timing=pgtrigger.Deferred,
            condition=pgtrigger.Condition("NEW.votes_for IS NOT NULL"),
            declare=[("voices", "int")],
            func=ITEM_VOICES,
        ),
    ]


def recusal_guards() -> list[Guard]:
    seat = [("seat", "record")]
    return [Guard(name="seated", when=pgtrigger.Before, operation=_EVERY, declare=seat, func=RECUSAL)]


def vote_guards() -> list[Guard]:
    seat = [("seat", "record")]
    return [Guard(name="seated", when=pgtrigger.Before, operation=_EVERY, declare=seat, func=VOTE)]
