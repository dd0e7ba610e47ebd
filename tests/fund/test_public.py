"""What everybody may read, and « Puis-je demander ? »."""

import pytest
from django.test import Client
from django.urls import NoReverseMatch, reverse

from accounts.states import PlanStatus, Role
from applications.eligibility import Money, allowed_cents
from fund.estimate import most_for
from fund.states import Audience, CallState, LegalBasis
from tests.factories.accounts import a_commune, a_user
from tests.factories.fund import a_call, a_call_open, a_fund

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", ["home", "call_list", "accessibility", "privacy", "legal", "open_data"])
def test_public_pages_open_for_everybody_even_on_an_empty_base(client: Client, name: str) -> None:
    assert client.get(reverse(name)).status_code == 200
    a_fund(authority_name="Métropole d’ici")
    page = client.get(reverse(name)).content.decode()
    assert "Métropole d’ici" in page


def test_the_home_page_shows_open_calls_and_never_a_draft(client: Client) -> None:
    shown, hidden = a_call_open(title="Appel ouvert"), a_call(CallState.DRAFT, title="Appel secret")
    page = client.get("/").content.decode()
    assert shown.title in page
    assert hidden.title not in page


@pytest.mark.parametrize(
    ("role", "name"),
    [
        (Role.DRAFTER, "my_applications"),
        (Role.SIGNATORY, "my_applications"),
        (Role.INSTRUCTOR, "desk_queue"),
        (Role.FUND_MANAGER, "desk_queue"),
        (Role.HEAD_OF_SERVICE, "desk_queue"),
        (Role.EVALUATOR, "review_list"),
        (Role.FINANCE_PREPARER, "instalment_list"),
        (Role.FINANCE_APPROVER, "instalment_list"),
        (Role.AUDITOR, "journal"),
        (Role.ADMINISTRATOR, "account_list"),
    ],
)
def test_somebody_signed_in_goes_to_their_desk(client: Client, role: str, name: str) -> None:
    client.force_login(a_user(role))
    answer = client.get("/")
    assert answer.status_code == 302
    assert answer.url == reverse(name)  # type: ignore[attr-defined]


def test_the_page_of_a_call_says_its_rules(client: Client) -> None:
    call = a_call_open(rules="# Article 1. Objet\n\nLe fonds aide <b>les communes</b>.\n\n- un\n- deux")
    page = client.get(reverse("call_detail", args=[call.slug])).content.decode()
    for said in (
        "6\u202f000\u202f€",
        "60\u202f%",
        "Pertinence",
        "Commencer un dossier",
        "<h3>Article 1. Objet</h3>",
        "<li>un</li>",
    ):
        assert said in page, said
    assert "&lt;b&gt;les communes" in page, "what agents write is escaped"
    assert "<b>les communes" not in page


def test_a_closed_call_offers_no_button(client: Client) -> None:
    call = a_call(CallState.CLOSED)
    page = client.get(reverse("call_detail", args=[call.slug])).content.decode()
    assert "Commencer un dossier" not in page
    assert "Clos depuis" in page


def _ask(client: Client, slug: str, **data: str) -> str:
    query = {"commune": "châteauneuf les martigues", "type": "formation", "cout": "20 000"} | data
    return client.get(reverse("call_detail", args=[slug]), query).content.decode()


def test_may_i_apply(client: Client) -> None:
    from common.search import sort_key

    name = "Châteauneuf-les-Martigues"
    a_commune(name, sort_name=sort_key(name))
    call = a_call_open(ceiling_cents=1_500_000)
    assert "Oui, jusqu’à 12\u202f000,00\u202f€" in _ask(client, call.slug)
    assert "le montant serait trop faible" in _ask(client, call.slug, cout="100")
    assert "ne trouvons pas cette commune" in _ask(client, call.slug, commune="Nulle part")
    with_plan = a_call_open(audience=Audience.WITH_PLAN)
    assert "réservé aux communes dotées" in _ask(client, with_plan.slug)


def test_a_commune_with_a_plan_is_told_when_a_call_is_for_the_others(client: Client) -> None:
    from common.search import sort_key

    a_commune("Aubagne", sort_name=sort_key("Aubagne"), plan_status=PlanStatus.ADOPTED)
    call = a_call_open(audience=Audience.WITHOUT_PLAN)
    assert "réservé aux communes sans plan" in _ask(client, call.slug, commune="Aubagne")


@pytest.mark.parametrize("basis", LegalBasis.values)
@pytest.mark.parametrize("cost", [1, 99, 10_001, 83_333, 123_457, 999_999, 1_000_001, 50_000_000])
def test_the_first_answer_is_the_one_the_file_will_give(basis: str, cost: int) -> None:
    """One rule, two places: the public page is below the app that checks the files."""
    call = a_call(CallState.DRAFT, legal_basis=basis, min_own_share_bp=4500)
    assert most_for(call, cost) == allowed_cents(call, Money(cost, cost, 0, 0, 0, 0, cost))


def test_a_desk_that_does_not_exist_yet_breaks_nothing(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from fund.views import public

    def missing(*args: object, **kwargs: object) -> str:
        raise NoReverseMatch

    client.force_login(a_user(Role.DRAFTER))
    monkeypatch.setattr(public, "reverse", missing)
    assert public._address("desk_queue") == ""
