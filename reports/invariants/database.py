"""What guards the rest: constraints, triggers, the grants of the application role, the journal of each state."""

from django.apps import apps
from django.db import connection

from common import grants
from common.workflow import StatefulModel
from reports.invariants.rule import Invariant

DATABASE = (
    Invariant(
        "I-32",
        "only validated constraints and enabled triggers",
        """
        SELECT conrelid::regclass || '.' || conname FROM pg_constraint
            WHERE NOT convalidated AND connamespace = 'public'::regnamespace
        UNION ALL SELECT t.tgrelid::regclass || '.' || t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
            WHERE NOT t.tgisinternal AND t.tgenabled <> 'O' AND c.relnamespace = 'public'::regnamespace""",
    ),
    Invariant(
        "I-32b",
        "a library trigger is set aside by the owner's session only",
        """
        SELECT p.proname::text FROM pg_proc p WHERE p.proname = '_pgtrigger_should_ignore'
            AND p.prosrc NOT LIKE '%session_user = (SELECT pg_get_userbyid(datdba)%'""",
    ),
    Invariant(
        "I-32c",
        "no guard can be attached by the application role to a table of its own",
        f"""
        SELECT p.proname::text FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace
            AND p.prorettype = 'trigger'::regtype
            AND has_function_privilege('{grants.settings.DATABASE_APP_ROLE}', p.oid, 'EXECUTE')""",
    ),
    Invariant("I-16", "the application role deletes, updates and truncates only where it is declared", ""),
)


def stateful() -> tuple[Invariant, ...]:
    """For each thing that has a life: its last journal entry says its state; entries follow one another."""
    found = []
    for model in apps.get_models():
        if not issubclass(model, StatefulModel) or model._meta.proxy:
            continue
        table, label = model._meta.db_table, model._meta.label_lower
        found += [
            Invariant(
                "I-18",
                f"{label}: the last entry of the journal says the state",
                f"""
                SELECT '{label} ' || t.id FROM {table} t LEFT JOIN LATERAL (
                    SELECT e.to_state, e.subject_version FROM journal_entry e
                    WHERE e.subject_type = '{label}' AND e.subject_id = t.id AND e.kind = 'state'
                    ORDER BY e.subject_version DESC LIMIT 1) last ON true
                WHERE last.to_state IS DISTINCT FROM t.state OR last.subject_version > t.version""",
            ),
            Invariant(
                "I-17",
                f"{label}: each entry leaves the state the one before came to",
                f"""
                SELECT '{label} ' || subject_id FROM (
                    SELECT subject_id, verb, from_state, lag(to_state, 1, '') OVER (
                        PARTITION BY subject_id ORDER BY subject_version) AS previous
                    FROM journal_entry WHERE subject_type = '{label}' AND kind = 'state') e
                WHERE from_state <> previous""",
            ),
        ]
    return tuple(found)


def excess_grants() -> list[str]:
    """Tables whose real grants for the application role are not the declared ones."""
    wanted = {table: set(kind.value.split(", ")) for table, kind in grants.declared().items()}
    wanted |= {key: {"SELECT"} for key in grants.VIEWS}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, array_agg(a.privilege_type::text) FILTER (WHERE a.privilege_type IS NOT NULL)"
            " FROM pg_class c LEFT JOIN LATERAL aclexplode(c.relacl) a ON a.grantee = %s::regrole"
            " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v', 'm', 'p') GROUP BY 1",
            [grants.settings.DATABASE_APP_ROLE],
        )
        real = {name: set(privileges or []) for name, privileges in cursor.fetchall()}
    return [
        f"{table}: {sorted(real.get(table, set()))}, declared {sorted(wanted.get(table, {'nothing'}))}"
        for table in sorted(real.keys() | wanted.keys())
        if real.get(table) is not None and real[table] != wanted.get(table)
    ]
