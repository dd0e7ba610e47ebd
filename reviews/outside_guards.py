"""What the database refuses about opinions asked outside: a partial asker, a paper of another file, an answer rewritten."""

import pgtrigger

from applications.states import UNDECIDED
from common.guards import BY_OWNER, Guard, refuse
from reviews.guards import CONFLICTED

_UNDECIDED = ", ".join(f"'{state}'" for state in sorted(UNDECIDED))

ASKED = f"""
IF NOT {BY_OWNER} THEN
    SELECT a.state INTO file FROM applications_application a WHERE a.id = NEW.application_id;
    IF file.state NOT IN ({_UNDECIDED}) THEN {refuse("an opinion is asked on a file that is not decided yet")} END IF;
    IF {CONFLICTED.format(user="NEW.asked_by_id", application="NEW.application_id")} THEN
        {refuse("no opinion is asked by a person with an interest in the file")}
    END IF;
    NEW.asked_at := now();
    NEW.confidential := false;
END IF;
IF (SELECT count(*) FROM applications_attachment p WHERE p.id = ANY (NEW.papers) AND p.application_id = NEW.application_id)
    <> cardinality(NEW.papers) THEN {refuse("only documents of the file are shown with the question")}
END IF;
RETURN NEW;
"""

STAYS = f"""
IF (NEW.application_id, NEW.quality, NEW.organism, NEW.contact_name, NEW.contact_email, NEW.question, NEW.papers, NEW.asked_by_id,
    NEW.desk_only)
    IS DISTINCT FROM (OLD.application_id, OLD.quality, OLD.organism, OLD.contact_name, OLD.contact_email, OLD.question, OLD.papers,
    OLD.asked_by_id, OLD.desk_only) OR NEW.asked_at <> OLD.asked_at AND NOT {BY_OWNER}
THEN {refuse("what was asked outside does not change")} END IF;
IF OLD.opened_at IS NOT NULL AND NEW.opened_at IS DISTINCT FROM OLD.opened_at THEN
    {refuse("the first opening of a link stays")}
END IF;
IF OLD.state <> 'asked' AND (NEW.advice, NEW.text, NEW.signed_name, NEW.file_id, NEW.answered_at, NEW.due_on, NEW.expires_at, NEW.nonce,
    NEW.withdrawn_reason)
    IS DISTINCT FROM (OLD.advice, OLD.text, OLD.signed_name, OLD.file_id, OLD.answered_at, OLD.due_on, OLD.expires_at, OLD.nonce,
    OLD.withdrawn_reason)
THEN {refuse("an opinion that was given or withdrawn does not change")} END IF;
IF OLD.confidential AND NOT NEW.confidential THEN
    {refuse("what was given in confidence is not shown later")}
END IF;
IF NEW.state = 'answered' AND OLD.state = 'asked' AND NOT {BY_OWNER} THEN
    SELECT a.state INTO file FROM applications_application a WHERE a.id = NEW.application_id FOR SHARE;
    IF file.state NOT IN ({_UNDECIDED}) THEN {refuse("the file is decided: no opinion is given any more")} END IF;
    IF OLD.expires_at <= now() THEN {refuse("the link has expired")} END IF;
    NEW.answered_at := now();
END IF;
RETURN NEW;
"""


def outside_guards() -> list[Guard]:
    return [
        Guard(
            name="asked",
            when=pgtrigger.Before,
            operation=pgtrigger.Insert,
            declare=[("file", "record")],
            func=ASKED,
        ),
        Guard(
            name="stays",
            when=pgtrigger.Before,
            operation=pgtrigger.Update,
            declare=[("file", "record")],
            func=STAYS,
        ),
    ]
