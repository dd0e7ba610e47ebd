"""A report that saves itself while one writes: the same « enregistré », the same two texts, nothing typed lost."""

import re
from typing import Any

import pytest
from django.test import Client

from applications import report_parts
from applications.models import FinalReport, KeptText
from journal.models import Entry
from tests.applications.test_report_pages import budget_data, client_of, page, seen, text_of
from tests.factories.accounts import a_drafter
from tests.factories.reports import an_opened_report, fresh, send, write_all

pytestmark = pytest.mark.django_db
AUTOSAVE = {"X-Autosave": "1"}


@pytest.fixture
def report() -> FinalReport:
    return an_opened_report()


def save(client: Client, url: str, typed: dict[str, Any]) -> Any:
    return client.post(url, typed, headers=AUTOSAVE)


def publics(report: FinalReport) -> str:
    return str(fresh(report).texts.get(slug="publics").text)


def test_a_part_is_saved_while_one_types_and_says_when(report: FinalReport) -> None:
    drafter, url = client_of(report.application.created_by), page("report_text", report, "publics")
    assert "data-autosave" in drafter.get(url).content.decode()
    said = save(drafter, url, {"text": "Quarante", **seen(report, "publics")}).json()
    assert re.fullmatch(r"Enregistré à \d{1,2}\u202fh\u202f\d\d", said["said"])
    assert publics(report) == "Quarante"
    said = save(drafter, url, {"text": "Quarante agents.", "vu-publics": said["tokens"]["publics"]}).json()
    assert said["settled"] == ["publics"] and publics(report) == "Quarante agents."
    assert Entry.objects.filter(verb="save_report_part").count() == 1, "one line in the journal a sitting"


def test_a_save_whose_answer_was_lost_is_sent_again_in_peace(report: FinalReport) -> None:
    drafter, url = client_of(report.application.created_by), page("report_text", report, "publics")
    before = seen(report, "publics")
    for _ in range(2):
        assert save(drafter, url, {"text": "Quarante agents.", **before}).json()["settled"] == ["publics"]


def test_two_texts_are_shown_and_one_chooses(report: FinalReport) -> None:
    one, url = client_of(report.application.created_by), page("report_text", report, "publics")
    other, before = client_of(a_drafter(report.application.organisation)), seen(report, "publics")
    save(one, url, {"text": "Quarante agents.", **before})
    said = save(other, url, {"text": "Cinquante agents.", **before}).json()
    assert said["settled"] == [] and said["said"] == ""
    assert "Quarante agents." in said["conflicts"]["publics"] and "Cinquante agents." in said["conflicts"]["publics"]
    assert publics(report) == "Quarante agents."
    shown = text_of(other.post(url, {"text": "Cinquante agents.", **before}))
    assert "Garder le mien" in shown and "Quarante agents." in shown and "Cinquante agents." in shown
    fresh_token = re.search(r'name="neuf-publics" value="(\w+)"', shown)[1]  # type: ignore[index]
    theirs = {"text": "Cinquante agents.", **before, "choix": "sien:publics", "neuf-publics": fresh_token}
    assert other.post(url, theirs)["Location"] == url
    assert publics(report) == "Quarante agents."
    assert other.post(url, {**theirs, "choix": "mien:publics"}).status_code == 302
    assert publics(report) == "Cinquante agents."


@pytest.mark.parametrize("slug", ["publics", "indicateurs", "budget", "publication"])
def test_without_a_word_of_what_was_seen_nothing_is_replaced(report: FinalReport, slug: str) -> None:
    name = {"publics": "report_text", "indicateurs": "report_measures", "budget": "report_budget"}
    url = page(name.get(slug, "report_publication"), report, *([slug] if slug == "publics" else []))
    measure = fresh(report).measures.all()[0].pk
    first = {"text": "A", "accepted": "on", f"m{measure}-done": "12", **budget_data(report, **{"60": "10"})}
    other = {"text": "B", f"m{measure}-done": "13", **budget_data(report, **{"60": "11"})}
    drafter = client_of(report.application.created_by)
    assert save(drafter, url, {**first, **seen(report, slug)}).json()["settled"] == [slug]
    standing = report_parts.content(fresh(report), slug)
    assert list(save(drafter, url, other).json()["conflicts"]) == [slug]
    assert report_parts.content(fresh(report), slug) == standing


def test_an_amount_that_cannot_be_read_is_told_beside_it(report: FinalReport) -> None:
    drafter, url = client_of(report.application.created_by), page("report_budget", report)
    said = save(drafter, url, {**budget_data(report, **{"60": "beaucoup"}), **seen(report, "budget")}).json()
    line = next(one for one in report.lines.all() if one.account == "60")
    assert [name for name, _ in said["errors"]["budget"]] == [f"l{line.pk}-amount"]
    assert said["settled"] == []


def test_a_session_that_ended_gives_the_text_back(report: FinalReport) -> None:
    writer = report.application.created_by
    drafter, url = client_of(writer), page("report_text", report, "publics")
    word = re.search(r'name="auteur" value="([^"]+)"', drafter.get(url).content.decode())[1]  # type: ignore[index]
    typed = {"text": "Quarante minutes de travail.", "publish": "on", "auteur": word, **seen(report, "publics")}
    assert save(Client(), url, typed).status_code == 401
    assert "/compte/login/" in Client().post(url, typed)["Location"]
    again = text_of(drafter.get(url))
    assert "Quarante minutes de travail." in again and "Voici ce que vous écriviez" in again
    number = str(KeptText.objects.get().pk)
    assert publics(report) == ""
    assert drafter.post(url, {**typed, "garde": number}).status_code == 302
    assert publics(report) == "Quarante minutes de travail."
    assert not KeptText.objects.exists()
    assert "Voici ce que vous écriviez" not in text_of(drafter.get(url))


def test_a_report_that_was_sent_says_so_to_a_page_left_open(report: FinalReport) -> None:
    drafter, url = client_of(report.application.created_by), page("report_text", report, "publics")
    before = seen(report, "publics")
    send(write_all(report))
    said = save(drafter, url, {"text": "Trop tard.", **before})
    assert said.status_code == 409
    assert "Le bilan est envoyé" in said.json()["refused"]
