import threading
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pikepdf
import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.test import Client

from accounts.states import Role
from notifications.models import Message
from reports import figures as facts
from reports import services
from tests.factories.accounts import a_user
from tests.factories.fund import a_call_open

PARIS = ZoneInfo("Europe/Paris")
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    ("now", "monday"),
    [
        (datetime(2026, 11, 23, 6, 59, tzinfo=PARIS), "2026-11-16"),
        (datetime(2026, 11, 23, 7, 0, tzinfo=PARIS), "2026-11-23"),
        (datetime(2026, 11, 29, 23, 59, tzinfo=PARIS), "2026-11-23"),
        (datetime(2026, 10, 26, 7, 0, tzinfo=PARIS), "2026-10-26"),  # the night before has 25 hours
    ],
)
def test_the_report_due_is_that_of_the_last_monday_at_seven(now: datetime, monday: str) -> None:
    assert services.week_due(now).isoformat() == monday


def test_one_mail_a_week_to_the_manager_with_the_pdf() -> None:
    manager = a_user(Role.FUND_MANAGER)
    a_user(Role.INSTRUCTOR)
    a_call_open()
    assert services.send_weekly_report()
    assert not services.send_weekly_report(), "a second run sends nothing more"
    message = Message.objects.get(kind="weekly_report")
    assert message.recipient_email == manager.email
    assert "disponibles" in message.subject
    with default_storage.open(message.attachments[0]["path"]) as file, pikepdf.open(file) as pdf:
        assert len(pdf.pages) >= 1


def test_five_workers_at_once_make_one() -> None:
    a_user(Role.FUND_MANAGER)
    a_call_open()

    def work() -> None:
        try:
            services.send_weekly_report()
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Message.objects.filter(kind="weekly_report").count() == 1


def test_nothing_to_report_on() -> None:
    a_user(Role.FUND_MANAGER)
    assert not services.send_weekly_report()


def test_the_night_seals_and_mails_the_auditors() -> None:
    auditor = a_user(Role.AUDITOR)
    a_call_open()
    seal = services.seal_journal()
    assert seal.number == 1
    message = Message.objects.get(kind="journal_seal")
    assert (message.recipient_email, seal.hash in message.body_text) == (auditor.email, True)


def test_nothing_broken_mails_nobody() -> None:
    a_user(Role.ADMINISTRATOR)
    assert services.check_every_invariant() == []
    assert not Message.objects.exists()


def test_what_is_broken_is_mailed(superuser_connection: object) -> None:
    a_user(Role.ADMINISTRATOR)
    call = a_call_open()
    superuser_connection.execute("SET session_replication_role = replica")  # type: ignore[attr-defined]
    superuser_connection.execute("UPDATE fund_envelopebalance SET available = available + 1, voted = voted + 1")  # type: ignore[attr-defined]
    broken = services.check_every_invariant()
    assert any(line.startswith("I-01") for line in broken), call
    assert "I-01" in Message.objects.get(kind="invariants_broken").body_text


@pytest.mark.parametrize(("role", "status"), [(Role.HEAD_OF_SERVICE, 200), (Role.AUDITOR, 200), (Role.EVALUATOR, 404)])
def test_the_dashboard_opens_for_who_reads_files(client: Client, role: str, status: int) -> None:
    a_call_open()
    client.force_login(a_user(role))
    assert client.get("/tableau-de-bord/").status_code == status


def test_two_calls_that_live_are_counted_together() -> None:
    first = a_call_open()
    second = a_call_open()
    figures = facts.figures(facts.live_calls(), today=date.today(), since=date.today())
    assert {call.pk for call in figures.calls} == {first.pk, second.pk}
    voted = {call.envelope_id: call.envelope.balance.voted for call in (first, second)}
    assert figures.balance["voted"] == sum(voted.values())
