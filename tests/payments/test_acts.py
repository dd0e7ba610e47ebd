"""The acts on an award: prepared by one, signed by another; what is not paid is freed at once, to the cent."""

import os
import threading
from collections import Counter
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from applications.models import Application, Decision
from applications.services import ask_change, withdraw_change
from common.dates import PARIS
from common.errors import DomainError, NotAllowed
from fund.models import Envelope
from fund.services import balance_of, lock_envelope, move
from notifications.models import Message
from payments import acts, rules, services
from payments.models import AwardAct, Instalment
from payments.tasks import warn_of_lapse
from reports.invariants import check
from tests.factories.payments import Team, a_bank, a_decision, a_justified_report

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


def test_a_reduction_lowers_what_is_planned_and_gives_back_the_rest(team: Team) -> None:
    decision = a_decision(team, cents=700_001)
    a_bank(team)
    envelope = Envelope.objects.get(pk=decision.application.call.envelope_id)
    services.request_instalment(decision.instalments.order_by("position")[0].pk, by=team.drafter)  # 350 001
    act = prepare(team, decision, "reduction", award_cents=500_000)
    assert (act.award_cents, act.reduction_cents, act.released_cents) == (700_001, 200_001, 0)
    before = balance_of(envelope)["available"]
    signed = sign(team, act)
    assert (signed.released_cents, balance_of(envelope)["available"]) == (200_001, before + 200_001)
    plan = list(decision.instalments.order_by("position").values_list("state", "amount_cents"))
    assert plan == [("requested", 350_001), ("planned", 149_999)]
    assert Application.objects.get(pk=decision.application_id).state == "granted"
    assert Decision.objects.get(pk=decision.pk).now_cents == 500_000
    mail = Message.objects.filter(kind="award_act").first()
    assert mail and "ramenée à 5\u202f000,00" in mail.body_text and "7\u202f000,01" in mail.body_text
    assert acts.make_letter(act.pk)
    assert not {"I-01", "I-02b", "I-03", "I-03b"} & set(broken())
    again = sign(team, prepare(team, decision, "reduction", award_cents=400_000), act_number="CM-78")
    assert (again.award_cents, again.released_cents) == (500_000, 100_000), "one reduction does not hinder another"


def test_the_account_of_a_reduced_award_counts_what_is_left_of_it(team: Team) -> None:
    decision = a_decision(team)
    sign(team, prepare(team, decision, "reduction", award_cents=500_000))
    a_justified_report(team, decision, 700_000)
    settled = services.settle(decision.application_id, by=team.instructor)
    connection.check_constraints()
    assert (settled.granted_cents, settled.due_cents, settled.released_cents) == (500_000, 250_000, 250_000)
    assert not {"I-01", "I-02b", "I-03", "I-03b"} & set(broken())


@pytest.mark.parametrize("cents", [None, 0, 700_000, 800_000, 350_000])
def test_a_reduction_leaves_less_and_what_is_asked_for(team: Team, cents: int | None) -> None:
    decision = a_decision(team)
    a_bank(team)
    services.request_instalment(decision.instalments.order_by("position")[0].pk, by=team.drafter)
    with pytest.raises(DomainError, match=r"laisse moins|ne peut pas descendre"), transaction.atomic():
        prepare(team, decision, "reduction", award_cents=cents)


def test_a_reduction_and_a_change_do_not_cross(team: Team) -> None:
    decision = a_decision(team, starts_on=date(2027, 1, 4), ends_on=date(2027, 12, 17))
    act = prepare(team, decision, "reduction", award_cents=500_000)
    asked = {"reason": "Moins cher que prévu.", "values": {}, "by": team.drafter}
    change = ask_change(decision.application_id, award_cents=600_000, **asked)
    with pytest.raises(DomainError, match="répondez d’abord"), transaction.atomic():
        sign(team, act)
    with pytest.raises(DomainError, match="répondez d’abord"), transaction.atomic():
        services.withdraw_act(act.pk, by=team.manager)
        prepare(team, decision, "reduction", award_cents=400_000)
    withdraw_change(change.pk, by=team.drafter)
    sign(team, act)
    after = ask_change(decision.application_id, award_cents=450_000, **asked)
    assert (after.award_cents, after.reduction_cents) == (500_000, 50_000), "what stands, after the act"


def test_an_award_that_changed_since_is_not_reduced_by_an_old_act(team: Team) -> None:
    decision = a_decision(team)
    act = prepare(team, decision, "reduction", award_cents=500_000)
    envelope = lock_envelope(decision.application.call.envelope_id)
    move(envelope, "decommit", 1, by=team.manager, subject=str(decision.application.number))
    with pytest.raises(DomainError, match="préparez-en un autre"), transaction.atomic():
        services.sign_act(act.pk, act_number="CM-1", act_date=date.today(), by=team.signer)
    transaction.set_rollback(True)


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


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("released_cents = 1, movement_id = {own}", "no more and no less"),
        ("released_cents = reduction_cents, movement_id = {own}", "comes back to the envelope"),
        ("released_cents = reduction_cents, movement_id = {other}", "comes back to the envelope|changed since"),
    ],
)
def test_a_reduction_signed_by_hand_moves_its_own_money(team: Team, sql: str, says: str) -> None:
    decision, beside = a_decision(team), a_decision(team.beside())
    act = prepare(team, decision, "reduction", award_cents=500_000)
    envelope = lock_envelope(decision.application.call.envelope_id)
    own = move(envelope, "decommit", 200_001, by=team.manager, subject=str(decision.application.number))
    other = move(envelope, "decommit", 200_000, by=team.manager, subject=str(beside.application.number))
    signed = f"""UPDATE payments_awardact SET state = 'signed', version = version + 1, signed_by_id = {team.signer.pk},
        act_number = 'X', act_date = (now() AT TIME ZONE 'Europe/Paris')::date, signed_at = now(), {sql} WHERE id = {act.pk}"""
    with pytest.raises(Exception, match=f"{says}|changed since"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(signed.format(own=own.pk, other=other.pk))
        connection.check_constraints()
    transaction.set_rollback(True)


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
@given(
    cents=st.integers(1, 700_000),
    kind=st.sampled_from(["cancellation", "extension", "reduction"]),
    part=st.integers(1, 99),
)
def test_to_the_cent(db: None, cents: int, kind: str, part: int) -> None:
    with transaction.atomic():
        team = Team()
        decision = a_decision(team, cents=cents)
        envelope = Envelope.objects.get(pk=decision.application.call.envelope_id)
        left = cents * part // 100
        more = {"until": acts.lapse_date(decision) + timedelta(days=1), "award_cents": left}
        if kind == "reduction" and left < decision.instalments.count():  # one cent each, or nothing is left
            with pytest.raises(DomainError):
                prepare(team, decision, kind, **more)
            released = 0
        else:
            released = sign(team, prepare(team, decision, kind, **more)).released_cents
        live = sum(decision.instalments.exclude(state="void").values_list("amount_cents", flat=True))
        assert live == cents - released
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


def test_a_lapse_comes_after_its_day_and_ends_the_award(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    decision = a_decision(team)
    last = acts.lapse_date(decision)
    with pytest.raises(DomainError, match="qu’après le"), transaction.atomic():
        prepare(team, decision, "lapse")
    monkeypatch.setattr("payments.services.acts.database_now", lambda: timezone.now() + timedelta(days=800))
    act = sign(team, prepare(team, decision, "lapse"))
    assert act.before == last
    assert Application.objects.get(pk=decision.application_id).state == "lapsed"
    assert set(decision.instalments.values_list("state", flat=True)) == {"void"}
    assert Decision.objects.get(pk=decision.pk).now_cents == 0
    mail = Message.objects.filter(kind="award_act").first()
    assert mail and "caduque" in mail.body_text
    assert not {"I-01", "I-02b", "I-03", "I-03b"} & set(broken())


def test_a_commune_is_warned_once_before_its_award_lapses(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    decision = a_decision(team)
    last = acts.lapse_date(decision)
    at = {"now": timezone.now()}
    monkeypatch.setattr("payments.services.reports.database_now", lambda: at["now"])
    told = Message.objects.filter(kind="award_lapsing")

    def warn(day: date) -> int:
        at["now"] = datetime.combine(day, time(7, 40), PARIS)
        warn_of_lapse()
        return told.count()

    assert warn(last - timedelta(days=61)) == 0
    people = {team.drafter.pk, team.signatory.pk, team.instructor.pk}
    assert warn(last - timedelta(days=60)) == len(people)
    assert set(told.values_list("recipient_id", flat=True)) == people
    assert warn(last - timedelta(days=1)) == len(people), "once for its last day"
    assert "7\u202f000,00" in told.first().body_text  # type: ignore[union-attr]
    sign(team, prepare(team, decision, "extension", until=last + timedelta(days=365)))
    assert warn(last) == len(people), "extended: nothing is about to lapse"
    assert warn(last + timedelta(days=330)) == 2 * len(people), "the new last day comes near"
    sign(team, prepare(team, decision), act_number="CM-78")
    assert warn(last + timedelta(days=364)) == 2 * len(people), "an ended award warns nobody"


def test_an_award_keeps_the_life_it_was_signed_under(team: Team) -> None:
    before = a_decision(team)
    services.set_rules(lapse_days=365, by=team.manager)
    assert rules.in_force().lapse_days == 365
    assert rules.in_force().cooling_hours == 72, "what is not said stays"
    assert acts.lapse_date(before) == before.act_date + timedelta(days=730)
    after = a_decision(team.beside())
    after.act_date = timezone.localdate()
    assert acts.lapse_date(after) == after.act_date + timedelta(days=365)


@pytest.mark.parametrize(
    "values", ["lapse_days = 89", "lapse_days = 3651", "warned_days = 0", "warned_days = 366", "cooling_hours = 23"]
)
def test_the_database_keeps_the_rules_sane(team: Team, values: str) -> None:
    name, value = values.split(" = ")
    said = {"cooling_hours": "72", "lapse_days": "730", "warned_days": "60", name: value}
    with pytest.raises(IntegrityError, match="rules_"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO payments_paymentrules ({', '.join(said)}) VALUES ({', '.join(said.values())})")
