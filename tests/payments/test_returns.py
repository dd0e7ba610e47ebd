"""What finance gives back: read whatever its shape, applied once, whole; every difference is listed and nothing corrected."""

import io
import json
import random
from datetime import timedelta
from typing import Any

import pytest
import xlsxwriter
from django.db import connection
from django.utils import timezone

from common.errors import DomainError, NotAllowed
from fund.models import EnvelopeBalance, Movement
from journal.models import Entry
from notifications.models import Message
from payments import services
from payments.models import Batch, ContraryLine, Instalment, PaymentLine, ReturnDifference, ReturnImport, ReturnLine
from payments.resources import guess
from payments.services.returns import preview
from reports import invariants
from tests.factories.payments import Team, a_batch, an_instalment

ROUNDS = 10_000 if __import__("os").environ.get("FULL") else 60
TODAY = timezone.localdate()


@pytest.fixture
def team(db: None) -> Team:
    return Team()


def sealed(team: Team, *cents: int) -> Batch:
    teams = [team, *(team.beside() for _ in cents[1:])]
    due = [an_instalment(one, "approved", cents=2 * amount) for one, amount in zip(teams, cents, strict=True)]
    batch = a_batch(team, *due, state="sealed")
    connection.check_constraints()  # as if that transaction had ended
    return batch


def rows_of(batch: Batch) -> list[list[str]]:
    """Every line paid today, as a finance software would say it."""
    return [
        [
            row["dossier"],
            f"M{row['ligne']}",
            f"{TODAY:%d/%m/%Y}",
            f"{row['montant'] // 100},{row['montant'] % 100:02d}",
            "Payé",
        ]
        for row in json.loads(batch.content)["lignes"]
    ]


HEADERS = ["N° de dossier", "Mandat", "Payé le", "Montant", "Statut"]


def a_csv(rows: list[list[str]], separator: str = ";", encoding: str = "utf-8-sig") -> bytes:
    return "\r\n".join(separator.join(row) for row in [HEADERS, *rows]).encode(encoding)


def imported(team: Team, content: bytes, name: str = "retour.csv") -> ReturnImport:
    read = services.read_return(content, name, by=team.preparer)
    return services.apply_return(read.pk, by=team.preparer)


def broken() -> list[Any]:
    return [(found[0].code, found[2]) for found in invariants.check() if found[1]]


def test_the_whole_way_to_reconciled(team: Team) -> None:
    batch = sealed(team, 350_000, 60_001)
    imported(team, a_csv(rows_of(batch)))
    batch.refresh_from_db()
    balance = EnvelopeBalance.objects.get()
    assert batch.state == "reconciled"
    assert (balance.ordered, balance.paid) == (0, 410_001)
    assert set(Instalment.objects.filter(lines__batch=batch).values_list("state", "mandate", "paid_on")) == {
        ("paid", "M1", TODAY), ("paid", "M2", TODAY)}  # fmt: skip
    assert not ReturnDifference.objects.exists()
    assert Message.objects.filter(kind="instalment_paid").count() == 4
    assert not broken()


def test_the_same_file_again_and_the_same_lines_in_another(team: Team) -> None:
    batch = sealed(team, 350_000)
    first = imported(team, a_csv(rows_of(batch)))
    again = services.read_return(a_csv(rows_of(batch)), "autre-nom.csv", by=team.approver)
    assert again.pk == first.pk
    with pytest.raises(DomainError, match="déjà traité"):
        services.apply_return(first.pk, by=team.preparer)
    imported(team, a_csv(rows_of(batch), separator=","[0:0] or "\t"))
    assert Movement.objects.filter(verb="pay").count() == 1
    assert list(ReturnLine.objects.values_list("outcome", flat=True)) == ["paid", "known"]
    assert not ReturnDifference.objects.exists()
    assert not broken()


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (lambda rows: [*rows, ["FI-1999-0001", "9", rows[0][2], "1,00", "Payé"]], "unknown"),
        (lambda rows: [*rows, rows[0]], "duplicate"),
        (lambda rows: [*rows, [rows[0][0], "AUTRE", *rows[0][2:]]], "twice"),
        (lambda rows: [[*rows[0][:3], "3500,01", "Payé"], *rows[1:]], "amount"),
        (lambda rows: rows[1:], "missing"),
        (lambda rows: [[*rows[0][:2], "31/12/2099", *rows[0][3:]], *rows[1:]], "date"),
    ],
    ids=["unknown", "duplicate", "twice", "amount", "missing", "date"],
)
def test_a_difference_is_listed_and_settled_by_a_person(team: Team, change: Any, kind: str) -> None:
    batch = sealed(team, 350_000, 60_001)
    imported(team, a_csv(change(rows_of(batch))))
    difference = ReturnDifference.objects.get()
    assert difference.kind == kind
    paid = Movement.objects.filter(verb="pay").count()
    assert paid == (1 if kind in ("amount", "missing", "date") else 2)
    with pytest.raises(DomainError, match="motif"):
        services.settle_difference(difference.pk, reason=" ", by=team.approver)
    with pytest.raises(NotAllowed):
        services.settle_difference(difference.pk, reason="x", by=team.instructor)
    services.settle_difference(difference.pk, reason="Vu avec le comptable", by=team.approver)
    with pytest.raises(DomainError, match="déjà réglé"):
        services.settle_difference(difference.pk, reason="encore", by=team.approver)
    assert Movement.objects.filter(verb="pay").count() == paid
    assert not broken()


def test_paid_twice_in_two_files(team: Team) -> None:
    batch = sealed(team, 350_000)
    rows = rows_of(batch)
    imported(team, a_csv(rows))
    imported(team, a_csv([[rows[0][0], "M99", *rows[0][2:]]]))
    assert ReturnDifference.objects.get().kind == "twice"
    assert EnvelopeBalance.objects.get().paid == 350_000


def test_rejected_by_the_accountant_goes_back_to_certified(team: Team) -> None:
    batch = sealed(team, 350_000)
    content = "N° de lot;N° de ligne;Montant;État;Motif\r\n" + f"{batch.number};1;3500,00;Rejeté;Compte clôturé\r\n"
    imported(team, content.encode("cp1252"))
    line = PaymentLine.objects.get()
    instalment = Instalment.objects.get(pk=line.instalment_id)
    assert (line.state, instalment.state, instalment.return_reason) == ("rejected", "certified", "Compte clôturé")
    assert instalment.approved_by is None
    assert EnvelopeBalance.objects.get().ordered == 0
    batch.refresh_from_db()
    assert batch.state == "reconciled"
    services.approve(instalment.pk, by=team.approver)
    second = a_batch(team, instalment, state="sealed")
    assert second.total_cents == 350_000
    assert json.loads(second.content)["lignes"][0]["deja_verse"] == 0
    assert not broken()


def test_a_line_cancelled_by_a_contrary_line(team: Team) -> None:
    batch = sealed(team, 350_000, 60_001)
    before = (batch.sha256, batch.total_cents, bytes(services.export_batch(batch.pk, "csv", by=team.preparer).content))
    line = batch.lines.order_by("pk")[1]
    with pytest.raises(NotAllowed):
        services.cancel_line(line.pk, reason="Montant", by=team.preparer)
    with pytest.raises(DomainError, match="motif"):
        services.cancel_line(line.pk, reason="  ", by=team.approver)
    contrary = services.cancel_line(line.pk, reason="Mauvaise commune", by=team.approver)
    with pytest.raises(DomainError, match="déjà « Annulée »"):
        services.cancel_line(line.pk, reason="encore", by=team.approver)
    batch.refresh_from_db()
    after = (batch.sha256, batch.total_cents, bytes(services.export_batch(batch.pk, "csv", by=team.preparer).content))
    assert after == before
    assert contrary.amount_cents == -60_001
    assert "-600,01" in bytes(services.export_contrary(contrary.pk, by=team.preparer).csv).decode()
    assert contrary.number.endswith("-001")
    instalment = Instalment.objects.get(pk=line.instalment_id)
    assert (instalment.state, instalment.return_reason) == ("certified", "Mauvaise commune")
    assert Movement.objects.filter(verb="order", reverses__isnull=False).count() == 1
    imported(team, a_csv(rows_of(batch)))
    assert ReturnDifference.objects.get().kind == "taken_back"
    assert Batch.objects.get(pk=batch.pk).state == "reconciled"
    assert not broken()


def test_what_is_paid_is_not_cancelled(team: Team) -> None:
    batch = sealed(team, 350_000)
    imported(team, a_csv(rows_of(batch)))
    with pytest.raises(DomainError, match="se recouvre"):
        services.cancel_line(batch.lines.get().pk, reason="x", by=team.approver)
    assert not ContraryLine.objects.exists()


def test_a_wrong_cell_refuses_the_file_whole(team: Team) -> None:
    batch = sealed(team, 350_000, 60_001)
    rows = rows_of(batch)
    rows[1][3] = "1.234"
    read = services.read_return(a_csv(rows), "retour.csv", by=team.preparer)
    assert any(problem.startswith("Ligne 3 :") for problem in preview(read).problems)
    with pytest.raises(DomainError, match="Rien n’a été appliqué"):
        services.apply_return(read.pk, by=team.preparer)
    assert not ReturnLine.objects.exists()


def a_sheet(rows: list[list[Any]]) -> bytes:
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    sheet = book.add_worksheet()
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    for number, row in enumerate([HEADERS, *rows]):
        for place, cell in enumerate(row):
            sheet.write_datetime(number, place, cell, day) if hasattr(cell, "year") else sheet.write(
                number, place, cell
            )
    sheet.merge_range(len(rows) + 2, 0, len(rows) + 2, 1, "")
    book.close()
    return target.getvalue()


@pytest.mark.parametrize("shape", ["semicolon", "comma", "tab", "cp1252", "utf-16", "spaces", "sheet", "sheet of text"])
def test_every_shape_of_file(team: Team, shape: str) -> None:
    batch = sealed(team, 123_456)
    rows = rows_of(batch)
    dossier = rows[0][0]
    contents = {
        "semicolon": a_csv(rows),
        "comma": a_csv([[*rows[0][:3], "1234.56", "Payé"]], ",", "utf-8"),
        "tab": a_csv(rows, "\t", "utf-8"),
        "cp1252": a_csv(rows, encoding="cp1252"),
        "utf-16": a_csv(rows, encoding="utf-16"),
        "spaces": a_csv([[dossier, " M1 ", rows[0][2], "1\u00a0234,56 €", "payé"]]),
        "sheet": a_sheet([[dossier, 12, TODAY, 1234.56, "Payé"]]),
        "sheet of text": a_sheet([[dossier, "12", f"{TODAY:%Y-%m-%d}", "1 234,56", "Payé"]]),
    }
    imported(team, contents[shape], "retour.xlsx" if "sheet" in shape else "retour.csv")
    assert EnvelopeBalance.objects.get().paid == 123_456
    assert not ReturnDifference.objects.exists()


def test_mutated_files_never_crash_nor_move_a_wrong_cent(team: Team) -> None:
    """Bytes changed, cut, doubled: read or refused in a sentence; what would be paid is a real line, for its amount."""
    batch = sealed(team, 350_000, 60_001)
    amounts = set(batch.lines.values_list("pk", "amount_cents"))
    chance = random.Random(2026)
    seeds = [(a_csv(rows_of(batch)), "r.csv"), (a_sheet([[*r[:3], 1.5, r[4]] for r in rows_of(batch)]), "r.xlsx")]
    for turn in range(ROUNDS):
        original, name = seeds[turn % 2]
        content = bytearray(original)
        for _ in range(chance.randint(1, 6)):
            place = chance.randrange(len(content))
            how = chance.randrange(3)
            if how == 0:
                content[place] = chance.randrange(256)
            elif how == 1:
                del content[place : place + chance.randint(1, 30)]
            else:
                content[place:place] = content[max(0, place - 40) : place]
        try:
            read = services.read_return(bytes(content), name, by=team.preparer)
        except DomainError as error:
            assert str(error)
            continue
        found = preview(read)
        for verdict in found.verdicts:
            if verdict.outcome in ("paid", "rejected"):
                assert verdict.line and (verdict.line.pk, verdict.returned.amount_cents) in amounts


@pytest.mark.parametrize(
    "content", [b"", b"   ", b"\x00\x01\x02", b"PK\x03\x04rien", b"a;b", b"a;a\n1;2", b'"a;b\n1;2']
)
def test_what_is_no_table_is_refused_in_a_sentence(team: Team, content: bytes) -> None:
    with pytest.raises(DomainError):
        services.read_return(content, "retour.csv", by=team.preparer)
    assert not ReturnImport.objects.exists()


def test_the_mapping_is_kept_for_the_next_file(team: Team) -> None:
    batch = sealed(team, 350_000, 60_001)
    headers, rows = "Zut;Quand;Combien;Quoi", rows_of(batch)
    first = f"{headers}\r\n{rows[0][0]};{rows[0][2]};{rows[0][3]};M1"
    read = services.read_return(first.encode(), "a.csv", by=team.preparer)
    assert preview(read).problems
    columns = {"reference": "Zut", "paid_on": "Quand", "amount_cents": "Combien", "mandate": "Quoi"}
    services.map_columns(read.pk, columns, by=team.preparer, version=read.version)
    services.apply_return(read.pk, by=team.preparer)
    second = services.read_return(
        f"{headers}\r\n{rows[1][0]};{rows[1][2]};{rows[1][3]};M2".encode(), "b.csv", by=team.preparer
    )
    assert second.mapping == columns
    services.apply_return(second.pk, by=team.preparer)
    assert EnvelopeBalance.objects.get().ordered == 0


def test_columns_are_recognised() -> None:
    assert guess(["N° de dossier", "N° mandat", "Date de mandatement", "Date de paiement", "Montant TTC", "Statut"]) == {
        "reference": "N° de dossier", "mandate": "N° mandat", "mandated_on": "Date de mandatement",
        "paid_on": "Date de paiement", "amount_cents": "Montant TTC", "status": "Statut"}  # fmt: skip


def test_only_finance_imports(team: Team) -> None:
    for person in (team.instructor, team.manager, team.drafter):
        with pytest.raises(NotAllowed):
            services.read_return(b"a;b\n1;2", "a.csv", by=person)


def test_every_step_is_journalled(team: Team) -> None:
    batch = sealed(team, 350_000)
    imported(team, a_csv(rows_of(batch)))
    assert {"read", "apply"} <= set(
        Entry.objects.filter(subject_type="payments.returnimport").values_list("verb", flat=True)
    )
    assert Entry.objects.filter(subject_type="payments.batch", verb="reconcile").count() == 1
    assert timedelta(0) <= timezone.now() - ReturnImport.objects.get().applied_at  # type: ignore[operator]


def unknown_of(team: Team, batch: Batch, **changed: str) -> ReturnDifference:
    """A return whose first row names nothing of ours; the line it speaks of is then missing too."""
    rows = rows_of(batch)
    cells = dict(zip(HEADERS, rows[0], strict=True)) | {"N° de dossier": "Virement commune"} | changed
    imported(team, a_csv([list(cells.values()), *rows[1:]]))
    return ReturnDifference.objects.get(kind="unknown")


def test_an_unknown_row_is_attached_by_a_person_and_has_its_effect(team: Team) -> None:
    batch = sealed(team, 350_000, 60_001)
    difference = unknown_of(team, batch)
    [line] = services.candidates(difference, by=team.preparer)
    assert line.amount_cents == 350_000
    with pytest.raises(NotAllowed):
        services.attach(difference.pk, line=line.pk, reason="Vu", by=team.instructor)
    with pytest.raises(DomainError, match="motif"):
        services.attach(difference.pk, line=line.pk, reason=" ", by=team.approver)
    assert EnvelopeBalance.objects.get().paid == 60_001
    services.attach(difference.pk, line=line.pk, reason="Vu avec le comptable", by=team.approver)
    instalment = Instalment.objects.get(pk=line.instalment_id)
    assert (instalment.state, instalment.mandate, instalment.paid_on) == ("paid", "M1", TODAY)
    assert EnvelopeBalance.objects.get().paid == 410_001
    # The line that was missing is found: nothing is left to settle, and the batch is reconciled.
    assert not ReturnDifference.objects.filter(settled_by__isnull=True).exists()
    assert Batch.objects.get().state == "reconciled"
    with pytest.raises(DomainError, match="déjà réglé"):
        services.attach(difference.pk, line=line.pk, reason="encore", by=team.approver)
    assert not broken()


@pytest.mark.parametrize(
    "changed",
    [{"Montant": "1,00"}, {"Payé le": "31/12/2099"}],
    ids=["no line waits for this amount", "paid in the future"],
)
def test_what_a_return_would_not_apply_is_not_attached(team: Team, changed: dict[str, str]) -> None:
    batch = sealed(team, 350_000, 60_001)
    difference = unknown_of(team, batch, **changed)
    line = PaymentLine.objects.get(batch=batch, amount_cents=350_000)
    with pytest.raises(DomainError, match=r"attend plus ce montant|Rien n’a été rattaché"):
        services.attach(difference.pk, line=line.pk, reason="Vu", by=team.approver)
    assert EnvelopeBalance.objects.get().paid == 60_001
    assert ReturnImport.objects.count() == 1
    assert not broken()


def test_a_rejected_row_attached_takes_its_line_back(team: Team) -> None:
    batch = sealed(team, 350_000, 60_001)
    difference = unknown_of(team, batch, **{"Payé le": "", "Statut": "Rejeté"})
    [line] = services.candidates(difference, by=team.preparer)
    services.attach(difference.pk, line=line.pk, reason="Compte clôturé", by=team.preparer)
    assert Instalment.objects.get(pk=line.instalment_id).state == "certified"
    assert not broken()
