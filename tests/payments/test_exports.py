"""The files of a sealed batch: the same bytes for ever, equal to the ledger, without formulas."""

import csv
import hashlib
import io
import json
import threading
from decimal import Decimal
from typing import Any

import pytest
from django.db import connections
from openpyxl import load_workbook

from common.errors import DomainError, NotAllowed
from fund.models import Movement
from journal.models import Entry
from payments import files, services
from payments.content import COLUMNS
from payments.layout import default
from payments.models import Batch, BatchExport, Instalment
from payments.services import export_batch
from tests.factories.payments import Team, a_batch, a_justified_report, an_instalment


def sealed(team: Team) -> Batch:
    return a_batch(
        team,
        an_instalment(team, "approved", cents=123_457),
        an_instalment(team.beside(), "approved", cents=60_001),
        state="sealed",
    )


def rows_of(content: bytes, separator: str = ";") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=separator))


def cents(text: str) -> int:
    return int(Decimal(text.replace(",", ".")) * 100)


@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_twenty_downloads_give_the_same_bytes(db: None, format: str) -> None:
    team = Team()
    batch = sealed(team)
    hashes = {
        hashlib.sha256(bytes(export_batch(batch.pk, format, by=team.preparer).content)).hexdigest() for _ in range(20)
    }
    assert len(hashes) == 1
    assert BatchExport.objects.count() == 1
    assert Entry.objects.filter(kind="read", verb=f"export_{format}", subject_id=batch.pk).count() == 20


def test_making_the_file_again_gives_the_same_bytes(db: None) -> None:
    """Not only stored: the making itself says nothing of the moment nor of the machine."""
    data = json.loads(sealed(Team()).content)
    assert files.as_xlsx(data, default()) == files.as_xlsx(data, default())
    assert files.as_csv(data, default()) == files.as_csv(data, default())


def test_a_file_made_stays_though_settings_change(db: None, settings: Any) -> None:
    team = Team()
    batch = sealed(team)
    first = bytes(export_batch(batch.pk, "csv", by=team.preparer).content)
    settings.CSV_SEPARATOR = ","
    assert bytes(export_batch(batch.pk, "csv", by=team.approver).content) == first


def test_two_first_downloads_at_once_make_one_file(transactional_db: None) -> None:
    team = Team()
    batch = sealed(team)
    barrier, got = threading.Barrier(4), []

    def download() -> None:
        barrier.wait()
        got.append(bytes(export_batch(batch.pk, "xlsx", by=team.preparer).content))
        connections.close_all()

    threads = [threading.Thread(target=download) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 4
    assert len(set(got)) == 1
    assert BatchExport.objects.count() == 1


def test_the_csv_equals_the_ledger(db: None) -> None:
    team = Team()
    batch = sealed(team)
    content = bytes(export_batch(batch.pk, "csv", by=team.preparer).content)
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.count(b"\r\n") == 3
    rows = rows_of(content)
    assert list(rows[0]) == [column.header for column in COLUMNS]
    ordered = dict(Movement.objects.filter(verb="order").values_list("subject", "amount_cents"))
    assert {row["N° de dossier"]: cents(row["Montant"]) for row in rows} == ordered
    assert sum(map(cents, (row["Montant"] for row in rows))) == batch.total_cents
    for row in rows:
        line = batch.lines.get(instalment__application__number=row["N° de dossier"])
        award = line.instalment.decision.amount_cents
        assert row["IBAN"] == line.bank_version.iban
        assert cents(row["Montant"]) + cents(row["Montant déjà versé"]) + cents(row["Reste à verser"]) == award
        assert row["Service fait par"] == team.instructor.get_full_name()
        assert len(row["Libellé de virement"]) <= 70
        assert len(row["Objet"]) <= 100


def test_the_xlsx_equals_the_ledger(db: None) -> None:
    team = Team()
    batch = sealed(team)
    book = load_workbook(io.BytesIO(bytes(export_batch(batch.pk, "xlsx", by=team.preparer).content)))
    sheet = book[batch.number]
    header, *rows, total = sheet.iter_rows(values_only=True)
    assert list(header) == [column.header for column in COLUMNS]
    money = header.index("Montant")
    found = {row[1]: int(Decimal(str(row[money])) * 100) for row in rows}
    assert found == dict(Movement.objects.filter(verb="order").values_list("subject", "amount_cents"))
    assert int(Decimal(str(total[money])) * 100) == batch.total_cents
    assert rows[0][header.index("Date de décision")].date() == batch.lines.first().instalment.decision.act_date


def test_formulas_are_text(db: None) -> None:
    team = Team()
    data = json.loads(sealed(team).content)
    data["lignes"][0] |= {"titulaire": "=cmd|'/C calc'!A0", "objet": "@SUM(1)", "nom": "+33", "adresse": "-1+1"}
    row = rows_of(files.as_csv(data, default()))[0]
    assert all(row[header].startswith("'") for header in ("Titulaire", "Objet", "Adresse"))
    sheet = load_workbook(io.BytesIO(files.as_xlsx(data, default()))).active
    assert all(cell.data_type != "f" for line in sheet.iter_rows() for cell in line)


def test_a_comma_separates_with_points_in_amounts(db: None, settings: Any) -> None:
    data = json.loads(sealed(Team()).content)
    settings.CSV_SEPARATOR = ","
    row = rows_of(files.as_csv(data, default()), ",")[0]
    assert row["Montant"] == f"{data['lignes'][0]['montant'] // 100}.{data['lignes'][0]['montant'] % 100:02d}"


def test_what_was_paid_before_is_recalled(db: None) -> None:
    """Two instalments of one award, in two batches: the second recalls the first."""
    team = Team()
    first = an_instalment(team, "approved", cents=100_001)
    a_batch(team, first, state="sealed")
    second = Instalment.objects.get(decision=first.decision, position=2)
    a_justified_report(team, first.decision, 200_002)
    services.request_instalment(second.pk, by=team.drafter)
    services.certify(second.pk, by=team.instructor)
    services.approve(second.pk, by=team.approver)
    batch = a_batch(team, second, state="sealed")
    line = json.loads(batch.content)["lignes"][0]
    assert (line["deja_verse"], line["montant"], line["reste"]) == (50_001, 50_000, 0)


def test_an_open_batch_has_no_file(db: None) -> None:
    team = Team()
    with pytest.raises(DomainError, match="pas scellé"):
        export_batch(a_batch(team).pk, "csv", by=team.preparer)


def test_only_finance_downloads(db: None) -> None:
    team = Team()
    batch = sealed(team)
    for person in (team.instructor, team.manager, team.head, team.drafter):
        with pytest.raises(NotAllowed):
            export_batch(batch.pk, "csv", by=person)


def test_a_batch_that_was_tampered_with_is_not_exported(transactional_db: None, superuser_connection: Any) -> None:
    team = Team()
    batch = sealed(team)
    superuser_connection.execute("SET session_replication_role = replica")
    superuser_connection.execute("UPDATE payments_batch SET content = replace(content, 'FR76', 'FR77')")
    with pytest.raises(DomainError, match="empreinte"):
        export_batch(batch.pk, "csv", by=team.preparer)
