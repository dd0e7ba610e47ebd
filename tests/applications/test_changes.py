"""The change of an awarded action: asked by the commune, answered by the fund; a lower amount signed by another person."""

from datetime import date, timedelta
from typing import Any

import pikepdf
import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from applications import change_letters, services
from applications.models import Application, ChangeRequest, ContentVersion
from applications.standing import told_decision, with_standing
from common.errors import DomainError, NotAllowed, Stale
from documents.services import open_verified
from fund.models import Movement
from fund.services import balance_of
from notifications.models import Message
from payments import services as payments
from payments.models import Instalment
from payments.services.reducing import shares
from reports.invariants import check
from reviews.family import others
from tests.factories.accounts import a_reader
from tests.factories.payments import Team, a_bank, a_decision
from tests.factories.reports import an_accepted_report

pytestmark = pytest.mark.django_db
AWARD = 700_000


@pytest.fixture
def team() -> Team:
    return Team()


def awarded(team: Team, **fields: Any) -> Application:
    starts = date.today() + timedelta(days=30)
    texts = {"description": "Six séances.", "starts_on": starts, "ends_on": starts + timedelta(days=100), **fields}
    return Application.objects.get(pk=a_decision(team, cents=AWARD, **texts).application_id)


def ask(team: Team, application: Application, *, cents: int | None = None, **values: Any) -> ChangeRequest:
    change = services.ask_change(
        application.pk, by=team.drafter, values=values, award_cents=cents, reason="Le prestataire se décale."
    )
    connection.check_constraints()
    return change


def sign(team: Team, change: ChangeRequest, **over: Any) -> ChangeRequest:
    act = {"act_number": "CM-2026-9", "act_date": date.today(), "by": team.signer, **over}
    done = services.sign_change(change.pk, **act)
    connection.check_constraints()
    return done


def broken() -> list[str]:
    return [invariant.code for invariant, count, _ in check(journal=False) if count]


class TestContent:
    def test_accepted_dates_become_the_content_and_what_was_sent_stays(self, team: Team) -> None:
        application = awarded(team)
        later = application.ends_on + timedelta(days=60)
        change = ask(team, application, ends_on=later, title=application.title)
        assert (change.after, change.before) == (
            {"ends_on": later.isoformat()},
            {"ends_on": application.ends_on.isoformat()},
        )
        services.accept_change(change.pk, by=team.manager)
        connection.check_constraints()
        after = Application.objects.get(pk=application.pk)
        assert (after.ends_on, after.content_version, after.snapshot) == (later, 2, application.snapshot)
        assert ContentVersion.objects.get().change_id == change.pk
        mail = Message.objects.filter(kind="change_answered").first()
        assert "est acceptée" in mail.body_text and after.number in mail.subject
        assert not {"I-03", "I-03c", "I-19b", "I-02b"} & set(broken())

    def test_refused_with_reasons_nothing_changes(self, team: Team) -> None:
        application = awarded(team)
        change = ask(team, application, title="Tout autre chose")
        with pytest.raises(DomainError, match="motivé"):
            services.refuse_change(change.pk, by=team.manager, answer=" ")
        services.refuse_change(change.pk, by=team.manager, answer="Ce n’est plus l’action aidée.")
        assert Application.objects.get(pk=application.pk).title == application.title
        assert "Ce n’est plus l’action aidée." in Message.objects.filter(kind="change_answered").first().body_text
        assert ask(team, application, title="Autre").state == "requested"

    @pytest.mark.parametrize(
        ("values", "words"),
        [
            ({}, "Rien ne change"),
            ({"title": ""}, "vidé"),
            ({"ends_on": date(2020, 1, 1)}, "avant d’avoir commencé"),
            ({"cents": AWARD + 1}, "jamais l’augmenter"),
            ({"cents": 0}, "supérieur à zéro"),
        ],
    )
    def test_what_cannot_be_asked(self, team: Team, values: dict[str, Any], words: str) -> None:
        with pytest.raises(DomainError, match=words):
            ask(team, awarded(team), **values)
        assert not ChangeRequest.objects.exists()

    def test_one_at_a_time_by_who_writes_on_a_notified_award(self, team: Team) -> None:
        application = awarded(team)
        with pytest.raises(NotAllowed):
            services.ask_change(application.pk, by=a_reader(team.organisation), values={"title": "x"}, reason="x")
        change = ask(team, application, title="Un")
        with pytest.raises(DomainError, match="déjà en cours"):
            ask(team, application, title="Deux")
        services.withdraw_change(change.pk, by=team.drafter)
        signed = a_decision(team, state="signed").application
        with pytest.raises(DomainError, match="accordée et notifiée"):
            ask(team, signed, title="x")

    def test_a_stale_answer(self, team: Team) -> None:
        change = ask(team, awarded(team), title="Un")
        with pytest.raises(Stale):
            services.accept_change(change.pk, by=team.manager, version=change.version + 1)
        services.accept_change(change.pk, by=team.manager, version=change.version)
        with pytest.raises(DomainError, match="acceptée"):
            services.refuse_change(change.pk, by=team.manager, answer="Non.")


class TestAmount:
    def test_two_persons_and_the_money_comes_back(self, team: Team) -> None:
        application = awarded(team)
        decision = told_decision(application)
        envelope = decision.movement.envelope
        before = balance_of(envelope)
        change = ask(team, application, cents=500_000)
        with pytest.raises(DomainError, match="demandée"):
            sign(team, change)
        agreed = services.accept_change(change.pk, by=team.manager)
        assert (agreed.state, told_decision(application).now_cents) == ("agreed", AWARD)
        with pytest.raises(NotAllowed):
            sign(team, change, by=team.manager)
        sign(team, change)
        assert told_decision(application).now_cents == 500_000
        assert with_standing(Application.objects.filter(pk=application.pk)).get().notified_cents == 500_000
        after = balance_of(envelope)
        assert (after["committed"], after["available"]) == (
            before["committed"] - 200_000,
            before["available"] + 200_000,
        )
        amounts = list(Instalment.objects.filter(decision=decision).values_list("amount_cents", flat=True))
        assert amounts == [250_000, 250_000]
        assert not {"I-01", "I-02", "I-02b", "I-03", "I-03c"} & set(broken())

    def test_the_desk_reads_the_award_as_it_is_now(self, team: Team, client: Client) -> None:
        application = awarded(team)
        other = awarded(team)
        change = services.accept_change(ask(team, application, cents=500_000).pk, by=team.manager)
        sign(team, change)
        assert [one.granted for one in others(other, team.instructor)] == [500_000]
        client.force_login(team.instructor)
        first = Instalment.objects.get(application=application, position=1)
        shown = client.get(reverse("instalment_detail", args=[first.pk])).content.decode()
        assert "5\u202f000,00" in shown and "7\u202f000,00\u202f€ à l’origine" in shown
        shown = client.get(reverse("desk_file", args=[application.public_id])).content.decode()
        assert "7\u202f000,00\u202f€ à l’origine" in shown

    def test_the_account_once_made_the_award_stays(self, team: Team) -> None:
        change = services.accept_change(ask(team, awarded(team), cents=500_000).pk, by=team.manager)
        an_accepted_report(change.application, certified_by=team.signatory, accepted_by=team.instructor)
        payments.settle(change.application_id, by=team.instructor)
        with pytest.raises(DomainError, match="décompte de l’aide est arrêté"):
            services.changes.refuse_when_paid(change.decision, 500_000)

    def test_what_was_asked_for_already_stays(self, team: Team) -> None:
        application = awarded(team)
        a_bank(team)
        first = Instalment.objects.get(application=application, position=1)
        payments.request_instalment(first.pk, by=team.drafter)
        with pytest.raises(DomainError, match="au-dessous de"):
            ask(team, application, cents=350_000)
        change = ask(team, application, cents=400_000)
        services.accept_change(change.pk, by=team.manager)
        sign(team, change)
        amounts = list(
            Instalment.objects.filter(application=application)
            .order_by("position")
            .values_list("amount_cents", flat=True)
        )
        assert amounts == [350_000, 50_000]

    def test_asked_for_between_the_agreement_and_the_signature(self, team: Team) -> None:
        application = awarded(team)
        change = ask(team, application, cents=300_000)
        services.accept_change(change.pk, by=team.manager)
        a_bank(team)
        payments.request_instalment(Instalment.objects.get(application=application, position=1).pk, by=team.drafter)
        with pytest.raises(DomainError, match="au-dessous de"):
            sign(team, change)
        assert not Movement.objects.filter(verb="decommit").exists()
        assert told_decision(application).now_cents == AWARD

    @settings(suppress_health_check=[HealthCheck.too_slow])
    @given(amounts=st.lists(st.integers(1, 10**9), min_size=1, max_size=6), data=st.data())
    def test_shares_sum_never_grow_never_vanish(self, amounts: list[int], data: Any) -> None:
        total = data.draw(st.integers(len(amounts), sum(amounts)))
        parts = shares(amounts, total)
        assert sum(parts) == total
        assert all(1 <= part <= amount for part, amount in zip(parts, amounts, strict=True))


class TestDatabase:
    """The same, without the services."""

    def refused(self, words: str, sql: str, *params: Any) -> None:
        with pytest.raises(DatabaseError, match=words), transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(sql, params)
            connection.check_constraints()

    def test_the_amount_of_an_instalment_and_the_money_of_an_award(self, team: Team) -> None:
        application = awarded(team)
        change = ask(team, application, cents=500_000)
        lower = "UPDATE payments_instalment SET amount_cents = amount_cents - 1 WHERE application_id = %s"
        self.refused("keeps its award", lower, application.pk)
        accept = "UPDATE applications_changerequest SET state = 'accepted', version = 2, decided_by_id = %s, decided_at = now() WHERE id = %s"
        self.refused("reduction_is_signed", accept, team.signer.pk, change.pk)
        self.refused(
            "stays as it was asked",
            "UPDATE applications_changerequest SET reduction_cents = 1 WHERE id = %s",
            change.pk,
        )

    def test_an_accepted_change_is_the_content(self, team: Team) -> None:
        application = awarded(team)
        change = ask(team, application, title="Autre")
        accept = "UPDATE applications_changerequest SET state = 'accepted', version = 2, decided_by_id = %s, decided_at = now() WHERE id = %s"
        self.refused("becomes the content|journal entry", accept, team.manager.pk, change.pk)
        self.refused("with an interest", accept, team.drafter.pk, change.pk)

    def test_more_than_what_is_changeable(self, team: Team) -> None:
        application = awarded(team)
        decision = told_decision(application)
        sql = """INSERT INTO applications_changerequest (application_id, decision_id, state, version, before, after, award_cents,
            reduction_cents, reason, asked_by_id, answer, act_number) VALUES (%s, %s, 'requested', 1, '{}', %s, 0, %s, 'x', %s, '', '')"""
        self.refused(
            "says what it changes", sql, application.pk, decision.pk, '{"organisation_id": 1}', 0, team.drafter.pk
        )
        self.refused("says what it changes", sql, application.pk, decision.pk, "{}", 0, team.drafter.pk)
        self.refused("lowers_only", sql, application.pk, decision.pk, "{}", AWARD, team.drafter.pk)


class TestLetter:
    def answered(self, team: Team, *, refuse: bool = False) -> ChangeRequest:
        change = ask(team, awarded(team), title="Autre titre")
        if refuse:
            return services.refuse_change(change.pk, by=team.manager, answer="Ce n’est plus l’action aidée.")
        return services.accept_change(change.pk, by=team.manager)

    @pytest.mark.parametrize(("refuse", "words"), [(False, "est acceptée"), (True, "n’est pas acceptée")])
    def test_the_answer_leaves_with_its_letter(self, team: Team, refuse: bool, words: str) -> None:
        change = self.answered(team, refuse=refuse)
        mails = Message.objects.filter(kind="change_answered")
        assert set(mails.values_list("awaits", flat=True)) == {"change_letter"}
        assert change_letters.waiting() == [change.pk]
        assert change_letters.make(change.pk)
        connection.check_constraints()
        letter = ChangeRequest.objects.get(pk=change.pk).letter
        assert letter is not None
        assert {one.attachments[0]["sha256"] for one in mails} == {letter.sha256}
        assert set(mails.values_list("awaits", flat=True)) == {""}
        with open_verified(letter) as paper, pikepdf.open(paper) as pdf:
            assert words in str(pdf.open_metadata().get("dc:title")) and str(pdf.Root.Lang) == "fr-FR"
            assert pdf.Root.MarkInfo.Marked

    def test_made_once_and_only_when_answered(self, team: Team) -> None:
        waiting = ask(team, awarded(team), title="Autre")
        assert not change_letters.make(waiting.pk) and change_letters.waiting() == []
        change = services.accept_change(waiting.pk, by=team.manager)
        assert [change_letters.make(change.pk) for _ in range(2)] == [True, False]
        assert change_letters.waiting() == []

    def test_the_commune_opens_it(self, team: Team, client: Client) -> None:
        change = self.answered(team)
        change_letters.make(change.pk)
        letter = ChangeRequest.objects.get(pk=change.pk).letter
        assert letter is not None
        client.force_login(team.drafter)
        page = client.get(reverse("application_change", args=[change.application.public_id])).content.decode()
        assert letter.key in page and letter.name in page
        assert client.get(reverse("file_download", args=[letter.key])).status_code == 200
        shown = client.get(reverse("application_letters", args=[change.application.public_id])).content.decode()
        assert letter.sha256 in shown and "Ouvert dans l’espace de la commune" in shown


class TestPages:
    def test_from_the_commune_to_the_signature(self, team: Team, client: Client) -> None:
        application = awarded(team)
        url = reverse("application_change", args=[application.public_id])
        client.force_login(team.drafter)
        assert (
            "Modifier l’action"
            in client.get(reverse("application_home", args=[application.public_id])).content.decode()
        )
        form = client.get(url).context["form"]
        data = {name: form[name].value() for name in ("title", "description", "starts_on", "ends_on")}
        data |= {"award": "5 000", "version": application.version}
        shown = client.post(url, data)
        assert shown.status_code == 422 and "5 000" in shown.content.decode()
        assert client.post(url, data | {"reason": "Moins cher."}).status_code == 302
        change = ChangeRequest.objects.get()
        assert (change.after, change.reduction_cents) == ({}, 200_000)
        desk = reverse("desk_change", args=[application.public_id, change.pk])
        client.force_login(team.manager)
        assert "5\u202f000,00\u202f€" in client.get(desk).content.decode()
        assert client.post(desk, {"suite": "refuser", "version": 1}).status_code == 422
        assert client.post(desk, {"suite": "accepter", "version": 1}).status_code == 302
        client.force_login(team.signer)
        act = {"suite": "signer", "version": 2, "act_number": "CM-9", "act_date": date.today().isoformat()}
        assert client.post(desk, act | {"act_number": ""}).status_code == 422
        assert client.post(desk, act).status_code == 302
        client.force_login(team.drafter)
        assert "5\u202f000,00\u202f€" in client.get(url).content.decode()


def test_a_change_waits_on_the_page_of_decisions(team: Team, client: Client) -> None:
    ask(team, awarded(team), title="Autre titre")
    client.force_login(team.manager)
    assert "Actions aidées à modifier, 1" in client.get(reverse("decision_list")).content.decode()
