"""The commune's pages: who sees what, nothing lost, each act once, as many queries for one row as for thirty."""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from applications import services, standing
from applications.models import Application
from applications.services import exchange, instruction
from applications.tasks import make_receipt
from common.dates import day
from fund.models import Call, Counter
from tests.factories.accounts import a_commune, a_drafter, a_reader, a_signatory, an_administrator, an_instructor
from tests.factories.applications import (
    a_complete_draft,
    a_draft,
    a_pdf,
    a_sent_application,
    balanced_budget,
    fill,
    sections,
    signatory_of,
)
from tests.factories.fund import a_call_open
from tests.factories.payments import Team, a_decision

pytestmark = pytest.mark.django_db
FILE_QUERIES = 25
SECTION_QUERIES = 20


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page(name: str, application: Application, *args: Any) -> str:
    return reverse(name, args=[application.public_id, *args])


def text_of(response: Any) -> str:
    return " ".join(response.content.decode().split())


def seen(application: Application, slug: str) -> dict[str, Any]:
    fresh = services.for_reading().get(pk=application.pk)
    from applications.sections import BY_SLUG

    return {f"vu-{unit}": token for unit, token in services.tokens(fresh, BY_SLUG[slug]).items()}


def table(prefix: str, *rows: dict[str, str], initial: int = 0) -> dict[str, str]:
    data = {f"{prefix}-TOTAL_FORMS": str(len(rows)), f"{prefix}-INITIAL_FORMS": str(initial)}
    for number, row in enumerate(rows):
        data |= {f"{prefix}-{number}-{name}": value for name, value in row.items()}
    return data


# --- Who sees what ----------------------------------------------------------------------------------------------

PAGES = ("application_home", "application_print", "application_review", "application_documents", "application_budget")


def test_a_stranger_finds_nothing_and_an_unknown_person_signs_in() -> None:
    draft = a_draft()
    for name in PAGES:
        assert Client().get(page(name, draft)).status_code == 302
        for stranger in (a_drafter(), an_administrator(), an_instructor()):
            assert client_of(stranger).get(page(name, draft)).status_code == 404


def test_a_reader_reads_and_does_not_write() -> None:
    draft = a_complete_draft()
    client = client_of(a_reader(draft.organisation))
    home = text_of(client.get(page("application_home", draft)))
    assert "Votre commune écrit ce dossier" in home
    assert page("application_budget", draft) not in home
    for name in ("application_budget", "application_documents"):
        assert client.get(page(name, draft)).status_code == 302
    assert client.get(page("application_section", draft, "enjeu")).url.endswith("/verifier/#enjeu")
    data = {"stakes": "Intrusion.", **seen(draft, "enjeu")}
    assert client.post(page("application_section", draft, "enjeu"), data).status_code == 403
    assert client.post(page("application_ask_signature", draft)).status_code == 403
    assert client.post(page("application_submit", draft)).status_code == 403
    assert Application.objects.get(pk=draft.pk).stakes == draft.stakes


@pytest.mark.parametrize("slug", ["commune", *(slug for slug in sections() if slug != "budget")])
def test_every_section_opens_in_few_queries(slug: str) -> None:
    draft = a_complete_draft()
    client = client_of(draft.created_by)
    with CaptureQueriesContext(connection) as queries:
        response = client.get(page("application_section", draft, slug))
    assert response.status_code == 200
    assert len(queries) <= SECTION_QUERIES, len(queries)


def test_an_unknown_section_is_a_404() -> None:
    draft = a_draft()
    assert client_of(draft.created_by).get(page("application_home", draft) + "inconnue/").status_code == 404


def test_the_list_asks_as_much_for_one_file_as_for_thirty() -> None:
    commune, call = a_commune(), a_call_open()
    drafter = a_drafter(commune)
    a_draft(call, commune, by=drafter)
    client = client_of(drafter)

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(reverse("my_applications")).status_code == 200
        return len(queries)

    one = count()
    for _ in range(29):
        a_draft(call, commune, by=drafter)
    assert count() == one


def test_a_full_file_is_shown_in_few_queries() -> None:
    draft = a_draft()
    for number in range(8):
        services.attach_document(draft.pk, by=draft.created_by, code="devis", upload=a_pdf())
        services.save_section(draft.pk, "enjeu", by=draft.created_by, values={"stakes": f"Version {number}."})
    sent = fill(draft)
    services.submit(sent.pk, by=signatory_of(sent))
    client = client_of(draft.created_by)
    for name in ("application_home", "application_review", "application_print"):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(page(name, draft)).status_code == 200
        assert len(queries) <= FILE_QUERIES, (name, len(queries))


# --- Beginning --------------------------------------------------------------------------------------------------


def test_a_file_is_begun_once_however_often_the_form_is_posted() -> None:
    call, commune = a_call_open(), a_commune()
    client = client_of(a_drafter(commune))
    url = reverse("application_create", args=[call.slug])
    assert "Oui, votre commune peut demander" in text_of(client.get(url))
    data = {"organisation": commune.pk, "key": str(uuid4())}
    first, again = client.post(url, data), client.post(url, data)
    assert first.url == again.url
    assert Application.objects.count() == 1


def test_one_cannot_begin_for_another_commune() -> None:
    call, other = a_call_open(), a_commune()
    client = client_of(a_drafter())
    response = client.post(reverse("application_create", args=[call.slug]), {"organisation": other.pk})
    assert response.status_code == 200
    assert not Application.objects.exists()


# --- Writing ----------------------------------------------------------------------------------------------------


def test_a_section_is_saved_and_leads_to_the_next() -> None:
    draft = a_draft()
    client = client_of(draft.created_by)
    rows = table(
        "indicators", {"label": "Agents formés", "unit": "agents", "baseline": "0", "target": "80"}, {"label": ""}
    )
    data = {"success": "tous sont formés.", **rows, **seen(draft, "reussite"), "suite": "continuer"}
    response = client.post(page("application_section", draft, "reussite"), data)
    assert response.url == page("application_section", draft, "description")
    saved = services.for_reading().get(pk=draft.pk)
    assert saved.success == "tous sont formés."
    assert [row.target for row in saved.indicators.all()] == ["80"]
    data |= seen(draft, "reussite") | {"suite": "retour"}
    assert client.post(page("application_section", draft, "reussite"), data).url == page("application_home", draft)


def test_forged_fields_are_not_written() -> None:
    draft = a_draft()
    client = client_of(draft.created_by)
    forged = {"number": "FI-2026-9999", "state": "granted", "allowed_cents": "1", "title": "Autre", "organisation": "1"}
    data = {"governance": "Un comité.", **forged, **seen(draft, "gouvernance")}
    assert client.post(page("application_section", draft, "gouvernance"), data).status_code == 302
    saved = Application.objects.get(pk=draft.pk)
    assert (saved.governance, saved.number, saved.state, saved.title) == ("Un comité.", None, "draft", "")


def test_what_two_people_type_is_kept_and_shown() -> None:
    draft = a_draft()
    colleague = a_drafter(draft.organisation, first_name="Karim", last_name="Benali")
    before = seen(draft, "enjeu")
    services.save_section(draft.pk, "enjeu", by=colleague, values={"stakes": "Le texte de Karim."})
    client = client_of(draft.created_by)
    response = client.post(
        page("application_section", draft, "enjeu"), {"stakes": "Mon texte.", "diagnostic": "Le mien.", **before}
    )
    words = text_of(response)
    assert response.status_code == 200
    for said in ("Karim Benali a changé ce texte", "Le texte de Karim.", "Mon texte.", "Le mien."):
        assert said in words
    kept = Application.objects.get(pk=draft.pk)
    assert (kept.stakes, kept.diagnostic) == ("Le texte de Karim.", "Le mien.")
    again = {"stakes": "Les deux.", "diagnostic": "Le mien.", **before, "choix": "mien:stakes"}
    again["neuf-stakes"] = response.context["conflicts"][0]["fresh"]
    assert client.post(page("application_section", draft, "enjeu"), again).status_code == 302
    assert Application.objects.get(pk=draft.pk).stakes == "Les deux."


def test_a_row_taken_away_is_gone_even_when_it_is_wrong() -> None:
    draft = a_draft()
    rows = [
        {"name": "Caf", "role": "Prête une salle", "confirmed": "on"},
        {"name": "", "role": "Sans nom", "DELETE": "on"},
    ]
    data = {"resources": "Une salle.", **table("partners", *rows, initial=2), **seen(draft, "ressources")}
    assert client_of(draft.created_by).post(page("application_section", draft, "ressources"), data).status_code == 302
    assert list(draft.partners.values_list("name", "confirmed")) == [("Caf", True)]


def test_a_wrong_field_is_said_and_nothing_is_lost() -> None:
    draft = a_draft()
    data = {
        "description": "Un long récit.",
        "starts_on": "2027-05-01",
        "ends_on": "2027-01-01",
        **table("milestones", {"label": "", "planned_on": "2027-02-01"}),
        **seen(draft, "description"),
    }
    words = text_of(client_of(draft.created_by).post(page("application_section", draft, "description"), data))
    for said in ("finit avant d’avoir commencé", "Il manque : étape.", "Un long récit.", "2027-02-01"):
        assert said in words


def budget_data(draft: Application, requested: str, own: str, cost: str = "8 000,00") -> dict[str, Any]:
    fixed = [{"account": account} for account in ("60", "61", "62", "63", "64", "65")]
    fixed[0] |= {"label": "Tout", "amount": cost}
    return {
        "demande-amount": requested,
        **table("charges", *fixed, initial=6),
        **table("financeurs", {"funder": "Caf", "label": "", "status": "", "amount": "1000"}),
        **table("commune", {"account": "autofinancement", "amount": own}, initial=1),
        **table("volontaires"),
        **seen(draft, "budget"),
        "suite": "continuer",
    }


def test_an_unbalanced_budget_is_kept_and_says_what_would_balance_it() -> None:
    draft = a_draft()
    client = client_of(draft.created_by)
    response = client.post(page("application_budget", draft), budget_data(draft, "4000", "700"))
    assert response.url == page("application_budget", draft) + "?controle=1"
    words = text_of(client.get(response.url))
    for said in (
        "Il manque 2 300,00 € de produits",
        "Équilibrer par l’autofinancement, 3 000,00 €",
        "Indiquez où en est la demande (Caf)",
    ):
        assert said in words
    response = client.post(page("application_budget", draft), budget_data(draft, "4000", "3000"))
    assert response.url == page("application_documents", draft)
    saved = Application.objects.get(pk=draft.pk)
    assert (saved.requested_cents, saved.own_share_cents, saved.allowed_cents) == (400_000, 300_000, 480_000)


def test_an_amount_that_cannot_be_read_comes_back_as_it_was_typed() -> None:
    draft = a_draft()
    response = client_of(draft.created_by).post(
        page("application_budget", draft), budget_data(draft, "12.000,50", "3000")
    )
    words = text_of(response)
    assert "un point et une virgule" in words
    assert 'value="12.000,50"' in words
    assert not Application.objects.get(pk=draft.pk).budget_lines.exists()


def test_what_a_budget_holds_comes_back_in_its_form() -> None:
    draft = a_draft()
    services.save_section(draft.pk, "budget", by=draft.created_by, rows={"budget_lines": balanced_budget()})
    context = client_of(draft.created_by).get(page("application_budget", draft)).context
    before = draft.sittings.count()
    posted: dict[str, Any] = {"suite": "retour", **seen(draft, "budget")}
    for part in context["budget"].forms:
        for form in getattr(part, "forms", [part]):
            posted |= {bound.html_name: bound.value() or "" for bound in form}
        if hasattr(part, "management_form"):
            posted |= {bound.html_name: bound.value() for bound in part.management_form}
    posted = {name: value for name, value in posted.items() if value not in (False, None)}
    response = client_of(draft.created_by).post(page("application_budget", draft), posted)
    assert response.status_code == 302
    kept = services.for_reading().get(pk=draft.pk)
    assert kept.requested_cents == 400_000
    assert {line.label for line in kept.budget_lines.all()} >= {"Supports imprimés", "Contrat de ville"}
    assert draft.sittings.count() == before, "what is sent back as it was shown is not a change"


def test_documents_are_joined_several_at_once_refused_in_words_and_taken_away() -> None:
    draft = a_draft()
    client = client_of(draft.created_by)
    url = page("application_documents", draft)
    response = client.post(url, {"code": "devis", "uploads": [a_pdf("un.pdf"), a_pdf("deux.pdf")]})
    assert response.url == f"{url}#devis"
    assert draft.attachments.count() == 2
    assert "Choisissez un fichier" in text_of(client.post(url, {"code": "devis"}))
    program = a_pdf("programme.exe")
    assert "programme.exe" in text_of(client.post(url, {"code": "devis", "uploads": [program]}))
    first = draft.attachments.first()
    assert first is not None
    assert client.get(page("application_document_remove", draft, first.pk)).status_code == 405
    client.post(page("application_document_remove", draft, first.pk))
    assert draft.attachments.count() == 1


# --- Signing and sending ----------------------------------------------------------------------------------------


def test_the_signatory_reads_one_page_and_sends_once() -> None:
    draft = a_complete_draft()
    signatory = signatory_of(draft)
    client = client_of(signatory)
    assert "Le dossier est complet" in text_of(client.get(page("application_review", draft)))
    asked = client.get(page("application_submit", draft))
    words = text_of(asked)
    for said in ("4 000,00 €", "ne change plus", "Un courriel partira à 2 personnes"):
        assert said in words
    form = asked.context["form"]
    data = {"version": form["version"].value(), "key": str(form["key"].value())}
    first, again = (
        client.post(page("application_submit", draft), data),
        client.post(page("application_submit", draft), data),
    )
    assert first.url == again.url == page("application_sent", draft)
    assert Counter.objects.get(series="FI").value == 1
    make_receipt(draft.pk)
    sent = text_of(client.get(first.url))
    assert f"FI-{draft.call.year}-0001" in sent
    assert "Télécharger l’accusé de réception" in sent


def test_a_drafter_asks_for_the_signature_and_cannot_send() -> None:
    draft = a_complete_draft()
    a_signatory(draft.organisation, first_name="Hélène", last_name="Roustan")
    client = client_of(draft.created_by)
    assert client.get(page("application_submit", draft)).status_code == 403
    assert "Hélène Roustan" in text_of(client.get(page("application_ask_signature", draft)))
    client.post(page("application_ask_signature", draft), {"version": draft.version})
    assert "Le dossier attend la signature" in text_of(client.get(page("application_home", draft)))


def test_the_signatory_returns_the_file_with_a_word() -> None:
    draft = a_complete_draft()
    client = client_of(signatory_of(draft))
    url = page("application_return", draft)
    assert "Il manque cette réponse" in text_of(client.post(url, {"version": draft.version, "text": ""}))
    client.post(url, {"version": draft.version, "text": "Le titre est trop long."})
    assert "Le titre est trop long." in text_of(client_of(draft.created_by).get(page("application_home", draft)))


@pytest.mark.django_db(transaction=True)
def test_too_late_is_said_calmly_with_the_hours(owner_connection: psycopg.Connection[Any]) -> None:
    draft = a_complete_draft()
    client = client_of(signatory_of(draft))
    form = client.get(page("application_submit", draft)).context["form"]
    owner_connection.execute(
        "UPDATE fund_call SET closes_at = now() - interval '1 second' WHERE id = %s", [draft.call_id]
    )
    data = {"version": form["version"].value(), "key": str(form["key"].value())}
    referer = "http://testserver" + page("application_submit", draft)
    response = client.post(page("application_submit", draft), data, headers={"referer": referer}, follow=True)
    assert "l’appel a clos le" in text_of(response)
    assert Application.objects.get(pk=draft.pk).state == "draft"
    assert "ne peut plus être envoyé" in text_of(client.get(page("application_home", draft)))


# --- Answering and withdrawing ----------------------------------------------------------------------------------


def asked_for_pieces() -> tuple[Application, User]:
    sent, instructor = a_sent_application(), an_instructor()
    instruction.start_instruction(sent.pk, by=instructor)
    instruction.ask_pieces(
        sent.pk,
        items=["Deliberation", "Devis de la formatrice"],
        reason="La délibération n’est pas signée.",
        due_on=timezone.localdate() + timedelta(days=15),
        by=instructor,
    )
    return sent, instructor


def test_the_commune_answers_a_request_for_pieces() -> None:
    sent, instructor = asked_for_pieces()
    client = client_of(sent.created_by)
    assert "À vous de jouer" in text_of(client.get(page("application_home", sent)))
    url = page("application_answer_pieces", sent)
    words = text_of(client.get(url))
    assert "La délibération n’est pas signée." in words
    assert "Devis de la formatrice" in words
    client.post(url, {"joindre": "deliberation", "fichiers-deliberation": [a_pdf("signée.pdf")]})
    answer = {"envoyer": "1", "text": "La voici, signée."}
    assert client.post(url, answer).url == page("application_home", sent)
    after = Application.objects.get(pk=sent.pk)
    assert after.state == "in_instruction"
    assert sent.piece_requests.get().attachments.get().code == "deliberation"
    from notifications.models import Message

    mail = Message.objects.get(kind="pieces_answered")
    assert (mail.recipient_email, "La voici, signée." in mail.body_html) == (instructor.email, True)
    assert client.post(url, answer).status_code == 409


def test_the_date_of_the_answer_moves_by_the_days_the_clock_stood_still(monkeypatch: pytest.MonkeyPatch) -> None:
    sent, _ = asked_for_pieces()
    due = Application.objects.get(pk=sent.pk).due_on
    assert due is not None
    later = timezone.now() + timedelta(days=9)
    monkeypatch.setattr(exchange, "database_now", lambda: later)
    after = services.answer_pieces(sent.pk, by=sent.created_by, text="Elle arrive par la poste.")
    assert (after.suspended_days, after.due_on) == (9, due + timedelta(days=9))


def test_a_reader_does_not_answer() -> None:
    sent, _ = asked_for_pieces()
    client = client_of(a_reader(sent.organisation))
    url = page("application_answer_pieces", sent)
    assert client.get(url).status_code == 403
    assert client.post(url, {"envoyer": "1", "text": "Voici."}).status_code == 403


def test_the_signatory_withdraws_and_says_why() -> None:
    sent = a_sent_application()
    assert client_of(sent.created_by).get(page("application_withdraw", sent)).status_code == 403
    client = client_of(signatory_of(sent))
    version = Application.objects.get(pk=sent.pk).version
    data = {"version": version, "reason": "Le conseil a reporté l’action."}
    assert client.post(page("application_withdraw", sent), data).status_code == 302
    assert "a retiré le dossier" in text_of(client.get(page("application_home", sent)))


def test_what_was_sent_is_told_with_its_number_and_the_day_of_the_answer() -> None:
    decision = a_decision(Team())
    home = text_of(client_of(decision.application.created_by).get(page("application_home", decision.application)))
    assert f"a envoyé le dossier, sous le numéro {decision.application.number}" in home
    assert decision.notified_at
    assert " ".join(f"le {day(decision.notified_at)}".split()) in home.split("Décision", 1)[1][:200]


def test_the_contact_of_the_call_is_said_once() -> None:
    draft = a_complete_draft()
    mail = draft.call.fund.contact_email
    Call.objects.filter(pk=draft.call.pk).update(contact=f"Service Cohésion, {mail}, 04 91 00 00 00")
    client = client_of(draft.created_by)
    address = f'href="mailto:{mail}"'
    aside = text_of(client.get(page("application_home", draft))).split("Service Cohésion", 1)[1]
    assert aside.split("Version à imprimer")[0].count(address) == 1
    call = text_of(client.get(reverse("call_detail", args=[draft.call.slug]))).split("Une question", 1)[1]
    assert call.split("</main>")[0].count(address) == 1


# --- A decision exists once it is notified ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "notified", "shown"),
    [
        ("granted", None, "in_decision"),
        ("rejected", None, "in_decision"),
        ("waitlisted", None, "in_decision"),
        ("granted", "waitlist", "waitlisted"),
        ("granted", "grant", "granted"),
        ("rejected", "reject", "rejected"),
        ("reviewed", None, "reviewed"),
        ("reviewed", "waitlist", "waitlisted"),
        ("closed", "grant", "closed"),
    ],
)
def test_the_commune_is_shown_only_what_it_was_told(state: str, notified: str | None, shown: str) -> None:
    application = Application(state=state)
    application.notified_kind = notified
    assert standing.shown_state(application) == shown
    assert standing.standing(application).label


@pytest.mark.parametrize(("closes_in", "process_is_at"), [(30, 60), (-30, -60)])
def test_the_hour_of_the_database_says_whether_the_call_is_closed(closes_in: int, process_is_at: int) -> None:
    """The clock of the process is an hour off: what is shown is what a sending would be told."""
    draft = a_complete_draft()
    client = client_of(draft.created_by)
    now = timezone.now()
    Call.objects.filter(pk=draft.call_id).update(closes_at=now + timedelta(minutes=closes_in))
    closed = re.compile("L’appel est clos|Le dépôt est clos|appel a clos")
    with time_machine.travel(now + timedelta(minutes=process_is_at)):
        for name, *more in (
            ("application_home",),
            ("application_review",),
            ("application_section", "enjeu"),
            ("application_budget",),
        ):
            text = text_of(client.get(page(name, draft, *more)))
            assert bool(closed.search(text)) == (closes_in < 0), name
