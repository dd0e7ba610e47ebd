"""The end of an award: the balance that the report justifies, nothing due, too much paid; to the cent."""

import os
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from applications.models import Application, Decision
from common.errors import DomainError, NotAllowed
from documents.services import open_verified
from fund.models import Envelope, EnvelopeBalance, Movement
from fund.services import close_budget
from journal.services import advance
from notifications.models import Message
from payments import services
from payments.models import Instalment, PaymentPaper, Recovery, Settlement
from payments.requests import obstacle_now
from payments.services import papers
from payments.settlement import Sums
from reports import invariants
from tests.factories.accounts import a_finance_approver, a_membership
from tests.factories.fund import a_call
from tests.factories.payments import Team, a_batch, a_decision, a_justified_report, a_rib, an_instalment, pay_all
from tests.payments.signing_in import signed_in

CASES = 10_000 if os.environ.get("FULL") else 300
AWARD, PLANNED = 700_000, 1_400_000


@pytest.fixture
def team(db: None) -> Iterator[Team]:
    yield Team()
    connection.check_constraints()
    assert not [(one[0].code, one[2]) for one in invariants.check() if one[1]]


def an_advance(team: Team, *, paid: bool = True) -> Decision:
    """An award of 7 000 € whose advance of 3 500 € was ordered and, unless said otherwise, paid."""
    first = an_instalment(team, "approved")
    batch = a_batch(team, first, state="sealed")
    connection.check_constraints()
    if paid:
        pay_all(team, batch)
    return Decision.objects.select_related("application__call").get(pk=first.decision_id)


def balance_of(decision: Decision) -> Instalment:
    return Instalment.objects.get(decision=decision, kind="balance")


def available() -> int:
    return EnvelopeBalance.objects.get(envelope=Envelope.objects.get()).available


# --- The balance -------------------------------------------------------------------------------------------------


def test_the_balance_is_what_the_report_justifies(team: Team) -> None:
    decision = an_advance(team)
    a_justified_report(team, decision, 1_000_001)
    before = available()
    asked = services.request_instalment(balance_of(decision).pk, by=team.drafter)
    made = Settlement.objects.get(decision=decision)
    assert (made.due_cents, made.gone_cents, made.balance_cents, made.released_cents) == (
        500_000,
        350_000,
        150_000,
        200_000,
    )
    assert (asked.state, asked.amount_cents) == ("requested", 150_000)
    assert available() == before + 200_000
    labels = [line["label"] for line in made.explained]
    assert labels[0] == "Dépenses éligibles prévues" and labels[-1] == "Solde à verser"
    assert any(label.startswith("À déduire : acompte payé le") for label in labels)
    assert Message.objects.filter(kind="settlement").count() == 2


def test_all_spent_releases_nothing(team: Team) -> None:
    decision = an_advance(team)
    a_justified_report(team, decision, PLANNED + 100_000)
    assert services.request_instalment(balance_of(decision).pk, by=team.drafter).amount_cents == 350_000
    assert Settlement.objects.get().released_cents == 0
    assert not Movement.objects.filter(verb="decommit").exists()


def test_asking_again_after_a_return_makes_no_second_account(team: Team) -> None:
    decision = an_advance(team)
    a_justified_report(team, decision, 1_000_000)
    balance = balance_of(decision)
    services.request_instalment(balance.pk, by=team.drafter)
    services.return_to_commune(balance.pk, reason="Relevé illisible", by=team.instructor)
    services.request_instalment(balance.pk, by=team.drafter)
    assert Settlement.objects.count() == 1


def test_the_whole_way_to_a_closed_file(team: Team) -> None:
    decision = an_advance(team)
    a_justified_report(team, decision, 1_000_000)
    balance = services.request_instalment(balance_of(decision).pk, by=team.drafter)
    services.certify(balance.pk, by=team.instructor)
    services.approve(balance.pk, by=team.approver)
    batch = a_batch(team, Instalment.objects.get(pk=balance.pk), state="sealed")
    connection.check_constraints()
    pay_all(team, batch)
    from applications.services.report_review import close_when_settled

    assert close_when_settled(decision.application_id)
    with pytest.raises(DomainError):
        services.settle(a_decision(team).application_id, by=team.instructor)


def test_an_award_settled_is_reduced_no_more(team: Team) -> None:
    from payments.services.reducing import obstacle_to_reduction

    decision = an_advance(team)
    a_justified_report(team, decision, 1_000_000)
    services.settle(decision.application_id, by=team.instructor)
    assert "décompte" in obstacle_to_reduction(None, decision=decision, award_cents=400_000)


# --- Nothing due, too much paid ----------------------------------------------------------------------------------


def test_nothing_due_closes_without_a_payment(team: Team) -> None:
    decision = an_advance(team)
    a_justified_report(team, decision, PLANNED // 2)
    assert "rien à verser" in obstacle_now(balance_of(decision))
    with pytest.raises(DomainError, match="rien à verser"):
        services.request_instalment(balance_of(decision).pk, by=team.drafter)
    with pytest.raises(NotAllowed):
        services.settle(decision.application_id, by=team.drafter)
    services.settle(decision.application_id, by=team.instructor)
    assert balance_of(decision).state == "void"
    assert Application.objects.get(pk=decision.application_id).state == "closed"
    assert not Recovery.objects.exists()


def overpaid(team: Team, *, paid: bool = True) -> Recovery:
    decision = an_advance(team, paid=paid)
    a_justified_report(team, decision, 400_000)  # due 2 000 €, 3 500 € paid
    services.settle(decision.application_id, by=team.instructor)
    return Recovery.objects.get()


TODAY = timezone.localdate()


def test_what_comes_back_after_its_year_is_closed_moves_nothing_in_it(team: Team) -> None:
    recovery = overpaid(team)
    services.issue_recovery(recovery.pk, number="T-9", title_date=TODAY, by=team.preparer)
    close_budget(recovery.application.call.envelope.line.budget_id, by=team.manager)
    before = EnvelopeBalance.objects.values().get(envelope=recovery.application.call.envelope)
    received = services.receive_recovery(recovery.pk, received_on=TODAY, reference="P504", by=team.approver)
    connection.check_constraints()
    assert (received.state, received.movement) == ("received", None)
    assert EnvelopeBalance.objects.values().get(envelope=recovery.application.call.envelope) == before
    assert Application.objects.get(pk=recovery.application_id).state == "closed"


def test_what_comes_back_in_an_open_year_has_its_movement(team: Team) -> None:
    recovery = overpaid(team)
    services.issue_recovery(recovery.pk, number="T-9", title_date=TODAY, by=team.preparer)
    recovery = Recovery.objects.get(pk=recovery.pk)
    said = {"actor": team.approver, "received_on": TODAY, "reference": "", "movement": None}
    with pytest.raises(IntegrityError, match="its movement"), transaction.atomic():
        advance(recovery, recovery.receive, by=team.approver, **said)
        connection.check_constraints()


def test_too_much_paid_is_asked_back_followed_and_received(team: Team) -> None:
    recovery = overpaid(team)
    assert (recovery.state, recovery.amount_cents) == ("asked", 150_000)
    application = Application.objects.get(pk=recovery.application_id)
    assert application.state == "granted", "not closed while money is to come back"
    services.issue_recovery(recovery.pk, number="T-2026-12", title_date=TODAY, by=team.preparer)
    services.receive_recovery(recovery.pk, received_on=TODAY, reference="P503", by=team.approver)
    moved = Movement.objects.get(verb="recover")
    assert (moved.amount_cents, moved.subject) == (150_000, application.number)
    assert Recovery.objects.get().state == "received"
    assert Application.objects.get(pk=application.pk).state == "closed"
    with pytest.raises(DomainError):
        services.receive_recovery(recovery.pk, received_on=TODAY, reference="P503", by=team.approver)


def test_what_is_not_paid_yet_is_not_recovered(team: Team) -> None:
    recovery = overpaid(team, paid=False)
    services.issue_recovery(recovery.pk, number="T-2026-12", title_date=TODAY, by=team.preparer)
    with pytest.raises(DomainError, match="payé"):
        services.receive_recovery(recovery.pk, received_on=TODAY, reference="", by=team.approver)


def test_who_follows_a_recovery(team: Team) -> None:
    recovery = overpaid(team)
    act: dict[str, Any] = {"number": "T-1", "title_date": TODAY}
    for person in (team.drafter, team.head, team.manager, team.instructor):
        with pytest.raises(NotAllowed):
            services.issue_recovery(recovery.pk, **act, by=person)
    a_membership(team.instructor, "finance_preparer")
    with pytest.raises(DomainError, match="Vous avez demandé"):
        services.issue_recovery(recovery.pk, **act, by=team.instructor)
    with pytest.raises(DomainError, match="aujourd’hui"):
        services.issue_recovery(recovery.pk, number="T-1", title_date=TODAY + timedelta(days=1), by=team.preparer)
    with pytest.raises(DomainError, match="motif"):
        services.cancel_recovery(recovery.pk, reason=" ", by=team.approver)
    services.cancel_recovery(recovery.pk, reason="Remise gracieuse, délibération 12", by=a_finance_approver())
    assert Application.objects.get(pk=recovery.application_id).state == "closed"


# --- Papers ------------------------------------------------------------------------------------------------------


def test_rubrics_76_and_78_want_a_title_and_an_agreement(team: Team) -> None:
    call = a_call(ceiling_cents=2_000_000, legal_basis="shared_cost_fund")
    decision = a_decision(team, call=call)
    from tests.factories.payments import a_bank

    a_bank(team)
    first = decision.instalments.get(position=1)
    with pytest.raises(DomainError, match="titre de perception"):
        services.request_instalment(first.pk, by=team.drafter)
    for kind in ("agreement", "title"):
        paper = services.join_paper(first.pk, kind=kind, file=a_rib(f"{kind}.pdf"), reference="7", by=team.drafter)
        if kind == "title":
            assert "Titre de perception de la commune" not in obstacle_now(first)
        from documents.services import scan

        scan(paper.file_id)
    services.request_instalment(first.pk, by=team.drafter)
    services.certify(first.pk, by=team.instructor)
    with pytest.raises(DomainError, match="ne changent plus"):
        services.join_paper(first.pk, kind="title", file=a_rib(), by=team.drafter)


def test_the_statement_recalls_what_was_paid(team: Team) -> None:
    decision = an_advance(team)
    a_justified_report(team, decision, 1_000_000)
    balance = services.request_instalment(balance_of(decision).pk, by=team.drafter)
    assert papers.waiting() == [balance.pk]
    made = papers.make_statement(balance.pk)
    assert made and papers.make_statement(balance.pk) is None and papers.waiting() == []
    with open_verified(made.file) as content:
        assert content.read(5) == b"%PDF-"
    data = papers.data_of(Instalment.objects.select_related("application__call__fund", "decision").get(pk=balance.pk))
    assert (data["gone_cents"], data["amount_cents"], len(data["paid"])) == (350_000, 150_000, 1)
    assert "payé le" in data["paid"][0]["label"] and "mandat M1" in data["paid"][0]["label"]
    services.certify(balance.pk, by=team.instructor)
    services.approve(balance.pk, by=team.approver)
    batch = a_batch(team, Instalment.objects.get(pk=balance.pk), state="sealed")
    assert "Décompte" in batch.content
    assert PaymentPaper.objects.get().kind == "statement"


# --- Pages -------------------------------------------------------------------------------------------------------


def test_the_pages_of_the_end(team: Team) -> None:
    recovery = overpaid(team)
    application = Application.objects.get(pk=recovery.application_id)
    shown = signed_in(team.drafter).get(reverse("award_settle", args=[application.public_id])).content.decode()
    assert "Trop versé, à rembourser" in shown and "1\u202f500,00" in shown
    preparer = signed_in(team.preparer)
    assert application.number in preparer.get(reverse("recovery_list")).content.decode()
    url = reverse("recovery_detail", args=[recovery.pk])
    assert signed_in(team.drafter).get(url).status_code == 404
    assert "Inscrire le titre" in preparer.get(url).content.decode()
    wrong = preparer.post(url, {"act": "emettre", "version": 1, "number": "", "title_date": TODAY.isoformat()})
    assert (wrong.status_code, "Il manque le numéro" in wrong.content.decode()) == (422, True)
    right = {"act": "emettre", "version": 1, "number": "T-9", "title_date": TODAY.isoformat()}
    assert preparer.post(url, right).status_code == 302
    assert preparer.post(url, right).status_code == 302, "the step has passed: nothing is done twice"
    assert signed_in(team.head).post(url, right).status_code == 403
    assert Recovery.objects.get().version == 2


def test_the_request_page_explains_the_balance(team: Team) -> None:
    decision = an_advance(team)
    a_justified_report(team, decision, 1_000_000)
    drafter = signed_in(team.drafter)
    shown = drafter.get(reverse("instalment_request", args=[balance_of(decision).pk])).content.decode()
    for words in (
        "Dépenses éligibles justifiées au bilan",
        "À déduire",
        "1\u202f500,00",
        "Décompte",
        "Bilan de l’action",
    ):
        assert words in shown, words
    assert (
        "Voir le calcul du solde"
        in drafter.get(reverse("application_payments", args=[decision.application.public_id])).content.decode()
    )
    settle = reverse("award_settle", args=[decision.application.public_id])
    assert drafter.post(settle).status_code == 403
    assert "Arrêter le décompte" in signed_in(team.instructor).get(settle).content.decode()
    assert signed_in(team.instructor).post(settle).status_code == 302
    assert signed_in(team.instructor).post(settle).status_code == 302
    assert Settlement.objects.count() == 1


# --- To the cent -------------------------------------------------------------------------------------------------

cents = st.integers(0, 10**9)


@settings(max_examples=CASES, deadline=None)
@given(st.integers(1, 10**9), cents, cents)
def test_sums_to_the_cent(granted: int, a: int, b: int) -> None:
    sums = Sums(granted, min(a, granted), min(b, granted))
    assert min(sums.balance, sums.recover, sums.released) >= 0
    assert sums.balance * sums.recover == 0
    assert sums.due == sums.gone + sums.balance - sums.recover
    assert sums.granted == sums.gone + sums.balance + sums.released
    assert sums.gone + sums.balance <= sums.granted


@settings(max_examples=CASES, deadline=None)
@given(st.integers(1, 10**9), st.integers(1, 10**10), st.integers(0, 10**10), cents)
def test_the_rate_never_gives_a_cent_too_many(granted: int, planned: int, spent: int, gone: int) -> None:
    """Pro rata in whole cents: never more than the exact fraction, never a cent below it."""
    from types import SimpleNamespace

    from applications.report_money import aid_due

    money = lambda cost: SimpleNamespace(eligible_cost=cost, total_cost=cost, other_subsidies=0)  # noqa: E731
    call = SimpleNamespace(ceiling_cents=10**12, max_rate_bp=10_000, floor_cents=0, min_own_share_bp=0, legal_basis="")
    aid = aid_due(call, money(planned), money(spent), granted)  # type: ignore[arg-type]
    exact = min(granted * planned, granted * spent)
    assert aid.cents * planned <= exact or aid.cents == granted
    if planned >= granted:  # else the cost itself bounds the aid lower
        assert (aid.cents + 1) * planned > exact
    sums = Sums(granted, aid.cents, min(gone, granted))
    assert sums.granted == sums.gone + sums.balance + sums.released


def test_a_paper_refused_comes_back_with_what_was_typed(team: Team, client: Client) -> None:
    decision = a_decision(team, call=a_call(legal_basis="shared_cost_fund", ceiling_cents=2_000_000))
    planned = decision.instalments.order_by("position")[0]
    for who, home in ((team.drafter, "instalment_request"), (team.instructor, "instalment_detail")):
        client.force_login(who)
        url = reverse("instalment_join", args=[planned.pk])
        for wrong, says in (({}, "Choisissez le document"), ({"file": SimpleUploadedFile("t.pdf", b"GIF89a")}, "PDF")):
            said = {"key": str(uuid4()), "kind": "title", "reference": "T-2026-44", **wrong}
            refused = client.post(url, said)
            page = " ".join(refused.content.decode().split())
            assert refused.status_code == 422, home
            assert "n’est pas jointe" in page and says in page
            assert 'value="T-2026-44"' in page, "what was typed stays"
    assert not PaymentPaper.objects.filter(instalment=planned, kind="title").exists()
