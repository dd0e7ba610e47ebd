"""The opinion, the evaluators and their grids, the interests declared."""

from fractions import Fraction
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from applications import services as applications
from applications.models import Application
from applications.states import ApplicationState
from common.errors import DomainError, NotAllowed, Stale
from notifications.models import Message
from reviews import services
from reviews.averages import Result, points, ranked, results, tenths
from reviews.models import Conflict, Opinion, Review, Score
from tests.factories.accounts import a_head_of_service, a_membership, an_auditor, an_evaluator, an_instructor
from tests.factories.desk import Desk, fresh, in_days, notes, says_no_interest

pytestmark = pytest.mark.django_db
S = ApplicationState


@pytest.fixture
def desk() -> Desk:
    return Desk()


def opinion(application: Application, by: Any, **changes: Any) -> Opinion:
    given = {"advice": "favorable", "text": "Utile.", "proposed_cents": 400_000, **changes}
    return services.write_opinion(application.pk, by=by, **given)


def review_of(application: Application, evaluator: Any) -> Review:
    return Review.objects.get(application=application, evaluator=evaluator)


class TestOpinion:
    def test_written_then_replaced(self, desk: Desk) -> None:
        application = desk.application(S.IN_INSTRUCTION)
        first = opinion(application, desk.instructor)
        second = opinion(application, an_instructor(), proposed_cents=300_000, seen=first.written_at)
        assert Opinion.objects.count() == 1 and second.proposed_cents == 300_000

    def test_a_colleague_wrote_meanwhile(self, desk: Desk) -> None:
        application = desk.application(S.IN_INSTRUCTION)
        seen = opinion(application, desk.instructor).written_at
        opinion(application, an_instructor(), text="Autre avis.", seen=seen)
        with pytest.raises(Stale, match="a écrit un avis"):
            opinion(application, desk.instructor, seen=seen)

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"advice": "oui"}, "Choisissez"),
            ({"text": " "}, "Motivez"),
            ({"proposed_cents": 400_001}, "va de"),
            ({"proposed_cents": -1}, "va de"),
            ({"advice": "unfavorable"}, "défavorable propose 0"),
            ({"proposed_cents": 0}, "propose un montant"),
        ],
    )
    def test_bad_input(self, desk: Desk, changes: dict[str, Any], words: str) -> None:
        application = desk.application(S.IN_INSTRUCTION)
        with pytest.raises(DomainError, match=words):
            opinion(application, desk.instructor, **changes)

    def test_others_and_other_states(self, desk: Desk) -> None:
        application = desk.application()
        with pytest.raises(DomainError, match="envoyé"):
            opinion(application, desk.instructor)
        for who in (a_head_of_service(), an_auditor(), an_evaluator()):
            with pytest.raises(NotAllowed):
                opinion(application, who)


class TestAssign:
    def test_opening_a_review_needs_an_opinion_and_somebody(self, desk: Desk) -> None:
        application = desk.application(S.IN_INSTRUCTION)
        applications.check_complete(application.pk, by=desk.instructor)
        given: dict[str, Any] = {"due_on": in_days(10), "by": desk.instructor}
        with pytest.raises(DomainError, match="au moins un évaluateur"):
            services.open_review(application.pk, evaluators=[], **given)
        with pytest.raises(DomainError, match="avis d’instruction"):
            services.open_review(application.pk, evaluators=[desk.evaluators[0].pk], **given)

    def test_the_evaluator_is_told(self, desk: Desk) -> None:
        application = desk.application(S.UNDER_REVIEW)
        mails = Message.objects.filter(kind="review_assigned", subject_ref=application.number)
        assert {mail.recipient_id for mail in mails} == {one.pk for one in desk.evaluators}
        assert "déclarez-le avant de lire" in mails[0].body_text

    def test_never_on_their_own_commune_here_or_in_the_database(self, desk: Desk) -> None:
        application, evaluator = desk.application(S.UNDER_REVIEW), an_evaluator()
        a_membership(evaluator, "reader", application.organisation)
        with pytest.raises(DomainError, match="commune qui demande"):
            services.assign(application.pk, evaluator=evaluator.pk, due_on=in_days(5), by=desk.manager)
        with pytest.raises(IntegrityError, match="own organisation"), transaction.atomic():
            Review.objects.create(application=application, evaluator=evaluator, assigned_by=desk.manager)

    def test_refusals(self, desk: Desk) -> None:
        application, evaluator = desk.application(S.UNDER_REVIEW), an_evaluator()
        given: dict[str, Any] = {"due_on": in_days(5), "by": desk.manager}
        for who, words in ((desk.evaluators[0], "déjà reçu"), (an_instructor(), "pas évaluatrice")):
            with pytest.raises(DomainError, match=words):
                services.assign(application.pk, evaluator=who.pk, **given)
        with pytest.raises(DomainError, match="à venir"):
            services.assign(application.pk, evaluator=evaluator.pk, due_on=in_days(0), by=desk.manager)
        with pytest.raises(NotAllowed):
            services.assign(application.pk, evaluator=evaluator.pk, due_on=in_days(5), by=a_head_of_service())

    def test_evenly_least_loaded_first(self, desk: Desk) -> None:
        files = [desk.application(S.UNDER_REVIEW) for _ in range(3)]
        newcomers = [an_evaluator(), an_evaluator()]
        given = services.assign_evenly([one.pk for one in files], per_file=3, due_on=in_days(9), by=desk.manager)
        counts = [sum(review.evaluator_id == who.pk for all_ in given.values() for review in all_) for who in newcomers]
        assert sum(counts) == 3 and sorted(counts) == [1, 2]
        with pytest.raises(DomainError, match="Il manque"):
            services.assign_evenly([files[0].pk], per_file=9, due_on=in_days(9), by=desk.manager)


class TestGrid:
    def test_saved_as_one_goes_then_handed_in(self, desk: Desk) -> None:
        application = desk.application(S.UNDER_REVIEW)
        evaluator = desk.evaluators[0]
        review = review_of(application, evaluator)
        some = dict(list(notes(application).items())[:2])
        saved = services.save_scores(review.pk, notes=some, comment="À finir.", by=evaluator, version=review.version)
        assert (saved.state, Score.objects.filter(review=review).count()) == ("started", 2)
        with pytest.raises(DomainError, match="n’est pas noté"):
            services.submit_review(review.pk, by=evaluator)
        services.submit_review(review.pk, notes=notes(application, pertinence=None), by=evaluator)
        with pytest.raises(DomainError, match="déjà rendue"):
            services.save_scores(review.pk, notes=some, by=evaluator)
        with pytest.raises(IntegrityError, match="not submitted"), transaction.atomic():
            Score.objects.filter(review=review).update(value=5)

    def test_a_low_note_says_why_and_something_is_noted(self, desk: Desk) -> None:
        application = desk.application(S.UNDER_REVIEW)
        evaluator = desk.evaluators[0]
        review = review_of(application, evaluator)
        low = dict.fromkeys(notes(application), (2, " "))
        with pytest.raises(DomainError, match="sous 3 : dites pourquoi"):
            services.submit_review(review.pk, notes=low, by=evaluator)
        with pytest.raises(DomainError, match="au moins un critère"):
            services.submit_review(review.pk, notes=notes(application, None), by=evaluator)

    def test_nobody_else_writes_in_it(self, desk: Desk) -> None:
        application = desk.application(S.UNDER_REVIEW)
        review = review_of(application, desk.evaluators[0])
        for who in (desk.evaluators[1], desk.manager, an_evaluator()):
            with pytest.raises(NotAllowed):
                services.save_scores(review.pk, notes=notes(application), by=who)
        assert not Score.objects.exists()

    def test_not_after_joining_the_commune(self, desk: Desk) -> None:
        application, evaluator = desk.application(S.UNDER_REVIEW), desk.evaluators[0]
        a_membership(evaluator, "reader", application.organisation)
        with pytest.raises(NotAllowed):
            services.save_scores(review_of(application, evaluator).pk, notes=notes(application), by=evaluator)

    def test_bad_notes_and_another_window(self, desk: Desk) -> None:
        application = desk.application(S.UNDER_REVIEW)
        evaluator = desk.evaluators[0]
        review = review_of(application, evaluator)
        criterion = next(iter(notes(application)))
        for given, words in (({criterion: (6, "")}, "0 à 5"), ({0: (3, "")}, "critère")):
            with pytest.raises(DomainError, match=words):
                services.save_scores(review.pk, notes=given, by=evaluator)
        with pytest.raises(Stale, match="autre fenêtre"):
            services.save_scores(review.pk, notes={}, by=evaluator, version=7)


class TestConflict:
    def test_the_file_disappears_at_once(self, desk: Desk) -> None:
        application = desk.application(S.UNDER_REVIEW)
        evaluator = desk.evaluators[0]
        review = review_of(application, evaluator)
        services.submit_review(review.pk, notes=notes(application, 5), by=evaluator)
        services.declare_conflict(application.pk, reason="Ma sœur y travaille.", by=evaluator)
        assert review_of(application, evaluator).state == "recused"
        assert not Application.objects.visible_to(evaluator).filter(pk=application.pk).exists()
        assert results([application.pk]) == {}, "a recused grid counts no more"
        mail = Message.objects.get(kind="conflict_declared")
        assert mail.recipient_id == desk.manager.pk
        with pytest.raises(NotAllowed):
            services.declare_conflict(application.pk, reason="Encore.", by=evaluator)

    def test_with_words_and_only_on_what_one_sees(self, desk: Desk) -> None:
        application = desk.application(S.UNDER_REVIEW)
        with pytest.raises(DomainError, match="une phrase"):
            services.declare_conflict(application.pk, reason=" ", by=desk.evaluators[0])
        with pytest.raises(NotAllowed):
            services.declare_conflict(application.pk, reason="Oui.", by=an_evaluator())

    def test_who_declared_is_never_given_the_file_back(self, desk: Desk) -> None:
        application = desk.application(S.UNDER_REVIEW)
        evaluator = an_evaluator()
        Conflict.objects.create(user=evaluator, application=application, reason="Parenté.")
        with pytest.raises(DomainError, match="a déclaré un intérêt"):
            services.assign(application.pk, evaluator=evaluator.pk, due_on=in_days(5), by=desk.manager)


class TestFinish:
    def test_when_all_grids_are_in(self, desk: Desk) -> None:
        assert desk.application(S.REVIEWED).state == S.REVIEWED

    def test_before_only_with_a_reason_and_only_by_the_manager(self, desk: Desk) -> None:
        application = desk.application(S.UNDER_REVIEW)
        with pytest.raises(NotAllowed):
            services.finish_review(application.pk, reason="Vite.", by=desk.instructor)
        with pytest.raises(DomainError, match="grilles ne sont pas rendues"):
            services.finish_review(application.pk, by=desk.manager)
        services.finish_review(application.pk, reason="Un évaluateur est malade.", by=desk.manager)
        assert fresh(application).state == S.REVIEWED
        review = review_of(application, desk.evaluators[0])
        with pytest.raises(DomainError, match="close"):
            services.save_scores(review.pk, notes=notes(application), by=desk.evaluators[0])


class TestSecondReading:
    def handed_in(self, desk: Desk, *values: int) -> Application:
        application = desk.application(S.UNDER_REVIEW)
        for evaluator, value in zip(desk.evaluators, values, strict=True):
            services.submit_review(review_of(application, evaluator).pk, notes=notes(application, value), by=evaluator)
        return application

    def test_far_apart_the_grids_need_one_more_before_the_close(self, desk: Desk) -> None:
        application, third = self.handed_in(desk, 5, 3), an_evaluator()
        with pytest.raises(DomainError, match="seconde lecture est attendue"):
            services.finish_review(application.pk, reason="Nous sommes pressés.", by=desk.manager)
        review = services.assign(application.pk, evaluator=third.pk, due_on=in_days(5), by=desk.manager)
        assert review.second_reading
        says_no_interest(third, application.call_id)
        services.submit_review(review.pk, notes=notes(application, 4), by=third)
        services.finish_review(application.pk, by=desk.manager)
        assert fresh(application).state == S.REVIEWED

    def test_near_each_other_they_do_not(self, desk: Desk) -> None:
        application = self.handed_in(desk, 5, 4)
        services.finish_review(application.pk, by=desk.manager)
        assert fresh(application).state == S.REVIEWED

    def test_with_a_reason_when_nobody_neutral_is_left(self, desk: Desk) -> None:
        application = self.handed_in(desk, 5, 1)
        with pytest.raises(DomainError, match="personne n’étant libre"):
            services.finish_review(application.pk, by=desk.manager)
        services.finish_review(application.pk, reason="Personne d’autre n’est libre.", by=desk.manager)


class TestAverages:
    def test_points_of_a_grid(self) -> None:
        assert points([(50, 5), (50, 5)]) == 100
        assert points([(25, 4), (75, 0)]) == 20
        assert points([(25, 4), (75, None)]) == 80, "a criterion that does not apply weighs nothing"
        assert points([(100, None)]) is None

    def test_one_decimal_half_up(self) -> None:
        assert tenths(Fraction(866666, 10000)) == "86,7"
        assert tenths(Fraction(8645, 100)) == "86,5"
        assert tenths(Fraction(100)) == "100,0"

    def test_over_the_grids_handed_in(self, desk: Desk) -> None:
        application = desk.application(S.UNDER_REVIEW)
        one, other = desk.evaluators
        services.submit_review(review_of(application, one).pk, notes=notes(application, 4), by=one)
        services.save_scores(review_of(application, other).pk, notes=notes(application, 1), by=other)
        result = results([application.pk])[application.pk]
        assert (result.points, result.grids, result.spread) == (80, 1, 0)
        services.submit_review(review_of(application, other).pk, notes=notes(application, 3), by=other)
        result = results([application.pk])[application.pk]
        assert (result.shown, result.grids, result.spread_shown) == ("70,0", 2, "20,0")
        assert [(c.mean, c.lowest, c.highest) for c in result.criteria] == [(Fraction(7, 2), 3, 4)] * 5

    def test_ties_share_a_rank(self) -> None:
        made = [Result(number, Fraction(value), 1, Fraction(0), 30) for number, value in enumerate([70, 90, 70, 60])]
        assert [(one.rank, one.tied, one.result.application_id) for one in ranked(made)] == [
            (1, False, 1),
            (2, True, 0),
            (2, True, 2),
            (4, False, 3),
        ]
