"""The pages: who sees them, what they ask again, the same queries for 1 and 30 rows, one effect for two posts."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from fund.models import Movement
from journal.models import Entry
from payments import services
from payments.models import BankVersion, Batch, Instalment
from tests.factories.accounts import PASSWORD, a_drafter, a_reader, an_administrator, an_auditor, an_evaluator
from tests.factories.fund import an_envelope
from tests.factories.payments import Team, a_bank, a_batch, a_decision, a_rib, an_iban, an_instalment
from tests.payments.signing_in import signed_in


@pytest.fixture
def team(db: None) -> Team:
    return Team()


def queries(user: User, url: str) -> int:
    client = signed_in(user)
    client.get(url)
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


def page(client: Client, name: str, *args: Any) -> Any:
    return client.get(reverse(name, args=args))


# --- What each sees ----------------------------------------------------------------------------------------------


def test_a_commune_sees_its_payments_once_notified(team: Team) -> None:
    signed = a_decision(team, state="signed")
    url = reverse("application_payments", args=[signed.application.public_id])
    assert "Pas encore de versement" in signed_in(team.drafter).get(url).content.decode()
    told = a_decision(team)
    url = reverse("application_payments", args=[told.application.public_id])
    shown = signed_in(team.drafter).get(url).content.decode()
    assert "À vous de jouer" in shown
    assert "3\u202f500,00" in shown


def test_who_gets_a_404(team: Team) -> None:
    instalment = an_instalment(team, "requested")
    bank = BankVersion.objects.get()
    file_page = reverse("application_payments", args=[instalment.application.public_id])
    staff = [reverse("instalment_list"), reverse("batch_list"), reverse("bank_list")]
    staff += [reverse("instalment_detail", args=[instalment.pk])]
    for person in (a_drafter(), an_evaluator(), an_administrator()):
        for url in (*staff, file_page, reverse("bank_detail", args=[bank.pk])):
            assert signed_in(person).get(url).status_code == 404, (person, url)
    for url in staff:
        assert signed_in(team.drafter).get(url).status_code == 404
        assert signed_in(an_auditor()).get(url).status_code == 200
        assert Client().get(url).status_code == 302


def test_a_reader_sees_and_does_nothing(team: Team) -> None:
    instalment = an_instalment(team)
    reader = signed_in(a_reader(team.organisation))
    shown = page(reader, "application_payments", instalment.application.public_id).content.decode()
    assert "À vous de jouer" not in shown
    assert page(reader, "instalment_request", instalment.pk).status_code == 403
    assert page(reader, "application_bank", instalment.application.public_id).status_code == 403


def test_the_whole_iban_is_never_on_a_page_until_asked(team: Team) -> None:
    a_batch(team)
    bank = BankVersion.objects.get()
    client = signed_in(team.preparer)
    batch = Batch.objects.get()
    for name, args in (
        ("bank_list", ()),
        ("bank_detail", (bank.pk,)),
        ("batch_detail", (batch.pk,)),
        ("batch_seal", (batch.pk,)),
    ):
        text = page(client, name, *args).content.decode().replace("\u202f", "").replace(" ", "")
        assert bank.iban not in text, name
    assert client.get(reverse("bank_reveal", args=[bank.pk])).status_code == 405
    shown = client.post(reverse("bank_reveal", args=[bank.pk])).content.decode()
    assert bank.iban in shown.replace("\u202f", "").replace("\u00a0", "").replace(" ", "")
    assert Entry.objects.filter(verb="read_iban", actor_id=team.preparer.pk).count() == 1


# --- Saying again who one is -------------------------------------------------------------------------------------


def test_acts_on_money_ask_again_who_one_is(team: Team) -> None:
    certified = an_instalment(team, "certified")
    declared = a_bank(team.beside(), state="declared")
    batch = a_batch(team, an_instalment(team, "approved"))
    acts = (
        (team.approver, reverse("instalment_approve", args=[certified.pk]), "get"),
        (team.head, reverse("bank_verify", args=[declared.pk]), "get"),
        (team.preparer, reverse("batch_seal", args=[batch.pk]), "get"),
        (team.preparer, reverse("batch_export", args=[batch.pk, "csv"]), "post"),
    )
    for person, url, method in acts:
        for client in (signed_in(person, confirmed=False), signed_in(person, seconds_ago=601)):
            answer = getattr(client, method)(url)
            assert answer.status_code == 302
            assert answer.headers["Location"].startswith(reverse("account_reauthenticate")), url
    for person, url, _method in acts[:3]:
        assert signed_in(person, seconds_ago=590).get(url).status_code == 200


# --- One effect --------------------------------------------------------------------------------------------------


def test_sealing_posted_twice_has_one_effect(team: Team) -> None:
    batch = a_batch(team)
    url, client = reverse("batch_seal", args=[batch.pk]), signed_in(team.preparer)
    form = {"version": batch.version, "key": str(uuid4()), "compared": "on"}
    answers = [client.post(url, form) for _ in range(2)]
    assert [one.headers["Location"] for one in answers] == [reverse("batch_detail", args=[batch.pk])] * 2
    assert Movement.objects.filter(verb="order").count() == 1
    assert "LOT-" in page(client, "batch_detail", batch.pk).content.decode()


POSTS: list[tuple[str, str, Callable[[Team], User], dict[str, Any]]] = [
    ("instalment_request", "planned", lambda team: team.drafter, {}),
    ("instalment_certify", "requested", lambda team: team.instructor, {}),
    ("instalment_approve", "certified", lambda team: team.approver, {}),
    ("instalment_return_to_commune", "requested", lambda team: team.instructor, {"reason": "Il manque une pièce"}),
    ("instalment_return_to_desk", "certified", lambda team: team.approver, {"reason": "À revoir"}),
]


@pytest.mark.parametrize(("name", "state", "who", "given"), POSTS, ids=[post[0] for post in POSTS])
def test_an_act_posted_twice_has_one_effect(
    team: Team, name: str, state: str, who: Callable[[Team], User], given: dict[str, Any]
) -> None:
    instalment = an_instalment(team, state)
    client, url = signed_in(who(team)), reverse(name, args=[instalment.pk])
    assert client.get(url).status_code == 200
    form = {"version": instalment.version, **given}
    first = client.post(url, form)
    second = client.post(url, form, headers={"referer": f"http://testserver{url}"})
    assert (first.status_code, second.status_code) == (302, 302)
    changed = Instalment.objects.get(pk=instalment.pk)
    assert changed.version == instalment.version + 1
    assert Entry.objects.filter(subject_type="payments.instalment", subject_id=instalment.pk).count() == changed.version


# --- The journey through the pages -------------------------------------------------------------------------------


def test_from_the_request_to_the_files_by_the_pages(team: Team) -> None:
    decision = a_decision(team)
    drafter, public_id = signed_in(team.drafter), decision.application.public_id
    form = {"iban": an_iban(), "bic": "", "holder": f"Commune de {team.organisation.name}", "rib": a_rib()}
    form["key"] = str(uuid4())
    assert drafter.post(reverse("application_bank", args=[public_id]), form).status_code == 302
    bank = BankVersion.objects.get()
    from documents.services import scan

    scan(bank.document_id)
    note = {"version": 1, "person": "Mme Roustan", "number": team.organisation.phone, "compared": "on"}
    note["called_on"] = timezone.localdate().isoformat()
    assert signed_in(team.head).post(reverse("bank_verify", args=[bank.pk]), note).status_code == 302
    instalment = decision.instalments.get(position=1)
    steps = (("request", team.drafter), ("certify", team.instructor), ("approve", team.approver))
    for version, (verb, person) in enumerate(steps, start=1):
        url = reverse(f"instalment_{verb}", args=[instalment.pk])
        assert signed_in(person).post(url, {"version": version}).status_code == 302, verb
    preparer = signed_in(team.preparer)
    batch_url = preparer.post(reverse("batch_create")).headers["Location"]
    assert "Prêts à ajouter" in preparer.get(batch_url).content.decode()
    batch = Batch.objects.get()
    preparer.post(reverse("batch_add", args=[batch.pk]), {"version": 1, "ids": [instalment.pk]})
    seal = {"version": 2, "key": str(uuid4()), "compared": "on"}
    preparer.post(reverse("batch_seal", args=[batch.pk]), seal)
    csv = preparer.post(reverse("batch_export", args=[batch.pk, "csv"]))
    xlsx = preparer.post(reverse("batch_export", args=[batch.pk, "xlsx"]))
    assert csv.content.startswith(b"\xef\xbb\xbfExercice;")
    assert xlsx.content.startswith(b"PK")
    assert csv.headers["Content-Disposition"].startswith('attachment; filename="LOT-')
    preparer.post(reverse("batch_transmit", args=[batch.pk]), {"version": 3})
    assert Batch.objects.get().state == "transmitted"


def test_a_wrong_iban_keeps_what_was_typed(team: Team) -> None:
    decision = a_decision(team)
    form = {"iban": "FR76 0000", "holder": "Commune d’Aubagne", "rib": a_rib(), "key": str(uuid4())}
    answer = signed_in(team.drafter).post(reverse("application_bank", args=[decision.application.public_id]), form)
    assert answer.status_code == 422
    assert "IBAN n’est pas valable" in answer.content.decode()
    assert "FR76 0000" in answer.content.decode()


def test_a_refusal_comes_back_to_the_page_with_its_sentence(team: Team) -> None:
    from tests.factories.accounts import a_membership

    instalment = an_instalment(team, "certified")
    a_membership(team.instructor, "finance_approver")
    client, url = signed_in(team.instructor), reverse("instalment_approve", args=[instalment.pk])
    answer = client.post(
        url, {"version": instalment.version}, headers={"referer": f"http://testserver{url}"}, follow=True
    )
    assert "a déjà certifié le service fait" in answer.content.decode()


# --- Queries -----------------------------------------------------------------------------------------------------


def test_the_same_queries_for_1_and_30_rows(team: Team) -> None:
    an_envelope(100_000_000)
    batch = a_batch(team)
    a_bank(team.beside(), state="declared")
    an_instalment(team.beside(), "requested")
    lists = {
        "requested": (team.instructor, reverse("instalment_list") + "?etat=certifier"),
        "approved": (team.preparer, reverse("instalment_list") + "?etat=prets"),
        "declared": (team.head, reverse("bank_list") + "?etat=verifier"),
        "verified": (team.head, reverse("bank_list") + "?etat=verifies"),
        "open batch": (team.preparer, reverse("batch_detail", args=[batch.pk])),
        "batches": (team.preparer, reverse("batch_list")),
    }
    an_instalment(team.beside(), "approved", cents=60_000)
    before = {name: queries(*wanted) for name, wanted in lists.items()}
    for _ in range(15):
        other = team.beside()
        chosen = an_instalment(other, "approved", cents=60_000)
        services.add_lines(batch.pk, [chosen.pk], by=team.preparer)
        an_instalment(team.beside(), "approved", cents=60_000)
        an_instalment(team.beside(), "requested", cents=60_000)
        a_bank(team.beside(), state="declared")
    after = {name: queries(*wanted) for name, wanted in lists.items()}
    assert after == before
    assert max(after.values()) <= 20, after


def test_the_password_given_the_download_goes_on(team: Team) -> None:
    batch = a_batch(team, state="sealed")
    client = signed_in(team.preparer, confirmed=False)
    asked = client.post(reverse("batch_export", args=[batch.pk, "csv"])).headers["Location"]
    assert client.get(asked).status_code == 200
    answer = client.post(asked, {"password": PASSWORD, "next": reverse("batch_export", args=[batch.pk, "csv"])})
    assert answer.headers["Content-Disposition"].startswith("attachment"), answer.status_code
    assert Entry.objects.filter(verb="export_csv").count() == 1


def test_tabs_and_search(team: Team) -> None:
    shown = an_instalment(team, "requested")
    other = an_instalment(team.beside(), "requested")
    client, url = signed_in(team.instructor), reverse("instalment_list")
    for query in ("", "?etat=certifier", "?etat=requested", "?etat=n-importe-quoi"):
        text = client.get(url + query).content.decode()
        assert str(shown.application.number) in text
        assert str(other.application.number) in text
    assert str(shown.application.number) not in client.get(f"{url}?etat=approuver").content.decode()
    for search in (shown.application.number, team.organisation.name.upper()):
        text = client.get(url, {"q": search}).content.decode()
        assert str(shown.application.number) in text
        assert str(other.application.number) not in text
    assert "Aucun versement ne correspond" in client.get(url, {"q": "zzz"}).content.decode()
