"""The committee: planned, invited, sitting, closed as it was seen, signed by another, recorded once."""

import io

import pikepdf
import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from applications import services as applications
from applications.models import Decision, FileLetter
from applications.states import ApplicationState, LetterKind
from common.errors import DomainError, NotAllowed, Stale
from documents.services import open_verified
from fund.models import EnvelopeBalance
from fund.services import lock_envelope, move
from notifications.models import Message
from reviews import committee_papers, services
from reviews.committee import items_seen
from reviews.models import AgendaItem, CommitteeSession, Recusal, Vote
from reviews.services import jobs
from tests.factories.accounts import a_drafter, a_fund_manager, a_head_of_service, a_membership, an_evaluator
from tests.factories.committee import Committee, a_plan
from tests.support.journey import assert_tagged, words_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def room() -> Committee:
    return Committee()


class TestPlanned:
    def test_only_the_manager_with_members_of_the_staff(self, room: Committee) -> None:
        for who in (room.desk.instructor, room.desk.head, room.users[0], a_drafter()):
            with pytest.raises(NotAllowed):
                services.plan_session(room.desk.call.pk, plan=a_plan(), members={}, by=who)
        with pytest.raises(DomainError, match="membres"):
            services.plan_session(
                room.desk.call.pk, plan=a_plan(quorum=1), members={a_drafter().pk: ""}, by=room.desk.manager
            )
        with pytest.raises(DomainError, match="quorum"):
            services.change_session(
                room.pk, plan=a_plan(quorum=9), members={room.users[0].pk: ""}, by=room.desk.manager
            )
        services.change_session(
            room.pk, plan=a_plan(quorum=1, title="Autre"), members={room.users[0].pk: ""}, by=room.desk.manager
        )
        assert room.session.title == "Autre" and room.session.members.count() == 1
        with pytest.raises(Stale):
            services.cancel_session(room.pk, reason="x", by=room.desk.manager, version=1)

    def test_each_is_invited_to_what_they_may_see(self, room: Committee) -> None:
        hidden = room.files[0]
        a_membership(room.users[0], "reader", hidden.organisation)
        assert services.invite(room.pk, by=room.desk.manager) == 3
        texts = {one.recipient_id: one for one in Message.objects.filter(kind="committee_invitation")}
        assert str(hidden.number) not in texts[room.users[0].pk].body_text
        assert str(room.files[1].number) in texts[room.users[0].pk].body_text
        assert str(hidden.number) in texts[room.users[1].pk].body_text
        (diary,) = texts[room.users[1].pk].attachments
        assert diary["type"] == "text/calendar"
        (out,) = Recusal.objects.all()
        assert (out.item_id, out.member.user_id) == (room.item(0).pk, room.users[0].pk)
        services.cancel_session(room.pk, reason="Reportée à l’automne.", by=room.desk.manager)
        assert Message.objects.filter(kind="committee_cancelled", body_text__contains="automne").count() == 3

    def test_order_by_hand(self, room: Committee) -> None:
        first, second = (one.pk for one in room.session.items.all())
        services.move_file(room.pk, second, up=True, by=room.desk.manager)
        assert [one.pk for one in room.session.items.all()] == [second, first]
        services.order_files(room.pk, by_rank=True, by=room.desk.manager)
        services.remove_file(room.pk, first, by=room.desk.manager)
        assert [one.pk for one in room.session.items.all()] == [second]

    def test_a_file_sits_on_one_agenda_at_a_time(self, room: Committee) -> None:
        other = services.plan_session(
            room.desk.call.pk, plan=a_plan(), members={one.pk: "" for one in room.users}, by=room.desk.manager
        )
        with pytest.raises(DomainError, match="déjà à l’ordre du jour"):
            services.add_files(other.pk, files=[room.files[0].pk], by=room.desk.manager)


class TestSitting:
    def test_opens_with_its_quorum_or_a_written_word(self, room: Committee) -> None:
        with pytest.raises(DomainError, match="présent"):
            services.open_session(room.pk, by=room.desk.manager)
        with pytest.raises(DomainError, match="1 présents pour 2"):
            room.open(there=[0])
        with pytest.raises(IntegrityError, match="quorum"):
            CommitteeSession.objects.filter(pk=room.pk).update(state="open", version=F("version") + 1)

    def test_without_quorum(self, room: Committee) -> None:
        services.take_attendance(room.pk, attendance={room.seats()[0]: "present"}, by=room.desk.manager)
        services.open_session(room.pk, waiver="Seconde convocation.", by=room.desk.manager)
        assert room.session.quorum_waiver == "Seconde convocation."
        room.answer(counts=(1, 0, 0))

    def test_answers_are_held(self, room: Committee) -> None:
        room.open()
        for wrong, words in (
            ({"cents": 400_001}, "demandé"),
            ({"cents": 0}, "supérieur à zéro"),
            ({"cents": 300_000}, "dites pourquoi"),
            ({"outcome": "refused"}, "motivé"),
            ({"outcome": "adjourned"}, "motivé"),
            ({"outcome": "autre"}, "réponses proposées"),
            ({"counts": (2, 1, 1)}, "4 voix pour 3 votants"),
            ({"counts": (-1, 1, 1)}, "voix"),
            ({"out": {room.seats()[0]: "x"}, "counts": (3, 0, 0)}, "3 voix pour 2 votants"),
            ({"out": dict.fromkeys(room.seats(), "")}, "quittent la salle"),
        ):
            with pytest.raises(DomainError, match=words):
                room.answer(**wrong)
        made = room.answer(out={room.seats()[0]: "Conseil d’administration"}, counts=(2, 0, 0))
        assert made.voters == 2 and Recusal.objects.get().reason == "Conseil d’administration"

    def test_the_envelope_is_live(self, room: Committee) -> None:
        room.open()
        room.answer(0)
        available = EnvelopeBalance.objects.get(envelope=room.desk.call.envelope_id).available
        move(
            lock_envelope(room.desk.call.envelope_id), "reserve", available - 700_000, by=room.desk.manager, subject="x"
        )
        with pytest.raises(DomainError, match="Il reste 3\u202f000,00"):
            room.answer(1)
        room.answer(0, cents=300_000, reasons="Réduit.")
        room.answer(1)

    def test_two_pens(self, room: Committee) -> None:
        room.open()
        seen = room.item().version
        room.answer(version=seen)
        with pytest.raises(Stale, match="Votre saisie est gardée"):
            room.answer(version=seen, by=room.desk.instructor)

    def test_named_votes_never_of_who_left(self) -> None:
        room = Committee(vote_mode="named")
        room.open(there=[0, 1])
        one, two, three = room.seats()
        for named in ({three: "for"}, {one: "for", two: "for", three: "for"}):
            with pytest.raises(DomainError, match="membres présents"):
                room.answer(named=named)
        with pytest.raises(DomainError, match="membres présents"):
            room.answer(named={one: "for"}, out={one: ""})
        made = room.answer(named={one: "for", two: "against"})
        assert (made.votes_for, made.votes_against, made.abstentions) == (1, 1, 0)
        assert Vote.objects.count() == 2
        with pytest.raises(IntegrityError, match="did not step aside"):
            Recusal.objects.create(item=room.item(1), member_id=one)
            Vote.objects.create(item=room.item(1), member_id=one, choice="for")

    def test_a_pen_with_an_interest(self, room: Committee) -> None:
        room.open()
        services.declare_conflict(room.files[0].pk, reason="Ma sœur.", by=room.desk.instructor)
        with pytest.raises(NotAllowed, match="intérêt"):
            room.answer(by=room.desk.instructor)
        assert room.item(0) not in items_seen(room.session, room.desk.instructor)
        room.answer(1, by=room.desk.instructor)

    def test_second_passage_in_the_same_session(self, room: Committee) -> None:
        room.open()
        room.answer(0, outcome="adjourned", cents=0, reasons="Une pièce à relire.")
        services.present_again(room.pk, room.item().pk, by=room.desk.manager)
        again = room.item()
        assert (again.outcome, again.passages[0]["reasons"]) == ("", "Une pièce à relire.")
        assert list(room.session.items.all())[-1] == again
        with pytest.raises(DomainError):
            services.remove_file(room.pk, again.pk, by=room.desk.manager)
        room.answer(0)
        told = room.close().snapshot["files"]
        assert next(one["passages"] for one in told if one["application"] == room.files[0].pk)

    def test_an_adjourned_file_comes_to_a_later_session(self, room: Committee) -> None:
        room.open()
        room.answer(0, outcome="adjourned", cents=0, reasons="x")
        room.close()
        later = services.plan_session(
            room.desk.call.pk, plan=a_plan(), members={one.pk: "" for one in room.users}, by=room.desk.manager
        )
        assert services.add_files(later.pk, files=[room.files[0].pk], by=room.desk.manager) == 1


class TestClosed:
    def test_says_what_lacks(self, room: Committee) -> None:
        room.open()
        room.answer(0, counts=None)
        with pytest.raises(DomainError, match="le vote n’est pas noté ; et 1 autre point"):
            services.close_session(room.pk, by=room.desk.manager)

    def test_frozen_as_seen(self, room: Committee) -> None:
        room.open()
        done = room.close()
        assert done.is_closed and len(done.snapshot["files"]) == 2
        for change in (
            lambda: AgendaItem.objects.update(amount_cents=1),
            lambda: room.session.members.update(attendance="excused"),
            lambda: Recusal.objects.create(item=room.item(), member_id=room.seats()[0]),
            lambda: CommitteeSession.objects.update(snapshot={}),
            lambda: CommitteeSession.objects.update(place="Ailleurs"),
        ):
            with pytest.raises(IntegrityError, match="stays as it was"), transaction.atomic():
                change()

    def test_an_interest_declared_since_is_voted_again(self, room: Committee) -> None:
        room.open()
        room.answer(0)
        room.answer(1)
        a_membership(room.users[0], "reader", room.files[0].organisation)
        assert not services.close_session(room.pk, by=room.desk.manager).is_closed
        with pytest.raises(DomainError, match="intérêt a été déclaré"):
            services.close_session(room.pk, by=room.desk.manager)
        room.answer(0, counts=(2, 0, 0))
        told = room.close().snapshot["files"]
        assert sum(bool(one["recusals"]) for one in told) == 1

    def test_envelope_lowered_meanwhile(self, room: Committee) -> None:
        room.open()
        room.answer(0)
        room.answer(1)
        available = EnvelopeBalance.objects.get(envelope=room.desk.call.envelope_id).available
        move(
            lock_envelope(room.desk.call.envelope_id), "reserve", available - 799_999, by=room.desk.manager, subject="x"
        )
        with pytest.raises(DomainError, match="dépassent l’enveloppe de 0,01"):
            services.close_session(room.pk, by=room.desk.manager)

    def test_minutes_are_an_accessible_pdf(self) -> None:
        room = Committee(vote_mode="named")
        evaluator = room.desk.evaluators[0]
        members = {one.pk: "" for one in (*room.users, evaluator)}
        services.change_session(
            room.pk, plan=a_plan(vote_mode="named", quorum=2), members=members, by=room.desk.manager
        )
        services.declare_conflict(room.files[0].pk, reason="Mon frère.", by=evaluator)
        room.open(there=[0, 1])
        one, two, _, _ = (*room.seats(),)
        room.answer(0, named={one: "for", two: "abstain"}, out={room.seats()[2]: ""})
        room.answer(1, outcome="refused", cents=0, reasons="Hors du champ de l’appel.", named={one: "for"})
        room.close()
        assert committee_papers.waiting() == [room.pk]
        assert committee_papers.make(room.pk) and not committee_papers.make(room.pk)
        with open_verified(room.session.minutes) as file:
            content = file.read()
        assert_tagged(content)
        with pikepdf.open(io.BytesIO(content)) as pdf:
            assert "pdfuaid" in str(pdf.open_metadata())
        words = words_of(content)
        for told in (
            "Membres présents et quorum",
            "2 membres présents sur 4",
            "quitte la salle",
            "ses notes ont été retirées",
            "Hors du champ de l’appel.",
            "Accordé par le comité",
            room.users[0].get_full_name(),
        ):
            assert told in words.replace("\xa0", " "), told

    def test_sheets_say_the_same(self, room: Committee) -> None:
        room.open()
        files = room.close().snapshot["files"]
        text = committee_papers.csv_of(files).decode()
        assert "Accordé" in text and "4000,00" in text and text.count("\r\n") == 3
        assert committee_papers.xlsx_of(files)[:2] == b"PK"


class TestSigned:
    def test_by_another_than_who_closed(self, room: Committee) -> None:
        a_membership(room.desk.manager, "head_of_service")
        room.open()
        room.close()
        good = room.desk.head
        room.desk.head = room.desk.manager
        with pytest.raises(NotAllowed, match="autre personne"):
            room.sign()
        room.desk.head = a_fund_manager()
        with pytest.raises(NotAllowed, match="direction"):
            room.sign()
        interested = room.desk.head = a_head_of_service()
        services.declare_conflict(room.files[0].pk, reason="x", by=interested)
        with pytest.raises(NotAllowed, match="intérêt"):
            room.sign()
        room.desk.head = good
        assert room.sign().state == "signed"

    def test_each_answer_leads_to_one_decision(self) -> None:
        room = Committee(files=4)
        room.open()
        room.answer(1, cents=100_000, reasons="Réduit.")
        room.answer(2, outcome="refused", cents=0, reasons="Hors champ.")
        room.answer(3, outcome="adjourned", cents=0, reasons="À revoir.")
        room.close()
        with pytest.raises(DomainError):
            _recorded(room, [0])
        room.sign()
        before = EnvelopeBalance.objects.get(envelope=room.desk.call.envelope_id).available
        _recorded(room, [0, 1, 2, 3])
        with pytest.raises(DomainError, match="déjà enregistrée"):
            _recorded(room, [0, 1, 2, 3])
        given = {one.application_id: (one.kind, one.amount_cents, one.reasons) for one in Decision.objects.all()}
        assert given == {
            room.files[0].pk: ("grant", 400_000, ""),
            room.files[1].pk: ("grant", 100_000, "Réduit."),
            room.files[2].pk: ("reject", 0, "Hors champ."),
        }
        assert AgendaItem.objects.filter(decision__isnull=False).count() == 3
        after = EnvelopeBalance.objects.get(envelope=room.desk.call.envelope_id).available
        assert before - after == 500_000
        assert room.files[3].state == ApplicationState.REVIEWED
        (letter,) = FileLetter.objects.filter(kind=LetterKind.ADJOURNED)
        assert (letter.application, letter.said["reasons"]) == (room.files[3], "À revoir.")
        again = Decision.objects.get(application=room.files[0])
        applications.withdraw_recorded(again.pk, reason="Erreur.", by=room.desk.manager)
        _recorded(room, [0])
        assert room.item(0).decision_id != again.pk


def test_a_member_reads_the_files_of_their_session_only(room: Committee) -> None:
    from applications.models import Application

    member, stranger = room.users[0], an_evaluator()
    assert not CommitteeSession.objects.visible_to(stranger).exists()
    assert not Application.objects.visible_to(member).exists()
    services.invite(room.pk, by=room.desk.manager)
    assert Application.objects.visible_to(member).count() == 2
    a_membership(member, "reader", room.files[0].organisation)
    assert [one.application_id for one in items_seen(room.session, member)] == [room.files[1].pk]
    assert not Application.objects.visible_to(stranger).exists()


def test_no_more_queries_with_more_files() -> None:
    counts = []
    for files in (1, 4):
        room = Committee(files=files)
        room.open()
        for place in range(files):
            room.answer(place)
        with CaptureQueriesContext(connection) as asked:
            services.close_session(room.pk, by=room.desk.manager)
        counts.append(len(asked))
    assert counts[0] == counts[1]


def _recorded(room: Committee, places: list[int]) -> None:
    files = {room.files[place].pk: {} for place in places}
    job = services.start_job(kind="comite", files=files, data={"session": room.pk}, by=room.desk.manager)
    jobs.run(job.pk)
    refused = [one.reason for one in job.rows.filter(state="refused")]
    if len(refused) == len(places):
        raise DomainError(refused[0])
