"""Who had which right, and when, is never rewritten; a commune does not lose its last administrator by itself (I-30)."""

import pgtrigger

from accounts.states import JoinState, LookupState, Role
from common.guards import BY_OWNER, Guard, no_truncate, refuse

ADMIN = Role.ORGANISATION_ADMIN.value
STAFF = f"('{Role.FUND_MANAGER.value}', '{Role.ADMINISTRATOR.value}')"

MEMBERSHIP_STAYS = f"""
IF (NEW.id, NEW.user_id, NEW.organisation_id, NEW.role, NEW.started_at)
    IS DISTINCT FROM (OLD.id, OLD.user_id, OLD.organisation_id, OLD.role, OLD.started_at)
    OR OLD.ended_at IS NOT NULL AND (NEW.ended_at, NEW.ended_by_id) IS DISTINCT FROM (OLD.ended_at, OLD.ended_by_id)
THEN {refuse("a membership is ended once, never rewritten")} END IF;
RETURN NEW;
"""

# The row of the organisation is the queue: of two who leave at once, the second sees that the first has left.
LAST_ADMINISTRATOR = f"""
PERFORM 1 FROM accounts_organisation o WHERE o.id = NEW.organisation_id FOR NO KEY UPDATE;
IF NOT EXISTS (
    SELECT 1 FROM accounts_membership m JOIN accounts_user u ON u.id = m.user_id
    WHERE m.organisation_id = NEW.organisation_id AND m.role = '{ADMIN}' AND m.ended_at IS NULL AND u.is_active
) AND NOT EXISTS (
    SELECT 1 FROM accounts_membership s JOIN accounts_user u ON u.id = s.user_id
    WHERE s.user_id = NEW.ended_by_id AND s.organisation_id IS NULL AND s.role IN {STAFF} AND s.ended_at IS NULL
        AND u.is_active
) THEN {refuse("the last administrator of an organisation names another first")} END IF;
RETURN NULL;
"""

CLOSED_ADMINISTRATOR = f"""
FOR held IN
    SELECT m.organisation_id FROM accounts_membership m
    WHERE m.user_id = NEW.id AND m.role = '{ADMIN}' AND m.ended_at IS NULL ORDER BY m.organisation_id
LOOP
    PERFORM 1 FROM accounts_organisation o WHERE o.id = held.organisation_id FOR NO KEY UPDATE;
    IF NOT EXISTS (
        SELECT 1 FROM accounts_membership m JOIN accounts_user u ON u.id = m.user_id
        WHERE m.organisation_id = held.organisation_id AND m.role = '{ADMIN}' AND m.ended_at IS NULL AND u.is_active
    ) THEN {refuse("the last administrator of an organisation names another first")} END IF;
END LOOP;
RETURN NULL;
"""

INVITATION_STAYS = f"""
IF (NEW.id, NEW.email, NEW.organisation_id, NEW.role, NEW.token_hash, NEW.invited_by_id, NEW.created_at,
        NEW.as_administrator, NEW.hands_over_id, NEW.leaves)
    IS DISTINCT FROM (OLD.id, OLD.email, OLD.organisation_id, OLD.role, OLD.token_hash, OLD.invited_by_id, OLD.created_at,
        OLD.as_administrator, OLD.hands_over_id, OLD.leaves)
    OR OLD.accepted_at IS NOT NULL AND (NEW.accepted_at, NEW.accepted_by_id) IS DISTINCT FROM (OLD.accepted_at, OLD.accepted_by_id)
THEN {refuse("an invitation is accepted once, never rewritten")} END IF;
RETURN NEW;
"""

JOIN_STAYS = f"""
IF (NEW.organisation_id, NEW.email, NEW.first_name, NEW.last_name, NEW.job, NEW.created_at)
    IS DISTINCT FROM (OLD.organisation_id, OLD.email, OLD.first_name, OLD.last_name, OLD.job, OLD.created_at)
    OR OLD.confirmed_at IS NOT NULL
        AND (NEW.confirmed_at, NEW.confirmed_through) IS DISTINCT FROM (OLD.confirmed_at, OLD.confirmed_through)
    OR OLD.state IN ('{JoinState.ACCEPTED.value}', '{JoinState.REFUSED.value}') AND NEW IS DISTINCT FROM OLD
THEN {refuse("what was asked and answered is never rewritten")} END IF;
RETURN NEW;
"""

# Whoever never confirmed the address asked for nothing: what was typed may be forgotten, days after its link is dead.
JOIN_FORGOTTEN = f"""
IF OLD.state <> '{JoinState.UNCONFIRMED.value}' OR OLD.created_at > now() - interval '7 days'
THEN {refuse("only a request whose address was never confirmed is forgotten")} END IF;
RETURN OLD;
"""

# At commit: who accepted may, and the person holds what the answer says.
JOIN_ACCEPTED = f"""
IF NOT EXISTS (
    SELECT 1 FROM accounts_membership m JOIN accounts_user u ON u.id = m.user_id
    WHERE m.user_id = NEW.decided_by_id AND m.ended_at IS NULL AND u.is_active
        AND (m.organisation_id = NEW.organisation_id AND m.role = '{ADMIN}'
            OR m.organisation_id IS NULL AND m.role IN {STAFF})
) AND NOT {BY_OWNER} THEN {refuse("only an administrator of the commune or of the fund answers")} END IF;
IF NEW.state = '{JoinState.ACCEPTED.value}' AND NOT EXISTS (
    SELECT 1 FROM accounts_user u JOIN accounts_membership m ON m.user_id = u.id
    WHERE u.id = NEW.user_id AND lower(u.email) = lower(NEW.email)
        AND m.organisation_id = NEW.organisation_id AND m.role = NEW.role AND m.ended_at IS NULL
) THEN {refuse("who is accepted holds the role, under the confirmed address")} END IF;
RETURN NULL;
"""

LOOKUP_STAYS = f"""
IF (NEW.id, NEW.organisation_id, NEW.asked_by_id, NEW.asked_at)
    IS DISTINCT FROM (OLD.id, OLD.organisation_id, OLD.asked_by_id, OLD.asked_at)
    OR OLD.state <> '{LookupState.ASKED.value}'
        AND (NEW.siret, NEW.address, NEW.answered_at) IS DISTINCT FROM (OLD.siret, OLD.address, OLD.answered_at)
    OR (OLD.state, NEW.state) NOT IN (
        ('asked', 'asked'), ('asked', 'found'), ('asked', 'not_found'), ('asked', 'down'), ('found', 'found'), ('found', 'kept'))
THEN {refuse("a directory answers once")} END IF;
IF NEW.siret <> '' AND NOT EXISTS (
    SELECT 1 FROM accounts_organisation o WHERE o.id = NEW.organisation_id AND left(NEW.siret, 9) = o.siren
) THEN {refuse("a SIRET begins with the SIREN of its organisation")} END IF;
RETURN NEW;
"""


def membership_guards() -> list[Guard]:
    return [
        Guard(name="stays", when=pgtrigger.Before, operation=pgtrigger.Update, func=MEMBERSHIP_STAYS),
        Guard(
            name="last_administrator",
            when=pgtrigger.After,
            timing=pgtrigger.Deferred,
            operation=pgtrigger.UpdateOf("ended_at"),
            condition=pgtrigger.Condition(
                f"OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL AND OLD.role = '{ADMIN}'"
            ),
            func=LAST_ADMINISTRATOR,
        ),
    ]


def user_guards() -> list[Guard]:
    return [
        Guard(
            name="last_administrator",
            when=pgtrigger.After,
            timing=pgtrigger.Deferred,
            operation=pgtrigger.UpdateOf("is_active"),
            condition=pgtrigger.Condition("OLD.is_active AND NOT NEW.is_active"),
            declare=[("held", "record")],
            func=CLOSED_ADMINISTRATOR,
        )
    ]


def invitation_guards() -> list[Guard]:
    return [Guard(name="stays", when=pgtrigger.Before, operation=pgtrigger.Update, func=INVITATION_STAYS)]


def join_guards() -> list[Guard]:
    answered = pgtrigger.Condition("OLD.state = 'waiting' AND NEW.state IN ('accepted', 'refused')")
    return [
        Guard(name="stays", when=pgtrigger.Before, operation=pgtrigger.Update, func=JOIN_STAYS),
        Guard(name="forgotten", when=pgtrigger.Before, operation=pgtrigger.Delete, func=JOIN_FORGOTTEN),
        no_truncate("no_truncate"),
        Guard(
            name="answered",
            when=pgtrigger.After,
            timing=pgtrigger.Deferred,
            operation=pgtrigger.UpdateOf("state"),
            condition=answered,
            func=JOIN_ACCEPTED,
        ),
    ]


def lookup_guards() -> list[Guard]:
    return [Guard(name="stays", when=pgtrigger.Before, operation=pgtrigger.Update, func=LOOKUP_STAYS)]
