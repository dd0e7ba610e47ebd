"""The acts on an award: prepared by one, signed by another; what is not paid is freed at once, to the cent."""

import os
import threading
from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from applications.models import Application, Decision
from common.errors import DomainError, NotAllowed
from fund.models import Envelope
from fund.services import balance_of
from notifications.models import Message
from payments import acts, services
from payments.models import AwardAct, Instalment
from reports.invariants import check
from tests.factories.payments import Team, a_bank, a_decision

pytestmark = pytest.mark.django_db
FULL = bool(os.environ.get("FULL"))


@pytest.fixture
def team() -> Team:
    return Team()


def prepare(team: Team, decision: Decision, kind: str = "cancellation", **more: Any) -> AwardAct:
    return services.prepare_act(
        decision.application_id, kind=kind, reason="L’action n’aura pas lieu.", **{"by": team.manager, **more}
    )


def sign(team: Team, act: AwardAct, **more: Any) -> AwardAct:
    said = {"act_number": "CM-77", "act_date": date.today(), "by": team.signer, **more}
    signed = services.sign_act(act.pk, **said)
    connection.check_constraints()
    return signed


def broken() -> list[str]:
    return [invariant.code for invariant, count, _ in check(journal=False) if count]


def test_a_cancellation_frees_what_is_not_paid(team: Team) -> None:
    decision = a_decision(team, cents=700_001)
    envelope = Envelope.objects.get(pk=decision.application.call.envelope_id)
    before = balance_of(envelope)["available"]
    act = sign(team, prepare(team, decision))
    assert (act.state, act.released_cents) == ("signed", 700_001)
    assert balance_of(envelope)["available"] == before + 700_001 and balance_of(envelope)["committed"] == 0
    assert set(decision.instalments.values_list("state", flat=True)) == {"void"}
    assert Application.objects.get(pk=decision.application_id).state == "cancelled"
    mail = Message.objects.filter(kind="award_act").first()
    assert mail and "7\u202f000,01" in mail.body_text and "CM-77" in mail.subject
    assert not {"I-01", "I-02b", "I-03", "I-03b"} & set(broken())
    assert acts.make_letter(act.pk) and not acts.make_letter(act.pk)
    assert AwardAct.objects.get(pk=act.pk).letter is not None


def test_an_extension_moves_the_date_and_no_money(team: Team) -> None:
    decision = a_decision(team)
    until = acts.lapse_date(decision) + timedelta(days=100)
    with pytest.raises(DomainError, match="vient après"), transaction.atomic():
        prepare(team, decision, "extension", until=acts.lapse_date(decision))
    act = sign(team, prepare(team, decision, "extension", until=until))
    assert acts.lapse_date(decision) == until and act.movement is None
    assert set(decision.instalments.values_list("state", flat=True)) == {"planned"}


def test_an_award_lapses_after_its_date_only(team: Team) -> None:
    decision = a_decision(team)
    with pytest.raises(DomainError, match="caduque qu’après"):
        prepare(team, decision, "lapse")


def test_two_persons(team: Team) -> None:
    decision = a_decision(team)
    with pytest.raises(NotAllowed), transaction.atomic():
        prepare(team, decision, by=team.instructor)
    act = prepare(team, decision)
    for person in (team.manager, team.instructor, team.drafter):
        with pytest.raises((NotAllowed, DomainError)), transaction.atomic():
            sign(team, act, by=person)
    with pytest.raises(DomainError, match="déjà préparé"), transaction.atomic():
        prepare(team, decision)
    services.withdraw_act(act.pk, by=team.manager)
    with pytest.raises(DomainError, match="déjà"), transaction.atomic():
        sign(team, act)


def test_not_while_an_instalment_is_on_its_way(team: Team) -> None:
    decision = a_decision(team)
    act = prepare(team, decision)
    a_bank(team)
    first = decision.instalments.order_by("position").first()
    services.request_instalment(first.pk, by=team.drafter)
    with pytest.raises(DomainError, match="renvoyez-le"), transaction.atomic():
        sign(team, act)
    assert set(decision.instalments.values_list("state", flat=True)) == {"requested", "planned"}


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("UPDATE payments_awardact SET reason = 'autre' WHERE id = {act}", "stays as it was"),
        ("UPDATE payments_awardact SET released_cents = 1 WHERE id = {act}", "never changes"),
        ("UPDATE payments_awardact SET state = 'signed', version = 2 WHERE id = {act}", "."),
        (
            "UPDATE applications_application SET state = 'cancelled', version = version + 1 WHERE id = {file}",
            "signed act",
        ),
        (
            "UPDATE payments_instalment SET state = 'void', version = version + 1 WHERE application_id = {file}",
            "account",
        ),
        ("DELETE FROM payments_awardact", "."),
    ],
)
def test_what_the_database_refuses(team: Team, sql: str, says: str) -> None:
    decision = a_decision(team)
    act = prepare(team, decision)
    with pytest.raises(Exception, match=says) as met, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql.format(act=act.pk, file=decision.application_id))
        connection.check_constraints()
    assert isinstance(met.value, Exception)
    assert AwardAct.objects.get(pk=act.pk).state == "prepared"


def test_the_pages(team: Team, client: Client) -> None:
    decision = a_decision(team)
    url = reverse("award", args=[decision.application.public_id])
    client.force_login(team.drafter)
    assert "L’aide attribuée" in client.get(url).content.decode()
    assert client.get(reverse("act_prepare", args=[decision.application.public_id])).status_code == 403
    client.force_login(team.manager)
    page = reverse("act_prepare", args=[decision.application.public_id])
    wrong = client.post(page, {"kind": "extension", "until": "", "reason": "Retard du chantier"})
    assert wrong.status_code == 422 and "Retard du chantier" in wrong.content.decode()
    assert client.post(page, {"kind": "cancellation", "reason": "Renoncement"}).status_code == 302
    shown = client.get(url).content.decode()
    assert "attend sa signature" in shown and f"dossier={decision.application.number}" in shown


@settings(
    max_examples=10_000 if FULL else 25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(cents=st.integers(1, 700_000), kind=st.sampled_from(["cancellation", "extension"]))
def test_to_the_cent(db: None, cents: int, kind: str) -> None:
    with transaction.atomic():
        team = Team()
        decision = a_decision(team, cents=cents)
        envelope = Envelope.objects.get(pk=decision.application.call.envelope_id)
        act = sign(team, prepare(team, decision, kind, until=acts.lapse_date(decision) + timedelta(days=1)))
        live = sum(decision.instalments.exclude(state="void").values_list("amount_cents", flat=True))
        assert live == cents - act.released_cents
        balance = balance_of(envelope)
        assert balance["committed"] == live and balance["voted"] == balance["available"] + live
        transaction.set_rollback(True)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", range(50 if FULL else 2))
def test_a_cancellation_against_a_request(turn: int) -> None:
    team = Team()
    decision = a_decision(team)
    a_bank(team)
    act = prepare(team, decision)
    first = Instalment.objects.filter(decision=decision).order_by("position")[0].pk
    outcome: Counter[str] = Counter()
    barrier = threading.Barrier(2)

    def run(name: str, do: Any) -> None:
        barrier.wait()
        try:
            do()
            outcome[name] += 1
        except (DomainError, IntegrityError):
            outcome["refused"] += 1
        finally:
            connection.close()

    said = {"act_number": "CM-77", "act_date": date.today(), "by": team.signer}
    threads = [
        threading.Thread(target=run, args=("request", lambda: services.request_instalment(first, by=team.drafter))),
        threading.Thread(target=run, args=("cancel", lambda: services.sign_act(act.pk, **said))),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    states = set(Instalment.objects.filter(decision=decision).values_list("state", flat=True))
    assert outcome["refused"] == 1 and states in ({"void"}, {"requested", "planned"}), (outcome, states)
