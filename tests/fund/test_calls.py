"""The life of a call, by the database's clock, and its rules."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from common.dates import PARIS, local
from common.errors import DomainError, NotAllowed, Stale
from fund import services
from fund.models import Call, Criterion
from fund.policies import rules_are_frozen
from fund.states import CallState, LegalBasis
from fund.tasks import open_and_close_calls
from journal.models import Entry
from tests.factories.accounts import a_drafter, a_fund_manager, a_head_of_service, an_auditor, an_instructor
from tests.factories.applications import a_sent_application
from tests.factories.fund import LIFE, a_call, a_call_open, an_envelope
from tests.support.queries import Counted

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("state", [CallState.DRAFT, *LIFE])
def test_a_call_walks_its_whole_life(state: str) -> None:
    call = a_call(state)
    assert call.state == state
    verbs = list(
        Entry.objects.filter(chain=f"fund.call:{call.pk}").order_by("sequence").values_list("to_state", flat=True)
    )
    assert verbs[-1] == state


def test_it_opens_and_closes_by_itself() -> None:
    now = timezone.now()
    call = a_call(CallState.PUBLISHED, opens_at=now + timedelta(hours=1))
    assert open_and_close_calls() == []
    Call.objects.filter(pk=call.pk).update(opens_at=now - timedelta(seconds=5))
    assert open_and_close_calls() == [f"opened {call.slug}"]
    assert open_and_close_calls() == []
    Call.objects.filter(pk=call.pk).update(closes_at=now - timedelta(seconds=1))
    assert open_and_close_calls() == [f"closed {call.slug}"]
    assert (
        list(
            Entry.objects.filter(chain=f"fund.call:{call.pk}", verb__in=("open", "close")).values_list(
                "actor_label", flat=True
            )
        )
        == ["Automate du fonds"] * 2
    )


def test_a_late_task_does_not_make_an_application_late() -> None:
    """Published, its hour come, the task not yet passed: it takes applications by its dates."""
    call = a_call(CallState.PUBLISHED)
    assert call.takes_applications(timezone.now())
    assert list(Call.objects.open_now()) == [call]


def test_publishing_says_what_is_missing() -> None:
    manager = a_fund_manager()
    call = services.create_call(envelope=an_envelope(), title="Nouvel appel", by=manager)
    with pytest.raises(DomainError) as refusal:
        services.publish_call(call.pk, by=manager)
    assert "les poids des critères" in str(refusal.value)
    assert "la présentation est vide" in str(refusal.value)


def test_a_copy_says_what_last_year_s_call_said_a_year_later() -> None:
    last, envelope = a_call(CallState.CLOSED), an_envelope()
    made = services.create_call(envelope=envelope, title="Appel suivant", by=a_fund_manager(), copy_of=last)
    assert made.state == CallState.DRAFT
    assert made.year == last.year + 1
    assert local(made.closes_at).year == local(last.closes_at).year + 1
    assert local(made.closes_at).astimezone(PARIS).hour == local(last.closes_at).hour, "the hour in Paris stays"
    for rows in ("criteria", "documents", "plan"):
        assert getattr(made, rows).count() == getattr(last, rows).count() > 0
    assert last.criteria.count() == 5


def test_who_may_act_on_a_call() -> None:
    call = a_call(CallState.DRAFT)
    for person in (an_instructor(), a_head_of_service(), an_auditor(), a_drafter()):
        with pytest.raises(NotAllowed):
            services.publish_call(call.pk, by=person)
        with pytest.raises(NotAllowed):
            services.save_call(call.pk, by=person, version=call.version, title="Autre")


def test_two_savers_do_not_erase_each_other() -> None:
    call, manager = a_call(CallState.DRAFT), a_fund_manager()
    services.save_call(call.pk, by=manager, version=call.version, title="Premier")
    with pytest.raises(Stale):
        services.save_call(call.pk, by=manager, version=call.version, title="Second")
    with pytest.raises(Stale):
        services.save_plan(call.pk, [], by=manager, version=call.version)


def test_a_closing_is_postponed_never_brought_forward() -> None:
    call, manager = a_call_open(), a_fund_manager()
    with pytest.raises(DomainError, match="jamais avancée"):
        services.save_call(call.pk, by=manager, version=call.version, closes_at=call.closes_at - timedelta(days=1))
    later = call.closes_at + timedelta(days=7)
    assert services.save_call(call.pk, by=manager, version=call.version, closes_at=later).closes_at == later


def test_rules_are_frozen_once_an_application_is_sent() -> None:
    call, manager = a_call_open(), a_fund_manager()
    assert not rules_are_frozen(call)
    a_sent_application(call)
    assert rules_are_frozen(call)
    for fields in ({"max_rate_bp": 5000}, {"ceiling_cents": 700_000}, {"legal_basis": LegalBasis.AGREEMENT}):
        with pytest.raises(DomainError, match="ne changent plus"):
            services.save_call(call.pk, by=manager, version=Call.objects.get(pk=call.pk).version, **fields)
    with pytest.raises(DomainError, match="ne changent plus"):
        services.save_criteria(call.pk, [], by=manager, version=Call.objects.get(pk=call.pk).version)
    version = Call.objects.get(pk=call.pk).version
    assert services.save_call(call.pk, by=manager, version=version, contact="Sophie").contact == "Sophie"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE fund_call SET max_rate_bp = 9000 WHERE id = %s",
        "UPDATE fund_criterion SET weight = weight + 1 WHERE call_id = %s",
        "DELETE FROM fund_calldocument WHERE call_id = %s",
        "UPDATE fund_plannedshare SET share_bp = 1 WHERE call_id = %s",
        "INSERT INTO fund_criterion (call_id, code, label, help, weight, anchors, position)"
        " VALUES (%s, 'x', 'x', '', 1, '[]', 9)",
    ],
)
def test_the_database_keeps_the_rules_too(statement: str) -> None:
    call = a_call_open()
    a_sent_application(call)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, [call.pk])


# --- Pages -----------------------------------------------------------------------------------------------------


def test_a_call_is_prepared_and_published_on_the_pages(client: Client) -> None:
    envelope = an_envelope()
    client.force_login(a_fund_manager())
    client.post(reverse("call_create"), {"title": "Agir ensemble", "envelope": envelope.pk})
    call = Call.objects.get()
    assert client.get(reverse("call_detail", args=[call.slug])).status_code == 404, "a draft is not public"
    _save(
        client,
        call,
        "presentation",
        title="Agir ensemble",
        summary="Pour toutes les communes.",
        rules="# Objet\n\nLe fonds.",
        contact="",
    )
    _save(
        client,
        call,
        "calendrier",
        opens_at="2026-01-05T09:00",
        closes_at="2046-03-27T17:00",
        report_due_on="2047-12-31",
        decision_expected_on="2046-07-10",
    )
    _save(
        client, call, "communes-et-actions", audience="all", themes=["emploi", "logement"], action_types=["formation"]
    )
    _save(
        client,
        call,
        "montants",
        legal_basis="city_contract",
        envelope=envelope.pk,
        max_rate_bp="62,5",
        min_own_share_bp="20",
        ceiling_cents="6 000",
        floor_cents="500",
    )
    rows = {
        "r-TOTAL_FORMS": 3,
        "r-INITIAL_FORMS": 0,
        "r-0-label": "Pertinence",
        "r-0-weight": 60,
        "r-1-label": "Public",
        "r-1-weight": 30,
    }
    refused = client.post(reverse("call_part", args=[call.slug, "criteres"]), rows | _version(call))
    assert "doivent faire 100" in refused.content.decode()
    assert (
        client.post(
            reverse("call_part", args=[call.slug, "criteres"]), rows | {"r-1-weight": 40} | _version(call)
        ).status_code
        == 302
    )
    call = Call.objects.get()
    assert (call.max_rate_bp, call.ceiling_cents) == (6250, 600_000)
    assert local(call.closes_at).hour == 17
    assert "Le fonds." in client.get(reverse("call_preview", args=[call.slug])).content.decode()
    confirm = client.get(reverse("call_step", args=[call.slug, "publier"]))
    assert "se clôt le 27\u00a0mars 2046 à 17\u202fh\u202f00" in confirm.content.decode()
    client.post(reverse("call_step", args=[call.slug, "publier"]), {"version": call.version})
    assert Call.objects.get().state == CallState.PUBLISHED
    client.logout()
    assert "Agir ensemble" in client.get(reverse("call_detail", args=[call.slug])).content.decode()


def _version(call: Call) -> dict[str, Any]:
    return {"version": Call.objects.get(pk=call.pk).version}


def _save(client: Client, call: Call, part: str, **data: Any) -> None:
    answer = client.post(reverse("call_part", args=[call.slug, part]), data | _version(call))
    assert answer.status_code == 302, answer.context["form"].errors


def test_rows_keep_their_identity_when_edited(client: Client) -> None:
    call = a_call(CallState.DRAFT)
    client.force_login(a_fund_manager())
    ids = list(call.criteria.values_list("pk", flat=True))
    page = client.get(reverse("call_part", args=[call.slug, "criteres"]))
    data: dict[str, Any] = {"r-TOTAL_FORMS": 5, "r-INITIAL_FORMS": 5} | _version(call)
    for number, form in enumerate(page.context["form"].initial_forms):
        data |= {f"r-{number}-{name}": form[name].value() or "" for name in ("id", "label", "help", "weight")}
    data |= {"r-0-weight": 40, "r-4-DELETE": "on"}
    client.post(reverse("call_part", args=[call.slug, "criteres"]), data)
    assert list(call.criteria.values_list("pk", flat=True)) == ids[:4]
    assert Criterion.objects.get(pk=ids[0]).weight == 40


def test_somebody_was_faster_is_said_and_nothing_typed_is_lost(client: Client) -> None:
    call, manager = a_call(CallState.DRAFT), a_fund_manager()
    client.force_login(manager)
    services.save_call(call.pk, by=manager, version=call.version, title="Premier")
    answer = client.post(
        reverse("call_part", args=[call.slug, "presentation"]),
        {"version": call.version, "title": "Second", "summary": "Mon texte à moi"},
    )
    assert answer.status_code == 200
    assert "Quelqu’un a modifié" in answer.content.decode()
    assert "Mon texte à moi" in answer.content.decode()
    assert Call.objects.get(pk=call.pk).title == "Premier"


def test_fonds_de_concours_is_half_at_most(client: Client) -> None:
    call = a_call(CallState.DRAFT)
    client.force_login(a_fund_manager())
    data = {
        "legal_basis": "shared_cost_fund",
        "envelope": call.envelope_id,
        "max_rate_bp": "60",
        "min_own_share_bp": "20",
        "ceiling_cents": "6000",
        "floor_cents": "500",
    }
    answer = client.post(reverse("call_part", args=[call.slug, "montants"]), data | _version(call))
    assert "50\u202f% au plus" in answer.content.decode()


def test_the_lists_of_calls_cost_the_same_for_1_and_30(client: Client) -> None:
    envelope = an_envelope()
    a_call_open(envelope=envelope)
    client.force_login(an_auditor())
    names = ("call_manage_list", "call_list")
    one = [_queries(client, name) for name in names]
    for _ in range(29):
        a_call_open(envelope=envelope)
    assert [_queries(client, name) for name in names] == one


def _queries(client: Client, name: str) -> int:
    client.get(reverse(name))
    with Counted() as counted:
        assert client.get(reverse(name)).status_code == 200
    return counted.count
