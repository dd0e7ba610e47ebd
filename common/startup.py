"""What web and worker verify before they serve: the database must be able to refuse (TRUST I-32).

Called by config/wsgi.py and by the worker's start, never by management commands: those of the owner migrate.
"""

from django.conf import settings
from django.db import connection

CHECKS = {
    "The application must not connect as the owner of the database or as a superuser": """
        SELECT session_user::text WHERE session_user = (
            SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()
        ) OR (SELECT rolsuper OR rolbypassrls OR rolreplication FROM pg_roles WHERE rolname = session_user)""",
    "The application must own no table": """
        SELECT relname::text FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v')
            AND pg_has_role(session_user, relowner, 'MEMBER')""",
    "A trigger is disabled": """
        SELECT tgrelid::regclass || ' ' || tgname FROM pg_trigger
        WHERE tgenabled <> 'O' AND tgrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)""",
    "A constraint is not validated": """
        SELECT conrelid::regclass || ' ' || conname FROM pg_constraint
        WHERE NOT convalidated AND connamespace = 'public'::regnamespace""",
}


class UnsafeDatabase(SystemExit):
    """The process stops; the message says what is wrong with the database."""


def refuse_unsafe_database() -> None:
    """Raise UnsafeDatabase when something that guards the money or the rights is missing."""
    found = []
    with connection.cursor() as cursor:
        for sentence, query in CHECKS.items():
            cursor.execute(query)
            places = [str(row[0]) for row in cursor.fetchall()]
            if places:
                found.append(f"{sentence}: {', '.join(places[:10])}")
        missing = _missing_triggers(cursor)
    if missing:
        found.append(f"A trigger is missing: {', '.join(missing[:10])}")
    connection.close()
    if found:
        raise UnsafeDatabase("Refused to start.\n" + "\n".join(found))
    if settings.PRODUCTION and settings.WAIVE_SECOND_FACTOR:
        raise UnsafeDatabase("Refused to start: WAIVE_SECOND_FACTOR is for the demonstration only.")


def _missing_triggers(cursor: object) -> list[str]:
    """Triggers that the code declares and the database does not have."""
    from pgtrigger import registered

    wanted = {
        (model._meta.db_table, trigger.get_pgid(model))
        for model, trigger in registered()
        if model._meta.managed and not model._meta.proxy
    }
    cursor.execute("SELECT tgrelid::regclass::text, tgname::text FROM pg_trigger WHERE NOT tgisinternal")  # type: ignore[attr-defined]
    there = {(table, name) for table, name in cursor.fetchall()}  # type: ignore[attr-defined]
    return sorted(f"{table} {name}" for table, name in wanted - there)
