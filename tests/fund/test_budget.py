"""The year's budget: three lines, an envelope, amendments that the ledger follows."""

from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from common.errors import DomainError, NotAllowed, Stale
from fund import services
from fund.models import Budget, BudgetLine, Envelope, Fund, Movement
from fund.states import FIRST_LINES
from journal.models import Entry
from tests.factories.accounts import a_fund_manager, an_administrator, an_auditor, an_evaluator, an_instructor
from tests.factories.fund import a_budget, a_fund, an_envelope
from tests.support.queries import Counted

pytestmark = pytest.mark.django_db
LINES = [
    {"kind": kind, "label": kind.label, "amount_cents": cents}
    for kind, cents in zip(FIRST_LINES, (1_500_000, 4_000_000, 500_000), strict=True)
]


def test_a_budget_comes_with_its_lines_and_an_envelope_credited_by_the_vote() -> None:
    a_fund()
    budget = services.create_budget(year=2027, lines=LINES, deliberation="CM-12", by=a_fund_manager())
    envelope = Envelope.objects.get(line__budget=budget)
    assert services.balance_of(envelope)["available"] == 4_000_000
    assert sum(budget.lines.values_list("amount_cents", flat=True)) == 6_000_000
    assert Movement.objects.get(envelope=envelope).label == "Vote du budget 2027, délibération CM-12"
    assert Entry.objects.filter(chain=f"fund.budget:{budget.pk}", verb="create_budget", kind="money").exists()


def test_a_year_has_one_budget() -> None:
    a_budget(2027)
    with pytest.raises(DomainError, match="existe déjà"):
        services.create_budget(year=2027, lines=LINES, deliberation="CM-12", by=a_fund_manager())


def test_only_the_fund_manager_sets_a_budget() -> None:
    a_fund()
    for person in (an_instructor(), an_auditor(), an_administrator()):
        with pytest.raises(NotAllowed):
            services.create_budget(year=2027, lines=LINES, deliberation="CM-12", by=person)
    assert not Budget.objects.exists()


@pytest.mark.parametrize("cents", [5_000_000, 2_500_000, 0])
def test_an_amended_line_moves_the_envelope_by_the_difference(cents: int) -> None:
    envelope = an_envelope(4_000_000)
    services.amend_line(envelope.line_id, cents=cents, seen_cents=4_000_000, deliberation="DM 1", by=a_fund_manager())
    assert BudgetLine.objects.get(pk=envelope.line_id).amount_cents == cents
    assert services.balance_of(envelope)["voted"] == services.balance_of(envelope)["available"] == cents


def test_credits_already_engaged_cannot_be_taken_back() -> None:
    envelope = an_envelope(4_000_000)
    manager = a_fund_manager()
    services.move(services.lock_envelope(envelope.pk), "commit", 3_000_000, by=manager, subject="FI-2026-0001")
    with pytest.raises(DomainError, match="il reste"):
        services.amend_line(envelope.line_id, cents=2_999_999, seen_cents=4_000_000, deliberation="DM 1", by=manager)


def test_two_savers_do_not_erase_each_other() -> None:
    envelope = an_envelope(4_000_000)
    manager = a_fund_manager()
    services.amend_line(envelope.line_id, cents=4_100_000, seen_cents=4_000_000, deliberation="DM 1", by=manager)
    with pytest.raises(Stale):
        services.amend_line(envelope.line_id, cents=4_200_000, seen_cents=4_000_000, deliberation="DM 1", by=manager)
    fund = a_fund()
    seen = services.fund_mark(fund)
    services.save_fund(by=manager, seen=seen, name="Fonds")
    with pytest.raises(Stale):
        services.save_fund(by=manager, seen=seen, name="Autre")


def test_the_manager_creates_a_budget_on_the_page(client: Client) -> None:
    a_fund()
    client.force_login(a_fund_manager())
    data = {"year": 2027, "deliberation": "CM-12", "voted_on": "2026-01-20"}
    amounts = {"amount_own_actions": "15 000", "amount_fund": "40000,00", "amount_platform": "5 000,00 €"}
    refused = client.post(reverse("budget_create"), data | amounts | {"amount_fund": "12.000,50"})
    assert refused.status_code == 200
    assert "point et une virgule" in refused.content.decode()
    assert "15 000" in refused.content.decode(), "what was typed stays"
    answer = client.post(reverse("budget_create"), data | amounts)
    assert answer.url == reverse("budget_year", args=[2027])  # type: ignore[attr-defined]
    page = client.get(answer.url).content.decode()  # type: ignore[attr-defined]
    assert "40\u202f000,00" in page
    assert "60\u202f000,00" in page


def test_who_reads_the_budget(client: Client) -> None:
    an_envelope()
    for person, status in (
        (an_auditor(), 200),
        (an_instructor(), 200),
        (an_evaluator(), 404),
        (an_administrator(), 404),
    ):
        client.force_login(person)
        assert client.get(reverse("budget")).status_code == status
    client.logout()
    assert client.get(reverse("budget")).status_code == 302


def test_the_ledger_page_costs_the_same_for_1_and_30_movements(client: Client) -> None:
    envelope = an_envelope()
    client.force_login(an_auditor())
    client.get(reverse("budget"))
    with Counted() as one:
        client.get(reverse("budget"))
    for number in range(30):
        locked = services.lock_envelope(envelope.pk)
        services.move(locked, "commit", 1_000, by=a_fund_manager(), subject=f"FI-2026-{number:04d}")
    with Counted() as many:
        page = client.get(reverse("budget")).content.decode()
    assert "FI-2026-0029" in page
    assert many.count == one.count


def test_the_ledger_is_paged_by_key(client: Client) -> None:
    envelope = an_envelope()
    manager = a_fund_manager()
    for number in range(60):
        services.move(services.lock_envelope(envelope.pk), "commit", 1_000, by=manager, subject=f"FI-2026-{number:04d}")
    client.force_login(manager)
    first = client.get(reverse("budget"))
    assert len(first.context["page"].rows) == 50
    second = client.get(reverse("budget") + first.context["page"].next_url)
    assert len(second.context["page"].rows) == 11
    back = client.get(reverse("budget") + second.context["page"].previous_url)
    assert [m.pk for m in back.context["page"].rows] == [m.pk for m in first.context["page"].rows]
    one = client.get(reverse("budget"), {"q": "fi-2026-0007"})
    assert [m.subject for m in one.context["page"].rows] == ["FI-2026-0007"]


def test_settings_of_the_fund(client: Client) -> None:
    a_fund()
    client.force_login(a_fund_manager())
    page = client.get(reverse("fund_settings"))
    form = {name: value for name, value in page.context["form"].initial.items() if value is not None}
    answer = client.post(
        reverse("fund_settings"), form | {"authority_name": "Métropole d’ailleurs", "authority_siret": "20005480700018"}
    )
    assert "contrôle de clé" in answer.content.decode()
    client.post(
        reverse("fund_settings"),
        form | {"authority_name": "Métropole d’ailleurs", "authority_siret": "200 054 807 00017"},
    )
    assert Fund.objects.get().authority_name == "Métropole d’ailleurs"
    assert "Métropole d’ailleurs" in client.get(reverse("legal")).content.decode()


def test_a_line_more_is_opened_once_with_its_vote_or_empty(client: Client) -> None:
    budget = a_budget(2027)
    client.force_login(a_fund_manager())
    url = reverse("budget_line_add", args=[2027])
    said = {"key": str(uuid4()), "label": "Formation des agents", "cents": "12 000,00"}
    refused = client.post(url, said)
    assert refused.status_code == 422 and "délibération" in refused.content.decode()
    assert "12 000,00" in refused.content.decode(), "what was typed stays"
    voted = said | {"deliberation": "CM-2027-04", "voted_on": "2026-01-05"}
    for _ in range(2):
        assert client.post(url, voted).status_code == 302
    line = budget.lines.get(label="Formation des agents")
    assert (line.kind, line.amount_cents, line.votes.get().kind) == ("other", 1_200_000, "initial")
    again = client.post(url, voted | {"key": str(uuid4()), "label": "formation  des AGENTS"})
    assert again.status_code == 422 and "a déjà une ligne" in " ".join(again.content.decode().split())
    assert client.post(url, {"key": str(uuid4()), "label": "Réserve"}).status_code == 302
    reserve = budget.lines.get(label="Réserve")
    services.transfer(line.pk, reserve.pk, cents=1, deliberation="CM-5", voted_on=None, by=a_fund_manager())
    renamed = client.post(reverse("budget_line_describe", args=[reserve.pk]), {"label": "Formation des agents"})
    assert renamed.status_code == 422 and "a déjà une ligne" in " ".join(renamed.content.decode().split())


def test_a_closed_year_opens_no_line(client: Client) -> None:
    budget = a_budget(2019, fund=0)
    services.close_budget(budget.pk, by=a_fund_manager())
    with pytest.raises(DomainError, match="clos"):
        services.add_line(budget.pk, label="Une autre", by=a_fund_manager())
    with pytest.raises(NotAllowed):
        services.add_line(a_budget(2020).pk, label="Une autre", by=an_instructor())


def test_the_figures_of_the_envelope_lead_to_its_movements(client: Client) -> None:
    envelope = an_envelope(4_000_000)
    client.force_login(a_fund_manager())
    page = client.get(reverse("budget_year", args=[envelope.year])).content.decode()
    for account in ("voted", "paid", "available"):
        address = f"{reverse('ledger')}?ligne={envelope.pk}&amp;compte={account}"
        assert address in page.split('class="env"')[1].split("</dl>")[0]
        assert client.get(address.replace("&amp;", "&")).status_code == 200
