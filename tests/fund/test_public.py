"""What everybody may read, and « Puis-je demander ? »."""

import re
from datetime import date, datetime, timedelta
from html import unescape
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from accounts.models import Organisation
from accounts.states import OrganisationKind, PlanStatus, Role
from applications.eligibility import (
    allowed_cents,
    dates_check,
    money_checks,
    money_of,
    organisation_check,
    theme_check,
)
from applications.first_answers import FirstAnswers
from applications.models import Application
from applications.services import create_draft
from common.dates import PARIS
from common.search import sort_key
from fund.estimate import Asked, answer
from fund.explained import LEGAL_WORDS, example
from fund.models import Call, CallDocument, Fund
from fund.states import Audience, CallState, LegalBasis
from tests.factories.accounts import a_commune, a_user
from tests.factories.applications import a_draft
from tests.factories.fund import a_call, a_call_open, a_fund, bring_call_to
from tests.support.queries import Counted

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


def next_month() -> date:
    return timezone.localdate() + timedelta(days=31)


def _query(**data: str) -> dict[str, str]:
    return {
        "commune": "châteauneuf les martigues",
        "type": "formation",
        "theme": "logement",
        "debut": next_month().isoformat(),
        "cout": "20 000",
        **data,
    }


def _ask(client: Client, slug: str, **data: str) -> str:
    return client.get(reverse("call_detail", args=[slug]), _query(**data)).content.decode()


def a_named_commune(name: str, **fields: Any) -> Organisation:
    return a_commune(name, sort_name=sort_key(name), **fields)


def test_may_i_apply(client: Client) -> None:
    a_named_commune("Châteauneuf-les-Martigues")
    call = a_call_open(ceiling_cents=1_500_000, themes=["logement"], action_types=["formation"])
    page = _ask(client, call.slug)
    assert "Oui, jusqu’à 12\u202f000,00\u202f€" in page
    assert "La commune apporterait 8\u202f000,00\u202f€" in page and "soit 4\u202f000,00\u202f€" in page
    assert "Oui, jusqu’à 4\u202f000,00\u202f€" in _ask(client, call.slug, autres="12 000")
    assert "le montant serait trop faible" in _ask(client, call.slug, cout="100")
    assert "couvrent déjà" in _ask(client, call.slug, autres="25 000")
    assert "ne trouvons pas cette commune" in _ask(client, call.slug, commune="Nulle part")
    assert "ne retient pas ce domaine" in _ask(client, call.slug, theme="sante")
    assert "ne finance pas" in _ask(client, call.slug, type="diagnostic")
    assert "Pas à cette date" in _ask(client, call.slug, debut=timezone.localdate().replace(year=2020).isoformat())
    assert "Il manque encore" in _ask(client, call.slug, theme="", debut="")
    with_plan = a_call_open(audience=Audience.WITH_PLAN)
    assert "réservé aux communes dotées" in _ask(client, with_plan.slug)


def test_all_that_stands_in_the_way_is_said_at_once(client: Client) -> None:
    a_named_commune("Châteauneuf-les-Martigues")
    call = a_call_open(audience=Audience.WITH_PLAN, themes=["logement"])
    page = _ask(client, call.slug, theme="sante", cout="10", debut="2020-01-01")
    for said in ("réservé aux communes dotées", "ne retient pas ce domaine", "au plus tôt", "pas moins de"):
        assert said in page, said


def test_a_commune_with_a_plan_is_told_when_a_call_is_for_the_others(client: Client) -> None:
    a_named_commune("Aubagne", plan_status=PlanStatus.ADOPTED)
    call = a_call_open(audience=Audience.WITHOUT_PLAN)
    assert "réservé aux communes sans plan" in _ask(client, call.slug, commune="Aubagne")


def test_the_answer_alone_is_what_htmx_is_given(client: Client) -> None:
    a_named_commune("Châteauneuf-les-Martigues")
    call = a_call_open()
    answer = client.get(reverse("call_detail", args=[call.slug]), _query(), headers={"HX-Request": "true"})
    part = answer.content.decode()
    assert "Oui, jusqu’à" in part and "<html" not in part


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("cout", "12.000,50"),
        ("cout", "-5"),
        ("cout", "9" * 400),
        ("cout", "٣٠٠٠"),
        ("autres", "beaucoup"),
        ("debut", "31/02/2027"),
        ("debut", "9999999-01-01"),
        ("type", "<script>"),
        ("theme", "x" * 5000),
        ("commune", "\x00"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(client: Client, name: str, typed: str) -> None:
    a_named_commune("Châteauneuf-les-Martigues")
    call = a_call_open()
    answer = client.get(reverse("call_detail", args=[call.slug]), _query(**{name: typed}))
    assert answer.status_code == 200
    page = answer.content.decode()
    assert "Oui, jusqu’à" not in page and "<script>" not in page.split("<main")[1].split("</main")[0]


def test_a_stranger_is_told_nothing_of_the_files_of_a_commune(client: Client) -> None:
    commune = a_named_commune("Châteauneuf-les-Martigues")
    call = a_call_open()
    draft = a_draft(call, commune)
    own = "a déjà un dossier pour cet appel"
    assert own not in _ask(client, call.slug)
    for user, told in ((a_user(Role.DRAFTER), False), (a_user(Role.INSTRUCTOR), False), (draft.created_by, True)):
        client.force_login(user)
        assert (own in _ask(client, call.slug)) is told


# --- One rule, wherever it is asked ----------------------------------------------------------------------------

money = st.integers(min_value=1, max_value=30_000_000)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    basis=st.sampled_from(LegalBasis.values),
    rate=st.integers(1, 10_000),
    own=st.integers(0, 10_000),
    bounds=st.tuples(st.integers(1, 2_000_000), st.integers(0, 5_000_000)),
    cost=money,
    other=st.one_of(st.just(0), money),
    theme=st.sampled_from(["logement", "sante"]),
    kind=st.sampled_from(["formation", "diagnostic"]),
    plan=st.sampled_from(PlanStatus.values),
    audience=st.sampled_from(Audience.values),
    days=st.integers(-3, 3),
)
def test_the_answer_is_the_one_a_file_would_get(
    basis: str, rate: int, own: int, bounds: Any, cost: int, other: int, theme: str, kind: str, plan: str,
    audience: str, days: int,
) -> None:  # fmt: skip
    """The same figures in a file: the same maximum, refused for the same reasons."""
    today = timezone.localdate()
    call = Call(
        audience=audience, legal_basis=basis, max_rate_bp=rate, min_own_share_bp=own, floor_cents=bounds[0],
        ceiling_cents=bounds[0] + bounds[1], themes=["logement"], action_types=["formation"],
        opens_at=timezone.now() - timedelta(days=60), fund=Fund(name="Fonds", authority_name="Métropole"),
    )  # fmt: skip
    commune = Organisation(name="Aubagne", kind=OrganisationKind.COMMUNE, plan_status=plan)
    asked = Asked(commune, kind, theme, today + timedelta(days=days), cost, other)
    said = answer(call, asked, today=today)
    lines = [SimpleNamespace(**line) for line in FirstAnswers.of(asked)._lines(call)]
    figures = money_of(lines)
    assert allowed_cents(call, figures) == said.cents
    file = Application(call=call, organisation=commune, theme=theme, action_type=kind)
    file.starts_on, file.ends_on = asked.starts_on, asked.starts_on + timedelta(days=9)
    checks = [
        organisation_check(call, commune),
        theme_check(file),
        dates_check(file, today),
        *money_checks(call, figures),
    ]
    refused = {check.code for check in checks if not check.ok}
    named = {"theme" if code == "action_type" else code for code in said.refusals}
    assert said.yes == (not refused), refused
    assert refused - {"balance", "own_share", "rate"} <= named | ({"amount"} if refused else set())
    assert named <= refused


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(cost=st.integers(200_000, 5_000_000), other=st.integers(0, 60_000), basis=st.sampled_from(LegalBasis.values))
def test_a_real_draft_begun_with_the_answers_allows_the_same_amount(cost: int, other: int, basis: str) -> None:
    with transaction.atomic():
        call = a_call_open(legal_basis=basis, min_own_share_bp=3000)
        by = a_user(Role.DRAFTER)
        commune = Organisation.objects.get(pk=min(by.organisation_ids()))
        asked = Asked(commune, "formation", "logement", next_month(), cost, other)
        said = answer(call, asked, today=timezone.localdate())
        draft = create_draft(call.pk, commune.pk, by=by, key=uuid4(), first=FirstAnswers.of(asked))
        draft.refresh_from_db()
        assert (draft.allowed_cents, draft.requested_cents) == (said.cents, said.cents)
        assert (draft.theme, draft.action_type, draft.starts_on) == ("logement", "formation", asked.starts_on)
        assert all(check.ok for check in money_checks(call, money_of(draft.budget_lines.all()))) is said.yes
        transaction.set_rollback(True)


def test_a_file_begins_with_the_answers(client: Client) -> None:
    by = a_user(Role.DRAFTER)
    commune = Organisation.objects.get(pk=min(by.organisation_ids()))
    call = a_call_open(ceiling_cents=1_500_000)
    page = _ask(client, call.slug, commune=commune.name, autres="1 000")
    address = unescape(re.search(r'href="([^"]+/nouveau/[^"]+cout=[^"]+)"', page).group(1))  # type: ignore[union-attr]
    assert "cout=20+000" in address
    sign_in = client.get(address)
    assert sign_in.status_code == 302
    assert unquote(sign_in["Location"]).endswith(address), "the answers survive the sign-in"
    client.force_login(by)
    shown = client.get(address).content.decode()
    assert "Vos réponses sont reprises" in shown and "20\u202f000,00\u202f€" in shown
    key = str(uuid4())
    for _ in range(2):
        client.post(address, {"organisation": commune.pk, "key": key})
    draft = Application.objects.get()
    assert (draft.theme, draft.action_type, draft.requested_cents) == ("logement", "formation", 1_200_000)
    assert sum(line.amount_cents for line in draft.budget_lines.filter(side="product")) == 2_000_000


# --- The states of the page, the diary -------------------------------------------------------------------------


def test_before_during_and_after(client: Client) -> None:
    now = timezone.now()
    coming = a_call(CallState.PUBLISHED, opens_at=now + timedelta(days=3), title="Appel à venir")
    page = client.get(reverse("call_detail", args=[coming.slug])).content.decode()
    assert "Le dépôt n’a pas commencé" in page and "Commencer un dossier" not in page
    over = a_call(CallState.CLOSED)
    page = client.get(reverse("call_detail", args=[over.slug])).content.decode()
    assert "Le dépôt est terminé" in page and "Appel à venir" in page and "Puis-je demander" not in page
    # Its end has come and the task that closes it is late: the clock of the database decides.
    late = a_call_open()
    Call.objects.filter(pk=late.pk).update(closes_at=now - timedelta(seconds=1))
    page = client.get(reverse("call_detail", args=[late.slug])).content.decode()
    assert "Le dépôt est terminé" in page and "Commencer un dossier" not in page
    # Its beginning has come and the task is late: it is open.
    early = a_call(CallState.PUBLISHED, opens_at=now - timedelta(seconds=5))
    assert "Commencer un dossier" in client.get(reverse("call_detail", args=[early.slug])).content.decode()


@pytest.mark.parametrize("basis", LegalBasis)
def test_the_legal_basis_is_said_in_plain_words(client: Client, basis: LegalBasis) -> None:
    call = a_call_open(legal_basis=basis)
    page = client.get(reverse("call_detail", args=[call.slug])).content.decode()
    assert LEGAL_WORDS[basis][0][:40] in page.replace("\u202f", " ")


def test_the_example_is_computed_with_the_rules_of_the_call(client: Client) -> None:
    call = a_call_open(ceiling_cents=1_500_000)
    shown = example(call)
    assert shown and (shown.cost, shown.aid, shown.own) == (2_000_000, 1_200_000, 800_000)
    assert [cents for _, cents in shown.parts] == [600_000, 600_000]
    page = client.get(reverse("call_detail", args=[call.slug])).content.decode()
    assert "12\u202f000,00\u202f€" in page
    assert "Ce que vaut la note 3." in page, "the anchors of the criteria"


def test_the_page_costs_the_same_with_thirty_criteria(client: Client) -> None:
    call = a_call(CallState.DRAFT)
    few = count_queries(client, bring_call_to(call, CallState.OPEN))
    many = a_call(CallState.DRAFT)
    for number in range(25):
        CallDocument.objects.create(call=many, code=f"p{number}", label=f"Pièce {number}", position=9 + number)
    assert count_queries(client, bring_call_to(many, CallState.OPEN)) == few


def count_queries(client: Client, call: Call) -> int:
    with Counted() as counted:
        client.get(reverse("call_detail", args=[call.slug]))
    return counted.count


def _diary(client: Client, call: Call) -> tuple[Any, bytes]:
    answer = client.get(reverse("call_calendar", args=[call.slug]))
    assert answer["Content-Type"].startswith("text/calendar")
    assert f'filename="{call.slug}.ics"' in answer["Content-Disposition"]
    return Calendar.from_ical(answer.content), answer.content


def test_the_diary_of_a_call_is_read_back(client: Client) -> None:
    """A closing in summer time, an opening in winter time, a title that must be escaped and folded."""
    title = "Appel ; « été, hiver » \\ é" + "ç" * 90
    opens, closes = datetime(2027, 1, 11, 9, tzinfo=PARIS), datetime(2027, 7, 2, 17, tzinfo=PARIS)
    call = a_call(CallState.PUBLISHED, title=title, opens_at=opens, closes_at=closes)
    diary, raw = _diary(client, call)
    events = {str(event["uid"]).split("-")[2].split("@")[0]: event for event in diary.walk("VEVENT")}
    assert set(events) == {"ouverture", "cloture", "decision", "bilan"}
    assert events["ouverture"].decoded("dtstart") == opens and events["cloture"].decoded("dtstart") == closes
    assert b"DTSTART:20270111T080000Z" in raw and b"DTSTART:20270702T150000Z" in raw
    assert str(events["cloture"]["summary"]) == f"Fin du dépôt : {title}"
    assert events["decision"].decoded("dtstart") == call.decision_expected_on
    assert events["bilan"].decoded("dtstart") == call.report_due_on
    assert [alarm.decoded("trigger").days for alarm in events["cloture"].walk("VALARM")] == [-14, -2]
    assert all(len(line) <= 75 for line in raw.split(b"\r\n")) and b"\n" not in raw.replace(b"\r\n", b"")
    assert "17\u00a0h" in str(events["cloture"]["description"]).replace("\u202f", "\u00a0")


def test_a_diary_says_the_same_until_the_call_changes(client: Client) -> None:
    call = a_call(CallState.PUBLISHED, opens_at=timezone.now() - timedelta(days=1))
    first, raw = _diary(client, call)
    assert _diary(client, call)[1] == raw
    bring_call_to(call, CallState.OPEN, done=CallState.PUBLISHED)
    changed, _ = _diary(client, call)
    before, after = (next(iter(one.walk("VEVENT"))) for one in (first, changed))
    assert before["uid"] == after["uid"]
    assert before["sequence"] < after["sequence"]


def test_a_draft_has_no_public_diary(client: Client) -> None:
    call = a_call(CallState.DRAFT)
    assert client.get(reverse("call_calendar", args=[call.slug])).status_code == 404


def test_a_desk_that_does_not_exist_yet_breaks_nothing(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from fund.views import public

    def missing(*args: object, **kwargs: object) -> str:
        raise NoReverseMatch

    client.force_login(a_user(Role.DRAFTER))
    monkeypatch.setattr(public, "reverse", missing)
    assert public._address("desk_queue") == ""
