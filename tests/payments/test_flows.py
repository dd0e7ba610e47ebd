"""The list to sign, the archive of documents, the PES pre-flow, SEPA, the format of the collectivity, the hold after a restore."""

import csv
import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from pypdf import PdfReader
from sepaxml.validation import try_valid_xml

from common.errors import DomainError, NotAllowed
from fund.models import Movement
from journal.models import Entry
from payments import layout, pes, sepa, services
from payments.layout import KNOWN, Shown
from payments.models import Batch, BatchExport, ExportLayout, ExportWitness
from payments.services.exports import formats_for, name_of
from payments.states import ExportFormat
from payments.xml import validate
from tests.factories.accounts import an_administrator
from tests.factories.payments import Team, a_batch, an_instalment

SEPA = {
    "holds_account": True,
    "name": "Fonds d’initiative",
    "iban": "FR7630001007941234567890185",
    "bic": "BDFEFRPPCCT",
}


@pytest.fixture
def team(db: None) -> Team:
    return Team()


@pytest.fixture
def batch(team: Team) -> Batch:
    due = [an_instalment(team, "approved", cents=123_457), an_instalment(team.beside(), "approved", cents=60_001)]
    return a_batch(team, *due, state="sealed")


def bytes_of(batch: Batch, format: str, team: Team) -> bytes:
    return bytes(services.export_batch(batch.pk, format, by=team.preparer).content)


def xml(content: bytes) -> Any:
    return etree.fromstring(content)


@pytest.mark.parametrize("format", ["pdf", "zip", "pes", "sepa"])
def test_again_gives_the_same_bytes_and_is_journalled(team: Team, batch: Batch, settings: Any, format: str) -> None:
    settings.SEPA = SEPA
    first = bytes_of(batch, format, team)
    BatchExport.objects.get()
    assert bytes_of(batch, format, team) == first
    assert Entry.objects.filter(kind="read", verb=f"export_{format}").count() == 2
    assert str(batch.number) in name_of(batch, ExportFormat(format))


def test_the_list_says_the_batch(team: Team, batch: Batch) -> None:
    text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(bytes_of(batch, "pdf", team))).pages)
    assert str(batch.number) in text
    assert team.preparer.last_name in text
    assert batch.sha256[:8] in text
    for row in json.loads(batch.content)["lignes"]:
        assert row["dossier"] in text


def test_the_archive_has_its_index(team: Team, batch: Batch) -> None:
    content = bytes_of(batch, "zip", team)
    archive = zipfile.ZipFile(io.BytesIO(content))
    index = list(csv.DictReader(io.StringIO(archive.read("index.csv").decode("utf-8-sig")), delimiter=";"))
    joined = [row for row in index if row["Présence"] == "jointe"]
    assert {row["Fichier"] for row in joined} | {"index.csv"} == set(archive.namelist())
    assert all(hashlib.sha256(archive.read(row["Fichier"])).hexdigest() == row["SHA-256"] for row in joined)
    assert {row["Pièce"] for row in joined} == {"RIB"}
    assert {row["Pièce"] for row in index if row["Présence"] != "jointe"} == {"Décision"}
    assert len({row["IdUnique"] for row in joined}) == len(joined)


def test_an_altered_document_stops_the_archive(team: Team, batch: Batch) -> None:
    from django.core.files.storage import default_storage

    document = batch.lines.get(pk=batch.lines.order_by("pk")[0].pk).bank_version.document
    assert document
    path = Path(default_storage.path(document.path))
    path.chmod(0o600)
    path.write_bytes(b"autre chose")
    with pytest.raises(DomainError, match="prévenez l’administrateur"):
        bytes_of(batch, "zip", team)
    assert not BatchExport.objects.exists()


def test_the_pes_pre_flow_equals_the_ledger(team: Team, batch: Batch) -> None:
    content = bytes_of(batch, "pes", team)
    assert b"SANS NUMERO DEFINITIF" in content
    root = xml(content)
    amounts = [int(one.get("V").replace(".", "")) for one in root.iter("MtHT")]
    assert sorted(amounts) == sorted(Movement.objects.filter(verb="order").values_list("amount_cents", flat=True))
    assert int(root.find(".//MtBordHT").get("V").replace(".", "")) == batch.total_cents
    assert root.find(".//NbrPce").get("V") == "2"
    assert {one.get("V") for one in root.iter("IBAN")} == set(batch.lines.values_list("bank_version__iban", flat=True))
    assert root.find(".//CP").get("V") == "13400"


@pytest.mark.parametrize(
    ("place", "value"),
    [("IBAN", "fr76"), ("MtHT", "12,50"), ("MtHT", "-1.00"), ("CP", "1340"), ("TitCpte", "minuscule"), ("IdPost", "12"),
     ("ModRegl", "07"), ("InfoDematerialisee", "1"), ("Nom", "X" * 39), ("IdPce", "123456789"), ("LibVir1", "x" * 71)],
)  # fmt: skip
def test_the_schema_refuses(team: Team, batch: Batch, place: str, value: str) -> None:
    root = xml(bytes_of(batch, "pes", team))
    root.find(f".//{place}").set("V", value)
    with pytest.raises(DomainError, match="schéma"):
        validate(etree.tostring(root), pes.SCHEMA, what="pré-flux PES")


def test_a_transfer_without_an_account_is_refused(team: Team, batch: Batch) -> None:
    root = xml(bytes_of(batch, "pes", team))
    account = root.find(".//CpteBancaire")
    account.getparent().remove(account)
    with pytest.raises(DomainError, match="schéma"):
        validate(etree.tostring(root), pes.SCHEMA, what="pré-flux PES")


def test_sepa_validates_and_equals_the_ledger(team: Team, batch: Batch, settings: Any) -> None:
    settings.SEPA = SEPA
    content = bytes_of(batch, "sepa", team)
    try_valid_xml(content, sepa.FORMAT)
    root = xml(content)
    space = {"s": f"urn:iso:std:iso:20022:tech:xsd:{sepa.FORMAT}"}
    amounts = [int(one.text.replace(".", "")) for one in root.findall(".//s:InstdAmt", space)]
    assert sorted(amounts) == sorted(batch.lines.values_list("amount_cents", flat=True))
    assert root.find(".//s:GrpHdr/s:MsgId", space).text == batch.number
    assert root.find(".//s:GrpHdr/s:CtrlSum", space).text == f"{batch.total_cents // 100}.{batch.total_cents % 100:02d}"


def test_no_sepa_for_who_pays_by_the_accountant(team: Team, batch: Batch) -> None:
    assert "sepa" not in formats_for(batch)
    with pytest.raises(DomainError, match="comptable public"):
        bytes_of(batch, "sepa", team)


def test_no_pre_flow_without_its_codes(team: Team, batch: Batch, settings: Any) -> None:
    settings.PES = {**settings.PES, "codique": ""}
    assert "pes" not in formats_for(batch)
    with pytest.raises(DomainError, match="codique"):
        bytes_of(batch, "pes", team)


def another(*keys: str, **over: Any) -> layout.Layout:
    columns = tuple(Shown(KNOWN[key], KNOWN[key].header.upper(), 12) for key in keys)
    fields = {"separator": "|", "encoding": "cp1252", "date_format": "%Y%m%d", "decimal_mark": ".", **over}
    return layout.Layout(columns=columns, **fields)


def test_the_format_of_the_collectivity(team: Team, batch: Batch) -> None:
    services.save_layout(another("iban", "montant", "date_decision", "dossier", "ville"), by=team.approver)
    content = bytes_of(batch, "csv", team).decode("cp1252")
    row = next(csv.DictReader(io.StringIO(content), delimiter="|"))
    assert list(row) == ["IBAN", "MONTANT", "DATE DE DÉCISION", "N° DE DOSSIER", "VILLE"]
    assert (row["MONTANT"], len(row["DATE DE DÉCISION"])) == ("617.29", 8)
    assert BatchExport.objects.get(format="csv").layout == ExportLayout.objects.get()
    services.save_layout(another("dossier", "montant", "iban"), by=team.approver)
    assert bytes_of(batch, "csv", team).decode("cp1252") == content


def test_a_format_that_loses_what_is_needed_is_refused(team: Team) -> None:
    with pytest.raises(DomainError, match="IBAN"):
        services.save_layout(another("dossier", "montant"), by=team.approver)
    with pytest.raises(NotAllowed):
        services.save_layout(another("dossier", "montant", "iban"), by=team.instructor)


# --- After a restore ------------------------------------------------------------------------------------------------


def restored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("payments.services.holds.place", lambda: "another:1:00000002")


def test_nothing_leaves_a_restored_base_before_somebody_compared(
    team: Team, batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = bytes_of(batch, "csv", team)
    restored(monkeypatch)
    for format in ("csv", "pdf"):
        with pytest.raises(DomainError, match="restauration"):
            bytes_of(batch, format, team)
    with pytest.raises(DomainError, match="n’existe pas ici"):
        services.release(number="LOT-2026-099", total_cents=1, note="x", by=team.approver)
    with pytest.raises(DomainError, match="pas le même lot"):
        services.release(number=str(batch.number), total_cents=1, note="x", by=team.approver)
    with pytest.raises(NotAllowed):
        services.release(number=str(batch.number), total_cents=batch.total_cents, note="x", by=team.instructor)
    services.release(number=str(batch.number), total_cents=batch.total_cents, note="M. Lot", by=an_administrator())
    assert bytes_of(batch, "csv", team) == before
    assert services.held() is None


def test_a_batch_lost_by_the_restore_is_sealed_again_then_released(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sealing is not held: the lost batch is made again, with the same number, before anything leaves."""
    first = a_batch(team, state="sealed")
    bytes_of(first, "csv", team)
    restored(monkeypatch)
    lost = str(first.number).replace("-001", "-002")
    with pytest.raises(DomainError, match="à nouveau"):
        services.release(number=lost, total_cents=350_000, note="x", by=team.approver)
    again = a_batch(team, an_instalment(team.beside(), "approved"), state="sealed")
    assert again.number == lost
    services.release(number=lost, total_cents=again.total_cents, note="x", by=team.approver)
    assert services.held() is None


def test_an_operator_holds_by_hand(team: Team, batch: Batch) -> None:
    from common.actors import MACHINE

    services.hold(by=MACHINE, note="Copie des disques")
    with pytest.raises(DomainError, match="restauration"):
        bytes_of(batch, "csv", team)
    assert ExportWitness.objects.count() == 1


def test_the_real_place_is_stable(db: None) -> None:
    from payments.services.holds import place

    assert place() == place()
    assert place().count(":") == 2
