"""How the grids of a call are read: its own thresholds, reminders, the others' grids once one's own is handed in."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from applications.models import Application
from applications.states import ApplicationState
from common.errors import DomainError
from fund import services as fund
from fund.models import Call
from fund.parts import PARTS
from notifications.models import Message
from reviews import services
from reviews.bulk import KINDS
from reviews.models import Review
from tests.factories.desk import Desk, fresh, notes
from tests.factories.fund import a_call, a_call_open

S = ApplicationState
pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    return Desk()


def a_call_that_asks(comment_under: int, second_reading_over: int) -> Call:
    return a_call_open(comment_under=comment_under, second_reading_over=second_reading_over)


def with_notes(desk: Desk, *values: int, words: str = "Parce que.") -> Application:
    application = desk.application(S.UNDER_REVIEW)
    for value, evaluator in zip(values, desk.evaluators, strict=False):
        given = {pk: (note, words) for pk, (note, _) in notes(application, value).items()}
        review = Review.objects.get(application=application, evaluator=evaluator)
        services.submit_review(review.pk, notes=given, by=evaluator)
    return application


class TestThresholds:
    def test_a_comment_is_asked_under_the_note_of_the_call(self) -> None:
        with pytest.raises(DomainError, match="sous 5 : dites pourquoi"):
            with_notes(Desk(_call=a_call_that_asks(5, 30)), 4, words="")

    def test_and_never_under_zero(self) -> None:
        with_notes(Desk(_call=a_call_that_asks(0, 30)), 0, words="")

    @pytest.mark.parametrize(("limit", "closes"), [(19, False), (20, True)])
    def test_a_second_reading_is_asked_over_the_spread_of_the_call(self, limit: int, closes: bool) -> None:
        desk = Desk(_call=a_call_that_asks(3, limit))
        application = with_notes(desk, 5, 4)
        if not closes:
            with pytest.raises(DomainError, match=f"plus de {limit}"):
                services.finish_review(application.pk, by=desk.manager)
            return
        services.finish_review(application.pk, by=desk.manager)
        assert fresh(application).state == S.REVIEWED

    def test_they_stay_once_a_file_is_sent(self, desk: Desk) -> None:
        desk.application()
        call = Call.objects.get()
        with pytest.raises(DomainError, match="ne changent plus"):
            fund.save_call(call.pk, by=desk.manager, version=call.version, comment_under=1)

    def test_set_on_the_page_of_the_call(self, desk: Desk, client: Client) -> None:
        call = a_call("draft")
        client.force_login(desk.manager)
        page = reverse("call_part", args=[call.slug, "lecture"])
        given = {"version": call.version, "comment_under": "6", "second_reading_over": "40"}
        refused = client.post(page, given)
        assert refused.status_code == 200 and 'class="errsum' in refused.text
        assert client.post(page, given | {"comment_under": "2"}).status_code == 302
        call.refresh_from_db()
        assert (call.comment_under, call.second_reading_over) == (2, 40)
        assert "Commentaire sous 2" in PARTS["lecture"].hint(call)


class TestReminders:
    def due(self, application: Application, days: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE reviews_review SET due_on = %s WHERE application_id = %s",
                [timezone.localdate() + timedelta(days=days), application.pk],
            )

    def mails(self, user: Any) -> list[str]:
        return list(
            Message.objects.filter(kind="review_reminder", recipient_id=user.pk).values_list("subject", flat=True)
        )

    def test_once_before_and_once_after(self, desk: Desk) -> None:
        application = desk.application(S.UNDER_REVIEW)
        one = desk.evaluators[0]
        self.due(application, 3)
        assert services.remind_evaluators() == 0
        self.due(application, 2)
        services.remind_evaluators()
        services.remind_evaluators()
        assert len(self.mails(one)) == 1 and "attendue avant" in self.mails(one)[0]
        self.due(application, 0)
        assert services.remind_evaluators() == 0
        self.due(application, -1)
        services.remind_evaluators()
        services.remind_evaluators()
        assert len(self.mails(one)) == 2

    def test_not_to_who_handed_in_or_stepped_aside(self, desk: Desk) -> None:
        application = desk.application(S.UNDER_REVIEW)
        done, aside = desk.evaluators
        services.submit_review(
            Review.objects.get(application=application, evaluator=done).pk, notes=notes(application), by=done
        )
        services.declare_conflict(application.pk, reason="Parenté.", by=aside)
        self.due(application, -1)
        assert services.remind_evaluators() == 0


class TestOthers:
    def page(self, client: Client, application: Application, evaluator: Any) -> str:
        client.force_login(evaluator)
        return client.get(
            reverse("review_grid", args=[Review.objects.get(application=application, evaluator=evaluator).pk])
        ).text

    def test_blind_until_ones_own_is_handed_in(self, desk: Desk, client: Client) -> None:
        application = with_notes(desk, 5, words="MOTSECRET")
        one, other = desk.evaluators
        assert "MOTSECRET" not in self.page(client, application, other)
        services.submit_review(
            Review.objects.get(application=application, evaluator=other).pk, notes=notes(application), by=other
        )
        page = self.page(client, application, other)
        assert "MOTSECRET" in page and "Les autres grilles" in page and one.get_full_name() in page


def test_an_even_sharing_says_before_it_starts_who_is_lacking(desk: Desk) -> None:
    application = desk.application(S.UNDER_REVIEW)
    ready = Desk(instructor=desk.instructor, manager=desk.manager, evaluators=desk.evaluators, _call=desk.call)
    waiting = ready.application(S.IN_INSTRUCTION)
    from applications import services as applications

    applications.check_complete(waiting.pk, by=desk.instructor)
    services.write_opinion(waiting.pk, advice="favorable", text="Oui.", proposed_cents=100_000, by=desk.instructor)
    evaluate, asked = KINDS["evaluer"], {"named": [], "per_file": 2, "due_on": "2099-01-01"}
    evaluate.preflight(fresh(waiting), by=desk.instructor, asked=asked)
    with pytest.raises(DomainError, match=r"Il manque 1.évaluateur sans intérêt"):
        evaluate.preflight(fresh(waiting), by=desk.instructor, asked=asked | {"per_file": 3})
    assert application.state == S.UNDER_REVIEW
