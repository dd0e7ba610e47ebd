"""What a stolen password of the application role could send: each statement is refused by the database itself."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from journal.services import begin
from payments import services
from payments.models import BankVersion, Batch, Instalment
from tests.factories.payments import Team, a_bank, a_batch, an_instalment, scan_all


def refused(sql: str, params: dict[str, Any] | None = None) -> str:
    """The database's refusal, at the statement or at the commit."""
    with pytest.raises(DatabaseError) as caught, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, params or {})
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    return str(caught.value)


@pytest.fixture
def team(db: None) -> Team:
    return Team()


@pytest.fixture
def sealed(team: Team) -> Batch:
    batch = a_batch(team, state="sealed")
    services.export_batch(batch.pk, "csv", by=team.preparer)
    return batch


SEALED_STAYS = [
    "UPDATE payments_batch SET content = content || ' '",
    "UPDATE payments_batch SET sha256 = repeat('0', 64)",
    "UPDATE payments_batch SET total_cents = total_cents - 1",
    "UPDATE payments_batch SET line_count = 2",
    "UPDATE payments_batch SET number = 'LOT-2026-999'",
    "UPDATE payments_batch SET number = NULL",
    "UPDATE payments_batch SET year = 2020",
    "UPDATE payments_batch SET sealed_at = now() - interval '1 day'",
    "UPDATE payments_batch SET sealed_by_id = prepared_by_id + 1",
    "UPDATE payments_batch SET state = 'open', version = version + 1",
    "UPDATE payments_batch SET state = 'reconciled', version = version + 1",
    "UPDATE payments_batch SET state = 'transmitted', version = version + 1",
    "DELETE FROM payments_batch",
    "TRUNCATE payments_batch CASCADE",
    "UPDATE payments_paymentline SET amount_cents = amount_cents + 1",
    "UPDATE payments_paymentline SET bank_version_id = bank_version_id + 1",
    "UPDATE payments_paymentline SET batch_id = batch_id + 1",
    "UPDATE payments_paymentline SET approved_by_id = prepared_by_id",
    "DELETE FROM payments_paymentline",
    "UPDATE payments_batchexport SET content = 'x'",
    "DELETE FROM payments_batchexport",
    "TRUNCATE payments_batchexport",
    "INSERT INTO payments_batchexport (batch_id, format, content, sha256) SELECT batch_id, format, 'x', sha256 FROM payments_batchexport",
    "UPDATE payments_instalment SET amount_cents = amount_cents + 1 WHERE position = 1",
    "UPDATE payments_instalment SET state = 'approved', version = version + 1 WHERE state = 'ordered'",
    "UPDATE payments_instalment SET state = 'paid', version = version + 1 WHERE state = 'ordered'",
    "UPDATE payments_instalment SET certified_by_id = approved_by_id WHERE state = 'ordered'",
    "UPDATE payments_instalment SET mandate = 'M-1', paid_on = now() WHERE state = 'ordered'",
    "DELETE FROM payments_instalment",
    "TRUNCATE payments_instalment CASCADE",
    "UPDATE payments_bankversion SET iban = 'FR7630001007941234567890185'",
    "UPDATE payments_bankversion SET holder = 'Un autre'",
    "UPDATE payments_bankversion SET verified_by_id = verified_by_id + 1",
    "UPDATE payments_bankversion SET usable_from = now() - interval '1 year'",
    "UPDATE payments_bankversion SET state = 'declared', version = version + 1",
    "UPDATE payments_bankversion SET state = 'superseded', version = version + 1",
    "DELETE FROM payments_bankversion",
    "TRUNCATE payments_bankversion CASCADE",
]


@pytest.mark.parametrize("statement", SEALED_STAYS)
def test_what_was_sealed_stays(sealed: Batch, statement: str) -> None:
    refused(statement)


LINE = """INSERT INTO payments_paymentline (batch_id, instalment_id, organisation_id, bank_version_id, state, amount_cents,
    decision_recorded_by_id, iban_verified_by_id, certified_by_id, approved_by_id, prepared_by_id)
    VALUES (%(batch)s, %(instalment)s, %(organisation)s, %(bank)s, 'live', %(cents)s, %(a)s, %(b)s, %(c)s, %(d)s, %(e)s)"""


def line_values(team: Team, instalment: Instalment, batch: Batch | None = None) -> dict[str, Any]:
    bank = BankVersion.objects.filter(organisation=instalment.organisation_id).order_by("-pk").first()
    batch = batch or services.create_batch(by=team.preparer)
    people = {
        "a": team.manager.pk,
        "b": team.head.pk,
        "c": team.instructor.pk,
        "d": team.approver.pk,
        "e": team.preparer.pk,
    }
    values = {"batch": batch.pk, "instalment": instalment.pk, "organisation": instalment.organisation_id}
    return values | people | {"bank": bank.pk if bank else 0, "cents": instalment.amount_cents}


def test_a_second_live_line_is_refused(team: Team) -> None:
    instalment = an_instalment(team, "approved")
    a_batch(team, instalment)
    assert "line_one_live_an_instalment" in refused(LINE, line_values(team, instalment))


def test_a_line_copies_what_it_pays(team: Team) -> None:
    """Whatever amount and persons are given, those of the instalment are written."""
    instalment = an_instalment(team, "approved")
    values = line_values(team, instalment) | {"cents": 1, "a": team.drafter.pk, "d": team.drafter.pk}
    with connection.cursor() as cursor:
        cursor.execute(LINE, values)
        cursor.execute("SELECT amount_cents, decision_recorded_by_id, approved_by_id FROM payments_paymentline")
        assert cursor.fetchone() == (instalment.amount_cents, team.manager.pk, team.approver.pk)


@pytest.mark.parametrize("state", ["planned", "requested", "certified"])
def test_only_an_approved_instalment_is_put_in_a_batch(team: Team, state: str) -> None:
    assert "only an approved instalment" in refused(LINE, line_values(team, an_instalment(team, state)))


def test_a_sealed_batch_takes_no_line(team: Team, sealed: Batch) -> None:
    other = an_instalment(team.beside(), "approved")
    assert "open batch" in refused(LINE, line_values(team, other, sealed))


def test_an_account_of_another_organisation_is_refused(team: Team) -> None:
    instalment = an_instalment(team, "approved")
    other = a_bank(team.beside())
    assert "another organisation" in refused(LINE, line_values(team, instalment) | {"bank": other.pk})


def test_an_account_that_is_not_verified_is_refused(team: Team) -> None:
    instalment = an_instalment(team, "approved", bank=True)
    declared = a_bank(team, state="declared")
    assert "not verified" in refused(LINE, line_values(team, instalment) | {"bank": declared.pk})


def test_a_young_account_is_refused(team: Team) -> None:
    instalment = an_instalment(team, "approved")
    young = a_bank(team)
    assert "too young" in refused(LINE, line_values(team, instalment) | {"bank": young.pk})


def test_the_same_person_twice_in_a_line_is_refused(team: Team) -> None:
    """The fifth person is one of the four: the batch is prepared by who approved."""
    instalment = an_instalment(team, "approved")
    batch = Batch(prepared_by=team.approver, year=2026)
    begin(batch, by=team.approver)
    assert "line_persons_differ" in refused(LINE, line_values(team, instalment, batch))


APPROVED_STAYS = [
    ("UPDATE payments_instalment SET approved_by_id = requested_by_id WHERE state = 'approved'", "by that act only"),
    ("UPDATE payments_instalment SET certified_by_id = requested_by_id WHERE state = 'approved'", "by that act only"),
    (
        "UPDATE payments_instalment SET state = 'ordered', version = version + 1 WHERE state = 'approved'",
        "in a batch is ordered",
    ),
    ("UPDATE payments_instalment SET state = 'paid', version = version + 1 WHERE state = 'approved'", "no such change"),
    ("UPDATE payments_instalment SET state = 'requested' WHERE state = 'approved'", "one version"),
    (
        "UPDATE payments_instalment SET state = 'requested', version = version + 1 WHERE state = 'approved'",
        "journal entry",
    ),
    ("UPDATE payments_instalment SET version = version - 1", "version goes up"),
    ("UPDATE payments_instalment SET approved_by_id = certified_by_id WHERE state = 'approved'", ""),
    ("UPDATE payments_instalment SET organisation_id = organisation_id + 1", "keeps its award"),
]


@pytest.mark.parametrize(("statement", "why"), APPROVED_STAYS)
def test_an_approved_instalment_stays(team: Team, statement: str, why: str) -> None:
    an_instalment(team, "approved")
    assert why in refused(statement)


def test_what_stands_in_a_batch_is_not_returned(team: Team) -> None:
    a_batch(team)
    sql = "UPDATE payments_instalment SET state = 'requested', version = version + 1 WHERE state = 'approved'"
    assert "not returned" in refused(sql)


def test_instalments_sum_to_the_award(team: Team) -> None:
    instalment = an_instalment(team)
    sql = """INSERT INTO payments_instalment (version, decision_id, application_id, organisation_id, state, kind, position,
        amount_cents, mandate, return_reason) SELECT 1, decision_id, application_id, organisation_id, 'planned', kind, 9, 1,
        '', '' FROM payments_instalment WHERE id = %(id)s"""
    assert refused(sql, {"id": instalment.pk})


SEAL = """UPDATE payments_batch SET state = 'sealed', version = version + 1, number = 'LOT-2026-001', sealed_at = now(),
    sealed_by_id = %(by)s, line_count = %(lines)s, total_cents = %(cents)s, content = 'x',
    sha256 = encode(sha256(convert_to(%(content)s, 'UTF8')), 'hex') WHERE id = %(id)s"""


@pytest.mark.parametrize("lie", [{"lines": 2}, {"cents": 1}, {"content": "y"}], ids=["lines", "total", "hash"])
def test_a_seal_says_what_its_lines_say(team: Team, lie: dict[str, Any]) -> None:
    batch = a_batch(team)
    truth = {"id": batch.pk, "by": team.preparer.pk, "lines": 1, "cents": 350_000, "content": "x"}
    assert "those of its lines" in refused(SEAL, truth | lie)


def test_a_seal_orders_its_instalments(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = a_batch(team)
    monkeypatch.setattr("payments.services.batches._order", lambda line, by: None)
    with pytest.raises(DatabaseError, match="orders each of its instalments"), transaction.atomic():
        services.seal_batch(batch.pk, by=team.preparer)


def test_a_sealer_did_not_act_on_the_lines(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    """The service's own refusals set aside: the database still says no."""
    batch = a_batch(team)
    monkeypatch.setattr("payments.services.batches._examine_again", lambda *args: None)
    monkeypatch.setattr("payments.services.batches._require_preparer", lambda by: None)
    with pytest.raises(DatabaseError, match="did not act on its lines"), transaction.atomic():
        services.seal_batch(batch.pk, by=team.approver)


def test_a_seal_checks_the_accounts_again(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = a_batch(team)
    a_bank(team)  # another account, verified: the one of the line is superseded
    monkeypatch.setattr("payments.services.batches._examine_again", lambda *args: None)
    with pytest.raises(DatabaseError, match="no longer verified"), transaction.atomic():
        services.seal_batch(batch.pk, by=team.preparer)


VERIFY = """UPDATE payments_bankversion v SET state = 'verified', version = version + 1, verified_by_id = %(by)s,
    called_person = 'x', called_on = (now() AT TIME ZONE 'Europe/Paris')::date, usable_from = now(),
    called_number = (SELECT o.phone FROM accounts_organisation o WHERE o.id = v.organisation_id) WHERE id = %(id)s"""


def test_bank_details_are_verified_by_another(team: Team) -> None:
    bank = a_bank(team, state="declared")
    scan_all(bank)
    assert "somebody of the organisation" in refused(VERIFY, {"id": bank.pk, "by": bank.declared_by_id})


def test_one_verified_account_an_organisation(team: Team) -> None:
    a_bank(team)
    second = a_bank(team, state="declared")
    scan_all(second)
    sql = VERIFY
    assert "bank_one_verified" in refused(sql, {"id": second.pk, "by": team.head.pk})


def test_a_verification_wants_its_entry(team: Team) -> None:
    bank = a_bank(team, state="declared")
    scan_all(bank)
    sql = VERIFY
    assert "journal entry" in refused(sql, {"id": bank.pk, "by": team.head.pk})


@pytest.mark.parametrize("table", ["payments_instalment", "payments_batch", "payments_bankversion"])
def test_nothing_is_born_in_the_middle_of_its_life(team: Team, sealed: Batch, table: str) -> None:
    columns: Callable[[], list[str]] = lambda: [  # noqa: E731
        field.column
        for model in (Instalment, Batch, BankVersion)
        if model._meta.db_table == table
        for field in model._meta.concrete_fields
        if not field.primary_key
    ]
    names = ", ".join(columns())
    assert "born as" in refused(f"INSERT INTO {table} ({names}) SELECT {names} FROM {table} ORDER BY id LIMIT 1")
