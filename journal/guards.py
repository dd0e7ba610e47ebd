"""Guards of the journal itself, and the three guards of every thing that has a `state`."""

from typing import Any

import pgtrigger
from django.apps import apps

from common.guards import BY_OWNER, Guard, refuse
from journal import sql

WRITE_ENTRY = f"""
IF (NEW.occurred_at IS NOT NULL OR NEW.verb = 'reprise') AND NOT {BY_OWNER} THEN
    {refuse("the past is written by the owner only")}
END IF;
IF NEW.kind = 'state' AND NEW.chain <> NEW.subject_type || ':' || NEW.subject_id THEN
    {refuse("a change of state is written on the chain of its subject")}
END IF;
INSERT INTO journal_head AS h (chain, sequence, hash) VALUES (NEW.chain, 1, '')
    ON CONFLICT (chain) DO UPDATE SET sequence = h.sequence + 1
    RETURNING h.sequence, h.hash INTO NEW.sequence, last_hash;
NEW.recorded_at := clock_timestamp();
NEW.transaction_id := pg_current_xact_id()::text::bigint;
NEW.hash := {sql.sha256(sql.entry_text("NEW", "last_hash"))};
UPDATE journal_head SET hash = NEW.hash WHERE chain = NEW.chain;
RETURN NEW;
"""

WRITE_SEAL = f"""
PERFORM pg_advisory_xact_lock(720101);
SELECT s.number, s.hash, s.sealed_at INTO last_seal FROM journal_seal s ORDER BY s.number DESC LIMIT 1;
NEW.number := coalesce(last_seal.number, 0) + 1;
NEW.sealed_at := clock_timestamp();
SELECT coalesce(jsonb_agg(jsonb_build_array(h.chain, h.sequence, h.hash) ORDER BY h.chain COLLATE "C"), '[]')
    INTO NEW.heads
    FROM journal_head h
    LEFT JOIN LATERAL (SELECT max(e.recorded_at) AS at FROM journal_entry e WHERE e.chain = h.chain) x ON true
    WHERE last_seal.sealed_at IS NULL OR x.at > last_seal.sealed_at - interval '1 hour';
NEW.hash := {sql.sha256(sql.seal_text("NEW", "coalesce(last_seal.hash, '')"))};
RETURN NEW;
"""


def entry_guards() -> list[Guard]:
    return [
        Guard(
            name="write",
            when=pgtrigger.Before,
            operation=pgtrigger.Insert,
            declare=[("last_hash", "text")],
            func=WRITE_ENTRY,
        )
    ]


def seal_guards() -> list[Guard]:
    return [
        Guard(
            name="write",
            when=pgtrigger.Before,
            operation=pgtrigger.Insert,
            declare=[("last_seal", "record")],
            func=WRITE_SEAL,
        )
    ]


class BornGuard(Guard):
    """A row is born in its first state, version 1 (the owner may bring the past in)."""

    def __init__(self, *, initial: str, **kwargs: Any) -> None:
        self.initial = initial
        super().__init__(name="born", when=pgtrigger.Before, operation=pgtrigger.Insert, **kwargs)

    def get_func(self, model: Any) -> str:
        return f"""
        IF NOT {BY_OWNER} AND (NEW.state <> '{self.initial}' OR NEW.version <> 1) THEN
            {refuse(f"{model._meta.db_table}: born as {self.initial}, version 1")}
        END IF;
        RETURN NEW;
        """


class ArrowGuard(Guard):
    """Only the arrows of the machine, and each change counts one version more. The list follows the code."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(name="arrows", when=pgtrigger.Before, operation=pgtrigger.Update, **kwargs)

    def get_func(self, model: Any) -> str:
        # The migration autodetector hands over a model without methods: the arrows are read on the real one.
        real = apps.get_model(model._meta.label)
        pairs = sorted((t.source, t.target) for t in real._meta.get_field("state").get_all_transitions(real))
        arrows = ", ".join(f"('{source}', '{target}')" for source, target in dict.fromkeys(pairs))
        return f"""
        IF NEW.id <> OLD.id THEN {refuse("an identity never changes")} END IF;
        IF NEW.version < OLD.version THEN {refuse("version goes up only")} END IF;
        IF NEW.state IS DISTINCT FROM OLD.state THEN
            IF (OLD.state::text, NEW.state::text) NOT IN ({arrows}) THEN
                {refuse(f"{model._meta.db_table}: no such change of state")}
            END IF;
            IF NEW.version <> OLD.version + 1 THEN {refuse("a change of state counts one version")} END IF;
        END IF;
        RETURN NEW;
        """


class JournalledGuard(Guard):
    """At commit: no change of state without its journal entry of the same transaction."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(when=pgtrigger.After, timing=pgtrigger.Deferred, **kwargs)

    def get_func(self, model: Any) -> str:
        before = "''" if str(self.operation) == "INSERT" else "OLD.state"
        return f"""
        IF NOT EXISTS (
            SELECT 1 FROM journal_entry e
            WHERE e.subject_type = '{model._meta.label_lower}' AND e.subject_id = NEW.id
                AND e.subject_version = NEW.version AND e.kind = 'state'
                AND e.to_state = NEW.state
                AND (e.from_state = {before} OR e.occurred_at IS NOT NULL AND {BY_OWNER})
                AND e.transaction_id = pg_current_xact_id()::text::bigint
        ) THEN
            {refuse(f"{model._meta.db_table}: change of state without its journal entry")}
        END IF;
        RETURN NULL;
        """


def state_guards(initial: str) -> list[Guard]:
    """The guards of a thing that has a life: put them in `Meta.triggers`."""
    changed = pgtrigger.Condition("OLD.state IS DISTINCT FROM NEW.state")
    return [
        BornGuard(initial=initial),
        ArrowGuard(),
        JournalledGuard(name="journalled_birth", operation=pgtrigger.Insert),
        JournalledGuard(name="journalled_change", operation=pgtrigger.UpdateOf("state"), condition=changed),
    ]
