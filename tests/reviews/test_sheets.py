"""Decisions by spreadsheet: what is read, what is refused and why, what is done once; the same rules as the screen."""

import io
import json
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from applications import services
from applications.models import Application, Decision, DecisionGround
from applications.states import ApplicationState
from common.errors import DomainError, NotAllowed
from fund.models import Envelope
from fund.services import balance_of
from reviews.decision_sheet import read_lines
from reviews.models import Conflict, DecisionSheet, Job
from reviews.services import jobs
from reviews.services.sheets import UNKNOWN, do_sheet, look_at, read_sheet
from tests.factories.accounts import a_fund_manager
from tests.factories.desk import Desk, fresh
from tests.factories.fund import a_call_open, an_envelope
from tests.factories.grounds import a_reason

S = ApplicationState
pytestmark = pytest.mark.django_db
TITLES = "N° de dossier;Décision;Montant accordé;Motifs;Codes des motifs\n"


@pytest.fixture
def desk() -> Desk:
    return Desk()


def csv(*lines: str) -> bytes:
    return (TITLES + "".join(f"{line}\n" for line in lines)).encode()


def looked(desk: Desk, *lines: str) -> Any:
    return look_at(read_sheet(csv(*lines), "d.csv", by=desk.manager), by=desk.manager)


def why(found: Any) -> list[str]:
    return [reason for _, reason in found.found.refused] + [line["error"] for line in found.unread]


def done(sheet: DecisionSheet, by: Any) -> Job:
    ready = look_at(sheet, by=by).found.ready
    job = do_sheet(sheet.pk, versions={one.pk: one.version for one, _ in ready}, by=by)
    jobs.run(job.pk)
    return job


class TestRead:
    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b"", "vide"),
            (b"Dossier\n1\n", "titre"),
            (b"Commune;Montant\nAubagne;1\n", "« N° de dossier » et la colonne « Décision »"),
            (b"%PDF-1.7\n\x00\x01", "tableau"),
            (TITLES.encode() + b"FI-1;;100;;\n", "Aucune ligne"),
            (b"PK\x03\x04broken", "."),
        ],
    )
    def test_no_table_of_decisions(self, desk: Desk, content: bytes, words: str) -> None:
        with pytest.raises(DomainError, match=words):
            read_sheet(content, "d.csv", by=desk.manager)
        assert not DecisionSheet.objects.exists()

    @pytest.mark.parametrize(
        ("line", "words"),
        [
            ("FI-1;peut-être;;;", "n’est pas une décision"),
            ("FI-1;accord;1 000,005;;", "deux chiffres"),
            ("FI-1;accord;-5;;", ""),
            ("FI-1;accord;=1+1;;", ""),
            (";refus;;Non.;", "Il manque le numéro"),
        ],
    )
    def test_a_line_that_cannot_be_read_says_why(self, line: str, words: str) -> None:
        (read,) = read_lines(csv(line), "d.csv")
        assert read["error"] and words in read["error"] and read["row"] == 2

    def test_words_and_amounts_as_people_write_them(self) -> None:
        lines = read_lines(
            csv("fi-1 ;Accordé;1 234,50 €;;", "FI-2;LISTE D'ATTENTE;;;", "FI-3; refusé ;0;Non.;r1, R2"), "d.csv"
        )
        assert [(one["kind"], one["cents"], one["error"]) for one in lines] == [
            ("grant", 123_450, ""),
            ("waitlist", 0, ""),
            ("reject", 0, ""),
        ]
        assert lines[2]["codes"] == ["r1", "R2"]

    def test_the_same_file_twice_decides_nothing(self, desk: Desk) -> None:
        number = desk.application(S.REVIEWED).number
        found = looked(desk, f"{number};accord;4000;;", f"{str(number).lower()};refus;;Non.;")
        assert not found.found.ready and len(found.unread) == 2

    def test_the_manager_alone(self, desk: Desk) -> None:
        with pytest.raises(NotAllowed):
            read_sheet(csv("FI-1;refus;;Non.;"), "d.csv", by=desk.head)


class TestSameRulesAsTheScreen:
    @pytest.mark.parametrize(
        ("rest", "words"),
        [
            ("accord;;;", "Il manque le montant"),
            ("accord;4000,01;;", "demandé"),
            ("accord;3000;;", "pourquoi"),
            ("accord;499;Petit.;", "plancher"),
            ("refus;;;", "motivé"),
            ("refus;100;Non.;", "ne va qu’avec un accord"),
            ("refus;;;X9", "le code « X9 »"),
            ("accord;3000;;R1", "sert pour"),
        ],
    )
    def test_refused_in_words(self, desk: Desk, rest: str, words: str) -> None:
        a_reason()
        found = looked(desk, f"{desk.application(S.REVIEWED).number};{rest}")
        assert not found.found.ready and words in why(found)[0]

    def test_what_is_hidden_is_like_what_does_not_exist(self, desk: Desk) -> None:
        hidden, draft = desk.application(S.REVIEWED), "FI-1900-0001"
        Conflict.objects.create(user=desk.manager, application=hidden, reason="Parenté.")
        found = looked(desk, f"{hidden.number};refus;;Non.;", f"{draft};refus;;Non.;")
        assert why(found) == [UNKNOWN, UNKNOWN]

    def test_the_envelope_is_counted_down(self) -> None:
        desk = Desk(_call=a_call_open(envelope=an_envelope(500_000)))
        files = [desk.application(S.REVIEWED), desk.application(S.REVIEWED)]
        found = looked(desk, *(f"{one.number};accord;4000;;" for one in files))
        assert len(found.found.ready) == 1 and "1\u202f000,00\u202f€" in why(found)[0]


class TestDone:
    def test_each_line_becomes_its_decision(self, desk: Desk) -> None:
        a_reason(), a_reason("reduction", "M1")
        one, two, three = (desk.application(S.REVIEWED) for _ in range(3))
        sheet = read_sheet(
            csv(f"{one.number};accord;3000;;M1", f"{two.number};refus;;Et puis.;R1", f"{three.number};attente;;;"),
            "d.csv",
            by=desk.manager,
        )
        job = done(sheet, desk.manager)
        assert [row.state for row in job.rows.all()] == ["done"] * 3
        assert [fresh(each).state for each in (one, two, three)] == [S.GRANTED, S.REJECTED, S.WAITLISTED]
        assert Decision.objects.get(application=one).amount_cents == 300_000
        assert Decision.objects.get(application=two).reasons.endswith("Et puis.")
        assert DecisionGround.objects.count() == 2
        assert balance_of(Envelope.objects.get())["committed"] == 300_000

    def test_asked_twice_it_is_done_once(self, desk: Desk) -> None:
        application = desk.application(S.REVIEWED)
        sheet = read_sheet(csv(f"{application.number};accord;4000;;"), "d.csv", by=desk.manager)
        job = done(sheet, desk.manager)
        assert do_sheet(sheet.pk, versions={application.pk: 1}, by=desk.manager) == job
        assert Job.objects.count() == Decision.objects.count() == 1

    def test_the_same_file_read_again_decides_nothing_more(self, desk: Desk) -> None:
        content = csv(f"{desk.application(S.REVIEWED).number};accord;4000;;")
        done(read_sheet(content, "d.csv", by=desk.manager), desk.manager)
        again = read_sheet(content, "d.csv", by=desk.manager)
        found = look_at(again, by=desk.manager)
        assert not found.found.ready and "a déjà enregistré" in why(found)[0]
        with pytest.raises(DomainError, match="Aucune ligne"):
            do_sheet(again.pk, versions={}, by=desk.manager)

    def test_a_file_that_changed_since_is_refused_alone(self, desk: Desk) -> None:
        moved, still = desk.application(S.REVIEWED), desk.application(S.REVIEWED)
        sheet = read_sheet(csv(*(f"{one.number};accord;4000;;" for one in (moved, still))), "d.csv", by=desk.manager)
        versions = {one.pk: one.version for one in (moved, still)}
        decision = services.grant(moved.pk, amount_cents=400_000, by=desk.manager)
        connection.check_constraints()
        services.withdraw_recorded(decision.pk, reason="Erreur.", by=desk.manager)
        connection.check_constraints()
        job = do_sheet(sheet.pk, versions=versions, by=desk.manager)
        jobs.run(job.pk)
        assert {row.application_id: row.state for row in job.rows.all()} == {moved.pk: "refused", still.pk: "done"}
        assert fresh(moved).state == S.REVIEWED

    def test_another_manager_cannot_run_it(self, desk: Desk) -> None:
        sheet = read_sheet(csv(f"{desk.application(S.REVIEWED).number};accord;4000;;"), "d.csv", by=desk.manager)
        with pytest.raises(NotAllowed):
            do_sheet(sheet.pk, versions={}, by=a_fund_manager())


class TestPages:
    def upload(self, client: Client, content: bytes, name: str = "d.csv") -> Any:
        return client.post(reverse("sheet_list"), {"file": SimpleUploadedFile(name, content)})

    def test_from_the_table_to_fill_in_to_the_work(self, desk: Desk, client: Client) -> None:
        application = desk.application(S.REVIEWED)
        Application.objects.filter(pk=application.pk).update(title=application.title)
        client.force_login(desk.manager)
        book = openpyxl.load_workbook(io.BytesIO(client.get(reverse("sheet_model")).content))
        sheet = book.worksheets[0]
        assert sheet.cell(2, 1).value == application.number and sheet.cell(2, 4).value == 4000
        sheet.cell(2, 7).value, sheet.cell(2, 8).value = "accord", 4000
        filled = io.BytesIO()
        book.save(filled)
        answer = self.upload(client, filled.getvalue(), "décisions.xlsx")
        assert answer.status_code == 302, answer.content.decode()
        page = client.get(answer.url).text
        assert "1 prêt, 0 refusé" in page and "Enregistrer 1" in page
        started = client.post(answer.url, {"seen": json.dumps({str(application.pk): application.version})})
        assert started.status_code == 302 and client.get(answer.url).url == started.url
        jobs.run(Job.objects.get().pk)
        assert fresh(application).state == S.GRANTED
        again = self.upload(client, filled.getvalue(), "décisions.xlsx")
        assert "déjà été enregistré" in client.get(again.url).text

    def test_refused_files_say_why(self, desk: Desk, client: Client) -> None:
        client.force_login(desk.manager)
        for content in (b"x", b"a;b\n1;2\n", b"PK\x03\x04"):
            answer = self.upload(client, content)
            assert answer.status_code == 422 and 'class="errsum' in answer.text
        assert client.post(reverse("sheet_list"), {}).status_code == 422

    def test_nothing_ready_or_nothing_read_is_calm(self, desk: Desk, client: Client) -> None:
        client.force_login(desk.manager)
        page = self.upload(client, csv("FI-1900-0001;refus;;Non.;")).url
        assert UNKNOWN in client.get(page).text
        assert client.post(page, {"seen": "{}"}).status_code == 422
        assert client.post(page, {"seen": "no"}).status_code == 422
        other = Client()
        other.force_login(a_fund_manager())
        assert other.get(page).status_code == 404

    def test_one_row_or_many_ask_as_many_queries(self, desk: Desk, client: Client) -> None:
        client.force_login(desk.manager)
        a_reason()
        counts = []
        for many in (1, 6):
            files = [desk.application(S.REVIEWED) for _ in range(many)]
            page = self.upload(client, csv(*(f"{one.number};refus;;Non.;R1" for one in files))).url
            with CaptureQueriesContext(connection) as asked:
                assert client.get(page).status_code == 200
            counts.append(len(asked))
        assert counts[0] == counts[1]
