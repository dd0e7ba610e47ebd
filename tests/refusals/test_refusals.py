"""Raw SQL as the application role: each forbidden statement is refused, with this very error (ARCHITECTURE.md § 5)."""

from typing import Any

import psycopg
import pytest

from tests.refusals import (
    acting,
    appeals,
    attacks,
    bulk,
    changing,
    committee,
    deciding,
    files,
    grounds,
    helping,
    instructing,
    journal,
    labels,
    letters,
    money,
    outside,
    paying,
    people,
    questions,
    reports,
    returning,
    scenarios,
    sheets,
    views,
    writing,
)
from tests.refusals.case import Case, attempt, params, say
from tests.refusals.journal import COUNT, FILE, TAKEN

SUBJECTS = {
    "journal": journal.JOURNAL,
    "state": journal.STATE,
    "kept": journal.KEPT,
    "ledger": money.LEDGER,
    "budget": money.BUDGET,
    "vote": money.VOTES,
    "counter": money.COUNTERS,
    "sending": files.SENDING,
    "frozen": files.FROZEN,
    "report": reports.REPORTS,
    "correction": changing.CORRECTIONS,
    "change": changing.CHANGES,
    "version": files.VERSIONS,
    "tenant": files.TENANTS,
    "stored file": files.FILES,
    "message": files.MESSAGES,
    "conversation": writing.CONVERSATIONS,
    "decision": deciding.DECISIONS,
    "reason of the list": grounds.GROUNDS,
    "gracious appeal": appeals.APPEALS,
    "signed paper": letters.PAPERS,
    "text of a letter": letters.TEXTS,
    "letter about a file": letters.LETTERS,
    "review": deciding.REVIEWS,
    "right": deciding.RIGHTS,
    "person": people.PEOPLE,
    "bank": paying.ACCOUNTS,
    "instalment": paying.INSTALMENTS,
    "line": paying.LINES,
    "batch": paying.BATCHES,
    "end of an award": paying.ENDS,
    "act": acting.ACTS,
    "contrary": returning.CONTRARIES,
    "return": returning.RETURNS,
    "question": questions.QUESTIONS,
    "answer": questions.ANSWERS,
    "help": helping.HELPING,
    "instruction": instructing.INSTRUCTION,
    "work": bulk.JOBS,
    "label": labels.LABELS,
    "view of the queue": views.VIEWS,
    "sheet of decisions": sheets.SHEETS,
    "scenario": scenarios.SCENARIOS,
    "committee": committee.COMMITTEES,
    "opinion asked outside": outside.OUTSIDE,
    "attack": attacks.ATTACKS,
    "shadow": attacks.SHADOWS,
}
ALL = [
    Case(f"{subject}: {case.name}", case.sql, case.error, case.says, case.before, case.guard)
    for subject, cases in SUBJECTS.items()
    for case in cases
]
GUARDED = [case for case in ALL if case.guard]
# What is done as it should be, in the same words: were it refused too, the refusals would prove nothing.
LAWFUL = {
    "somebody is let in": people.LAWFUL_JOIN,
    "somebody is refused": people.LAWFUL_REFUSAL,
    "the fund ends the last administrator's role": people.LAWFUL_END,
    **writing.LAWFUL,
    **committee.LAWFUL,
    **scenarios.LAWFUL,
    **helping.LAWFUL,
    **instructing.LAWFUL,
    "a work on several files is done": bulk.LAWFUL,
    "an opinion is asked outside and given": outside.LAWFUL,
    "a file is sent": (COUNT, *files.SEND),
    "a file is taken": TAKEN,
    "money is reserved and released": (money.RESERVED, money.UNDONE),
    "a decision is signed": deciding.signature(),
    "a decision is withdrawn": (
        money.mirror(),
        *journal.change("applications_decision", deciding.DECISION, "$recorded", 2, "recorded", "withdrawn"),
    ),
    "a reason of the list is chosen": grounds.LAWFUL,
    "a reason of the list is mended": grounds.MENDED,
    "a sheet of decisions is done": sheets.LAWFUL,
    "a decision is signed with its text": letters.LAWFUL,
    "a letter is written and made": letters.WRITTEN_AND_MADE,
    "what was signed is scanned": letters.SCANNED,
    "an appeal is filed and answered": appeals.LAWFUL,
    "a label is put and taken off": labels.LAWFUL,
    "a score is given": (deciding.score("3"),),
    "questions are prepared": questions.LAWFUL_QUESTIONS,
    "a question is answered": (
        questions.answer("$asked", "12"),
        questions.answer("$asked_last", '"x"', occurrence="2"),
    ),
    "a question asked again is corrected": (changing.a_correction("q-nombre"),),
    "an account replaces another": (*paying.SUPERSEDED, *paying.verify()),
    "an instalment joins a batch": (paying.line(),),
    "a line of a sealed batch is taken back": returning.TAKEN_BACK,
    "a payment is returned": returning.LAWFUL_PAYMENT,
    "a difference is settled": (returning.SETTLED,),
    "a batch is sealed": paying.sealing("$batch"),
    "a document is joined while pieces are asked": (
        "INSERT INTO applications_attachment (application_id, organisation_id, code, title, file_id, added_by_id, piece_request_id)"
        " VALUES ($awaiting, $commune, 'x', '', $clean, $drafter, $request)",
    ),
}


@params(ALL)
def test_refused(case: Case, app: psycopg.Connection[Any], ids: dict[str, Any]) -> None:
    error = attempt(app, case, ids)
    assert error is not None, "nothing refused it"
    assert type(error) in (case.error if isinstance(case.error, tuple) else (case.error,)), (
        f"{type(error).__name__}: {error}"
    )
    assert case.says in str(error)


@pytest.mark.parametrize("name", LAWFUL)
def test_the_same_done_right_is_accepted(name: str, app: psycopg.Connection[Any], ids: dict[str, Any]) -> None:
    for sql in LAWFUL[name]:
        assert say(app, sql, ids).rowcount != 0
    app.execute("SET CONSTRAINTS ALL IMMEDIATE")


@params(GUARDED)
def test_planted_holes(case: Case, superuser: psycopg.Connection[Any], ids: dict[str, Any]) -> None:
    """The negative control: with its guard gone, the forbidden statement is no longer refused by it."""
    table, _, guard = case.guard.partition(".")
    found = superuser.execute(
        "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND tgname ~ %s",
        [table, f"^pgtrigger_{guard}_[0-9a-f]{{5}}$"],
    ).fetchall()
    assert len(found) == 1, f"{case.guard}: {found}"
    superuser.execute(f"DROP TRIGGER {found[0][0]} ON {table}")
    superuser.execute(f"SET LOCAL SESSION AUTHORIZATION {ids['app']}")
    error = attempt(superuser, case, ids)
    assert error is None, f"still refused, by something else: {error}"


def test_what_the_database_writes_itself(app: psycopg.Connection[Any], ids: dict[str, Any]) -> None:
    """A forged sequence, hash, hour or transaction is overwritten, not believed."""
    forged = {"sequence": "999", "hash": "repeat('f', 64)", "recorded_at": "'2020-01-01'", "transaction_id": "1"}
    say(app, journal.entry(FILE, "$submitted", 3, "submitted", "in_instruction", **forged), ids)
    row = app.execute(
        "SELECT sequence, hash, recorded_at > now() - interval '1 minute', transaction_id = pg_current_xact_id()::text::bigint"
        " FROM journal_entry ORDER BY id DESC LIMIT 1"
    ).fetchone()
    assert row == (3, row and row[1], True, True) and row[1] != "f" * 64
    app.execute("INSERT INTO journal_seal (number, sealed_at, heads, hash) VALUES (77, '2020-01-01', '[]', 'x')")
    seal = app.execute(
        "SELECT number, sealed_at > now() - interval '1 minute', heads <> '[]', hash FROM journal_seal"
    ).fetchone()
    assert seal and seal[:3] == (1, True, True) and len(seal[3]) == 64
    say(app, money.movement("reserve", "available", "reserved", recorded_at="'2020-01-01'", transaction_id="1"), ids)
    moved = app.execute(
        "SELECT recorded_at > now() - interval '1 minute', transaction_id = pg_current_xact_id()::text::bigint"
        " FROM fund_movement ORDER BY id DESC LIMIT 1"
    ).fetchone()
    assert moved == (True, True)


def test_what_a_line_pays_is_copied_by_the_database(app: psycopg.Connection[Any], ids: dict[str, Any]) -> None:
    say(app, paying.line(state="cancelled", people=("$drafter",) * 5), ids)
    columns = ", ".join(f"{who}_id" for who in paying.PEOPLE)
    row = app.execute(
        f"SELECT amount_cents, state, {columns} FROM payments_paymentline ORDER BY id DESC LIMIT 1"
    ).fetchone()
    people = [ids[who] for who in ("manager", "head", "instructor", "approver", "preparer")]
    assert row == (50_000, "live", *people)


def test_what_bounds_a_decision_is_copied_by_the_database(app: psycopg.Connection[Any], ids: dict[str, Any]) -> None:
    say(app, deciding.decision("reject", "0", reasons="'x'"), ids)
    row = app.execute(
        "SELECT requested_cents, allowed_cents FROM applications_decision ORDER BY id DESC LIMIT 1"
    ).fetchone()
    assert row == (100_000, 100_000)


PAIRS = [(one, other) for index, one in enumerate(paying.PEOPLE) for other in paying.PEOPLE[index + 1 :]]


@pytest.mark.parametrize(("one", "other"), PAIRS, ids=[f"{one}-{other}" for one, other in PAIRS])
def test_two_parts_of_a_payment_by_one_person(
    one: str, other: str, superuser: psycopg.Connection[Any], ids: dict[str, Any]
) -> None:
    """A superuser plants what the services and other guards would have refused before; the line is refused all the same."""
    people = dict(
        zip(paying.PEOPLE, (ids[who] for who in ("manager", "head", "instructor", "approver", "preparer")), strict=True)
    )
    people[other] = people[one]
    superuser.execute("SET LOCAL session_replication_role = 'replica'")
    superuser.execute("ALTER TABLE payments_instalment DROP CONSTRAINT instalment_approved_by_another")
    for table, column, key in (
        ("applications_decision", "recorded_by_id", "decision_recorded_by"),
        ("payments_bankversion", "verified_by_id", "iban_verified_by"),
        ("payments_instalment", "certified_by_id", "certified_by"),
        ("payments_instalment", "approved_by_id", "approved_by"),
        ("payments_batch", "prepared_by_id", "prepared_by"),
    ):
        where = {
            "applications_decision": f"id = (SELECT decision_id FROM payments_instalment WHERE id = {ids['approved']})",
            "payments_bankversion": f"id = {ids['bank']}",
            "payments_instalment": f"id = {ids['approved']}",
            "payments_batch": f"id = {ids['empty_batch']}",
        }[table]
        superuser.execute(f"UPDATE {table} SET {column} = {people[key]} WHERE {where}")
    superuser.execute("SET LOCAL session_replication_role = 'origin'")
    superuser.execute(f"SET LOCAL SESSION AUTHORIZATION {ids['app']}")
    with pytest.raises(psycopg.errors.CheckViolation, match="line_persons_differ"):
        say(superuser, paying.line(), ids)
