"""Attacks on the guards themselves, by one who has the password of the application role."""

from tests.refusals.case import DENIED, REFUSED, Case
from tests.refusals.deciding import OWN, review, score
from tests.refusals.files import LATE, SEND
from tests.refusals.journal import COUNT, JOURNALLED, TAKEN
from tests.refusals.money import CLOSED, movement
from tests.refusals.paying import line

# A guard of the ledger, by the name of its function.
FUNCTION = "(SELECT tgfoid::regproc::text FROM pg_trigger WHERE tgname LIKE 'pgtrigger_balance%')"
IGNORE = "SELECT set_config('pgtrigger.ignore', '{fund_movement:write,fund_movement:append_only}', false)"


def attach(table: str, trigger: str, when: str) -> str:
    """Put a guard of ours on a table of one's own: it would run there as the owner."""
    return (
        "DO $$$$ DECLARE f text; BEGIN SELECT tgfoid::regproc::text INTO f FROM pg_trigger"
        f" WHERE tgrelid = '{table}'::regclass AND tgname LIKE 'pgtrigger_{trigger}%';"
        f" EXECUTE format('CREATE TRIGGER x {when} EXECUTE FUNCTION %s()', f); END $$$$"
    )


ATTACKS = [
    Case(
        "ignore the guards, as pgtrigger's own allow it",
        movement("pay", "available", "paid"),
        REFUSED,
        "no such movement",
        before=(IGNORE,),
    ),
    Case(
        "ignore every guard",
        TAKEN[1],
        REFUSED,
        JOURNALLED,
        before=("SELECT set_config('pgtrigger.ignore', '{all}', false)",),
    ),
    Case("play the replica", "SET session_replication_role = 'replica'", DENIED),
    *(
        Case(f"disable the triggers of {table}", f"ALTER TABLE {table} DISABLE TRIGGER ALL", DENIED)
        for table in ("fund_movement", "journal_entry", "payments_batch", "applications_decision")
    ),
    Case(
        "drop a guard",
        "DO $$$$ DECLARE t text; BEGIN SELECT tgname INTO t FROM pg_trigger WHERE tgname LIKE 'pgtrigger_balance%'; EXECUTE format('DROP TRIGGER %I ON fund_movement', t); END $$$$",
        DENIED,
    ),
    Case("drop a check", "ALTER TABLE fund_envelopebalance DROP CONSTRAINT balance_available_not_negative", DENIED),
    Case(
        "replace a guard's function",
        "DO $$$$ DECLARE f text; BEGIN f := "
        + FUNCTION
        + "; EXECUTE format('CREATE OR REPLACE FUNCTION %s() RETURNS trigger LANGUAGE plpgsql AS ''BEGIN RETURN NULL; END''', f); END $$$$",
        DENIED,
    ),
    Case(
        "alter a guard's function",
        "DO $$$$ DECLARE f text; BEGIN f := "
        + FUNCTION
        + "; EXECUTE format('ALTER FUNCTION %s() SECURITY INVOKER', f); END $$$$",
        DENIED,
    ),
    Case(
        "replace the door of the library",
        "CREATE OR REPLACE FUNCTION public._pgtrigger_should_ignore(trigger_name name) RETURNS boolean LANGUAGE sql AS 'SELECT true'",
        DENIED,
    ),
    Case("a function in our schema", "CREATE FUNCTION public.x() RETURNS int LANGUAGE sql AS 'SELECT 1'", DENIED),
    Case("a table in our schema", "CREATE TABLE public.x (id int)", DENIED),
    Case(
        "a trigger on our table",
        "DO $$$$ DECLARE f text; BEGIN f := "
        + FUNCTION
        + "; EXECUTE format('CREATE TRIGGER x AFTER DELETE ON fund_movement EXECUTE FUNCTION %s()', f); END $$$$",
        DENIED,
    ),
    Case(
        "mint money: the counters' guard on a table of one's own",
        attach("fund_movement", "balance", "AFTER INSERT ON mine REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT"),
        DENIED,
        "pgtrigger_balance",
        before=(
            "CREATE TEMP TABLE mine (envelope_id bigint, from_account text, to_account text, amount_cents bigint)",
        ),
    ),
    Case(
        "rewrite heads: the journal's guard on a table of one's own",
        attach("journal_entry", "write", "BEFORE INSERT ON mine FOR EACH ROW"),
        DENIED,
        "pgtrigger_write",
        before=("CREATE TEMP TABLE mine (LIKE journal_entry)",),
    ),
    Case(
        "call a guard's function",
        "DO $$$$ DECLARE f text; BEGIN f := " + FUNCTION + "; EXECUTE format('SELECT %s()', f); END $$$$",
        DENIED,
    ),
    Case(
        "become the owner",
        "DO $$$$ BEGIN EXECUTE format('SET ROLE %I', (SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database())); END $$$$",
        DENIED,
    ),
    Case(
        "open the owner's session",
        "DO $$$$ BEGIN EXECUTE format('SET SESSION AUTHORIZATION %I', (SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database())); END $$$$",
        DENIED,
    ),
    Case("make oneself a superuser", "ALTER ROLE $app SUPERUSER", DENIED),
    Case(
        "give oneself the right", "DELETE FROM fund_movement", DENIED, before=("GRANT DELETE ON fund_movement TO $app",)
    ),
    Case("own the table", "ALTER TABLE fund_movement OWNER TO $app", DENIED),
    Case("drop the table", "DROP TABLE fund_movement", DENIED),
    Case("rename the table", "ALTER TABLE fund_movement RENAME TO x", DENIED),
    Case("a rule on our table", "CREATE RULE x AS ON INSERT TO fund_movement DO INSTEAD NOTHING", DENIED),
    Case("read the server's files", "SELECT pg_read_file('/etc/passwd')", DENIED),
    Case("run a command", "COPY fund_fund TO PROGRAM 'cat'", DENIED),
    Case("read the passwords", "SELECT rolpassword FROM pg_authid", DENIED),
    Case("rewrite the migrations", "DELETE FROM django_migrations", DENIED),
    Case("rewrite the rights of the library", "INSERT INTO auth_group (name) VALUES ('x')", DENIED),
    Case("a history event changed", "UPDATE fund_callevent SET title = 'x'", DENIED),
    Case("a history event removed", "DELETE FROM fund_callevent", DENIED),
]


def shadow(table: str, columns: str, row: str, sql: str, says: str, *before: str) -> Case:
    """A temporary table that says the contrary of the one a guard reads, ahead of it in the search path."""
    return Case(
        f"shadow {table}",
        sql,
        REFUSED,
        says,
        before=(
            *before,
            f"CREATE TEMP TABLE {table} ({columns})",
            f"INSERT INTO pg_temp.{table} VALUES ({row})",
            "SET search_path = pg_temp, public",
        ),
    )


SHADOWS = [
    shadow(
        "journal_entry",
        "subject_type text, subject_id bigint, subject_version int, kind text, from_state text, to_state text, occurred_at timestamptz, transaction_id bigint",
        "'applications.application', $submitted, 3, 'state', 'submitted', 'in_instruction', NULL, pg_current_xact_id()::text::bigint",
        TAKEN[1],
        JOURNALLED,
    ),
    shadow(
        "reviews_conflict",
        "user_id bigint, application_id bigint, lifted_at timestamptz",
        "0, 0, NULL",
        review("$interested"),
        OWN,
    ),
    shadow(
        "accounts_membership",
        "user_id bigint, organisation_id bigint, ended_at timestamptz",
        "0, 0, NULL",
        review("$native"),
        OWN,
    ),
    shadow(
        "payments_batch",
        "id bigint, state text, prepared_by_id bigint",
        "$sealed, 'open', $preparer",
        line(batch="$sealed"),
        "open batch only",
    ),
    shadow(
        "payments_instalment",
        "id bigint, state text",
        "$certified, 'approved'",
        line("$certified"),
        "only an approved instalment",
    ),
    shadow(
        "payments_bankversion",
        "id bigint, state text",
        "$declared_bank, 'verified'",
        line(bank="$declared_bank"),
        "not verified",
    ),
    shadow(
        "applications_application",
        "id bigint, state text",
        "$submitted, 'draft'",
        "UPDATE applications_partner SET name = 'x' WHERE application_id = $submitted",
        "frozen",
    ),
    shadow(
        "reviews_review", "id bigint, state text", "$handed_in, 'started'", score("3", of="$handed_in"), "not submitted"
    ),
    shadow(
        "fund_budget",
        "id bigint, closed_at timestamptz",
        "1, NULL",
        movement("reserve", "available", "reserved", envelope="$other_envelope"),
        "the year is closed",
        CLOSED,
    ),
    shadow(
        "fund_call",
        "id bigint, state text, opens_at timestamptz, closes_at timestamptz",
        "$call, 'open', '2020-01-01', '2099-01-01'",
        SEND[1],
        LATE,
        COUNT,
        SEND[0],
        "UPDATE fund_call SET closes_at = now() WHERE id = $call",
    ),
]
