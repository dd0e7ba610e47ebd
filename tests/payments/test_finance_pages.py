"""The pages of finance: what they show, what they refuse, and one effect for two posts."""

from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from fund.models import Movement
from payments import services
from payments.models import ContraryLine, ExportLayout, ReturnDifference, ReturnImport
from tests.factories.payments import Team, a_batch, an_instalment
from tests.payments.signing_in import signed_in
from tests.payments.test_pages import queries
from tests.payments.test_returns import a_csv, rows_of, sealed


@pytest.fixture
def team(db: None) -> Team:
    return Team()


def test_the_whole_return_by_its_pages_twice(team: Team) -> None:
    batch = sealed(team, 350_000, 60_001)
    content = a_csv([rows_of(batch)[0], ["FI-1999-0001", "9", rows_of(batch)[0][2], "1,00", "Payé"]])
    client = signed_in(team.preparer)
    for _ in range(2):
        answer = client.post(reverse("return_list"), {"file": SimpleUploadedFile("retour.csv", content)})
        assert answer.status_code == 302
    imported = ReturnImport.objects.get()
    shown = client.get(answer["Location"]).content.decode()
    assert "Ce que ce fichier ferait" in shown and "Inconnu" in shown
    for _ in range(2):
        client.post(reverse("return_apply", args=[imported.pk]), {"version": imported.version})
    assert Movement.objects.filter(verb="pay").count() == 1
    assert ReturnDifference.objects.count() == 2
    difference = ReturnDifference.objects.get(kind="unknown")
    url = reverse("difference_settle", args=[difference.pk])
    assert client.post(url, {"reason": ""}).status_code == 422
    for _ in range(2):
        client.post(url, {"reason": "Autre fonds"})
    difference.refresh_from_db()
    assert difference.reason == "Autre fonds"
    assert "Autre fonds" in client.get(reverse("return_detail", args=[imported.pk])).content.decode()
    assert "Absent du retour" in client.get(reverse("reconciliation")).content.decode()


def test_a_file_that_is_no_table_says_so(team: Team) -> None:
    answer = signed_in(team.preparer).post(reverse("return_list"), {"file": SimpleUploadedFile("a.csv", b"\x00\x01")})
    assert answer.status_code == 422
    assert "tableau" in answer.content.decode()


def test_columns_are_chosen(team: Team) -> None:
    batch = sealed(team, 350_000)
    row = rows_of(batch)[0]
    read = services.read_return(f"A;B;C\r\n{row[0]};{row[2]};{row[3]}".encode(), "a.csv", by=team.preparer)
    client = signed_in(team.preparer)
    page = client.get(reverse("return_detail", args=[read.pk])).content.decode()
    assert "quelle colonne porte le montant" in page
    chosen = {"version": read.version, "col_reference": "A", "col_paid_on": "B", "col_amount_cents": "C"}
    client.post(reverse("return_map", args=[read.pk]), chosen)
    read.refresh_from_db()
    assert read.mapping == {"reference": "A", "paid_on": "B", "amount_cents": "C"}
    client.post(reverse("return_discard", args=[read.pk]), {"version": read.version})
    read.refresh_from_db()
    assert read.state == "discarded"


def test_a_line_is_cancelled_once_for_two_posts(team: Team) -> None:
    batch = sealed(team, 350_000)
    line = batch.lines.get()
    url = reverse("line_cancel", args=[batch.pk, line.pk])
    client = signed_in(team.approver)
    assert "Ligne contraire" in client.get(url).content.decode()
    form = {"key": str(uuid4()), "reason": "Mauvaise commune"}
    assert client.post(url, form).status_code == 422
    for _ in range(2):
        assert client.post(url, form | {"stopped": "on"}).status_code == 302
    contrary = ContraryLine.objects.get()
    shown = client.get(reverse("batch_detail", args=[batch.pk])).content.decode()
    assert contrary.number in shown and "Annulée" in shown
    one, two = (client.post(reverse("contrary_export", args=[contrary.pk])).content for _ in range(2))
    assert one == two and contrary.number.encode() in one
    assert signed_in(team.preparer).get(url).status_code == 403
    assert signed_in(team.approver, confirmed=False).get(url).status_code == 302


def form_of(page: Any) -> dict[str, Any]:
    form = page.context["form"]
    return {name: "" if form[name].value() is None else form[name].value() for name in form.fields}


def test_the_format_is_seen_then_kept(team: Team) -> None:
    client, url = signed_in(team.approver), reverse("export_layout")
    form = form_of(client.get(url)) | {"separator": "|", "header_montant": "MT", "place_pieces": ""}
    shown = client.post(url, form | {"voir": "1"})
    assert "MT" in shown.context["preview"][0] and "Pièces" not in shown.context["preview"][0]
    assert not ExportLayout.objects.exists()
    for _ in range(2):
        assert client.post(url, form).status_code == 302
    assert ExportLayout.objects.get().separator == "|"
    refused = client.post(url, form | {"place_iban": ""})
    assert refused.status_code == 422 and "IBAN" in refused.content.decode()


def test_the_hold_is_released_by_its_page(team: Team) -> None:
    from common.actors import MACHINE

    batch = a_batch(team, state="sealed")
    services.hold(by=MACHINE, note="Copie des disques")
    client, url = signed_in(team.approver), reverse("export_hold")
    assert "Exports retenus" in client.get(reverse("batch_detail", args=[batch.pk])).content.decode()
    wrong = client.post(url, {"number": str(batch.number), "total_cents": "1,00", "note": "x"})
    assert wrong.status_code == 422 and "pas le même lot" in wrong.content.decode()
    right = {"number": str(batch.number), "total_cents": "3500,00", "note": "M. Lot"}
    assert client.post(url, right).status_code == 302
    assert "ne sont pas retenus" in client.get(url).content.decode()


def test_who_gets_a_404(team: Team) -> None:
    for person in (team.instructor, team.drafter):
        for name in ("return_list", "reconciliation"):
            assert signed_in(person).get(reverse(name)).status_code == 404


def test_the_same_queries_for_one_and_many_rows(team: Team) -> None:
    batch = sealed(team, 350_000)
    services.read_return(a_csv(rows_of(batch)), "a.csv", by=team.preparer)
    urls = [reverse("return_list"), reverse("reconciliation")]
    before = [queries(team.preparer, url) for url in urls]
    for number in range(30):
        services.read_return(
            f"Dossier;Montant;Paye le\nX;{number + 1},00;01/07/2026".encode(), f"{number}.csv", by=team.preparer
        )
    a_batch(team, *(an_instalment(team.beside(), "approved") for _ in range(3)), state="sealed")
    assert [queries(team.preparer, url) for url in urls] == before
