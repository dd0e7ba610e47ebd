"""The pages of the report: nothing typed is lost, each act once, who sees what, as many queries for one row as for thirty."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from applications import report_parts
from applications.models import FinalReport
from applications.services import report_files
from applications.states import ReportState
from common.dates import day
from documents.services import scan
from tests.factories.accounts import a_drafter, a_membership, a_reader, an_auditor, an_instructor
from tests.factories.applications import a_pdf, signatory_of
from tests.factories.desk import Desk
from tests.factories.payments import Team, a_decision
from tests.factories.reports import a_due_report, a_photo, an_opened_report, fresh, send, write_all

pytestmark = pytest.mark.django_db
HOME_QUERIES = 26


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def report(desk: Desk) -> FinalReport:
    return an_opened_report(desk)


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page(name: str, report: FinalReport, *args: Any) -> str:
    return reverse(name, args=[report.application.public_id, *args])


def text_of(response: Any) -> str:
    return " ".join(response.content.decode().split())


def seen(report: FinalReport, slug: str) -> dict[str, Any]:
    return {f"vu-{slug}": report_parts.fingerprint(fresh(report), slug)}


PAGES = ("report_home", "report_measures", "report_budget", "report_proofs", "report_photos", "report_publication")


def test_every_page_opens_empty_and_written_and_a_reader_only_reads(report: FinalReport) -> None:
    drafter = client_of(report.application.created_by)
    more = (*PAGES, "report_review", "report_print")
    for name in more:
        assert drafter.get(page(name, report)).status_code == 200, name
    for part in report_parts.TEXTS:
        assert part.title in text_of(drafter.get(page("report_text", report, part.slug)))
    write_all(report)
    photo = report_files.add_photo(report.application_id, upload=a_photo(), by=report.application.created_by)
    scan(photo.file_id)
    for name in more:
        assert drafter.get(page(name, report)).status_code == 200, name
    assert "La salle" not in text_of(drafter.get(page("report_photo", report, photo.pk)))
    reader = client_of(a_reader(report.application.organisation))
    assert reader.get(page("report_home", report)).status_code == 200
    assert reader.get(page("report_text", report, "publics")).status_code == 302
    assert reader.post(page("report_text", report, "publics"), {"text": "x"}).status_code == 403
    stranger = client_of(a_drafter())
    assert {stranger.get(page(name, report)).status_code for name in more} == {404}
    assert {client_of(an_instructor()).get(page(name, report)).status_code for name in more} == {404}


def test_the_file_says_once_that_a_report_is_due() -> None:
    report = a_due_report(a_decision(Team()).application)
    home = text_of(client_of(report.application.created_by).get(page("application_home", report)))
    assert " ".join(f"Attendu le {day(report.due_on)}".split()) in home
    assert "Attendu, " not in home


def test_a_text_is_saved_and_a_stale_one_comes_back_with_both(report: FinalReport) -> None:
    drafter = client_of(report.application.created_by)
    url, before = page("report_text", report, "publics"), seen(report, "publics")
    assert "Agents des collectivités" in text_of(drafter.get(url)), "what the file announced stands beside"
    assert drafter.post(url, {"text": "Quarante agents.", "publish": "on", **before}).status_code == 302
    again = drafter.post(url, {"text": "Cinquante agents.", **before})
    assert again.status_code == 200
    assert "Cinquante agents." in text_of(again) and "Quarante agents." in text_of(again)
    assert fresh(report).texts.get(slug="publics").text == "Quarante agents."
    assert drafter.post(url, {"text": "Cinquante agents.", **seen(report, "publics")}).status_code == 302
    assert fresh(report).texts.get(slug="publics").text == "Cinquante agents."


def budget_data(report: FinalReport, **typed: str) -> dict[str, str]:
    data = {"ajout-TOTAL_FORMS": "1", "ajout-INITIAL_FORMS": "0", "note": ""}
    for line in report.lines.all():
        if not line.is_request:
            data[f"l{line.pk}-amount"] = typed.get(line.account, "")
    return data | {key: value for key, value in typed.items() if "-" in key}


@pytest.mark.parametrize("wrong", ["12.000,50", "-5", "beaucoup", "1.234", "12,345", "9" * 30])
def test_an_amount_that_cannot_be_read_is_said_and_kept(report: FinalReport, wrong: str) -> None:
    drafter, url = client_of(report.application.created_by), page("report_budget", report)
    answer = drafter.post(url, {**budget_data(report, **{"60": wrong, "62": "6 000,00"}), **seen(report, "budget")})
    shown = text_of(answer)
    assert (answer.status_code == 200 and "f-error" in shown) or "ferr" in shown or "errsum" in shown
    assert wrong in shown and "6 000,00" in shown
    assert all(line.done_cents is None for line in fresh(report).lines.all())


def test_a_budget_is_balanced_in_words(report: FinalReport) -> None:
    drafter, url = client_of(report.application.created_by), page("report_budget", report)
    typed = {"60": "2000", "62": "5 000,00 €", "74": "1000", "autofinancement": "0"}
    drafter.post(url, {**budget_data(report, **typed), **seen(report, "budget")})
    assert fresh(report).spent_cents == 700_000
    shown = text_of(drafter.get(url))
    # 4 000 € on 8 000 € is a half: 3 500 € of aid, 1 000 € of the State, so 2 500 € are missing.
    assert "Il manque 2 500,00 € de produits" in shown
    typed["autofinancement"] = "2500"
    more = {"ajout-0-account": "61", "ajout-0-label": "Salle", "ajout-0-amount": ""}
    refused = drafter.post(url, {**budget_data(report, **typed), **more, **seen(report, "budget")})
    assert "Il manque le montant" in text_of(refused) and "Salle" in text_of(refused)
    assert drafter.post(url, {**budget_data(report, **typed), **seen(report, "budget")}).status_code == 302
    assert "Équilibré" in text_of(drafter.get(url))


def test_files_one_refused_loses_no_other(report: FinalReport) -> None:
    drafter, url = client_of(report.application.created_by), page("report_proofs", report)
    data = {"kind": "facture", "uploads": [a_pdf("bon.pdf"), a_photo("faux.pdf")]}
    answer = drafter.post(url, data)
    assert answer.status_code == 422 and "faux.pdf" in text_of(answer)
    assert [one.file.name for one in fresh(report).documents.all()] == ["bon.pdf"]
    assert "Reçu, analyse en cours" in text_of(drafter.get(url))
    photos = page("report_photos", report)
    done: Any = drafter.post(photos, {"uploads": [a_photo()]})
    photo = fresh(report).photos.get()
    assert done.url == page("report_photo", report, photo.pk)
    drafter.post(done.url, {"caption": "La salle", "alternative": "Une salle", "people": "personne", "rights": "on"})
    assert not report_parts.photo_lacks(fresh(report).photos.get())
    assert drafter.post(page("report_photo_remove", report, photo.pk)).status_code == 302
    assert drafter.post(page("report_photo_remove", report, photo.pk)).status_code == 302


def test_the_signature_then_the_sending_once(report: FinalReport) -> None:
    write_all(report)
    signatory = client_of(signatory_of(report.application))
    drafter = client_of(report.application.created_by)
    assert "Demander la signature" in text_of(drafter.get(page("report_review", report)))
    drafter.post(page("report_ask_signature", report), {"version": fresh(report).version, "key": uuid4()})
    assert fresh(report).signature_asked_at
    back = {"version": fresh(report).version, "key": uuid4(), "text": "Reprenez les résultats."}
    assert signatory.post(page("report_return", report), back).status_code == 302
    assert "Reprenez les résultats." in text_of(drafter.get(page("report_home", report)))
    url, form = page("report_submit", report), {"version": fresh(report).version, "key": uuid4()}
    assert drafter.get(url).status_code == 403
    refused = signatory.post(url, form)
    assert refused.status_code == 422 and "Cochez cette case" in text_of(refused)
    form["certified"] = "on"
    answers = [signatory.post(url, form) for _ in range(3)]
    assert {one.status_code for one in answers} == {302}
    assert fresh(report).state == ReportState.SUBMITTED
    assert "La métropole lit votre bilan" in text_of(drafter.get(page("report_home", report)))
    late = drafter.post(page("report_text", report, "publics"), {"text": "Trop tard, mais gardé."})
    assert "Trop tard, mais gardé." in text_of(late) and "ne change plus" in text_of(late)


def test_the_desk_reads_gives_back_and_accepts(report: FinalReport, desk: Desk) -> None:
    instructor = client_of(desk.instructor)
    assert "pas encore envoyé" in text_of(instructor.get(page("desk_report", report)))
    write_all(report)
    assert "Ce qu’il faut dire" not in text_of(instructor.get(page("desk_report", report))), "a draft is the commune’s"
    send(report)
    assert str(report.application.number) in text_of(instructor.get(reverse("report_list")))
    shown = text_of(instructor.get(page("desk_report", report)))
    assert "Ce qu’il faut dire" in shown and "Accepter le bilan" in shown and "comme prévu" in shown.lower()
    empty = instructor.post(page("desk_report_return", report), {"version": fresh(report).version})
    assert empty.status_code == 422 and "au moins pour une partie" in text_of(empty)
    words = {"part-budget": "Joignez la facture 12.", "version": fresh(report).version}
    assert instructor.post(page("desk_report_return", report), words).status_code == 302
    drafter = client_of(report.application.created_by)
    assert "Joignez la facture 12." in text_of(drafter.get(page("report_home", report)))
    assert "Joignez la facture 12." in text_of(drafter.get(page("report_budget", report)))
    send(report)
    version = {"version": fresh(report).version}
    assert (
        instructor.post(page("desk_report_moderate", report), {"texte-publics": "publiable", **version}).status_code
        == 302
    )
    assert instructor.post(page("desk_report_accept", report), {"version": fresh(report).version}).status_code == 302
    assert "Le bilan est accepté" in text_of(drafter.get(page("report_home", report)))
    assert instructor.get(page("desk_report_accept", report)).status_code in (302, 409)


def test_who_sees_a_report_at_the_desk(report: FinalReport, desk: Desk) -> None:
    from reviews import services as reviews

    write_all(report)
    send(report)
    conflicted = an_instructor()
    reviews.declare_conflict(report.application_id, reason="Ma sœur y travaille.", by=conflicted)
    assert client_of(conflicted).get(page("desk_report", report)).status_code == 404
    assert str(report.application.number) not in text_of(
        client_of(conflicted).get(reverse("report_list") + "?vue=tous")
    )
    auditor = client_of(an_auditor())
    assert auditor.get(page("desk_report", report)).status_code == 200
    assert auditor.get(page("desk_report_accept", report)).status_code == 403
    both = signatory_of(report.application)
    a_membership(both, "instructor")
    assert client_of(both).post(page("desk_report_accept", report), {}).status_code == 404


def test_the_list_asks_as_much_for_one_report_as_for_thirty(desk: Desk) -> None:
    instructor = client_of(desk.instructor)
    url = reverse("report_list") + "?vue=tous"
    an_opened_report(desk)

    def count() -> int:
        instructor.get(url)
        with CaptureQueriesContext(connection) as queries:
            assert instructor.get(url).status_code == 200
        return len(queries)

    one = count()
    team = Team()
    for _ in range(29):
        a_due_report(a_decision(team.beside(), cents=20_000).application)
    assert count() == one
    assert FinalReport.objects.count() == 30


def test_the_home_of_a_report_asks_little(report: FinalReport) -> None:
    write_all(report)
    drafter = client_of(report.application.created_by)
    drafter.get(page("report_home", report))
    with CaptureQueriesContext(connection) as queries:
        drafter.get(page("report_home", report))
    assert len(queries) <= HOME_QUERIES, len(queries)


def test_late_is_said_and_still_possible(report: FinalReport) -> None:
    FinalReport.objects.filter(pk=report.pk).update(due_on=timezone.localdate() - timedelta(days=9))
    write_all(report)
    signatory = client_of(signatory_of(report.application))
    assert "il peut toujours être envoyé" in text_of(signatory.get(page("report_home", report)))
    assert "il est encore reçu" in text_of(signatory.get(page("report_review", report)))
    assert "Il est encore reçu" in text_of(signatory.get(page("report_submit", report)))
    assert send(report).state == ReportState.SUBMITTED
