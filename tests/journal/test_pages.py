"""The journal for those who control: search, one entry, the proof of its chain."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.states import Role
from common.actors import MACHINE
from journal.models import Entry
from journal.services import record, record_read
from tests.factories.accounts import a_commune, a_user, an_auditor, an_instructor, one_of_each
from tests.factories.applications import a_sent_application
from tests.support.queries import Counted

pytestmark = pytest.mark.django_db


def test_who_reads_the_journal(client: Client) -> None:
    entry = record(a_commune(), by=MACHINE, verb="edit")
    for role, person in one_of_each().items():
        client.force_login(person)
        status = 200 if role in (Role.AUDITOR, Role.HEAD_OF_SERVICE) else 404
        for name, args in (("journal", []), ("journal_access", []), ("journal_entry", [entry.pk])):
            assert client.get(reverse(name, args=args)).status_code == status, (role, name)
    client.logout()
    assert client.get(reverse("journal")).status_code == 302


def test_a_file_is_followed_by_its_number(client: Client) -> None:
    application = a_sent_application()
    client.force_login(an_auditor())
    page = client.get(reverse("journal"), {"objet": application.number.lower()})
    verbs = {entry.verb for entry in page.context["page"].rows}
    assert "submit" in verbs
    assert {
        entry.subject_id for entry in page.context["page"].rows if entry.subject_type == "applications.application"
    } == {application.pk}
    assert application.number in page.content.decode()
    assert client.get(reverse("journal"), {"objet": "FI-1999-0001"}).context["page"].rows == []


def test_filters(client: Client) -> None:
    commune, person = a_commune(), a_user(last_name="Zébulon")
    record(commune, by=person, verb="save_plan", reason="Un motif")
    client.force_login(an_auditor())
    for query in (
        {"auteur": "zébulon"},
        {"action": "save_plan"},
        {"objet": f"accounts.organisation:{commune.pk}"},
        {"sorte": "content"},
    ):
        assert [e.verb for e in client.get(reverse("journal"), query).context["page"].rows] == ["save_plan"], query
    assert client.get(reverse("journal"), {"au": "2020-01-01"}).context["page"].rows == []
    assert client.get(reverse("journal"), {"du": "2020-01-01", "action": "save_plan"}).context["page"].rows
    backwards = client.get(reverse("journal"), {"du": "2026-02-01", "au": "2026-01-01"}).content.decode()
    assert "La fin vient avant le début" in backwards


def test_sensitive_reads_have_their_own_page(client: Client) -> None:
    reader = an_instructor()
    record(a_commune(), by=reader, verb="edit")
    record_read(a_commune(), by=reader, what="read_iban")
    client.force_login(an_auditor())
    verbs = [entry.verb for entry in client.get(reverse("journal_access")).context["page"].rows]
    assert "read_iban" in verbs
    assert "sign_in" in verbs
    assert "edit" not in verbs


def test_one_entry_and_the_proof_of_its_chain(client: Client) -> None:
    commune = a_commune()
    for number in range(3):
        entry = record(commune, by=MACHINE, verb="edit", data={"n": number})
    entry.refresh_from_db()
    client.force_login(an_auditor())
    url = reverse("journal_entry", args=[entry.pk])
    assert entry.hash in client.get(url).content.decode()
    assert "La chaîne tient" in client.get(url + "?verifier=1").content.decode()


def test_reading_writes_nothing(client: Client) -> None:
    client.force_login(an_auditor())
    before = Entry.objects.count()
    client.get(reverse("journal"))
    client.get(reverse("journal_access"))
    assert Entry.objects.count() == before


def test_it_is_paged_by_key_and_costs_the_same_for_1_and_30(client: Client) -> None:
    commune = a_commune()
    client.force_login(an_auditor())
    record(commune, by=MACHINE, verb="edit")
    edits = {"action": "edit"}
    client.get(reverse("journal"), edits)
    with Counted() as one:
        client.get(reverse("journal"), edits)
    for _ in range(60):
        record(commune, by=MACHINE, verb="edit")
    with Counted() as many:
        page = client.get(reverse("journal"), edits)
    assert many.count == one.count
    assert len(page.context["page"].rows) == 50
    assert len(client.get(reverse("journal") + page.context["page"].next_url).context["page"].rows) >= 11
