"""What the application role may do to each table. Every table is declared; a test compares with the real grants.

A model of ours declares it in its class attribute `grants`; tables of libraries are listed below.
"""

from enum import StrEnum

from django.apps import apps
from django.conf import settings
from django.db import connection


class Grants(StrEnum):
    OPEN = "SELECT, INSERT, UPDATE, DELETE"
    NO_DELETE = "SELECT, INSERT, UPDATE"
    APPEND_ONLY = "SELECT, INSERT"
    READ_ONLY = "SELECT"


LIBRARY_TABLES = {
    "account_emailaddress": Grants.OPEN,
    "account_emailconfirmation": Grants.OPEN,
    "auth_group": Grants.READ_ONLY,
    "auth_group_permissions": Grants.READ_ONLY,
    "auth_permission": Grants.READ_ONLY,
    "django_admin_log": Grants.APPEND_ONLY,
    "django_content_type": Grants.READ_ONLY,
    "django_migrations": Grants.READ_ONLY,
    "django_session": Grants.OPEN,
    "mfa_authenticator": Grants.OPEN,
    "pghistory_context": Grants.NO_DELETE,
    "socialaccount_socialaccount": Grants.OPEN,
    "socialaccount_socialapp": Grants.READ_ONLY,
    "socialaccount_socialapp_sites": Grants.READ_ONLY,
    "socialaccount_socialtoken": Grants.OPEN,
    "usersessions_usersession": Grants.OPEN,
}
VIEWS = ("v_ledger", "v_payment_lines", "v_journal", "v_outbox", "v_envelopes")

IGNORE_FUNCTION = """
CREATE OR REPLACE FUNCTION public._pgtrigger_should_ignore(trigger_name NAME) RETURNS BOOLEAN AS $$
BEGIN
    -- Only the owner's session may set a library trigger aside (a stock function lets any role do it).
    RETURN session_user = (SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database())
        AND trigger_name = ANY (coalesce(nullif(current_setting('pgtrigger.ignore', true), ''), '{}')::text[]);
END;
$$ LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp;
"""


def declared() -> dict[str, Grants]:
    """Table name -> grants, for every table the project knows."""
    tables = dict(LIBRARY_TABLES)
    for model in apps.get_models(include_auto_created=True):
        kind = getattr(model, "grants", None)
        if kind is None and getattr(model, "pgh_tracked_model", None) is not None:
            kind = Grants.APPEND_ONLY
        if kind is None and model._meta.auto_created:
            kind = Grants.OPEN
        if kind is not None and model._meta.managed and not model._meta.proxy:
            tables[model._meta.db_table] = kind
    return tables


def set_default_privileges(**kwargs: object) -> None:
    """Before any table exists: the application role gets no DELETE by default (run by the owner, in pre_migrate)."""
    role = connection.ops.quote_name(settings.DATABASE_APP_ROLE)
    with connection.cursor() as cursor:
        cursor.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
        cursor.execute(f"GRANT USAGE ON SCHEMA public TO {role}")
        cursor.execute(f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE ON TABLES TO {role}")
        cursor.execute(f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {role}")
        cursor.execute("ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC")


def apply_grants(**kwargs: object) -> None:
    """After the migrations: the real grants become the declared ones (run by the owner, in post_migrate)."""
    role = connection.ops.quote_name(settings.DATABASE_APP_ROLE)
    existing = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for table, kind in declared().items():
            if table in existing:
                name = connection.ops.quote_name(table)
                cursor.execute(f"REVOKE ALL ON {name} FROM {role}")
                cursor.execute(f"GRANT {kind.value} ON {name} TO {role}")
        for view in VIEWS:
            cursor.execute("SELECT 1 FROM pg_views WHERE schemaname = 'public' AND viewname = %s", [view])
            if cursor.fetchone():
                cursor.execute(f"REVOKE ALL ON {view} FROM {role}")
                cursor.execute(f"GRANT SELECT ON {view} TO {role}")
        cursor.execute(IGNORE_FUNCTION)
        # Never the trigger functions: attached to a temporary table of the role's own, a guard would write as the owner.
        cursor.execute(f"REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA public FROM {role}")
        cursor.execute(
            "SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
            " AND prorettype <> 'trigger'::regtype"
        )
        for (function,) in cursor.fetchall():
            cursor.execute(f"GRANT EXECUTE ON FUNCTION {function} TO {role}")
