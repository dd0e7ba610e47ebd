"""Recording, withdrawing and signing a decision; its money; its letter."""

from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from applications import decision_letters, services
from applications.models import Application, Decision
from applications.states import ApplicationState, DecisionState
from common.errors import DomainError, NotAllowed, Stale
from fund.models import Envelope, Movement
from fund.services import balance_of
from journal.services import history
from notifications.models import Message
from reviews.models import Conflict
from tests.factories.accounts import a_fund_manager, a_head_of_service, a_membership, an_auditor, an_instructor
from tests.factories.desk import Desk, fresh
from tests.factories.fund import a_call_open, an_envelope

S = ApplicationState
pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    return Desk()


def balance(application: Application) -> dict[str, int]:
    return balance_of(Envelope.objects.get(calls=application.call_id))


def sign(decision: Decision, by: Any, **changes: Any) -> Decision:
    given = {"act_number": "CM-2026-118", "act_date": timezone.localdate(), **changes}
    return services.sign_decision(decision.pk, by=by, **given)


class TestGrant:
    def test_the_money_is_committed_with_the_decision(self, desk: Desk) -> None:
        application = desk.application(S.REVIEWED)
        decision = services.grant(application.pk, amount_cents=400_000, by=desk.manager, version=application.version)
        assert fresh(application).state == S.GRANTED
        assert (decision.state, decision.amount_cents) == (DecisionState.RECORDED, 400_000)
        now = balance(application)
        assert (now["committed"], now["available"]) == (400_000, 3_600_000)
        movement = Movement.objects.get(pk=decision.movement_id)
        assert (movement.verb, movement.subject, movement.amount_cents) == ("commit", application.number, 400_000)
        assert list(history(application))[-1].data["amount_cents"] == 400_000
        assert not Message.objects.filter(kind__startswith="decision_").exists()

    @pytest.mark.parametrize(
        ("cents", "reasons", "words"),
        [
            (0, "", "supérieur à zéro"),
            (400_001, "", "demandé"),
            (300_000, "", "dites pourquoi"),
            (49_900, "Petit.", "plancher"),
        ],
    )
    def test_bounds(self, desk: Desk, cents: int, reasons: str, words: str) -> None:
        application = desk.application(S.REVIEWED)
        with pytest.raises(DomainError, match=words):
            services.grant(application.pk, amount_cents=cents, reasons=reasons, by=desk.manager)
        assert balance(application)["committed"] == 0 and not Decision.objects.exists()

    def test_the_envelope_says_what_is_left(self) -> None:
        desk = Desk(_call=a_call_open(envelope=an_envelope(350_000)))
        application = desk.application(S.REVIEWED)
        with pytest.raises(DomainError, match="il reste 3\u202f500,00\u202f€"):
            services.grant(application.pk, amount_cents=400_000, by=desk.manager)
        assert fresh(application).state == S.REVIEWED

    @pytest.mark.parametrize("who", [an_instructor, a_head_of_service, an_auditor])
    def test_others_may_not(self, desk: Desk, who: Any) -> None:
        application = desk.application(S.REVIEWED)
        with pytest.raises(NotAllowed):
            services.grant(application.pk, amount_cents=400_000, by=who())

    def test_not_before_the_review(self, desk: Desk) -> None:
        with pytest.raises(DomainError, match="en instruction"):
            services.grant(desk.application(S.IN_INSTRUCTION).pk, amount_cents=400_000, by=desk.manager)

    def test_stale(self, desk: Desk) -> None:
        application = desk.application(S.REVIEWED)
        with pytest.raises(Stale):
            services.grant(application.pk, amount_cents=400_000, by=desk.manager, version=application.version - 1)

    def test_never_with_an_interest(self, desk: Desk) -> None:
        application = desk.application(S.REVIEWED)
        Conflict.objects.create(user=desk.manager, application=application, reason="Parenté.")
        other = a_fund_manager()
        a_membership(other, "reader", application.organisation)
        for who in (desk.manager, other):
            for verb in (services.grant, services.reject):
                amount = {"amount_cents": 400_000} if verb is services.grant else {}
                with pytest.raises(NotAllowed, match="intérêt"):
                    verb(application.pk, reasons="Non.", by=who, **amount)

    def test_the_database_says_it_too(self, desk: Desk) -> None:
        application = desk.application(S.REVIEWED)
        Conflict.objects.create(user=desk.manager, application=application, reason="Parenté.")
        with pytest.raises(IntegrityError, match="interest"), transaction.atomic():
            Decision.objects.create(application=application, kind="reject", reasons="Non.", recorded_by=desk.manager)


class TestWaitlistAndReject:
    def test_waitlist_then_grant_once_signed(self, desk: Desk) -> None:
        application = desk.application(S.REVIEWED)
        waiting = services.waitlist(application.pk, by=desk.manager)
        assert fresh(application).state == S.WAITLISTED
        with pytest.raises(DomainError, match="pas encore signée"):
            services.grant(application.pk, amount_cents=400_000, by=desk.manager)
        sign(waiting, desk.head)
        services.grant(application.pk, amount_cents=400_000, by=desk.manager)
        assert fresh(application).state == S.GRANTED

    def test_a_refusal_has_reasons(self, desk: Desk) -> None:
        application = desk.application(S.REVIEWED)
        with pytest.raises(DomainError, match="motivé"):
            services.reject(application.pk, reasons=" ", by=desk.manager)
        services.reject(application.pk, reasons="Public trop étroit.", by=desk.manager)
        assert fresh(application).state == S.REJECTED

    def test_the_second_decider_learns_what_the_first_did(self, desk: Desk) -> None:
        application = desk.application(S.REVIEWED)
        services.grant(application.pk, amount_cents=400_000, by=desk.manager)
        with pytest.raises(DomainError) as refusal:
            services.reject(application.pk, reasons="Non.", by=a_fund_manager(), version=application.version)
        assert str(desk.manager) in str(refusal.value) and "accord de 4\u202f000,00\u202f€" in str(refusal.value)


class TestWithdraw:
    def test_the_money_comes_back_and_the_file_may_be_decided_again(self, desk: Desk) -> None:
        decision = desk.decision()
        services.withdraw_recorded(decision.pk, reason="Erreur de montant.", by=desk.manager, version=decision.version)
        application = fresh(decision.application)
        assert application.state == S.REVIEWED
        assert balance(application)["committed"] == 0
        assert Movement.objects.filter(reverses=decision.movement_id).count() == 1
        again = services.grant(application.pk, amount_cents=300_000, reasons="Poste réduit.", by=desk.manager)
        assert again.pk != decision.pk

    def test_refusals(self, desk: Desk) -> None:
        decision = desk.decision()
        with pytest.raises(DomainError, match="pourquoi"):
            services.withdraw_recorded(decision.pk, reason="", by=desk.manager)
        with pytest.raises(NotAllowed):
            services.withdraw_recorded(decision.pk, reason="Non.", by=desk.instructor)
        with pytest.raises(DomainError, match="entre-temps"):
            services.withdraw_recorded(decision.pk, reason="Non.", by=desk.manager, version=9)
        sign(decision, desk.head)
        with pytest.raises(DomainError, match="signée"):
            services.withdraw_recorded(decision.pk, reason="Trop tard.", by=desk.manager)


class TestSign:
    def test_signed_by_another_and_its_mails_wait_for_the_letter(self, desk: Desk) -> None:
        decision = sign(desk.decision(), desk.head)
        assert (decision.state, decision.signed_by, decision.act_number) == ("signed", desk.head, "CM-2026-118")
        mails = Message.objects.filter(kind="decision_granted")
        assert mails and all(mail.awaits == "decision_letter" for mail in mails)

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"act_number": "  "}, "numéro de l’acte"),
            ({"act_number": "x" * 61}, "60"),
            ({"act_date": timezone.localdate() + timedelta(days=1)}, "à venir"),
            ({"version": 9}, "entre-temps"),
        ],
    )
    def test_bad_input(self, desk: Desk, changes: dict[str, Any], words: str) -> None:
        decision = desk.decision()
        with pytest.raises(DomainError, match=words):
            sign(decision, desk.head, **changes)

    def test_who_may_not(self, desk: Desk) -> None:
        decision = desk.decision()
        for who in (desk.manager, desk.instructor, an_auditor()):
            with pytest.raises(NotAllowed):
                sign(decision, who)
        interested = a_head_of_service()
        a_membership(interested, "reader", decision.application.organisation)
        with pytest.raises(NotAllowed, match="intérêt"):
            sign(decision, interested)

    def test_not_by_who_recorded_it_here_or_in_the_database(self, desk: Desk) -> None:
        a_membership(desk.manager, "head_of_service")
        decision = desk.decision()
        with pytest.raises(NotAllowed, match="une autre personne"):
            sign(decision, desk.manager)
        with pytest.raises(IntegrityError, match="decision_signed_by_another"), transaction.atomic():
            Decision.objects.filter(pk=decision.pk).update(
                state="signed",
                version=2,
                signed_by=desk.manager,
                signed_at=timezone.now(),
                act_number="1",
                act_date=timezone.localdate(),
            )

    def test_the_second_signature_is_calm(self, desk: Desk) -> None:
        decision = desk.signed()
        with pytest.raises(DomainError, match="a déjà signé"):
            sign(decision, a_head_of_service())


class TestLetter:
    @pytest.mark.parametrize("kind", ["grant", "reject", "waitlist"])
    def test_made_once_then_notified_and_the_mail_may_leave(self, desk: Desk, kind: str) -> None:
        application = desk.application(S.REVIEWED)
        if kind == "grant":
            decision = services.grant(application.pk, amount_cents=300_000, reasons="Moitié.", by=desk.manager)
        else:
            decision = getattr(services, kind)(application.pk, reasons="Crédits épuisés.", by=desk.manager)
        assert decision_letters.make(decision.pk) is False, "nothing before the signature"
        sign(decision, desk.head)
        assert decision_letters.waiting() == [decision.pk]
        assert decision_letters.make(decision.pk) is True
        assert decision_letters.make(decision.pk) is False
        decision = Decision.objects.get(pk=decision.pk)
        assert decision.state == DecisionState.NOTIFIED and decision.letter.state == "clean"
        mails = list(Message.objects.filter(kind__startswith="decision_"))
        assert mails and all(mail.awaits == "" for mail in mails)
        assert all(mail.attachments[0]["sha256"] == decision.letter.sha256 for mail in mails)
        assert decision_letters.waiting() == []


@pytest.mark.django_db(transaction=True)
class TestRaces:
    def test_two_deciders_one_file(self) -> None:
        desk = Desk()
        application = desk.application(S.REVIEWED)
        people = [desk.manager, a_fund_manager()]
        said = at_once(
            *(lambda who=who: services.grant(application.pk, amount_cents=400_000, by=who) for who in people)
        )
        won = [one for one in said if isinstance(one, Decision)]
        lost = [one for one in said if isinstance(one, DomainError)]
        assert len(won) == 1 and len(lost) == 1, said
        assert str(won[0].recorded_by) in str(lost[0])
        assert balance(application)["committed"] == 400_000

    def test_two_files_one_last_euro(self) -> None:
        desk = Desk(_call=a_call_open(envelope=an_envelope(500_000)))
        files = [desk.application(S.REVIEWED), desk.application(S.REVIEWED)]
        said = at_once(*(lambda pk=one.pk: services.grant(pk, amount_cents=400_000, by=desk.manager) for one in files))
        assert sorted(type(one).__name__ for one in said) == ["Decision", "DomainError"]
        refusal = next(one for one in said if isinstance(one, DomainError))
        assert "il reste 1\u202f000,00\u202f€" in str(refusal)
        assert balance(files[0])["committed"] == 400_000

    def test_a_grant_and_a_withdrawal_do_not_lock_each_other(self) -> None:
        desk = Desk()
        decision, other = desk.decision(), desk.application(S.REVIEWED)
        said = at_once(
            lambda: services.withdraw_recorded(decision.pk, reason="Erreur.", by=desk.manager),
            lambda: services.grant(other.pk, amount_cents=400_000, by=desk.manager),
        )
        assert all(isinstance(one, Decision) for one in said), said
        assert balance(other)["committed"] == 400_000


def at_once(*acts: Any) -> list[Any]:
    """Real connections, started together; what each returned or raised."""
    said: list[Any] = []
    gate = Barrier(len(acts))

    def act(one: Any) -> None:
        try:
            gate.wait()
            said.append(one())
        except Exception as error:
            said.append(error)
        finally:
            connection.close()

    threads = [Thread(target=act, args=[one]) for one in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return said
