"""Bank details: born plain, verified by the rules by somebody else after a call to a number known before, never changed."""

import pgtrigger

from common.guards import BY_OWNER, Guard, refuse

LAPSE_DAYS, WARNED_DAYS = 730, 60  # while no rule says otherwise
DEFAULT_HOURS = 72
# How long a number must have been the commune's before it may be called: who steals an account changes the number too.
KNOWN_FOR = "interval '30 days'"

_IN_FORCE = """FROM payments_paymentrules r WHERE r.effective_from <= now() ORDER BY r.id DESC LIMIT 1"""
COOLING_HOURS = f"coalesce((SELECT r.cooling_hours {_IN_FORCE}), {DEFAULT_HOURS})"
VISA_FROM = f"(SELECT r.visa_from_cents {_IN_FORCE})"

# The number of the commune as the directory's history gives it: the one of a month before the declaration, else the
# first that was ever written before it.
KNOWN_NUMBER = f"""coalesce(
    (SELECT nullif(k.phone, '') FROM (SELECT e.phone FROM accounts_organisationevent e
        WHERE e.pgh_obj_id = NEW.organisation_id AND e.pgh_created_at <= OLD.declared_at - {KNOWN_FOR}
        ORDER BY e.pgh_id DESC LIMIT 1) k),
    (SELECT e.phone FROM accounts_organisationevent e
        WHERE e.pgh_obj_id = NEW.organisation_id AND e.pgh_created_at <= OLD.declared_at AND e.phone <> ''
        ORDER BY e.pgh_id LIMIT 1))"""

# ISO 13616: the country and the key go last, letters count from 10, the rest by 97 is one.
IBAN_REST = """(SELECT string_agg(CASE WHEN t.c BETWEEN '0' AND '9' THEN t.c ELSE (ascii(t.c) - 55)::text END, '' ORDER BY t.n)
    FROM regexp_split_to_table(substr(NEW.iban, 5) || left(NEW.iban, 4), '') WITH ORDINALITY AS t (c, n))::numeric % 97"""

BANK_BORN = f"""
IF {BY_OWNER} THEN RETURN NEW; END IF;
IF (NEW.verified_by_id, NEW.verified_at, NEW.usable_from, NEW.called_on) IS DISTINCT FROM (NULL, NULL, NULL, NULL)
    OR NEW.verification_note <> '' OR NEW.called_person <> '' OR NEW.called_number <> ''
THEN {refuse("an account is declared before it is verified")} END IF;
IF NEW.iban ~ '^[A-Z]{{2}}[0-9]{{2}}[A-Z0-9]{{10,30}}$' AND {IBAN_REST} <> 1 THEN {refuse("the key of this IBAN is wrong")} END IF;
NEW.declared_at := now();
NEW.replaces_id := (SELECT v.id FROM payments_bankversion v WHERE v.organisation_id = NEW.organisation_id AND v.state = 'verified');
IF NEW.document_id IS NULL OR NEW.replaces_id IS NOT NULL AND NEW.previous_document_id IS NULL THEN
    {refuse("an account comes with its document, a change with the one before")}
END IF;
IF EXISTS (SELECT 1 FROM documents_storedfile f WHERE f.id IN (NEW.document_id, NEW.previous_document_id)
    AND f.organisation_id IS DISTINCT FROM NEW.organisation_id)
THEN {refuse("the documents of an account are those of its organisation")} END IF;
RETURN NEW;
"""

BANK_STAYS = f"""
IF (NEW.organisation_id, NEW.iban, NEW.bic, NEW.holder, NEW.declared_by_id, NEW.declared_at, NEW.document_id,
    NEW.replaces_id, NEW.previous_document_id)
    IS DISTINCT FROM
    (OLD.organisation_id, OLD.iban, OLD.bic, OLD.holder, OLD.declared_by_id, OLD.declared_at, OLD.document_id,
    OLD.replaces_id, OLD.previous_document_id)
THEN {refuse("bank details never change: declare a new version")} END IF;
IF (OLD.verified_by_id IS NOT NULL OR NOT (OLD.state = 'declared' AND NEW.state = 'verified') AND NOT {BY_OWNER})
    AND (NEW.verified_by_id, NEW.verified_at, NEW.verification_note, NEW.usable_from, NEW.called_person, NEW.called_number,
        NEW.called_on, NEW.warnings)
    IS DISTINCT FROM (OLD.verified_by_id, OLD.verified_at, OLD.verification_note, OLD.usable_from, OLD.called_person,
        OLD.called_number, OLD.called_on, OLD.warnings)
THEN {refuse("a verification stays")} END IF;
RETURN NEW;
"""

# The waiting time is counted by the database, from the setting it keeps: what is given is not believed.
BANK_VERIFIED = f"""
IF {BY_OWNER} THEN RETURN NEW; END IF;
NEW.verified_at := now();
is_change := EXISTS (SELECT 1 FROM payments_bankversion v
    WHERE v.organisation_id = NEW.organisation_id AND v.id <> NEW.id AND v.verified_by_id IS NOT NULL);
NEW.usable_from := now() + CASE WHEN is_change THEN make_interval(hours => {COOLING_HOURS}) ELSE interval '0' END;
IF EXISTS (SELECT 1 FROM documents_storedfile f WHERE f.id IN (NEW.document_id, NEW.previous_document_id) AND f.state <> 'clean')
    OR NEW.document_id IS NULL
THEN {refuse("an account is verified against a document that can be read")} END IF;
IF NEW.called_person = '' OR NEW.called_number = '' OR NEW.called_on IS NULL
    OR NEW.called_on < (NEW.declared_at AT TIME ZONE 'Europe/Paris')::date
    OR NEW.called_on > (now() AT TIME ZONE 'Europe/Paris')::date
THEN {refuse("who was called, at which number and when is written down")} END IF;
known := {KNOWN_NUMBER};
IF known IS NULL AND NOT is_change AND NOT EXISTS (
    SELECT 1 FROM journal_entry j WHERE j.chain = 'accounts.organisation:' || NEW.organisation_id
        AND j.recorded_at >= NEW.declared_at AND (j.actor_id = NEW.verified_by_id OR j.actor_id = NEW.declared_by_id
            OR j.actor_id IN (SELECT m.user_id FROM accounts_membership m WHERE m.organisation_id = NEW.organisation_id)))
THEN known := (SELECT nullif(o.phone, '') FROM accounts_organisation o WHERE o.id = NEW.organisation_id); END IF;
IF known IS DISTINCT FROM NEW.called_number THEN
    {refuse("the number that was called is one known before the declaration")}
END IF;
IF EXISTS (SELECT 1 FROM accounts_membership m WHERE m.user_id = NEW.verified_by_id
    AND m.organisation_id = NEW.organisation_id AND (m.ended_at IS NULL OR m.ended_at >= NEW.declared_at))
THEN {refuse("an account is not verified by somebody of the organisation")} END IF;
RETURN NEW;
"""

# A rule that loosens waits as long as the one it loosens; one that tightens holds at once.
RULES_BORN = f"""
IF {BY_OWNER} THEN RETURN NEW; END IF;
SELECT {COOLING_HOURS} AS hours, {VISA_FROM} AS visa INTO standing;
NEW.made_at := now();
NEW.effective_from := now() + CASE
    WHEN NEW.cooling_hours < standing.hours
        OR standing.visa IS NOT NULL AND (NEW.visa_from_cents IS NULL OR NEW.visa_from_cents > standing.visa)
    THEN make_interval(hours => standing.hours) ELSE interval '0' END;
RETURN NEW;
"""


def bank_guards() -> list[Guard]:
    return [
        Guard(name="plain", when=pgtrigger.Before, operation=pgtrigger.Insert, func=BANK_BORN),
        Guard(name="stays", when=pgtrigger.Before, operation=pgtrigger.Update, func=BANK_STAYS),
        Guard(
            name="verified",
            when=pgtrigger.Before,
            operation=pgtrigger.Update,
            condition=pgtrigger.Condition("NEW.state = 'verified' AND OLD.state = 'declared'"),
            declare=[("is_change", "boolean"), ("known", "text")],
            func=BANK_VERIFIED,
        ),
    ]


def rules_guards() -> list[Guard]:
    return [
        Guard(
            name="loosens_later",
            when=pgtrigger.Before,
            operation=pgtrigger.Insert,
            declare=[("standing", "record")],
            func=RULES_BORN,
        )
    ]
