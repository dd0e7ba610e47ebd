"""Files brought by the services to the state a test of the desk begins with."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.db import connection
from django.utils import timezone

from accounts.models import User
from applications import services
from applications.models import Application, Decision
from applications.states import ApplicationState
from fund.models import Call, Criterion
from reviews import services as reviews
from reviews.models import Review
from tests.factories.accounts import a_fund_manager, a_head_of_service, an_evaluator, an_instructor
from tests.factories.applications import a_sent_application
from tests.factories.fund import a_call_open

S = ApplicationState
PATH = (S.SUBMITTED, S.IN_INSTRUCTION, S.UNDER_REVIEW, S.REVIEWED, S.GRANTED)


def in_days(days: int) -> Any:
    return timezone.localdate() + timedelta(days=days)


@dataclass
class Desk:
    """The people around a file."""

    instructor: User = field(default_factory=an_instructor)
    manager: User = field(default_factory=a_fund_manager)
    head: User = field(default_factory=a_head_of_service)
    evaluators: list[User] = field(default_factory=lambda: [an_evaluator(), an_evaluator()])
    _call: Call | None = None

    @property
    def call(self) -> Call:
        self._call = self._call or a_call_open()
        return self._call

    def application(self, state: str = S.SUBMITTED, *, cents: int = 400_000, **kwargs: Any) -> Application:
        """A file of 4 000 € asked (and allowed), brought to `state` by the services."""
        application = a_sent_application(kwargs.pop("call", None) or self.call, **kwargs)
        if state == S.AWAITING_COMMUNE:
            services.start_instruction(application.pk, by=self.instructor)
            services.ask_pieces(
                application.pk, items=["Délibération"], reason="Non signée.", due_on=in_days(15), by=self.instructor
            )
            return fresh(application)
        for step in PATH[1 : PATH.index(S(state)) + 1]:
            self.bring(application, step, cents)
            connection.check_constraints()  # as the commit of each verb would: one test is one transaction
        return fresh(application)

    def bring(self, application: Application, step: str, cents: int) -> None:
        pk = application.pk
        if step == S.IN_INSTRUCTION:
            services.start_instruction(pk, by=self.instructor)
        elif step == S.UNDER_REVIEW:
            services.check_complete(pk, by=self.instructor)
            reviews.write_opinion(
                pk, advice="favorable", text="Besoin partagé.", proposed_cents=cents, by=self.instructor
            )
            ids = [one.pk for one in self.evaluators]
            reviews.open_review(pk, evaluators=ids, due_on=in_days(10), by=self.instructor)
            for evaluator in self.evaluators:
                says_no_interest(evaluator, application.call_id)
        elif step == S.REVIEWED:
            for review in Review.objects.filter(application=pk):
                reviews.submit_review(review.pk, notes=notes(application), by=review.evaluator)
            reviews.finish_review(pk, by=self.manager)
        elif step == S.GRANTED:
            services.grant(pk, amount_cents=cents, by=self.manager)

    def decision(self, **kwargs: Any) -> Decision:
        return Decision.objects.get(application=self.application(S.GRANTED, **kwargs))

    def signed(self, **kwargs: Any) -> Decision:
        decision = self.decision(**kwargs)
        return services.sign_decision(
            decision.pk, act_number="CM-2026-118", act_date=timezone.localdate(), by=self.head
        )


def says_no_interest(person: User, call_pk: int) -> None:
    """Once for the call: without it, no grid opens."""
    if not reviews.has_declared(person, call_pk):
        reviews.declare_interests(call_pk, by=person, key=uuid4())


def notes(application: Application, value: int | None = 4, **by_code: int | None) -> dict[int, tuple[int | None, str]]:
    """The same note everywhere, except for the criteria named by their code."""
    return {
        one.pk: (by_code.get(one.code, value), "Parce que.")
        for one in Criterion.objects.filter(call_id=application.call_id)
    }


def fresh(application: Application) -> Application:
    return Application.objects.select_related("call", "organisation").get(pk=application.pk)
