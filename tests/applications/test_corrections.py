"""What a commune corrects after sending: only what was asked, kept as a draft, applied by the answer, shown before and after."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone

from applications import asking, comparing, services
from applications.models import Application, Attachment, ContentVersion, Correction, PieceRequest
from applications.services import exchange, instruction
from applications.snapshot import is_intact, sha256
from applications.states import ApplicationState as S
from common.errors import DomainError, NotAllowed
from journal.services import history
from notifications.models import Message
from tests.factories.accounts import a_reader
from tests.factories.applications import a_pdf, balanced_budget
from tests.factories.desk import Desk, fresh, in_days

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    return Desk()


def items(application: Application, *codes: str, remark: str = "") -> list[Any]:
    known = {item.code: item for group in asking.askable(application) for item in group.items}
    return [replace(known[code], remark=remark) if code in known else code for code in codes]


def awaiting(desk: Desk, *codes: str, days: int = 15, **kwargs: Any) -> Application:
    application = desk.application(S.IN_INSTRUCTION, **kwargs)
    asked = items(application, *codes, remark="Précisez le nombre.")
    instruction.ask_pieces(
        application.pk, items=asked, reason="Le dossier est imprécis.", due_on=in_days(days), by=desk.instructor
    )
    connection.check_constraints()
    return fresh(application)


def answer(application: Application, *, text: str = "", **values: Any) -> Application:
    after = services.answer_pieces(application.pk, by=application.created_by, text=text, values=values)
    connection.check_constraints()
    return after


def page(name: str, application: Application) -> str:
    from django.urls import reverse

    return reverse(name, args=[application.public_id])


class TestAnswering:
    def test_a_field_is_corrected_and_what_was_sent_stays(self, desk: Desk) -> None:
        application = awaiting(desk, "success")
        before, sent, digest = application.success, application.snapshot, application.snapshot_sha256
        answer(application, success="quatre-vingt-dix agents sont formés.")
        after = fresh(application)
        assert (after.state, after.success) == (S.IN_INSTRUCTION, "quatre-vingt-dix agents sont formés.")
        assert (after.snapshot, after.snapshot_sha256) == (sent, digest) and is_intact(after)
        correction = Correction.objects.get(request__application=application)
        assert (correction.before, correction.after) == (before, after.success)
        version = ContentVersion.objects.get(application=application)
        assert (version.number, after.content_version) == (2, 2)
        assert version.snapshot["sections"]["success"] == after.success
        assert version.snapshot_sha256 == sha256(version.snapshot) != digest

    def test_a_table_and_dates(self, desk: Desk) -> None:
        application = awaiting(desk, "milestones", "ends_on", "publics")
        ends = application.ends_on + timedelta(days=30)
        rows = [{"label": "Bilan partagé", "planned_on": ends}, {"label": "Première séance", "planned_on": None}]
        answer(application, milestones=rows, ends_on=ends, publics=["agents", "elus"])
        after = fresh(application)
        assert [one.label for one in after.milestones.all()] == ["Bilan partagé", "Première séance"]
        assert (after.ends_on, after.publics) == (ends, ["agents", "elus"])

    def test_a_corrected_budget_computes_the_amounts_again(self, desk: Desk) -> None:
        application = awaiting(desk, "budget_lines")
        lines = balanced_budget(requested=300_000, subsidies=0, own=300_000)
        answer(application, budget_lines=lines)
        after = fresh(application)
        assert (after.requested_cents, after.total_cost_cents, after.allowed_cents) == (300_000, 600_000, 360_000)

    @pytest.mark.parametrize(
        ("lines", "words"),
        [
            (balanced_budget(requested=410_000), "ne peut pas demander plus"),
            (balanced_budget(requested=400_000)[:-1], "Il manque"),
            ([], "pas encore rempli"),
        ],
    )
    def test_a_corrected_budget_keeps_to_the_rules(self, desk: Desk, lines: list[Any], words: str) -> None:
        application = awaiting(desk, "budget_lines")
        with pytest.raises(DomainError, match=words):
            answer(application, budget_lines=lines)
        after = fresh(application)
        assert (after.state, after.requested_cents, after.content_version) == (S.AWAITING_COMMUNE, 400_000, 1)

    def test_an_answer_touches_only_what_was_asked(self, desk: Desk) -> None:
        application = awaiting(desk, "success")
        stakes = application.stakes
        answer(application, success="Mieux.", stakes="Tout autre chose.")
        assert fresh(application).stakes == stakes
        assert [one.name for one in Correction.objects.all()] == ["success"]

    def test_a_required_answer_is_not_emptied(self, desk: Desk) -> None:
        application = awaiting(desk, "governance")
        with pytest.raises(DomainError, match="qui fait quoi"):
            answer(application, governance="")

    def test_what_is_left_aside_is_explained(self, desk: Desk) -> None:
        application = awaiting(desk, "success", "devis")
        with pytest.raises(DomainError, match="Devis"):
            answer(application, success="Mieux.")
        answer(application, success="Mieux.", text="Le devis arrive lundi.")
        request = PieceRequest.objects.get()
        assert (request.outcome, request.answer) == ("partial", "Le devis arrive lundi.")
        mail = Message.objects.get(kind="pieces_answered")
        assert "Resté sans réponse\u202f: Devis" in mail.body_text and "Réponse corrigée" in mail.body_text

    def test_a_reader_does_not_answer(self, desk: Desk) -> None:
        application = awaiting(desk, "success")
        with pytest.raises(NotAllowed):
            services.save_answer(application.pk, by=a_reader(application.organisation), values={}, text="x")


class TestDraft:
    def test_it_is_kept_by_all_the_commune_and_unseen_by_the_desk(self, desk: Desk, client: Client) -> None:
        application = awaiting(desk, "success", "devis")
        services.save_answer(application.pk, by=application.created_by, values={"success": "BROUILLON"}, text="MOT")
        code = next(item.code for item in PieceRequest.objects.get().asked if item.is_document)
        upload = a_pdf("cache.pdf")
        services.attach_document(application.pk, by=application.created_by, code=code, upload=upload)
        assert fresh(application).success != "BROUILLON"
        client.force_login(desk.instructor)
        shown = client.get(page("desk_file", application)).content.decode()
        assert "BROUILLON" not in shown and "MOT" not in shown and "cache.pdf" not in shown
        joined = Attachment.objects.get(piece_request__isnull=False)
        from documents.services import scan

        scan(joined.file_id)
        assert client.get(f"/fichiers/{joined.file.key}/").status_code == 404
        client.force_login(application.created_by)
        shown = client.get(page("application_answer_pieces", application)).content.decode()
        assert "BROUILLON" in shown and "MOT" in shown and "cache.pdf" in shown
        assert client.get(f"/fichiers/{joined.file.key}/").status_code == 200

    def test_the_same_again_is_no_correction(self, desk: Desk) -> None:
        application = awaiting(desk, "success", "budget_lines")
        lines = exchange.content_of(application, "budget_lines")
        values = {"success": f" {application.success}\r\n", "budget_lines": lines[::-1]}
        services.save_answer(application.pk, by=application.created_by, values=values, text="")
        assert not Correction.objects.exists()
        services.save_answer(application.pk, by=application.created_by, values={"success": "Autre."}, text="")
        services.save_answer(
            application.pk, by=application.created_by, values={"success": application.success}, text=""
        )
        assert not Correction.objects.exists()

    def test_a_document_that_was_not_asked_is_refused(self, desk: Desk) -> None:
        application = awaiting(desk, "success", "devis")
        with pytest.raises(DomainError, match="n’est pas demandée"):
            services.attach_document(application.pk, by=application.created_by, code="deliberation", upload=a_pdf())

    def test_a_document_of_the_answer_replaces_or_leaves(self, desk: Desk) -> None:
        application = awaiting(desk, "deliberation")
        old = application.attachments.get(code="deliberation")
        upload = a_pdf("signee.pdf")
        new = services.attach_document(
            application.pk, by=application.created_by, code="deliberation", upload=upload, replaces=old.pk
        )
        assert (new.replaces_id, Attachment.objects.filter(pk=old.pk).exists()) == (old.pk, True)
        services.remove_answer_document(application.pk, old.pk, by=application.created_by)
        assert Attachment.objects.filter(pk=old.pk).exists()
        services.remove_answer_document(application.pk, new.pk, by=application.created_by)
        assert not Attachment.objects.filter(pk=new.pk).exists()


class TestPages:
    def test_one_form_keeps_everything_whatever_the_button(self, desk: Desk, client: Client) -> None:
        application = awaiting(desk, "success", "devis")
        client.force_login(application.created_by)
        url = page("application_answer_pieces", application)
        code = next(item.code for item in PieceRequest.objects.get().asked if item.is_document)
        typed = {"success": "Quatre-vingt-dix agents.", "text": "Voici."}
        assert client.post(url, {**typed, "joindre": code, f"fichiers-{code}": a_pdf("devis.pdf")}).status_code == 302
        assert Correction.objects.get().after == "Quatre-vingt-dix agents."
        shown = client.post(url, {**typed, "joindre": code})
        assert shown.status_code == 422 and "Choisissez d’abord un fichier" in shown.content.decode()
        assert client.post(url, {**typed, "envoyer": "1"}).status_code == 302
        assert fresh(application).success == "Quatre-vingt-dix agents."
        assert client.post(url, {**typed, "envoyer": "1"}).status_code == 409

    def test_a_refusal_keeps_what_was_typed(self, desk: Desk, client: Client) -> None:
        application = awaiting(desk, "success", "ends_on")
        client.force_login(application.created_by)
        url = page("application_answer_pieces", application)
        shown = client.post(url, {"success": "Mieux.", "ends_on": "pas une date", "text": "Mot", "envoyer": "1"})
        assert shown.status_code == 422
        words = shown.content.decode()
        assert "Mieux." in words and "pas une date" in words and "Mot" in words
        assert Correction.objects.get().name == "success" and fresh(application).state == S.AWAITING_COMMUNE

    def test_the_desk_reads_before_and_after(self, desk: Desk, client: Client) -> None:
        application = awaiting(desk, "success")
        answer(application, success="quatre-vingt-dix agents sont formés.")
        client.force_login(desk.instructor)
        shown = client.get(page("desk_file", application)).content.decode()
        assert "<ins>dix</ins>" in shown or "<ins>" in shown
        assert "Avant" in shown and "quatre-vingt-dix agents" in shown

    def test_the_desk_ticks_what_it_asks(self, desk: Desk, client: Client) -> None:
        application = desk.application(S.IN_INSTRUCTION)
        client.force_login(desk.instructor)
        data = {
            "field-success": "on",
            "field-success-mot": "Dites combien.",
            "document-devis": "on",
            "items": "Lettre du partenaire",
            "reason": "Imprécis.",
            "due_on": in_days(10).isoformat(),
            "version": application.version,
        }
        read = client.post(page("desk_pieces", application), data | {"suite": "relire"})
        assert "Dites combien." in read.context["preview"]["text"]
        client.post(page("desk_pieces", application), data | {"suite": "envoyer"})
        asked = PieceRequest.objects.get().asked
        assert [(one.kind, one.code, one.remark) for one in asked] == [
            ("field", "success", "Dites combien."),
            ("document", "devis", ""),
            ("document", "demande-1-3", ""),
        ]


class TestDelay:
    def test_it_stands_still_until_the_answer_at_most_until_the_deadline(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        application = awaiting(desk, "success", days=10)
        due = application.due_on
        later = timezone.now() + timedelta(days=40)
        monkeypatch.setattr(exchange, "database_now", lambda: later)
        after = answer(application, success="Mieux.")
        assert (after.suspended_days, after.due_on) == (10, due + timedelta(days=10))

    def test_more_time_then_none(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        application = awaiting(desk, "success", days=10)
        with pytest.raises(DomainError, match="plus lointaine"):
            services.extend_deadline(application.pk, due_on=in_days(10), by=desk.instructor)
        with pytest.raises(DomainError, match="a jusqu’au"):
            services.resume_instruction(application.pk, by=desk.instructor)
        services.extend_deadline(application.pk, due_on=in_days(20), by=desk.instructor)
        assert Message.objects.filter(kind="pieces_deadline_extended").exists()
        monkeypatch.setattr(instruction, "database_now", lambda: timezone.now() + timedelta(days=21))
        monkeypatch.setattr(exchange, "database_now", lambda: timezone.now() + timedelta(days=21))
        with pytest.raises(DomainError, match="La date est passée"):
            services.extend_deadline(application.pk, due_on=in_days(40), by=desk.instructor)

    def test_without_an_answer_the_file_is_read_as_it_stands(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        application = awaiting(desk, "success", days=10)
        services.save_answer(application.pk, by=application.created_by, values={"success": "BROUILLON"}, text="")
        later = timezone.now() + timedelta(days=11)
        monkeypatch.setattr(instruction, "database_now", lambda: later)
        monkeypatch.setattr(exchange, "database_now", lambda: later)
        services.resume_instruction(application.pk, by=desk.instructor)
        connection.check_constraints()
        after = fresh(application)
        assert (after.state, after.content_version, after.suspended_days) == (S.IN_INSTRUCTION, 1, 10)
        assert after.success != "BROUILLON" and PieceRequest.objects.get().outcome == "lapsed"
        assert Message.objects.filter(kind="pieces_request_lapsed").exists()
        assert [one.verb for one in history(after)][-1] == "resume_instruction"


class TestComparing:
    def test_only_the_words_that_differ_are_marked(self) -> None:
        difference = comparing.compare("Titre", "douze agents formés", "vingt agents formés")
        assert [(one.mark, one.text) for one in difference.after] == [("new", "vingt"), ("same", " agents formés")]
        assert [one.text for one in difference.before if one.mark == "gone"] == ["douze"]

    def test_a_very_long_text_is_compared_line_by_line(self) -> None:
        text = "\n".join(f"ligne {n} du très long texte" for n in range(900))
        difference = comparing.compare("Texte", text, text.replace("ligne 450 du", "ligne 450 de ce"))
        assert "".join(one.text for one in difference.after if one.mark == "new").startswith("ligne 450 de ce")


class TestDatabase:
    """The doors, asked without the services."""

    def refused(self, words: str, sql: str, *params: Any) -> None:
        with pytest.raises(DatabaseError, match=words), transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(sql, params)
            connection.check_constraints()

    def test_a_correction_of_what_was_not_asked(self, desk: Desk) -> None:
        request = PieceRequest.objects.get(application=awaiting(desk, "success"))
        sql = "INSERT INTO applications_correction (request_id, name, before, after, saved_by_id, saved_at) VALUES (%s, %s, 'null', '\"x\"', %s, now())"
        self.refused("only what was asked", sql, request.pk, "stakes", desk.instructor.pk)
        self.refused("only what was asked", sql, request.pk, "number", desk.instructor.pk)

    def test_an_answer_without_its_corrections_applied(self, desk: Desk) -> None:
        application = awaiting(desk, "success")
        services.save_answer(application.pk, by=application.created_by, values={"success": "Mieux."}, text="")
        self.refused(
            "gives the file back|has its snapshot",
            "UPDATE applications_piecerequest SET answered_at = now(), outcome = 'answered' WHERE application_id = %s",
            application.pk,
        )

    def test_another_text_than_the_correction(self, desk: Desk) -> None:
        application = awaiting(desk, "success")
        services.save_answer(application.pk, by=application.created_by, values={"success": "Mieux."}, text="")
        sql = """
            UPDATE applications_piecerequest SET answered_at = now(), outcome = 'answered' WHERE application_id = %s;
            UPDATE applications_application SET success = 'Autre', content_version = 2, state = 'in_instruction',
                version = version + 1 WHERE id = %s"""
        self.refused("was sent is frozen", sql, application.pk, application.pk)
        self.refused("as it was written", sql.replace("success = 'Autre', ", ""), application.pk, application.pk)
        self.refused(
            "counts one version",
            sql.replace("'Autre', content_version = 2", "'Mieux.'"),
            application.pk,
            application.pk,
        )

    def test_rows_beside_their_correction(self, desk: Desk) -> None:
        application = awaiting(desk, "partners")
        rows = [{"name": "Mission locale", "role": "", "confirmed": False}]
        services.save_answer(application.pk, by=application.created_by, values={"partners": rows}, text="")
        self.refused("frozen", "DELETE FROM applications_partner WHERE application_id = %s", application.pk)
        sql = """
            UPDATE applications_piecerequest SET answered_at = now(), outcome = 'answered' WHERE application_id = %s;
            DELETE FROM applications_partner WHERE application_id = %s;
            UPDATE applications_application SET content_version = 2, state = 'in_instruction', version = version + 1 WHERE id = %s"""
        self.refused("as it was written", sql, application.pk, application.pk, application.pk)
        self.refused("frozen", sql.replace("applications_partner", "applications_milestone"), *[application.pk] * 3)
