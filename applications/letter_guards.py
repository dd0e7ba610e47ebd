"""What the database refuses of the texts of letters, and of the text that a signed decision carries."""

import pgtrigger

from common.guards import BY_OWNER, Guard, refuse

TEXT_WRITTEN = f"""
SELECT coalesce(max(t.number), 0) + 1 INTO NEW.number FROM applications_lettertext t
    WHERE t.call_id = NEW.call_id AND t.kind = NEW.kind;
NEW.written_at := now();
IF NOT EXISTS (SELECT 1 FROM accounts_membership m JOIN accounts_user u ON u.id = m.user_id AND u.is_active
    WHERE m.user_id = NEW.written_by_id AND m.organisation_id IS NULL AND m.ended_at IS NULL AND m.role = 'fund_manager')
THEN {refuse("the texts of letters are written by the manager of the fund")} END IF;
RETURN NEW;
"""

# The text of a decision is that of its call and of its sense; who signs, signs the newest one.
TEXT_SIGNED = f"""
IF NEW.text_id IS DISTINCT FROM OLD.text_id AND NOT (OLD.state = 'recorded' AND NEW.state = 'signed') THEN
    {refuse("the text of a letter is set by the signature")}
END IF;
IF {BY_OWNER} AND NEW.text_id IS NULL THEN RETURN NEW; END IF;
SELECT t.id INTO newest FROM applications_lettertext t JOIN applications_application a ON a.call_id = t.call_id
    WHERE a.id = NEW.application_id AND t.kind = CASE NEW.kind WHEN 'reject' THEN 'refus' WHEN 'waitlist' THEN 'liste-attente'
        ELSE CASE WHEN NEW.amount_cents < NEW.requested_cents THEN 'attribution-reduite' ELSE 'attribution' END END
    ORDER BY t.number DESC LIMIT 1;
IF NEW.text_id IS DISTINCT FROM newest THEN {refuse("a decision is signed with the newest text of its letter")} END IF;
RETURN NEW;
"""


FILE_LETTER_WRITTEN = f"""
IF NOT {BY_OWNER} THEN NEW.written_at := now(); END IF;
IF NEW.file_id IS NOT NULL AND NOT {BY_OWNER} THEN {refuse("the PDF of a letter is made after it is written")} END IF;
SELECT t.id INTO newest FROM applications_lettertext t JOIN applications_application a ON a.call_id = t.call_id
    WHERE a.id = NEW.application_id AND t.kind = NEW.kind ORDER BY t.number DESC LIMIT 1;
IF NEW.text_id IS DISTINCT FROM newest AND NOT ({BY_OWNER} AND NEW.text_id IS NULL)
THEN {refuse("a letter is written with the newest text of its kind")} END IF;
RETURN NEW;
"""

FILE_LETTER_STAYS = f"""
IF (NEW.application_id, NEW.kind, NEW.occasion, NEW.text_id, NEW.said, NEW.written_by_id, NEW.written_at)
    IS DISTINCT FROM
   (OLD.application_id, OLD.kind, OLD.occasion, OLD.text_id, OLD.said, OLD.written_by_id, OLD.written_at)
   OR OLD.file_id IS NOT NULL AND NEW.file_id IS DISTINCT FROM OLD.file_id
THEN {refuse("a letter stays as it was written")} END IF;
IF NEW.file_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM documents_storedfile f JOIN applications_application a
    ON a.organisation_id = f.organisation_id WHERE f.id = NEW.file_id AND f.origin = 'issued' AND a.id = NEW.application_id)
THEN {refuse("the PDF of a letter is issued by the fund to the organisation of its file")} END IF;
RETURN NEW;
"""


SIGNED_PAPER = f"""
SELECT d.state, d.kind, a.organisation_id, d.application_id INTO decided FROM applications_decision d
    JOIN applications_application a ON a.id = d.application_id WHERE d.id = NEW.decision_id FOR SHARE OF d;
SELECT coalesce(max(p.number), 0) + 1 INTO NEW.number FROM applications_signedpaper p
    WHERE p.decision_id = NEW.decision_id AND p.kind = NEW.kind;
NEW.deposited_at := now();
IF decided.state NOT IN ('signed', 'notified') THEN {refuse("a scan is that of a decision that is signed")} END IF;
IF NEW.kind = 'convention' AND NOT EXISTS (SELECT 1 FROM applications_fileletter l
    WHERE l.application_id = decided.application_id AND l.kind = 'convention' AND l.occasion = 'decision-' || NEW.decision_id)
THEN {refuse("a convention is made before it is signed")} END IF;
IF NOT EXISTS (SELECT 1 FROM documents_storedfile f WHERE f.id = NEW.file_id AND f.origin = 'uploaded'
    AND f.organisation_id = decided.organisation_id AND f.uploaded_by_id = NEW.deposited_by_id)
THEN {refuse("a scan is deposited for the organisation of its file, by who deposits it")} END IF;
RETURN NEW;
"""


def signed_paper_guards() -> list[Guard]:
    return [
        Guard(
            name="deposited",
            when=pgtrigger.Before,
            operation=pgtrigger.Insert,
            declare=[("decided", "record")],
            func=SIGNED_PAPER,
        )
    ]


def file_letter_guards() -> list[Guard]:
    return [
        Guard(
            name="written",
            when=pgtrigger.Before,
            operation=pgtrigger.Insert,
            declare=[("newest", "bigint")],
            func=FILE_LETTER_WRITTEN,
        ),
        Guard(name="stays", when=pgtrigger.Before, operation=pgtrigger.Update, func=FILE_LETTER_STAYS),
    ]


def text_guards() -> list[Guard]:
    return [Guard(name="written", when=pgtrigger.Before, operation=pgtrigger.Insert, func=TEXT_WRITTEN)]


def text_signed_guards() -> list[Guard]:
    return [
        Guard(
            name="text_signed",
            when=pgtrigger.Before,
            operation=pgtrigger.Update,
            condition=pgtrigger.Condition(
                "NEW.text_id IS DISTINCT FROM OLD.text_id OR NEW.state = 'signed' AND OLD.state <> 'signed'"
            ),
            declare=[("newest", "bigint")],
            func=TEXT_SIGNED,
        )
    ]
