"""Guards: triggers that the application role cannot switch off.

pgtrigger's own triggers ask `_pgtrigger_should_ignore()`, which any role can answer "yes" to through a session
variable. A Guard has no such clause, runs as the owner of the schema (SECURITY DEFINER) and sees only real tables
(fixed search_path: a temporary table cannot shadow one it reads).
"""

from typing import Any

import pgtrigger
from pgtrigger import compiler

# True inside a guard when the session was opened by the owner: the one door for the past (verb `reprise`).
BY_OWNER = "(session_user = current_user)"
# The day in Paris: `current_date` is that of the session, which is London's for an hour or two each night.
TODAY = "(now() AT TIME ZONE 'Europe/Paris')::date"
# Error class of our refusals: becomes django.db.IntegrityError.
REFUSED = "USING ERRCODE = 'integrity_constraint_violation'"


class GuardSql(compiler.UpsertTriggerSql):
    """The installation of a guard; written into migrations, so never edit the template: add a new class."""

    def get_template(self) -> str:
        return """
            CREATE OR REPLACE FUNCTION {pgid}()
            RETURNS TRIGGER AS $$
                {declare}
                BEGIN
                    {func}
                END;
            $$ LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;
            REVOKE ALL ON FUNCTION {pgid}() FROM PUBLIC;

            DROP TRIGGER IF EXISTS {pgid} ON {table};
            CREATE {constraint} TRIGGER {pgid}
                {when} {operation} ON {table}
                {timing}
                {referencing}
                FOR EACH {level} {condition}
                EXECUTE PROCEDURE {execute};

            COMMENT ON TRIGGER {pgid} ON {table} IS '{hash}';
        """


class Guard(pgtrigger.Trigger):
    """A trigger of ours; see the module's docstring."""

    def compile(self, model: Any) -> compiler.Trigger:
        return compiler.Trigger(
            name=self.name,
            sql=GuardSql(
                pgid=self.get_pgid(model),
                declare=self.render_declare(model),
                func=self.render_func(model),
                table=model._meta.db_table,
                constraint="CONSTRAINT" if self.timing else "",
                when=self.when,
                operation=self.operation,
                timing=f"DEFERRABLE INITIALLY {self.timing}" if self.timing else "",
                referencing=self.referencing or "",
                level=self.level,
                condition=self.render_condition(model),
                execute=self.render_execute(model),
            ),
        )


def refuse(sentence: str) -> str:
    """SQL that refuses with a sentence (English: screens say it in French before it comes to this)."""
    return f"RAISE EXCEPTION '{sentence}' {REFUSED};"


def append_only(name: str = "append_only") -> list[Guard]:
    """No update, no delete, no truncate, whoever asks (the owner included)."""
    return [
        Guard(
            name=name,
            when=pgtrigger.Before,
            operation=pgtrigger.Update | pgtrigger.Delete,
            func=refuse("append-only: this row is never changed nor removed"),
        ),
        no_truncate(f"{name}_truncate"),
    ]


def no_delete(name: str = "no_delete") -> list[Guard]:
    return [
        Guard(name=name, when=pgtrigger.Before, operation=pgtrigger.Delete, func=refuse("this row is never removed")),
        no_truncate(f"{name}_truncate"),
    ]


def no_truncate(name: str) -> Guard:
    return Guard(
        name=name,
        level=pgtrigger.Statement,
        when=pgtrigger.Before,
        operation=pgtrigger.Truncate,
        func=refuse("this table is never emptied"),
    )
