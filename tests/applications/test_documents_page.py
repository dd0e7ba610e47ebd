"""The documents of a draft: one result a file, nothing lost for the others, what is refused said in words that help."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from applications import eligibility, services
from applications.models import Application, Attachment
from applications.validity import valid_until
from common.errors import DomainError
from documents import services as storage
from documents.models import StoredFile
from documents.states import FileState
from fund.models import CallDocument
from journal.services import history
from tests.factories import documents as papers
from tests.factories.accounts import a_drafter
from tests.factories.applications import a_complete_draft, a_draft, a_scan, a_sent_application, signatory_of
from tests.factories.fund import a_call_open
from tests.support.queries import Counted

pytestmark = pytest.mark.django_db
CODE = "deliberation"
JSON = {"HTTP_ACCEPT": "application/json"}


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page(name: str, application: Application, *args: Any) -> str:
    return reverse(name, args=[application.public_id, *args])


def post(application: Application, *files: Any, code: str = CODE, **more: Any) -> Any:
    client = client_of(application.created_by)
    return client.post(page("application_documents", application), {"code": code, "uploads": list(files)}, **more)


def names(application: Application) -> list[str]:
    return [one.file.name for one in application.attachments.select_related("file")]


def words(response: Any) -> str:
    return str(response.content.decode()).replace("\u202f", " ").replace("\xa0", " ")


def test_one_refused_file_loses_no_other() -> None:
    draft = a_draft()
    bad = SimpleUploadedFile("faux.pdf", b"GIF89a" + b"x" * 40)
    empty = SimpleUploadedFile("vide.pdf", b"")
    response = post(draft, a_scan("a.png"), bad, empty, a_scan("b.png"))
    assert response.status_code == 422
    text = words(response)
    assert "Un point à corriger" in text and f'href="#id_{CODE}_uploads"' in text, "said first, with a link"
    assert "« faux.pdf »" in text and "nommé comme un PDF" in text
    assert "« vide.pdf »" in text and "Ce fichier est vide" in text
    assert "Les 2 autres fichiers sont joints." in text
    assert names(draft) == ["a.png", "b.png"]


REFUSED = {
    "mot-de-passe.pdf": (lambda: papers.a_pdf(password="secret"), "protégé par un mot de passe"),
    "script.pdf": (lambda: papers.a_pdf(script="app.alert(1)"), "contient un programme"),
    "macro.docx": (
        lambda: papers.a_docx(content_type="application/vnd.ms-word.document.macroEnabled.main+xml"),
        "macros",
    ),
    "photo.pdf": (lambda: papers.an_image("PNG"), "contient en fait un fichier PNG"),
    "calcul.exe": (lambda: b"MZ" + b"\0" * 100, "n’est pas accepté"),
    "abime.pdf": (lambda: b"%PDF-1.7 plus rien", "abîmé"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_says_what_to_do(name: str) -> None:
    draft = a_draft()
    make, sentence = REFUSED[name]
    response = post(draft, SimpleUploadedFile(name, make()), **JSON)
    assert sentence in response.json()["sentence"]
    assert names(draft) == [] and not StoredFile.objects.exists()


def test_tricks_in_a_name_are_taken_off() -> None:
    draft = a_draft()
    long = "é" * 300 + ".png"
    post(draft, a_scan("../../etc/pass\u202egnp.png"), a_scan(long))
    shown = names(draft)
    assert shown[0] == "passgnp.png" and len(shown[1]) <= 200 and shown[1].endswith(".png")
    refused = words(post(draft, SimpleUploadedFile("a\u202efdp.exe", b"MZ")))
    assert "\u202e" not in refused


def test_a_file_too_heavy_is_not_kept_while_it_comes(settings: Any) -> None:
    settings.UPLOAD_MAX_BYTES = 100_000
    draft = a_draft()
    response = post(draft, SimpleUploadedFile("lourd.pdf", b"%PDF-" + b"0" * 200_000), a_scan("a.png"))
    assert "« lourd.pdf » dépasse 20 Mo" in words(response)
    assert names(draft) == ["a.png"]
    assert (
        "dépasse" in post(draft, SimpleUploadedFile("lourd.pdf", b"%PDF-" + b"0" * 200_000), **JSON).json()["sentence"]
    )


def test_the_same_content_is_kept_once_and_said() -> None:
    draft = a_draft()
    scan = a_scan("a.png").read()
    post(draft, SimpleUploadedFile("a.png", scan))
    response = post(draft, SimpleUploadedFile("copie.png", scan), follow=True)
    assert "déjà joint ici" in words(response)
    assert names(draft) == ["a.png"]
    post(draft, SimpleUploadedFile("a.png", scan), code="autre")
    assert len(names(draft)) == 2


def test_a_file_takes_the_place_of_another_unless_it_is_refused() -> None:
    draft = a_draft()
    post(draft, a_scan("ancien.png"))
    old = draft.attachments.get()
    client, url = client_of(draft.created_by), page("application_documents", draft)
    client.post(url, {"code": CODE, "replaces": old.pk, "uploads": SimpleUploadedFile("x.pdf", b"rien")})
    assert names(draft) == ["ancien.png"]
    client.post(url, {"code": CODE, "replaces": old.pk, "uploads": a_scan("nouveau.png")})
    assert names(draft) == ["nouveau.png"]


def test_the_state_is_asked_until_it_changes() -> None:
    draft = a_draft()
    client = client_of(draft.created_by)
    post(draft, a_scan("a.png"))
    url = page("application_document_state", draft, CODE)
    waiting = client.get(url)
    assert "En cours d’analyse" in words(waiting) and "every 2s" in words(waiting)
    seen = words(waiting).split("?vu=")[1].split('"')[0]
    assert client.get(f"{url}?vu={seen}").status_code == 204
    storage.scan(draft.attachments.get().file_id)
    ready = client.get(f"{url}?vu={seen}")
    assert ready.status_code == 200 and "Prêt" in words(ready) and "hx-trigger" not in words(ready)


def test_an_infected_file_is_said_and_does_not_count(clamd: Any) -> None:
    draft = a_draft()
    virus = papers.an_odt(**{"Pictures/eicar.bin": papers.EICAR})
    joined = services.attach_document(
        draft.pk, by=draft.created_by, code=CODE, upload=SimpleUploadedFile("a.odt", virus + papers.EICAR)
    )
    assert storage.scan(joined.file_id) == FileState.INFECTED
    text = words(client_of(draft.created_by).get(page("application_documents", draft)))
    assert "Refusé : virus détecté" in text and "joignez une copie saine" in text
    assert CODE in [one.code for one in eligibility.missing_documents(services.for_reading().get(pk=draft.pk))]


def test_a_scanner_that_is_down_keeps_the_file_and_does_not_stop_the_sending(settings: Any) -> None:
    """A required document still in quarantine counts as given: an outage is not the commune's fault."""
    draft = a_complete_draft()
    settings.ANTIVIRUS, settings.CLAMAV_SOCKET = "clamav", "127.0.0.1:1"
    assert storage.scan_waiting() == 0
    Attachment.objects.filter(application=draft).update(added_at=timezone.now() - timedelta(minutes=5))
    text = words(client_of(draft.created_by).get(page("application_documents", draft)))
    assert "L’analyse antivirus est plus longue que d’habitude" in text and "every 20s" in text
    sent = services.submit(draft.pk, by=signatory_of(draft))
    check = eligibility.documents_check(services.for_reading().get(pk=sent.pk), timezone.localdate())
    assert check.ok and "analyse antivirus en cours" in check.reason


def test_bytes_of_an_upload_that_fails_do_not_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    draft = a_draft()
    before = set(everything_stored())
    monkeypatch.setattr("applications.services.documents.record", lambda *a, **k: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        services.attach_document(draft.pk, by=draft.created_by, code=CODE, upload=a_scan())
    assert set(everything_stored()) == before


def everything_stored(folder: str = "") -> list[str]:
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return []
    return [f"{folder}/{name}" for name in files] + [
        one for name in folders for one in everything_stored(f"{folder}/{name}" if folder else name)
    ]


# --- What expires ----------------------------------------------------------------------------------------------


def expiring(months: int = 12) -> Application:
    call = a_call_open()
    CallDocument.objects.filter(call=call, code=CODE).update(valid_months=months)
    return a_complete_draft(call)


def test_until_when_a_document_is_valid() -> None:
    document = CallDocument(valid_months=3)
    assert valid_until(document, date(2025, 11, 30)) == date(2026, 2, 28)
    assert valid_until(document, date(2026, 1, 15)) == date(2026, 4, 15)
    assert valid_until(CallDocument(), date(2026, 1, 15)) is None and valid_until(document, None) is None


def test_a_document_that_expires_needs_its_date_and_must_be_recent_enough() -> None:
    draft = expiring()
    client, today = client_of(draft.created_by), timezone.localdate()
    paper = draft.attachments.get(code=CODE)
    assert "Date du document" in words(client.get(page("application_documents", draft)))
    with pytest.raises(DomainError, match="Indiquez la date"):
        services.submit(draft.pk, by=signatory_of(draft))
    dating, data = page("application_documents", draft), {"dater": paper.pk}
    for given, sentence in (
        (today + timedelta(days=1), "dans l’avenir"),
        (today - timedelta(days=400), "n’est plus valable"),
        (today - timedelta(days=30), "valable jusqu’au"),
    ):
        assert sentence in words(client.post(dating, {"dated_on": given, **data}, follow=True))
        if given < today - timedelta(days=365):
            with pytest.raises(DomainError, match="joignez-en une de moins de 12 mois"):
                services.submit(draft.pk, by=signatory_of(draft))
    assert services.submit(draft.pk, by=signatory_of(draft)).number
    assert list(history(draft).filter(verb="date_document").values_list("data__code", flat=True)) == [CODE] * 2


def test_a_date_that_cannot_be_stays_on_the_page_with_its_reason() -> None:
    draft = expiring()
    paper = draft.attachments.get(code=CODE)
    address = page("application_documents", draft)
    answer = client_of(draft.created_by).post(address, {"dater": paper.pk, "dated_on": "2099-01-01"})
    text = words(answer)
    assert answer.status_code == 422
    assert f'href="#id_{paper.pk}_dated_on"' in text and "dans l’avenir" in text and 'value="2099-01-01"' in text
    for other in ("0", "x", "9" * 30):
        assert client_of(draft.created_by).post(address, {"dater": other}).status_code == 404


def test_a_place_that_no_call_asks_for_is_refused_in_words() -> None:
    draft = a_draft()
    answer = client_of(draft.created_by).post(
        page("application_documents", draft), {"code": "zz; --", "uploads": a_scan()}
    )
    assert answer.status_code == 422
    assert "Un point à corriger" in words(answer) and not names(draft)


# --- Given last year -------------------------------------------------------------------------------------------


def cleared(application: Application) -> Application:
    for one in application.attachments.all():
        storage.scan(one.file_id)
    return application


def test_a_document_given_before_is_taken_again() -> None:
    sent = cleared(a_sent_application())
    call = a_call_open()
    draft = a_draft(call, sent.organisation, by=sent.created_by)
    client = client_of(sent.created_by)
    text = words(client.get(page("application_documents", draft)))
    assert f"avec le dossier {sent.number}" in text
    given = sent.attachments.get(code=CODE)
    for _ in range(2):  # a double click joins it once
        client.post(page("application_document_reuse", draft, given.pk))
    joined = draft.attachments.get()
    assert joined.file_id == given.file_id and joined.code == CODE
    assert history(draft).get(verb="reuse_document").data["from"] == sent.number
    assert client.get(reverse("file_download", args=[joined.file.key])).status_code == 200


def test_only_clean_valid_documents_of_the_same_commune_are_offered() -> None:
    sent = a_sent_application()
    draft = a_draft(a_call_open(), sent.organisation, by=sent.created_by)
    given, reading = sent.attachments.get(code=CODE), services.for_reading()
    assert services.reusable(reading.get(pk=draft.pk), timezone.localdate()) == {}  # not scanned
    cleared(sent)
    assert CODE in services.reusable(reading.get(pk=draft.pk), timezone.localdate())
    stranger = a_draft(draft.call)
    assert services.reusable(reading.get(pk=stranger.pk), timezone.localdate()) == {}
    with pytest.raises(DomainError, match="ne peut pas être reprise"):
        services.reuse_document(stranger.pk, given.pk, by=stranger.created_by)


def test_an_expired_document_is_not_offered() -> None:
    earlier = expiring(months=12)
    paper, today = earlier.attachments.get(code=CODE), timezone.localdate()
    services.date_document(earlier.pk, paper.pk, by=earlier.created_by, dated_on=today - timedelta(days=300))
    cleared(services.submit(earlier.pk, by=signatory_of(earlier)))
    call = a_call_open()
    draft = a_draft(call, earlier.organisation, by=earlier.created_by)
    reading = services.for_reading()
    assert CODE in services.reusable(reading.get(pk=draft.pk), today)
    CallDocument.objects.filter(call=call, code=CODE).update(valid_months=6)
    assert CODE not in services.reusable(reading.get(pk=draft.pk), today)
    with pytest.raises(DomainError, match="n’est plus valable depuis"):
        services.reuse_document(draft.pk, paper.pk, by=draft.created_by)


def test_a_page_of_thirty_documents_asks_as_much_as_one_of_one() -> None:
    draft = a_draft()
    client = client_of(draft.created_by)
    post(draft, a_scan())
    client.get(page("application_documents", draft))
    with Counted() as one:
        client.get(page("application_documents", draft))
    for _ in range(29):
        services.attach_document(draft.pk, by=draft.created_by, code="autre", upload=a_scan())
    with Counted() as thirty:
        client.get(page("application_documents", draft))
    assert thirty.count == one.count <= 22


def test_a_colleague_of_another_commune_touches_nothing() -> None:
    draft = a_draft()
    post(draft, a_scan())
    paper, client = draft.attachments.get(), client_of(a_drafter())
    for name in ("application_document_remove", "application_document_reuse"):
        assert client.post(page(name, draft, paper.pk)).status_code == 404
    assert client.get(page("application_document_state", draft, CODE)).status_code == 404
