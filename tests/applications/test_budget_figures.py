"""What the page counts while one types is what the file holds once saved, and what the page says when opened again."""

import random
import re
from html import unescape
from typing import Any

import pytest
from django.test import Client

from applications.models import Application
from common.money import euros_bare
from tests.applications.test_commune_pages import client_of, page, seen, table
from tests.factories.accounts import a_commune
from tests.factories.applications import a_draft
from tests.factories.fund import a_call_open

pytestmark = pytest.mark.django_db
ACCOUNTS = ("60", "61", "62", "63", "64", "65")
AMOUNTS = (0, 0, 1, 2, 99, 100, 333_333, 10**6, 7_654_321, 10**9)


def typed(draft: Application, chance: random.Random) -> dict[str, Any]:
    """A budget of any shape: a cent, a line of zero, funders acquired or only thought of, voluntary work on one side."""

    def amount() -> str:
        cents = chance.choice((*AMOUNTS, chance.randrange(10**7)))
        return chance.choice((euros_bare(cents), f"{cents // 100},{cents % 100:02d}", ""))

    funders = [
        {"funder": f"Financeur {n}", "label": "", "status": status, "amount": amount()}
        for n, status in enumerate(("acquired", "requested", "to_request")[: chance.randrange(4)])
    ]
    return {
        "demande-amount": amount(),
        **table("charges", *({"account": x, "amount": amount(), "label": "x"} for x in ACCOUNTS), initial=6),
        **table("financeurs", *funders),
        **table("commune", {"account": "autofinancement", "amount": amount()}, initial=1),
        **table("volontaires", {"account": "86", "amount": amount()}, {"account": "87", "amount": amount()}, initial=2),
        **seen(draft, "budget"),
    }


def figures(html: str) -> list[str]:
    """Every amount and share of the result, in the order of the page."""
    result = re.search(r'<section class="sec" id="controles">.*?</section>', html, re.S)
    assert result
    words = unescape(re.sub(r"<[^>]+>", " ", result[0]))
    return re.findall(r"-?\d[\d\s\u202f\u00a0]*(?:,\d+)?[\s\u202f\u00a0]*[€%]", words)


def of(response: Any) -> str:
    return str(response.content.decode())


@pytest.mark.parametrize("seed", range(12))
def test_counted_while_typing_as_counted_when_saved(seed: int) -> None:
    draft, chance = a_draft(), random.Random(seed)
    client: Client = client_of(draft.created_by)
    data = typed(draft, chance)
    live = of(client.post(page("application_budget_figures", draft), data))
    assert draft.budget_lines.count() == 0, "counting saves nothing"
    assert client.post(page("application_budget", draft), data).status_code == 302
    opened = of(client.get(page("application_budget", draft)))
    assert figures(live) == figures(opened)
    saved = Application.objects.get(pk=draft.pk)
    assert saved.requested_cents == sum(x.amount_cents for x in saved.budget_lines.all() if x.is_request)
    assert saved.allowed_cents <= saved.eligible_cost_cents
    for total, cents in (("charges", "charge"), ("produits", "product")):
        shown = re.search(rf'id="total-{total}"[^>]*>([^<]+)<', live)
        lines = [x for x in saved.budget_lines.all() if x.side == cents and x.account not in ("86", "87")]
        assert shown and re.sub(r"[^\d,]", "", shown[1]) == re.sub(
            r"[^\d,]", "", euros_bare(sum(x.amount_cents for x in lines))
        )


def a_budget(draft: Application, asked: str, cost: str = "10000", own: str = "4000") -> dict[str, Any]:
    return {
        "demande-amount": asked,
        **table(
            "charges", *({"account": x, "amount": cost if x == "62" else "", "label": ""} for x in ACCOUNTS), initial=6
        ),
        **table("financeurs"),
        **table("commune", {"account": "autofinancement", "amount": own}, initial=1),
        **table("volontaires", {"account": "86", "amount": ""}, {"account": "87", "amount": ""}, initial=2),
        **seen(draft, "budget"),
    }


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("-6000", "négatif"),
        ("−6000", "négatif"),
        ("9" * 24, "trop grand"),
        ("1e9", "chiffres"),
        ("6 000,005", "plus de deux chiffres"),
    ],
)
def test_an_amount_that_cannot_be_is_refused_and_stays(asked: str, words: str) -> None:
    draft = a_draft()
    answer = of(client_of(draft.created_by).post(page("application_budget", draft), a_budget(draft, asked)))
    assert words in unescape(answer) and f'value="{asked}"' in answer
    assert "Un point à corriger" in answer and draft.budget_lines.count() == 0


def test_the_number_of_inhabitants_changes_no_amount() -> None:
    """3 500 inhabitants decide what must be published, not what may be asked: the rules of a call are the same for all."""
    call, found = a_call_open(), set()
    for inhabitants in (0, 1, 3_499, 3_500, 3_501, 870_000):
        draft = a_draft(call, a_commune(population=inhabitants))
        answer = client_of(draft.created_by).post(page("application_budget", draft), a_budget(draft, "6000"))
        assert answer.status_code == 302
        draft.refresh_from_db()
        found.add((draft.requested_cents, draft.allowed_cents))
    assert found == {(600_000, 600_000)}
