"""The final report: opened with the award, planned beside done, certified, given back, accepted; the money to the cent."""

from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from accounts.states import Role
from applications import closing, reminders, report_documents, report_parts
from applications.models import Application, FinalReport, ReportDocument, ReportLine, ReportRemark
from applications.report_money import account_of, figure, gap_words, justified_cents, measure_words
from applications.services import report_files, report_review, reports
from applications.states import ReportState
from applications.tasks import keep_reports, make_missing_reports
from common.errors import DomainError, NotAllowed, Stale
from documents.models import StoredFile
from documents.services import open_verified
from documents.states import FileState
from notifications.models import Message
from payments.models import Instalment
from reports import invariants
from tests.factories.accounts import a_commune, a_drafter, a_membership, a_reader, an_instructor
from tests.factories.applications import a_pdf, signatory_of
from tests.factories.desk import Desk
from tests.factories.reports import a_photo, an_opened_report, done_as_planned, fresh, send, write_all

pytestmark = pytest.mark.django_db
R = ReportState


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def report(desk: Desk) -> FinalReport:
    return an_opened_report(desk)


# --- Opening ---------------------------------------------------------------------------------------------------


def test_an_award_notified_opens_its_report_with_the_plan(report: FinalReport) -> None:
    application = report.application
    assert (report.state, report.due_on) == (R.DUE, application.call.report_due_on)
    assert len(report.texts.all()) == 9
    assert [(x.label, x.target) for x in report.measures.all()] == [("Agents formés", "80")]
    planned = sorted((x.side, x.account, x.planned_cents) for x in report.lines.all())
    assert planned == sorted((x.side, x.account, x.amount_cents) for x in application.budget_lines.all())
    assert all(x.done_cents is None for x in report.lines.all())


def test_nothing_is_opened_before_the_commune_is_told(desk: Desk) -> None:
    decision = desk.signed()
    assert not FinalReport.objects.exists()
    keep_reports()
    assert not FinalReport.objects.exists()
    assert reports.open_report(decision.application_id, by=desk.head) is None


def test_the_sweep_opens_what_has_none_and_twice_is_once(report: FinalReport) -> None:
    assert reports.open_report(report.application_id, by=report.application.created_by) == report
    keep_reports()
    assert FinalReport.objects.count() == 1


# --- Writing ---------------------------------------------------------------------------------------------------


def test_the_first_word_begins_the_report(report: FinalReport) -> None:
    by = report.application.created_by
    reports.save_report_text(report.application_id, "publics", text="Quarante agents.", publish=False, by=by)
    assert (fresh(report).state, fresh(report).texts.get(slug="publics").text) == (R.DRAFT, "Quarante agents.")
    version = fresh(report).version
    reports.save_report_text(report.application_id, "publics", text="Quarante agents.", publish=False, by=by)
    assert fresh(report).version == version, "saving what is there writes nothing"


def test_a_stale_save_overwrites_nothing_and_another_part_passes(report: FinalReport) -> None:
    by, pk = report.application.created_by, report.application_id
    seen: dict[str, Any] = {"version": report.version, "seen": report_parts.fingerprint(report, "publics")}
    reports.save_report_text(pk, "resultats", text="Mieux.", publish=False, by=by)
    reports.save_report_text(pk, "publics", text="Le mien.", publish=False, by=by, **seen)
    with pytest.raises(Stale):
        reports.save_report_text(pk, "publics", text="L’autre.", publish=False, by=by, **seen)
    assert fresh(report).texts.get(slug="publics").text == "Le mien."


def test_who_may_write(report: FinalReport) -> None:
    pk, commune = report.application_id, report.application.organisation
    for stranger in (a_reader(commune), a_drafter(a_commune()), an_instructor()):
        with pytest.raises(NotAllowed):
            reports.save_report_text(pk, "publics", text="x", publish=False, by=stranger)
        with pytest.raises(NotAllowed):
            report_files.attach_proof(pk, kind="facture", upload=a_pdf(), by=stranger)
    write_all(report)
    with pytest.raises(NotAllowed, match="signataire"):
        reports.submit_report(pk, certified=True, by=report.application.created_by)


def test_added_lines_are_counted_and_taken_away(report: FinalReport) -> None:
    by, pk = report.application.created_by, report.application_id
    added = [{"side": "charge", "account": "61", "label": "Location", "funder": "", "done_cents": 12_345}]
    reports.save_report_budget(pk, done=done_as_planned(report), added=added, by=by)
    assert fresh(report).spent_cents == 812_345
    reports.save_report_budget(pk, done={}, added=[], by=by)
    assert fresh(report).spent_cents == 800_000
    with pytest.raises(DomainError, match="compte"):
        reports.save_report_budget(pk, done={}, added=[{**added[0], "account": "99"}], by=by)


# --- Files -----------------------------------------------------------------------------------------------------


def test_a_photo_keeps_nothing_of_the_camera(report: FinalReport) -> None:
    by, pk = report.application.created_by, report.application_id
    for name in ("salle.jpg", "salle.png"):
        photo = report_files.add_photo(pk, upload=a_photo(name, size=(3000, 1000)), by=by)
        with open_verified(photo.file) as content:
            raw = content.read()
            image = Image.open(content)
            assert max(image.size) == 2400
            assert not image.getexif() and not {"exif", "icc_profile", "comment"} & set(image.info)
        assert b"Durand" not in raw and b"Telephone" not in raw


def test_only_pictures_are_photos_and_a_double_click_joins_once(report: FinalReport) -> None:
    by, pk = report.application.created_by, report.application_id
    for upload in (a_pdf("photo.pdf"), a_pdf("photo.jpg"), a_photo("photo.gif")):
        with pytest.raises(DomainError):
            report_files.add_photo(pk, upload=upload, by=by)
    first = report_files.add_photo(pk, upload=a_photo(), by=by)
    assert report_files.add_photo(pk, upload=a_photo(), by=by) == first
    assert StoredFile.objects.filter(name="salle.jpg").count() == 1
    report_files.remove_photo(pk, first.pk, by=by)
    report_files.remove_photo(pk, first.pk, by=by)
    assert not fresh(report).photos.exists()


def test_a_photo_without_caption_or_consent_stops_the_sending(report: FinalReport) -> None:
    by, pk = report.application.created_by, report.application_id
    write_all(report)
    photo = report_files.add_photo(pk, upload=a_photo(), by=by)
    with pytest.raises(DomainError, match="légende"):
        send(report)
    values = {"caption": "La salle", "alternative": "Une salle vide", "rights": True}
    report_files.save_photo(pk, photo.pk, by=by, people="", **values)
    with pytest.raises(DomainError, match="reconnaît quelqu’un"):
        send(report)
    report_files.save_photo(pk, photo.pk, by=by, people="accord", **values)
    assert send(report).state == R.SUBMITTED


def test_a_file_of_the_report_goes_through_the_one_door(report: FinalReport, desk: Desk) -> None:
    proof = write_all(report).documents.get()
    assert proof.file.state == FileState.QUARANTINED
    seen = StoredFile.objects.visible_to
    assert seen(report.application.created_by).filter(pk=proof.file_id).exists()
    assert not seen(desk.instructor).filter(pk=proof.file_id).exists(), "the desk waits for the report"
    assert not seen(a_drafter(a_commune())).filter(pk=proof.file_id).exists()
    send(report)
    assert seen(desk.instructor).filter(pk=proof.file_id).exists()


# --- Sending, and what follows ---------------------------------------------------------------------------------


def test_what_is_missing_is_said_part_by_part(report: FinalReport) -> None:
    with pytest.raises(DomainError) as refusal:
        send(report)
    for words in ("Les motivations : À écrire", "indicateur", "à remplir", "facture"):
        assert words in str(refusal.value)


def test_the_certificate_is_asked(report: FinalReport) -> None:
    write_all(report)
    with pytest.raises(DomainError, match="certifie"):
        reports.submit_report(report.application_id, certified=False, by=signatory_of(report.application))


def test_sent_the_content_is_frozen_and_the_receipt_leaves_with_its_pdf(report: FinalReport, desk: Desk) -> None:
    write_all(report)
    sent = send(report)
    assert (sent.spent_cents, sent.certified_by) == (800_000, signatory_of(report.application))
    with pytest.raises(DomainError, match="ne change plus"):
        reports.save_report_text(
            report.application_id, "publics", text="Autre.", publish=True, by=sent.application.created_by
        )
    waiting = Message.objects.filter(kind="report_sent")
    assert waiting and all(message.awaits for message in waiting)
    make_missing_reports()
    make_missing_reports()
    sent = fresh(sent)
    assert sent.document and sent.document.name == f"Bilan {sent.application.number}.pdf"
    assert not any(message.awaits for message in waiting.all())
    assert Message.objects.filter(kind="report_received", recipient_email=desk.instructor.email).count() == 1
    with open_verified(sent.document) as content:
        assert content.read(5) == b"%PDF-"


def test_the_pdf_is_the_same_twice(report: FinalReport) -> None:
    from documents import letters

    write_all(report)
    sent = fresh(send(report))
    assert letters.render("report", report_documents.data_of(sent)) == letters.render(
        "report", report_documents.data_of(sent)
    )


def test_given_back_with_reasons_mended_accepted(report: FinalReport, desk: Desk) -> None:
    write_all(report)
    pk = report.application_id
    send(report)
    with pytest.raises(DomainError, match="au moins"):
        report_review.send_report_back(pk, reasons={"budget": "  "}, by=desk.instructor)
    report_review.send_report_back(pk, reasons={"budget": "La facture 12 manque."}, by=desk.instructor)
    assert fresh(report).state == R.RETURNED
    assert ReportRemark.objects.get().part == "budget"
    assert "La facture 12 manque." in Message.objects.filter(kind="report_returned").first().body_text  # type: ignore[union-attr]
    report_files.attach_proof(pk, kind="facture", upload=a_pdf("facture-12.pdf"), by=report.application.created_by)
    send(report)
    accepted = report_review.accept_report(pk, by=desk.instructor)
    assert (accepted.state, accepted.accepted_by) == (R.ACCEPTED, desk.instructor)
    assert Message.objects.filter(kind="report_accepted").exists()
    with pytest.raises(DomainError, match="accepté"):
        report_review.send_report_back(pk, reasons={"": "Encore."}, by=desk.instructor)
    assert [code for code, count, _ in ((i.code, n, p) for i, n, p in invariants.check()) if count] == []


def test_nobody_of_the_commune_accepts_nor_one_with_an_interest(report: FinalReport, desk: Desk) -> None:
    from reviews import services as reviews

    write_all(report)
    send(report)
    pk = report.application_id
    signatory = signatory_of(report.application)
    with pytest.raises(NotAllowed):
        report_review.accept_report(pk, by=signatory)
    a_membership(signatory, Role.INSTRUCTOR)
    with pytest.raises(NotAllowed):
        report_review.accept_report(pk, by=type(signatory).objects.get(pk=signatory.pk))
    conflicted = an_instructor()
    reviews.declare_conflict(pk, reason="Ma sœur y travaille.", by=conflicted)
    with pytest.raises(NotAllowed):
        report_review.accept_report(pk, by=conflicted)
    with pytest.raises(NotAllowed):
        report_review.accept_report(pk, by=desk.head)


def test_publication_is_judged_only_where_the_commune_agrees(report: FinalReport, desk: Desk) -> None:
    write_all(report)
    pk, by = report.application_id, report.application.created_by
    reports.save_report_text(pk, "contact", text="Le service égalité.", publish=False, by=by)
    send(report)
    report_review.moderate_report(
        pk, parts={"publics": "publiable", "resultats": "non_publiable"}, photos={}, by=desk.instructor
    )
    assert fresh(report).texts.get(slug="publics").moderated_by == desk.instructor
    with pytest.raises(DomainError, match="n’a pas accepté"):
        report_review.moderate_report(pk, parts={"contact": "publiable"}, photos={}, by=desk.instructor)


def test_a_settled_file_is_closed(report: FinalReport, desk: Desk) -> None:
    write_all(report)
    send(report)
    report_review.accept_report(report.application_id, by=desk.instructor)
    application = Application.objects.get(pk=report.application_id)
    assert application.state == "granted", "nothing is paid yet"
    rules, closing._settled[:] = list(closing._settled), [lambda one: True]
    try:
        keep_reports()
    finally:
        closing._settled[:] = rules
    assert Application.objects.get(pk=report.application_id).state == "closed"


# --- Reminders -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("left", "period"),
    [
        (31, None),
        (30, 30),
        (8, 30),
        (7, 7),
        (1, 7),
        (0, 0),
        (-6, 0),
        (-7, -7),
        (-13, -7),
        (-28, -28),
        (-34, -28),
        (-35, None),
    ],
)
def test_the_periods_of_the_reminders(left: int, period: int | None) -> None:
    today = date(2026, 11, 22)
    assert reminders.report_period(today + timedelta(days=left), today) == period


def test_a_reminder_is_said_once_a_period(report: FinalReport) -> None:
    signatory_of(report.application)
    for left, said in ((20, 1), (3, 2), (0, 3), (-8, 4), (-15, 5)):
        FinalReport.objects.filter(pk=report.pk).update(due_on=timezone.localdate() + timedelta(days=left))
        keep_reports()
        keep_reports()
        people = Message.objects.filter(kind="report_reminder").values("recipient_email").distinct().count()
        assert people == 2
        assert Message.objects.filter(kind="report_reminder").count() == said * people


# --- Money -----------------------------------------------------------------------------------------------------

CENTS = st.integers(0, 10**11)
ACCOUNT = st.sampled_from(["60", "61", "62", "63", "64", "65", "86"])


def _line(side: str, account: str, planned: int, done: int | None, *, is_request: bool = False) -> Any:
    return SimpleNamespace(side=side, account=account, planned_cents=planned, done_cents=done, is_request=is_request)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    charges=st.lists(st.tuples(ACCOUNT, CENTS, CENTS), max_size=8),
    others=CENTS,
    granted=CENTS,
    ceiling=CENTS,
    max_rate=st.integers(0, 10_000),
    own=st.integers(0, 10_000),
)
def test_sums_are_exact_and_the_aid_never_too_much(
    charges: list[tuple[str, int, int]], others: int, granted: int, ceiling: int, max_rate: int, own: int
) -> None:
    call: Any = SimpleNamespace(ceiling_cents=ceiling, max_rate_bp=max_rate, min_own_share_bp=own, legal_basis="")
    lines = [_line("charge", *row) for row in charges]
    lines += [_line("product", "74", others, others), _line("product", "74", granted, None, is_request=True)]
    figures = account_of(call, lines, granted)
    paid = sum(done for account, _, done in charges if account != "86")
    planned = sum(plan for account, plan, _ in charges if account != "86")
    assert (figures.justified, justified_cents(lines)) == (paid, paid)
    assert figures.planned.eligible_cost == planned
    assert figures.done.products == others + figures.aid.cents
    assert 0 <= figures.aid.cents <= granted
    if planned:
        assert figures.aid.cents <= granted * paid // planned
        assert figures.aid.cents * 10_000 <= paid * max_rate
        assert figures.aid.cents <= min(limit.cents for limit in figures.aid.limits)


def test_spent_as_planned_gives_the_whole_award_and_half_gives_half(report: FinalReport) -> None:
    written = write_all(report)
    assert report_parts.account(written).aid.cents == 400_000
    for line in ReportLine.objects.filter(report=report, side="charge"):
        ReportLine.objects.filter(pk=line.pk).update(done_cents=line.planned_cents // 2)
    figures = report_parts.account(fresh(report))
    assert (figures.justified, figures.aid.cents) == (400_000, 200_000)
    assert "dépenses justifiées" in figures.aid.reason
    assert figures.done.own_share == 300_000


def test_gaps_in_words() -> None:
    assert gap_words(100_000, 100_000) == "comme prévu"
    assert gap_words(0, 5) == "non prévu"
    assert gap_words(100_000, None) == ""
    assert gap_words(100_000, 80_000) == "200,00\u202f€ de moins que prévu (−\u202f20\u202f%)"
    assert measure_words("40", "46") == "6 de plus que la cible (115\u202f% de la cible)"
    assert measure_words("20", "17") == "3 de moins que la cible (85\u202f% de la cible)"
    assert measure_words("1 200", "1200") == "cible atteinte"
    assert measure_words("un guide", "1") == ""
    assert measure_words("0", "4") == "4 de plus que la cible"


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.text(max_size=40), st.text(max_size=40))
def test_whatever_is_typed_is_compared_without_a_crash(target: str, done: str) -> None:
    assert isinstance(measure_words(target, done), str)
    value = figure(done)
    assert value is None or value >= 0


def test_the_database_adds_up_what_was_spent(report: FinalReport) -> None:
    """Whatever the service says, the sum is that of the lines; a photo without consent does not leave."""
    write_all(report)
    FinalReport.objects.filter(pk=report.pk).update(spent_cents=1)
    assert send(report).spent_cents == 800_000
    document = ReportDocument.objects.get()
    with pytest.raises(IntegrityError, match="frozen"), transaction.atomic():
        document.delete()


def test_the_balance_waits_for_the_report(report: FinalReport, desk: Desk) -> None:
    from payments.requests import has_accepted_report

    assert not has_accepted_report(report.application)
    write_all(report)
    send(report)
    assert not has_accepted_report(report.application)
    report_review.accept_report(report.application_id, by=desk.instructor)
    assert has_accepted_report(report.application)


def test_a_balance_that_the_report_reduces_waits_for_the_reduction(report: FinalReport, desk: Desk) -> None:
    from payments.requests import obstacle

    written, by = write_all(report), report.application.created_by
    done = {pk: (cents or 0) // 2 for pk, cents in done_as_planned(written).items()}
    reports.save_report_budget(report.application_id, done=done, by=by)
    own = next(line for line in fresh(report).lines.all() if line.account == "autofinancement")
    gap = report_parts.account(fresh(report)).done.gap
    reports.save_report_budget(report.application_id, done={own.pk: (own.done_cents or 0) + gap}, by=by)
    send(report)
    assert report_parts.lost_cents(report.application) == 0, "nothing is lost before it is accepted"
    report_review.accept_report(report.application_id, by=desk.instructor)
    lost = report_parts.lost_cents(report.application)
    assert lost == 200_000
    balance = Instalment.objects.get(application=report.application_id, kind="balance")
    assert "rien à verser" in obstacle(balance, [], has_account=True, has_report=True, balance_cents=0)
    assert obstacle(balance, [], has_account=True, has_report=True, balance_cents=lost) == ""
