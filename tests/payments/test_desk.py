"""Finance's desk: every figure is the sum of the list it leads to; files read back equal to what stands here."""

import csv
import io
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
import tablib
from django.db.models import Sum
from django.urls import reverse
from django.utils import timezone

from applications.models import Application
from fund.models import Movement, PlannedShare
from payments.desk import desk_page
from payments.due_forms import DueForm
from payments.dues import dues
from payments.finance_lists import LISTS
from tests.factories.fund import a_call
from tests.factories.payments import Team, a_batch, a_decision, an_instalment, pay_all
from tests.payments.signing_in import signed_in
from tests.payments.test_pages import queries


@pytest.fixture
def team(db: None) -> Team:
    return Team()


def some_of_each(team: Team) -> None:
    for state in ("planned", "requested", "certified", "approved"):
        an_instalment(team.beside(), state, cents=100_000)
    a_batch(team, an_instalment(team, "approved", cents=100_000), state="sealed")
    paid = a_batch(team, an_instalment(team.beside(), "approved", cents=60_001), state="sealed")
    pay_all(team, paid)
    a_batch(team, an_instalment(team.beside(), "approved", cents=60_001))


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def listed(client: Any, name: str, format: str, query: str = "") -> list[list[Any]]:
    content = body(client.get(reverse("finance_export", args=[name, format]) + query))
    if format == "csv":
        return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))
    if format == "xlsx":
        sheet = openpyxl.load_workbook(io.BytesIO(content)).active
        return [list(row) for row in sheet.iter_rows(values_only=True)]
    read = tablib.Dataset().load(io.BytesIO(content), format="ods")
    return [list(read.headers), *(list(row) for row in read)]


def test_the_planned_days_follow_from_the_award(team: Team) -> None:
    decision = a_decision(team)
    call, act = decision.application.call, timezone.localdate() - timedelta(days=3)
    days = {one.kind: one.due_on for one in dues(team.preparer).filter(decision=decision)}
    assert days == {"advance": act + timedelta(days=30), "balance": call.report_due_on}
    page = signed_in(team.drafter).get(reverse("award", args=[decision.application.public_id])).content.decode()
    assert "Échéance prévue" in page


def test_the_plan_of_the_call_says_when_each_payment_is_expected(db: None) -> None:
    a_call(ceiling_cents=2_000_000)
    PlannedShare.objects.filter(kind="advance").update(days_after=75)
    PlannedShare.objects.filter(kind="balance").update(days_after=45)
    team = Team()
    decision = a_decision(team)
    call, act = decision.application.call, timezone.localdate() - timedelta(days=3)
    days = {one.kind: one.due_on for one in dues(team.preparer).filter(decision=decision)}
    assert days == {"advance": act + timedelta(days=75), "balance": call.report_due_on + timedelta(days=45)}


def figures(page: dict[str, Any]) -> list[tuple[int, str]]:
    """(cents, address) of every figure of the desk that leads to a list of dues."""
    found = [(one["cents"], one["url"]) for one in page["stages"]]
    found += [(age["cents"], age["url"]) for one in page["stages"] for age in one["ages"]]
    for one in page["months"]:
        found += [(one["cents"], one["url"]), (one["way"], one["way_url"]), (one["planned"], one["planned_url"])]
    for one in page["communes"]:
        found += [(one[name], one[f"{name}_url"]) for name in ("way", "month", "left", "paid")]
    for one in page["lines"]:
        found += [(one[name], one[f"{name}_url"]) for name in ("month", "left")]
    return [*found, (page["credits"]["expected"], page["credits"]["expected_url"])]


def test_every_figure_is_the_sum_of_its_list(team: Team) -> None:
    some_of_each(team)
    page, client = desk_page(team.preparer), signed_in(team.preparer)
    shown = figures(page)
    assert len(shown) > 40 and sum(cents > 0 for cents, _ in shown) > 20
    for cents, url in [*shown, *((None, fact["url"]) for fact in page["facts"])]:
        answer = client.get(url)
        assert answer.status_code == 200 and not answer.context["form"].errors, url
        assert cents is None or answer.context["total"] == cents, url
    unpaid = dues(team.preparer).exclude(state="paid").aggregate(cents=Sum("amount_cents"))["cents"]
    assert page["months_total"] == unpaid == sum(one["left"] for one in page["communes"])
    # The ledger says the same: what is engaged or ordered is what is left to pay.
    for one in page["lines"]:
        assert one["left"] == one["balance"].committed + one["balance"].ordered
        assert one["paid"] == one["balance"].paid


def test_what_is_late_or_asked_is_expected_now(team: Team) -> None:
    one = an_instalment(team, "requested")
    today = timezone.localdate()
    assert dues(team.preparer).get(pk=one.pk).expected_on == today
    form = DueForm({"etape": "demande", "quand": "semaine"})
    assert [row.pk for row in form.rows(team.preparer)] == [one.pk]
    assert DueForm({"mois": "demain"}).errors["mois"]
    assert dues(team.preparer).get(decision=one.decision, position=2).expected_on >= today


@pytest.mark.parametrize("format", ["csv", "xlsx", "ods"])
def test_every_list_reads_back(team: Team, format: str) -> None:
    some_of_each(team)
    client = signed_in(team.preparer)
    for name, one in LISTS.items():
        table = listed(client, name, format)
        assert table[0] == [column.header for column in one.columns], name
        assert len(table) - 1 == one.rows(team.preparer, {}).count(), name
    table = listed(client, "mouvements", format)
    amounts = [Decimal(str(row[-1]).replace(",", ".")) for row in table[1:]]
    assert [int(cents * 100) for cents in amounts] == list(
        Movement.objects.order_by("pk").values_list("amount_cents", flat=True)
    )
    day = table[1][1]
    assert day == f"{timezone.localdate():%d/%m/%Y}" if format == "csv" else isinstance(day, date)
    total = sum(
        Decimal(str(row[-1]).replace(",", ".")) for row in listed(client, "echeances", format, "?etape=en-cours")[1:]
    )
    assert total * 100 == sum(one["cents"] for one in desk_page(team.preparer)["stages"])


@pytest.mark.parametrize("format", ["csv", "xlsx", "ods"])
def test_a_formula_stays_text(team: Team, format: str) -> None:
    a_decision(team, title="=cmd|'/c calc'!A1\x01")
    client = signed_in(team.preparer)
    title = next(row for row in listed(client, "aides", format) if "cmd" in str(row))[2]
    assert not title.startswith("=") if format == "csv" else title.startswith("=cmd") and "\x01" not in title
    if format == "xlsx":
        content = body(client.get(reverse("finance_export", args=["aides", "xlsx"])))
        sheet = openpyxl.load_workbook(io.BytesIO(content)).active
        assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n", "d"}


def test_who_takes_away_what(team: Team) -> None:
    for name, format in (("inconnue", "csv"), ("lots", "pdf")):
        assert signed_in(team.preparer).get(reverse("finance_export", args=[name, format])).status_code == 404
    differences = reverse("finance_export", args=["ecarts", "csv"])
    assert signed_in(team.instructor).get(differences).status_code == 404
    for url in (reverse("finance_desk"), reverse("due_list"), reverse("finance_export", args=["aides", "csv"])):
        assert signed_in(team.drafter).get(url).status_code == 404
        assert signed_in(team.instructor).get(url).status_code == 200
    assert Application.objects.count() == 0


def test_the_same_queries_for_one_and_many_rows(team: Team) -> None:
    an_instalment(team, "requested")
    urls = [reverse("finance_desk"), reverse("due_list")]
    before = [queries(team.preparer, url) for url in urls]
    for _ in range(6):
        an_instalment(team.beside(), "requested", cents=60_000)
    assert [queries(team.preparer, url) for url in urls] == before
