"""The history of a draft: who changed what, nothing written out of reach, and a restore that is a save like another."""

from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from applications import services
from applications.models import Application, Version
from applications.services import history
from common.differences import differences
from common.errors import NotAllowed, Stale
from journal.models import Entry
from tests.applications.test_autosave import client_of, tokens
from tests.factories.accounts import a_drafter, a_reader
from tests.factories.applications import a_draft, a_line, a_sent_application

pytestmark = pytest.mark.django_db


def write(draft: Application, text: str, *, by: Any = None) -> None:
    services.save_section(draft.pk, "enjeu", by=by or draft.created_by, values={"stakes": text})


def kept(draft: Application, unit: str = "stakes") -> list[Any]:
    return list(draft.sittings.filter(unit=unit).values_list("before", flat=True))


def test_saves_that_follow_are_one_sitting(monkeypatch: pytest.MonkeyPatch) -> None:
    draft = a_draft()
    for words in ("Un", "Un dossier", "Un dossier sur cinq"):
        write(draft, words)
    assert kept(draft) == [""]
    assert Entry.objects.filter(verb="save_section").count() == 1, "the journal says one sitting once"
    later = timezone.now() + history.SITTING
    monkeypatch.setattr(timezone, "now", lambda: later)
    write(draft, "Un dossier sur quatre")
    assert kept(draft) == ["", "Un dossier sur cinq"]


def test_another_person_begins_another_sitting() -> None:
    draft = a_draft()
    colleague = a_drafter(draft.organisation)
    write(draft, "A")
    write(draft, "B", by=colleague)
    write(draft, "C")
    assert kept(draft) == ["", "A", "B"]
    assert [one.by_id for one in draft.sittings.all()] == [draft.created_by_id, colleague.pk, draft.created_by_id]


def test_many_words_that_disappear_at_once_are_kept() -> None:
    draft = a_draft()
    text = "Quarante minutes de travail. " * 20
    write(draft, text)
    write(draft, "Oups.")
    assert kept(draft) == ["", text]


def test_a_file_keeps_a_bounded_history_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "MOST_VERSIONS", 3)
    draft = a_draft()
    people = (draft.created_by, a_drafter(draft.organisation))
    for number in range(6):
        write(draft, f"Texte {number}.", by=people[number % 2])
    assert draft.sittings.count() == 3
    assert Application.objects.get(pk=draft.pk).stakes == "Texte 5."
    page = client_of(draft.created_by).get(reverse("application_history", args=[draft.public_id]))
    assert "L’historique s’arrête là" in page.content.decode()


def test_a_text_a_date_a_list_and_a_table_come_back_as_they_were() -> None:
    draft, other = a_draft(), None
    other = a_drafter(draft.organisation)
    day = timezone.localdate() + timedelta(days=90)
    first: dict[str, Any] = {"description": "Six séances.", "publics": ["agents", "elus"], "starts_on": day}
    rows = {"milestones": [{"label": "Première séance", "planned_on": day}]}
    services.save_section(draft.pk, "description", by=draft.created_by, values=first, rows=rows)
    lines = [a_line("charge", "60", 1050, label="Imprimés"), a_line("product", "74", 500, is_request=True)]
    services.save_section(draft.pk, "budget", by=draft.created_by, rows={"budget_lines": lines})
    services.save_section(
        draft.pk,
        "description",
        by=other,
        values={"description": "", "publics": [], "starts_on": None},
        rows={"milestones": []},
    )
    services.save_section(draft.pk, "budget", by=other, rows={"budget_lines": []})
    for unit, section in (
        *((unit, "description") for unit in ("description", "publics", "starts_on", "milestones")),
        ("budget_lines", "budget"),
    ):
        version = draft.sittings.filter(unit=unit).latest("pk")
        services.restore(draft.pk, version.pk, by=other, seen=tokens(draft, section)[unit])
    back = services.for_reading().get(pk=draft.pk)
    assert (back.description, sorted(back.publics), back.starts_on) == ("Six séances.", ["agents", "elus"], day)
    assert [(one.label, one.planned_on) for one in back.milestones.all()] == [("Première séance", day)]
    assert (back.requested_cents, back.total_cost_cents) == (500, 1050)
    assert Entry.objects.filter(verb="restore_section").count() == 5
    assert draft.sittings.exclude(restores=None).count() == 5


def test_a_restore_on_what_changed_meanwhile_is_stale() -> None:
    draft = a_draft()
    colleague = a_drafter(draft.organisation)
    write(draft, "Avant.")
    write(draft, "Après.", by=colleague)
    seen = tokens(draft, "enjeu")["stakes"]
    write(draft, "Encore après.", by=colleague)
    version = draft.sittings.latest("pk")
    with pytest.raises(Stale):
        services.restore(draft.pk, version.pk, by=draft.created_by, seen=seen)
    assert Application.objects.get(pk=draft.pk).stakes == "Encore après."


def test_a_reader_reads_the_history_and_a_sent_file_is_frozen() -> None:
    draft, sent = a_draft(), a_sent_application()
    write(draft, "A")
    version = draft.sittings.get()
    with pytest.raises(NotAllowed):
        services.restore(draft.pk, version.pk, by=a_reader(draft.organisation), seen=tokens(draft, "enjeu")["stakes"])
    with pytest.raises(NotAllowed):
        services.restore(sent.pk, sent.sittings.first().pk, by=sent.created_by, seen="")
    client = client_of(sent.created_by)
    page = client.get(reverse("application_history", args=[sent.public_id])).content.decode()
    assert "Le dossier est envoyé" in page and "Reprendre le texte d’avant" not in page
    version_page = reverse("application_version", args=[sent.public_id, draft.sittings.get().pk])
    assert client.get(version_page).status_code == 404, "a version of another file"
    write_again = reverse("application_version", args=[draft.public_id, version.pk])
    assert client_of(a_drafter()).get(write_again).status_code == 404


def test_the_page_tells_the_words_that_changed_and_puts_them_back() -> None:
    draft = a_draft()
    colleague = a_drafter(draft.organisation, first_name="Karim", last_name="Benali")
    write(draft, "Un dossier sur cinq est écarté.")
    write(draft, "Un dossier sur quatre est écarté.", by=colleague)
    client = client_of(draft.created_by)
    page = client.get(reverse("application_history", args=[draft.public_id])).content.decode()
    for said in ("Karim Benali", "<del>cinq </del>", "<ins>quatre </ins>"):
        assert said in page
    address = reverse("application_version", args=[draft.public_id, draft.sittings.latest("pk").pk])
    seen = client.get(address).context["seen"]
    assert client.post(address, {"vu": seen}).status_code == 302
    assert Application.objects.get(pk=draft.pk).stakes == "Un dossier sur cinq est écarté."
    assert (
        "Texte repris de l’historique"
        in client.get(reverse("application_history", args=[draft.public_id])).content.decode()
    )


def test_the_list_asks_as_much_for_one_sitting_as_for_many() -> None:
    draft = a_draft()
    people = (draft.created_by, a_drafter(draft.organisation))
    write(draft, "Premier.")
    client, address = client_of(draft.created_by), reverse("application_history", args=[draft.public_id])

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        return len(queries)

    count()
    one = count()
    for number in range(20):
        write(draft, f"Texte {number}.", by=people[number % 2])
    assert count() == one


@pytest.mark.django_db(transaction=True)
def test_the_hour_of_a_version_is_the_database_s(app_connection: psycopg.Connection[Any]) -> None:
    draft = a_draft()
    write(draft, "A")
    app_connection.execute(
        "INSERT INTO applications_version (application_id, section, unit, before, by_id, begun_at)"
        " VALUES (%s, 'enjeu', 'stakes', '\"faux\"', %s, '2020-01-01')",
        [draft.pk, draft.created_by_id],
    )
    assert Version.objects.latest("pk").begun_at.year >= 2026


def test_differences_put_together_again_are_both_texts() -> None:
    old, new = "Un dossier sur cinq\nest écarté.", "Un bon dossier sur quatre\nest écarté !"
    parts = differences(old, new)
    assert "".join(part.text for part in parts if part.kind != "new") == old
    assert "".join(part.text for part in parts if part.kind != "gone") == new
    assert [part.kind for part in differences("x " * 4000, "y " * 4000)] == ["gone", "new"]
