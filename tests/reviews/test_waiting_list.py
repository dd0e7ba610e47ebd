"""The waiting list: ranks, what fits, and one mail when money comes back."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from applications import services
from applications.models import Application, Decision
from applications.states import ApplicationState
from notifications.models import Message
from reviews import services as reviews
from reviews.models import Conflict
from reviews.waiting_list import tell_of_money_back, waiting_lists
from tests.factories.accounts import a_fund_manager
from tests.factories.desk import Desk, notes
from tests.factories.fund import a_call_open, an_envelope

S = ApplicationState
pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    """Room for one file of 4 000 € and a half."""
    return Desk(_call=a_call_open(envelope=an_envelope(600_000)))


def put(desk: Desk, *, signed: bool = True) -> Application:
    application = desk.application(S.REVIEWED)
    decision = services.waitlist(application.pk, reasons="Crédits épuisés.", by=desk.manager)
    connection.check_constraints()
    if signed:
        sign(decision, desk)
    return application


def sign(decision: Decision, desk: Desk) -> Decision:
    return services.sign_decision(decision.pk, act_number="CM-1", act_date=timezone.localdate(), by=desk.head)


def money_comes_back(desk: Desk) -> Application:
    """A grant takes the room, is withdrawn, and gives it back."""
    application = desk.application(S.REVIEWED)
    decision = services.grant(application.pk, amount_cents=400_000, by=desk.manager)
    connection.check_constraints()
    services.withdraw_recorded(decision.pk, reason="Erreur.", by=desk.manager)
    connection.check_constraints()
    return application


def mails() -> Any:
    return Message.objects.filter(kind="waiting_list_money")


def test_each_file_that_fits_takes_its_room(desk: Desk) -> None:
    first, second = put(desk), put(desk)
    (one,) = waiting_lists(desk.manager)
    assert [(row.application, row.rank, row.fits) for row in one.rows] == [(first, 1, True), (second, 2, False)]
    assert (one.left, one.cents) == (600_000, 800_000)


def test_the_best_noted_first(desk: Desk) -> None:
    worse, better = (desk.application(S.UNDER_REVIEW) for _ in range(2))
    for application, note in ((worse, 2), (better, 5)):
        for review in application.reviews.all():
            reviews.submit_review(review.pk, notes=notes(application, note), by=review.evaluator)
        reviews.finish_review(application.pk, by=desk.manager)
        connection.check_constraints()
        services.waitlist(application.pk, reasons="Crédits épuisés.", by=desk.manager)
    (one,) = waiting_lists(desk.manager)
    assert [row.application for row in one.rows] == [better, worse]


def test_a_decision_to_sign_does_not_leave_the_list(desk: Desk, client: Client) -> None:
    put(desk, signed=False)
    (one,) = waiting_lists(desk.manager)
    assert not one.fitting
    client.force_login(desk.manager)
    assert "Mise en attente à signer" in client.get(reverse("waiting_list")).text


def test_told_once_when_money_comes_back(desk: Desk) -> None:
    waiting = put(desk)
    assert tell_of_money_back() == 0 and not mails().exists(), "nothing came back since"
    money_comes_back(desk)
    tell_of_money_back()
    tell_of_money_back()
    mail = mails().get(recipient_id=desk.manager.pk)
    assert str(waiting.number) in mail.body_text and "6\u202f000,00\u202f€" in mail.body_text
    assert mails().count() == mails().values("recipient_id").distinct().count()


def test_not_when_nothing_fits(desk: Desk) -> None:
    put(desk)
    taken = desk.application(S.REVIEWED)
    services.grant(taken.pk, amount_cents=300_000, reasons="Moins.", by=desk.manager)
    connection.check_constraints()
    other = desk.application(S.REVIEWED)
    decision = services.grant(other.pk, amount_cents=50_000, reasons="Peu.", by=desk.manager)
    connection.check_constraints()
    services.withdraw_recorded(decision.pk, reason="Erreur.", by=desk.manager)
    assert tell_of_money_back() == 0


def test_a_hidden_file_is_absent_from_the_page_and_the_mail(desk: Desk, client: Client) -> None:
    waiting, blind = put(desk), a_fund_manager()
    Conflict.objects.create(user=blind, application=waiting, reason="Parenté.")
    money_comes_back(desk)
    tell_of_money_back()
    assert mails().exists() and not mails().filter(recipient_id=blind.pk).exists()
    client.force_login(blind)
    page = client.get(reverse("waiting_list")).text
    assert str(waiting.number) not in page and "Aucun dossier en attente" in page


def test_money_of_a_hidden_file_is_not_told(desk: Desk) -> None:
    put(desk)
    blind, source = a_fund_manager(), money_comes_back(desk)
    Conflict.objects.create(user=blind, application=source, reason="Parenté.")
    tell_of_money_back()
    assert mails().exists() and not mails().filter(recipient_id=blind.pk).exists()


def test_as_many_queries_for_many(desk: Desk, client: Client) -> None:
    client.force_login(desk.manager)
    counts = []
    for many in (1, 4):
        for _ in range(many):
            put(desk)
        with CaptureQueriesContext(connection) as asked:
            client.get(reverse("waiting_list"))
        counts.append(len(asked))
    assert counts[0] == counts[1]
