"""Saving while one types: what is said to be saved is saved, what is not stays on the page, and nobody's words go unseen."""

from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from applications import kept, services
from applications.models import Application, KeptText
from applications.sections import BY_SLUG
from tests.factories.accounts import a_drafter, a_reader
from tests.factories.applications import a_draft, a_sent_application

pytestmark = pytest.mark.django_db
AUTOSAVE = {"X-Autosave": "1"}


def client_of(user: User, **options: Any) -> Client:
    client = Client(**options)
    client.force_login(user)
    return client


def address(application: Application, slug: str) -> str:
    return reverse("application_section", args=[application.public_id, slug])


def tokens(application: Application, slug: str) -> dict[str, str]:
    fresh = services.for_reading().get(pk=application.pk)
    return services.tokens(fresh, BY_SLUG[slug])


def typed(application: Application, slug: str, *units: str, **values: Any) -> dict[str, Any]:
    return {f"vu-{unit}": seen for unit, seen in tokens(application, slug).items() if unit in units} | values


def autosave(client: Client, application: Application, slug: str, data: dict[str, Any]) -> Any:
    return client.post(address(application, slug), data, headers=AUTOSAVE)


# --- One field at a time ----------------------------------------------------------------------------------------


def test_only_the_field_that_was_touched_is_written() -> None:
    draft = a_draft()
    services.save_section(draft.pk, "enjeu", by=draft.created_by, values={"diagnostic": "Déjà là."})
    answer = autosave(
        client_of(draft.created_by), draft, "enjeu", typed(draft, "enjeu", "stakes", stakes="Nouveau.")
    ).json()
    assert answer["settled"] == ["stakes"] and answer["said"].startswith("Enregistré à ")
    saved = Application.objects.get(pk=draft.pk)
    assert (saved.stakes, saved.diagnostic) == ("Nouveau.", "Déjà là.")
    assert answer["tokens"] == {"stakes": tokens(draft, "enjeu")["stakes"]}


def test_two_colleagues_in_two_fields_of_a_section_do_not_meet() -> None:
    draft = a_draft()
    mine = typed(draft, "enjeu", "stakes", stakes="Le mien.")
    theirs = typed(draft, "enjeu", "diagnostic", diagnostic="Le sien.")
    for person, data in ((draft.created_by, mine), (a_drafter(draft.organisation), theirs)):
        assert autosave(client_of(person), draft, "enjeu", data).json()["conflicts"] == {}
    saved = Application.objects.get(pk=draft.pk)
    assert (saved.stakes, saved.diagnostic) == ("Le mien.", "Le sien.")


def test_a_value_that_is_refused_holds_nothing_else_back() -> None:
    draft = a_draft()
    data = typed(draft, "description", "description", "starts_on", description="Un récit.", starts_on="31/02/2026")
    answer = autosave(client_of(draft.created_by), draft, "description", data).json()
    assert answer["settled"] == ["description"]
    assert answer["errors"] == {"starts_on": [["starts_on", "Écrivez la date comme 22/11/2026."]]}
    saved = Application.objects.get(pk=draft.pk)
    assert (saved.description, saved.starts_on) == ("Un récit.", None)


def test_an_end_before_the_start_that_is_saved_is_refused() -> None:
    draft = a_draft()
    day = timezone.localdate()
    services.save_section(draft.pk, "description", by=draft.created_by, values={"starts_on": day})
    data = typed(draft, "description", "ends_on", ends_on=(day - timedelta(1)).isoformat())
    answer = autosave(client_of(draft.created_by), draft, "description", data).json()
    assert "avant d’avoir commencé" in answer["errors"]["ends_on"][0][1]


def test_a_table_is_one_unit() -> None:
    draft = a_draft()
    rows = {
        "indicators-TOTAL_FORMS": "2",
        "indicators-INITIAL_FORMS": "0",
        "indicators-0-label": "Agents formés",
        "indicators-0-target": "80",
        "indicators-1-unit": "sans nom",
    }
    client = client_of(draft.created_by)
    answer = autosave(client, draft, "reussite", typed(draft, "reussite", "indicators", **rows)).json()
    assert answer["errors"]["indicators"] == [["indicators-1-label", "Il manque : ce que l’on compte."]]
    assert not draft.indicators.exists()
    rows["indicators-1-label"] = "Séances"
    answer = autosave(client, draft, "reussite", typed(draft, "reussite", "indicators", **rows)).json()
    assert answer["settled"] == ["indicators"]
    assert list(draft.indicators.values_list("label", flat=True)) == ["Agents formés", "Séances"]


def test_both_texts_are_shown_and_neither_is_lost() -> None:
    draft = a_draft()
    data = typed(draft, "enjeu", "stakes", stakes="Le texte de Lila.")
    colleague = a_drafter(draft.organisation, first_name="Karim", last_name="Benali")
    services.save_section(draft.pk, "enjeu", by=colleague, values={"stakes": "Le texte de Karim."})
    answer = autosave(client_of(draft.created_by), draft, "enjeu", data).json()
    shown = answer["conflicts"]["stakes"]
    for said in ("Karim Benali", "Le texte de Lila.", "Le texte de Karim.", "Garder le mien", "Garder le sien"):
        assert said in shown
    assert (answer["settled"], answer["said"]) == ([], "")
    assert answer["tokens"]["stakes"] == data["vu-stakes"], "saving again is still not a choice"
    assert Application.objects.get(pk=draft.pk).stakes == "Le texte de Karim."


@pytest.mark.parametrize(("choice", "expected"), [("mien", "Le mien."), ("sien", "Le sien.")])
def test_one_chooses(choice: str, expected: str) -> None:
    draft = a_draft()
    before = typed(draft, "enjeu", "stakes", "diagnostic")
    services.save_section(draft.pk, "enjeu", by=a_drafter(draft.organisation), values={"stakes": "Le sien."})
    now = tokens(draft, "enjeu")["stakes"]
    data = {"stakes": "Le mien.", "diagnostic": "", **before, "choix": f"{choice}:stakes", "neuf-stakes": now}
    answer = client_of(draft.created_by).post(address(draft, "enjeu"), data)
    assert answer.url == address(draft, "enjeu") + "#unite-stakes"
    assert Application.objects.get(pk=draft.pk).stakes == expected


def test_a_choice_made_on_an_older_text_is_asked_again() -> None:
    draft = a_draft()
    before = typed(draft, "enjeu", "stakes", "diagnostic")
    colleague = a_drafter(draft.organisation)
    services.save_section(draft.pk, "enjeu", by=colleague, values={"stakes": "Une fois."})
    now = tokens(draft, "enjeu")["stakes"]
    services.save_section(draft.pk, "enjeu", by=colleague, values={"stakes": "Deux fois."})
    data = {"stakes": "Le mien.", "diagnostic": "", **before, "choix": "mien:stakes", "neuf-stakes": now}
    answer = client_of(draft.created_by).post(address(draft, "enjeu"), data)
    assert answer.status_code == 200 and "Deux fois." in answer.content.decode()
    assert Application.objects.get(pk=draft.pk).stakes == "Deux fois."


def test_a_form_that_does_not_say_what_was_seen_replaces_nothing() -> None:
    draft = a_draft()
    services.save_section(draft.pk, "enjeu", by=draft.created_by, values={"stakes": "Là depuis longtemps."})
    answer = client_of(draft.created_by).post(address(draft, "enjeu"), {"stakes": "", "diagnostic": "Neuf."})
    assert "Là depuis longtemps." in answer.content.decode()
    saved = Application.objects.get(pk=draft.pk)
    assert (saved.stakes, saved.diagnostic) == ("Là depuis longtemps.", ""), "both are asked, nothing is replaced"


# --- Who, when --------------------------------------------------------------------------------------------------


def test_a_reader_and_a_sent_file_are_refused_in_words() -> None:
    draft, sent = a_draft(), a_sent_application()
    for person, file, words in (
        (a_reader(draft.organisation), draft, "Vous lisez ce dossier"),
        (sent.created_by, sent, "est envoyé : son contenu ne change plus"),
    ):
        answer = autosave(client_of(person), file, "enjeu", typed(file, "enjeu", "stakes", stakes="Intrusion."))
        assert answer.status_code == 403 and words in answer.json()["refused"]


@pytest.mark.django_db(transaction=True)
def test_after_the_closing_the_text_stays_in_the_draft_and_says_so(owner_connection: psycopg.Connection[Any]) -> None:
    draft = a_draft()
    data = typed(draft, "enjeu", "stakes", stakes="Écrit à la dernière seconde.")
    client = client_of(draft.created_by)
    assert "L’appel est clos" not in client.get(address(draft, "enjeu")).content.decode()
    owner_connection.execute("UPDATE fund_call SET closes_at = now() WHERE id = %s", [draft.call_id])
    said = autosave(client, draft, "enjeu", data).json()["said"]
    assert "dans le brouillon" in said and "ne peut plus être envoyé" in said
    assert Application.objects.get(pk=draft.pk).stakes == "Écrit à la dernière seconde."
    assert "L’appel est clos" in client.get(address(draft, "enjeu")).content.decode()


# --- The session ended ------------------------------------------------------------------------------------------


def shown_form(client: Client, url: str) -> dict[str, str]:
    page = client.get(url)
    hidden = {f"vu-{unit}": seen for unit, seen in page.context["tokens"].items()}
    return hidden | {"auteur": page.context["signed_word"]}


def test_what_was_sent_after_the_session_ended_is_given_back_to_its_writer() -> None:
    draft = a_draft()
    client, url = client_of(draft.created_by), address(draft, "enjeu")
    form = shown_form(client, url)
    client.logout()
    data = {**form, "stakes": "Quarante minutes.\r\nDe travail.", "diagnostic": "", "suite": "continuer"}
    answer = client.post(url, data)
    assert answer.status_code == 302 and answer.url == f"{reverse('account_login')}?next={url}"
    assert client.post(url, data).status_code == 302 and KeptText.objects.count() == 1, "twice the same is kept once"
    stranger = client_of(a_drafter(draft.organisation))
    assert "Quarante minutes" not in stranger.get(url).content.decode(), (
        "a colleague of the same commune is not its writer"
    )
    client.force_login(draft.created_by)
    page = client.get(url)
    assert "Quarante minutes.\nDe travail." in page.content.decode().replace("\r\n", "\n")
    assert "Voici le texte que vous écriviez" in page.content.decode()
    assert Application.objects.get(pk=draft.pk).stakes == "", "shown, and not yet saved"
    again = {**data, "garde": page.context["kept_number"]}
    assert client.post(url, again).status_code == 302
    assert Application.objects.get(pk=draft.pk).stakes == "Quarante minutes.\nDe travail."
    assert not KeptText.objects.exists()


def test_what_a_colleague_wrote_meanwhile_is_shown_beside_the_kept_text() -> None:
    draft = a_draft()
    client, url = client_of(draft.created_by), address(draft, "enjeu")
    form = shown_form(client, url)
    client.logout()
    client.post(url, {**form, "stakes": "Le mien.", "diagnostic": ""})
    services.save_section(draft.pk, "enjeu", by=a_drafter(draft.organisation), values={"stakes": "Le sien."})
    client.force_login(draft.created_by)
    page = client.get(url).content.decode()
    assert "Deux textes pour" in page and "Le mien." in page and "Le sien." in page


def test_a_page_that_waited_too_long_keeps_what_was_written() -> None:
    draft = a_draft()
    client, url = client_of(draft.created_by, enforce_csrf_checks=True), address(draft, "enjeu")
    form = shown_form(client, url)
    answer = client.post(url, {**form, "stakes": "Jeton périmé.", "diagnostic": ""})
    assert answer.status_code == 403 and "est gardé" in answer.content.decode()
    assert "Jeton périmé." in client.get(url).content.decode()


def test_another_site_keeps_nothing_in_somebody_s_name() -> None:
    draft = a_draft()
    client, url = client_of(draft.created_by, enforce_csrf_checks=True), address(draft, "enjeu")
    word = shown_form(client_of(a_drafter(draft.organisation)), url)["auteur"]
    elsewhere = shown_form(client, address(draft, "gouvernance"))["auteur"]
    for forged in ("", "x", word[:-1], elsewhere):
        client.post(url, {"stakes": "Glissé.", "auteur": forged})
    assert not KeptText.objects.exists()
    client.post(url, {"stakes": "Glissé.", "auteur": word})
    assert "Glissé." not in client.get(url).content.decode(), (
        "kept for the one whose word it is, and shown to nobody else"
    )


def test_kept_texts_are_few_bounded_and_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    draft = a_draft()
    client, url = client_of(draft.created_by), address(draft, "enjeu")
    form = shown_form(client, url)
    client.logout()
    for number in range(8):
        client.post(url, {**form, "stakes": f"Texte {number}.", "diagnostic": ""})
    client.post(url, {**form, "stakes": "x" * 400_001, "diagnostic": ""})
    assert KeptText.objects.count() == kept.MOST_A_PAGE
    later = timezone.now() + kept.KEPT_FOR
    monkeypatch.setattr(timezone, "now", lambda: later)
    assert kept.forget_old() == kept.MOST_A_PAGE


def test_a_save_while_typing_is_told_that_the_session_ended() -> None:
    draft = a_draft()
    answer = autosave(Client(), draft, "enjeu", typed(draft, "enjeu", "stakes", stakes="Perdu ?"))
    assert answer.status_code == 401
    refused = autosave(
        client_of(draft.created_by, enforce_csrf_checks=True),
        draft,
        "enjeu",
        typed(draft, "enjeu", "stakes", stakes="?"),
    )
    assert refused.status_code == 403 and refused.json() == {"again": True}


def test_a_colleague_forgets_no_text_of_mine() -> None:
    draft = a_draft()
    client, url = client_of(draft.created_by), address(draft, "enjeu")
    form = shown_form(client, url)
    client.logout()
    client.post(url, {**form, "stakes": "Le mien.", "diagnostic": ""})
    forget = reverse("application_kept_forget", args=[draft.public_id, "enjeu"])
    number = KeptText.objects.get().pk
    assert client_of(a_drafter(draft.organisation)).post(forget, {"garde": number}).status_code == 302
    assert KeptText.objects.exists()
    assert client_of(draft.created_by).post(forget, {"garde": number}).url == url
    assert not KeptText.objects.exists()
