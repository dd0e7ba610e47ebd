"""What the database refuses about absences and delegations: two at once, one rewritten, a signature lent by who has none."""

import pgtrigger

from common.guards import BY_OWNER, Guard, refuse

DESK = "('instructor', 'fund_manager', 'head_of_service')"


def holds(user: str, roles: str) -> str:
    """SQL: this person holds one of these roles in the fund's staff now."""
    return (
        f"EXISTS (SELECT 1 FROM accounts_membership m JOIN accounts_user u ON u.id = m.user_id AND u.is_active "
        f"WHERE m.user_id = {user} AND m.organisation_id IS NULL AND m.ended_at IS NULL AND m.role IN {roles})"
    )


ABSENCE = f"""
IF TG_OP = 'INSERT' THEN
    IF NOT {BY_OWNER} THEN NEW.declared_at := now(); END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('absence:' || NEW.person_id, 0));
    IF EXISTS (SELECT 1 FROM accounts_absence a WHERE a.person_id = NEW.person_id AND a.cancelled_at IS NULL
               AND a.starts_on <= NEW.ends_on AND a.ends_on >= NEW.starts_on)
    THEN {refuse("nobody is away twice at once")} END IF;
    IF NEW.substitute_id IS NOT NULL AND NOT {holds("NEW.substitute_id", DESK)} THEN
        {refuse("a colleague of the desk stands in")}
    END IF;
ELSIF (NEW.id, NEW.person_id, NEW.substitute_id, NEW.starts_on, NEW.ends_on, NEW.declared_by_id, NEW.declared_at)
    IS DISTINCT FROM (OLD.id, OLD.person_id, OLD.substitute_id, OLD.starts_on, OLD.ends_on, OLD.declared_by_id, OLD.declared_at)
    OR OLD.cancelled_at IS NOT NULL AND NEW.cancelled_at IS DISTINCT FROM OLD.cancelled_at
THEN {refuse("an absence is cancelled, never rewritten")} END IF;
RETURN NEW;
"""

DELEGATION = f"""
IF TG_OP = 'INSERT' THEN
    IF NOT {BY_OWNER} THEN
        NEW.given_at := now();
        IF NOT {holds("NEW.giver_id", "('head_of_service')")} THEN {refuse("the head of service delegates the signature")} END IF;
        IF NOT {holds("NEW.delegate_id", DESK)} THEN {refuse("the signature is delegated to a colleague of the desk")} END IF;
    END IF;
ELSIF (NEW.id, NEW.giver_id, NEW.delegate_id, NEW.reference, NEW.starts_on, NEW.ends_on, NEW.given_at)
    IS DISTINCT FROM (OLD.id, OLD.giver_id, OLD.delegate_id, OLD.reference, OLD.starts_on, OLD.ends_on, OLD.given_at)
    OR OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS DISTINCT FROM OLD.revoked_at
THEN {refuse("a delegation is revoked, never rewritten")} END IF;
RETURN NEW;
"""

# A decision is signed by the head of service, or by delegation of one who still is.
SIGNED = f"""
IF NOT {BY_OWNER} AND NEW.delegation_id IS NULL AND NOT {holds("NEW.signed_by_id", "('head_of_service')")} THEN
    {refuse("a decision is signed by the head of service, or by delegation")}
END IF;
IF NEW.delegation_id IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM accounts_delegation d WHERE d.id = NEW.delegation_id AND d.delegate_id = NEW.signed_by_id
        AND d.revoked_at IS NULL AND (now() AT TIME ZONE 'Europe/Paris')::date BETWEEN d.starts_on AND d.ends_on
        AND {holds("d.giver_id", "('head_of_service')")} AND {holds("d.delegate_id", DESK)}
) THEN {refuse("a delegation of signature is in force on the day of the signature")} END IF;
RETURN NEW;
"""


def _stays(func: str) -> list[Guard]:
    operation = pgtrigger.Insert | pgtrigger.Update
    return [Guard(name="stays", when=pgtrigger.Before, operation=operation, func=func)]


def absence_guards() -> list[Guard]:
    return _stays(ABSENCE)


def delegation_guards() -> list[Guard]:
    return _stays(DELEGATION)
