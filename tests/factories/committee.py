"""Sessions of the committee, brought by the services to where a test begins."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from applications.models import Application
from applications.states import ApplicationState
from reviews import services
from reviews.committee_states import VoteMode
from reviews.models import AgendaItem, CommitteeSession
from reviews.services import Answer, Plan
from tests.factories.accounts import an_evaluator
from tests.factories.desk import Desk


def a_plan(**over: Any) -> Plan:
    fields = {
        "title": "Comité du fonds",
        "held_at": timezone.now() + timedelta(minutes=5),  # the same day at almost any hour
        "place": "Salle du Pharo",
        "quorum": 2,
        "vote_mode": VoteMode.COUNTS,
        **over,
    }
    return Plan(**fields)


class Committee:
    """A session of three members on reviewed files."""

    def __init__(self, desk: Desk | None = None, *, files: int = 2, **plan: Any) -> None:
        self.desk = desk or Desk()
        self.users = [an_evaluator() for _ in range(3)]
        self.files: list[Application] = [self.desk.application(ApplicationState.REVIEWED) for _ in range(files)]
        members = {one.pk: "Conseillère déléguée" for one in self.users}
        self.pk = services.plan_session(
            self.desk.call.pk, plan=a_plan(**plan), members=members, by=self.desk.manager
        ).pk
        services.add_files(self.pk, files=[one.pk for one in self.files], by=self.desk.manager)
        connection.check_constraints()

    @property
    def session(self) -> CommitteeSession:
        return CommitteeSession.objects.select_related("call__fund").get(pk=self.pk)

    def item(self, place: int = 0) -> AgendaItem:
        return AgendaItem.objects.get(session=self.pk, application=self.files[place])

    def seats(self) -> list[int]:
        found = self.session.members.order_by("pk")
        order = {one.pk: place for place, one in enumerate(self.users)}
        return [one.pk for one in sorted(found, key=lambda one: order.get(one.user_id, 99))]

    def open(self, there: Iterable[int] = (0, 1, 2)) -> None:
        seats = self.seats()
        services.take_attendance(self.pk, attendance={seats[place]: "present" for place in there}, by=self.desk.manager)
        services.open_session(self.pk, by=self.desk.manager)

    def answer(self, place: int = 0, *, by: Any = None, version: int | None = None, **over: Any) -> AgendaItem:
        fields = {"outcome": "granted", "cents": 400_000, "counts": (2, 0, 1), **over}
        item = self.item(place)
        made = services.answer_item(
            self.pk, item.pk, answer=Answer(**fields), by=by or self.desk.manager, version=version
        )
        connection.check_constraints()
        return made

    def close(self) -> CommitteeSession:
        for place, _ in enumerate(self.files):
            if not self.item(place).outcome:
                self.answer(place)
        done = services.close_session(self.pk, by=self.desk.manager)
        connection.check_constraints()
        return done

    def sign(self) -> CommitteeSession:
        today = timezone.localdate()
        return services.sign_session(
            self.pk, number="DEL-2026-12", on=today, executory_on=today, act_reference="ACTE-77", by=self.desk.head
        )
