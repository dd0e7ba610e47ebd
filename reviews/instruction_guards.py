"""What the database refuses during instruction: a check, a remark, a note or a verdict by a person with an interest; and what stays."""

import pgtrigger

from common.guards import BY_OWNER, Guard, refuse

# Declared an interest, or belongs to the commune. Who helped to write may still instruct (and gives no opinion).
INTERESTED = """
    EXISTS (SELECT 1 FROM reviews_conflict c
            WHERE c.user_id = {user} AND c.application_id = {application} AND c.lifted_at IS NULL)
    OR EXISTS (SELECT 1 FROM accounts_membership m JOIN applications_application a ON a.organisation_id = m.organisation_id
               WHERE m.user_id = {user} AND a.id = {application} AND m.ended_at IS NULL)
"""


def _neutral(user: str, application: str) -> str:
    return f"""
IF NOT {BY_OWNER} AND ({INTERESTED.format(user=user, application=application)}) THEN
    {refuse("nothing is written on a file by a person with an interest in it")}
END IF;
"""


CHECK_ANSWER = f"""
SELECT a.state, a.call_id, a.complete_checked_at INTO file FROM applications_application a WHERE a.id = NEW.application_id;
{_neutral("NEW.answered_by_id", "NEW.application_id")}
IF NOT {BY_OWNER} THEN
    NEW.answered_at := now();
    IF file.state <> 'in_instruction' OR file.complete_checked_at IS NOT NULL THEN
        {refuse("a file is checked while it is instructed, before it is found complete")}
    END IF;
END IF;
IF NEW.point_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM fund_callpoint p WHERE p.id = NEW.point_id AND p.call_id = file.call_id)
THEN {refuse("the point belongs to another call")} END IF;
RETURN NEW;
"""

# The last answer to each point counts; no answer is a no.
COMPLETE = f"""
IF NOT {BY_OWNER} AND EXISTS (
    SELECT 1 FROM fund_callpoint p WHERE p.call_id = NEW.call_id AND coalesce((
        SELECT c.verdict FROM reviews_checkanswer c WHERE c.application_id = NEW.id AND c.point_id = p.id ORDER BY c.id DESC LIMIT 1
    ), 'no') = 'no'
) THEN {refuse("a file is found complete once every point of its call is answered")} END IF;
RETURN NEW;
"""

REMARK = f"""
IF TG_OP = 'INSERT' THEN
    {_neutral("NEW.author_id", "NEW.application_id")}
    IF NOT {BY_OWNER} THEN NEW.written_at := now(); END IF;
ELSIF (NEW.id, NEW.application_id, NEW.kind, NEW.code, NEW.label, NEW.text, NEW.author_id, NEW.written_at)
    IS DISTINCT FROM (OLD.id, OLD.application_id, OLD.kind, OLD.code, OLD.label, OLD.text, OLD.author_id, OLD.written_at)
    OR OLD.asked_in_id IS NOT NULL AND NEW.asked_in_id IS DISTINCT FROM OLD.asked_in_id
    OR OLD.dropped_at IS NOT NULL AND NEW.dropped_at IS DISTINCT FROM OLD.dropped_at
THEN {refuse("a remark is asked or dropped, never rewritten")} END IF;
IF NEW.asked_in_id IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM applications_piecerequest p WHERE p.id = NEW.asked_in_id AND p.application_id = NEW.application_id
) THEN {refuse("a remark is asked in a request of its own file")} END IF;
RETURN NEW;
"""

VERDICT = f"""
{_neutral("NEW.by_id", "NEW.first_id")}
{_neutral("NEW.by_id", "NEW.second_id")}
IF NOT {BY_OWNER} THEN NEW.at := now(); END IF;
RETURN NEW;
"""

TYPO = f"""
{_neutral("NEW.made_by_id", "NEW.application_id")}
RETURN NEW;
"""

# Its author may mend a note for a quarter of an hour; then it stays.
NOTE = f"""
IF TG_OP = 'INSERT' THEN
    {_neutral("NEW.author_id", "NEW.application_id")}
    IF NOT {BY_OWNER} THEN NEW.written_at := now(); NEW.edited_at := NULL; END IF;
ELSE
    IF (NEW.id, NEW.application_id, NEW.author_id, NEW.written_at) IS DISTINCT FROM (OLD.id, OLD.application_id, OLD.author_id, OLD.written_at)
        OR now() > OLD.written_at + interval '15 minutes'
    THEN {refuse("a note is mended within fifteen minutes, then it stays")} END IF;
    IF NOT {BY_OWNER} THEN NEW.edited_at := now(); END IF;
END IF;
RETURN NEW;
"""

MENTION = f"""
SELECT n.application_id INTO file FROM reviews_note n WHERE n.id = NEW.note_id;
IF NOT {BY_OWNER} AND ({INTERESTED.format(user="NEW.person_id", application="file.application_id")}) THEN
    {refuse("nobody with an interest in a file is mentioned in it")}
END IF;
RETURN NEW;
"""


def _before(name: str, func: str, *, update: bool = False, declare: list[tuple[str, str]] | None = None) -> list[Guard]:
    operation = pgtrigger.Insert | pgtrigger.Update if update else pgtrigger.Insert
    return [Guard(name=name, when=pgtrigger.Before, operation=operation, func=func, declare=declare or [])]


def check_guards() -> list[Guard]:
    return _before("in_its_time", CHECK_ANSWER, declare=[("file", "record")])


def complete_guards() -> list[Guard]:
    return [
        Guard(
            name="points_answered",
            when=pgtrigger.Before,
            operation=pgtrigger.Update,
            condition=pgtrigger.Condition("NEW.complete_checked_at IS NOT NULL AND OLD.complete_checked_at IS NULL"),
            func=COMPLETE,
        )
    ]


def remark_guards() -> list[Guard]:
    return _before("stays", REMARK, update=True)


def verdict_guards() -> list[Guard]:
    return _before("neutral", VERDICT)


def typo_neutral_guards() -> list[Guard]:
    return _before("neutral", TYPO)


def note_guards() -> list[Guard]:
    return _before("stays", NOTE, update=True)


def mention_guards() -> list[Guard]:
    return _before("neutral", MENTION, declare=[("file", "record")])
