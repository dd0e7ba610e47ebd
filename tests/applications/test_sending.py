"""Between the drafter and the signatory: asked, changed since, returned with sections to take up, sent once."""

from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from applications import services, signing
from applications.models import Application
from notifications.models import Message
from tests.factories.accounts import a_signatory
from tests.factories.applications import a_complete_draft, a_pdf

pytestmark = pytest.mark.django_db


def url(name: str, application: Application) -> str:
    return reverse(name, args=[application.public_id])


def write(application: Application, text: str) -> None:
    services.save_section(application.pk, "obstacles", by=application.created_by, values={"obstacles": text})


def test_the_signatory_reads_what_changed_since_the_signature_was_asked(client: Client) -> None:
    draft = a_complete_draft()
    signatory = a_signatory(draft.organisation)
    client.force_login(signatory)
    services.ask_signature(draft.pk, by=draft.created_by)
    assert "a changé depuis" not in client.get(url("application_review", draft)).content.decode()
    write(draft, "Un obstacle de plus.")
    services.attach_document(draft.pk, by=draft.created_by, code="devis", upload=a_pdf())
    page = client.get(url("application_review", draft)).content.decode()
    assert "Le dossier a changé depuis la demande de signature" in page
    draft.refresh_from_db()
    assert [one.section.slug for one in signing.changed_since_asked(draft)] == ["obstacles", "pieces"]


def test_the_sections_to_take_up_stay_until_they_are_saved(client: Client) -> None:
    draft = a_complete_draft()
    signatory = a_signatory(draft.organisation)
    services.ask_signature(draft.pk, by=draft.created_by)
    client.force_login(signatory)
    version = Application.objects.get(pk=draft.pk).version
    data = {"text": "Le total ne va pas.", "sections": ["obstacles", "budget"], "version": version}
    assert client.post(url("application_return", draft), data).status_code == 302
    mail = Message.objects.get(kind="returned_to_drafter")
    assert "À reprendre\u202f: Les obstacles à prévoir, Le budget prévisionnel" in mail.body_text
    client.force_login(draft.created_by)
    section = reverse("application_section", args=[draft.public_id, "obstacles"])
    home, budget = url("application_home", draft), url("application_budget", draft)
    for page in (section, budget, home):
        assert "Le total ne va pas." in client.get(page).content.decode()
    write(draft, "Repris.")
    assert "Le total ne va pas." not in client.get(section).content.decode()
    assert "Le total ne va pas." in client.get(budget).content.decode()
    assert "À reprendre : Le budget prévisionnel." in client.get(home).content.decode()


def test_a_second_tab_reads_the_number(client: Client) -> None:
    draft = a_complete_draft()
    client.force_login(a_signatory(draft.organisation))
    tabs = [{"version": draft.version, "key": str(uuid4())} for _ in range(2)]
    for tab in (*tabs, *tabs):
        answer = client.post(url("application_submit", draft), tab)
        assert (answer.status_code, answer.headers["Location"]) == (302, url("application_sent", draft))
    sent = Application.objects.get(pk=draft.pk)
    page = client.get(url("application_sent", draft)).content.decode()
    assert str(sent.number) in page and "déjà envoyé" in page
    assert Message.objects.filter(kind="application_submitted").count() == 2
