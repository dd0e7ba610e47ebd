"""What the database refuses about messages: a false side, a draft addressed by the desk, a document from elsewhere."""

import pgtrigger

from common.guards import BY_OWNER, Guard, refuse

_STAFF = "('instructor', 'fund_manager', 'head_of_service')"


def _of_the_commune(person: str) -> str:
    return f"""EXISTS (SELECT 1 FROM accounts_membership m WHERE m.user_id = {person} AND m.ended_at IS NULL
        AND m.organisation_id = file.organisation_id AND m.role IN ('drafter', 'signatory'))"""


def _of_the_desk(person: str) -> str:
    return f"""EXISTS (SELECT 1 FROM accounts_membership m WHERE m.user_id = {person} AND m.ended_at IS NULL
        AND m.organisation_id IS NULL AND m.role IN {_STAFF})"""


# Who writes is of the side that is said; a draft hears from the desk only once its commune has asked.
MESSAGE = f"""
SELECT a.state, a.organisation_id INTO file FROM applications_application a WHERE a.id = NEW.application_id;
IF NOT {BY_OWNER} THEN
    NEW.written_at := now();
    IF (NEW.kind = 'question') <> (file.state = 'draft') THEN
        {refuse("a question is asked on a draft, a message on a file that was sent")}
    END IF;
    IF NEW.side = 'commune' AND NOT {_of_the_commune("NEW.author_id")}
        OR NEW.side = 'desk' AND (NOT {_of_the_desk("NEW.author_id")} OR {_of_the_commune("NEW.author_id")}) THEN
        {refuse("a message is written by somebody of its side")}
    END IF;
    IF NEW.side = 'desk' AND NEW.kind = 'question' AND NOT EXISTS (
        SELECT 1 FROM applications_filemessage q WHERE q.application_id = NEW.application_id AND q.side = 'commune'
    ) THEN {refuse("a draft is answered, never addressed first")} END IF;
END IF;
RETURN NEW;
"""

MESSAGE_PAPER = f"""
IF NOT EXISTS (
    SELECT 1 FROM applications_filemessage m
        JOIN applications_application a ON a.id = m.application_id
        JOIN documents_storedfile f ON f.id = NEW.file_id
    WHERE m.id = NEW.message_id AND f.origin = 'uploaded' AND f.organisation_id = a.organisation_id
        AND ({BY_OWNER} OR f.uploaded_by_id = m.author_id AND m.written_at = now() AND f.created_at >= now())
) THEN {refuse("a document joins a message with it, deposited by its author for that commune")} END IF;
RETURN NEW;
"""

MESSAGE_READING = f"""
SELECT m.side, a.organisation_id INTO file FROM applications_filemessage m
    JOIN applications_application a ON a.id = m.application_id WHERE m.id = NEW.message_id;
IF NOT {BY_OWNER} THEN
    NEW.at := now();
    IF file.side = 'desk' AND NOT {_of_the_commune("NEW.by_id")} OR file.side = 'commune' AND NOT {_of_the_desk("NEW.by_id")} THEN
        {refuse("a message is read by the other side")}
    END IF;
END IF;
RETURN NEW;
"""


def message_guards() -> list[Guard]:
    return [_on_insert("written", MESSAGE, declare_file=True)]


def message_paper_guards() -> list[Guard]:
    return [_on_insert("joined", MESSAGE_PAPER)]


def message_reading_guards() -> list[Guard]:
    return [_on_insert("read", MESSAGE_READING, declare_file=True)]


def _on_insert(name: str, func: str, *, declare_file: bool = False) -> Guard:
    declare = [("file", "record")] if declare_file else None
    return Guard(name=name, when=pgtrigger.Before, operation=pgtrigger.Insert, declare=declare, func=func)
