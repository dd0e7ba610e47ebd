"""Calls of 30 and 500 evaluated files, each with a scenario over all of them and a committee that sits. Made once."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from applications.models import Application
from applications.states import ApplicationState
from demo.seed.pen import Step, born, walk
from demo.seed.scale import grow
from fund.models import Call, Counter, Criterion
from fund.states import CallState
from reviews import services
from reviews.committee_states import Attendance
from reviews.models import AgendaItem, CommitteeSession, Opinion, Review, Scenario, Score
from reviews.services.committee import Plan
from reviews.states import Advice, ReviewState

FILES = (30, 500)
GRIDS = 2
OWN = {"id", "state", "version", "title", "slug", "number_prefix", "opens_at", "closes_at"}


def measured_calls() -> dict[str, str]:
    """Ids of what is measured: `scenario_30`, `session_30`, `item_30` (in the middle of its agenda), and so for 500."""
    found: dict[str, str] = {}
    for files in FILES:
        if not Call.objects.filter(slug=f"mesure-{files}").exists():
            evaluated(files)
        call = Call.objects.get(slug=f"mesure-{files}")
        session = CommitteeSession.objects.get(call=call)
        item = AgendaItem.objects.filter(session=session).order_by("position")[files // 2]
        found |= {
            f"scenario_{files}": str(Scenario.objects.get(call=call).pk),
            f"session_{files}": str(session.pk),
            f"item_{files}": str(item.pk),
        }
    return found


@transaction.atomic
def evaluated(files: int) -> None:
    people = {user.email.partition("@")[0]: user for user in User.objects.filter(email__endswith="@metropole.demo")}
    call = a_call(files, people["gestionnaire"])
    grow(files, seed=files, today=timezone.localdate(), call=call, only=ApplicationState.REVIEWED)
    sent = list(Application.objects.filter(call=call).order_by("pk"))
    give_opinions(sent, people["instructrice"])
    give_grids(sent, call, [people["evaluatrice1"], people["evaluateur2"]], people["gestionnaire"])
    share_and_sit(sent, call, people)


def a_call(files: int, by: User) -> Call:
    """As last year's, with its envelope and its criteria, and its own series of numbers."""
    model = Call.objects.filter(state=CallState.ARCHIVED).order_by("pk")[0]
    criteria, now = list(model.criteria.order_by("position")), timezone.now()
    rules = {f.attname: getattr(model, f.attname) for f in Call._meta.concrete_fields if f.name not in OWN}
    call = Call(**rules, title=f"Mesure, {files} dossiers", slug=f"mesure-{files}", number_prefix=f"M{files}")
    call.opens_at, call.closes_at = now - timedelta(days=90), now + timedelta(days=1)
    born(call, by=by, at=now)
    for criterion in criteria:
        criterion.pk, criterion.call = None, call
    Criterion.objects.bulk_create(criteria)
    walk(call, [Step("publish", CallState.PUBLISHED, by, now), Step("open", CallState.OPEN, None, now)])
    Counter.objects.create(series=call.number_prefix, year=call.year, value=0)
    return call


def give_opinions(sent: list[Application], by: User) -> None:
    Opinion.objects.bulk_create(
        Opinion(
            application=one,
            advice=Advice.FAVORABLE,
            text="Avis de mesure.",
            proposed_cents=one.requested_cents,
            written_by=by,
        )
        for one in sent
    )


def give_grids(sent: list[Application], call: Call, evaluators: list[User], by: User) -> None:
    """`GRIDS` grids a file, with notes that differ from file to file."""
    now, criteria = timezone.now(), list(call.criteria.order_by("position"))
    for place, application in enumerate(sent):
        for evaluator in evaluators[:GRIDS]:
            review = Review(application=application, evaluator=evaluator, assigned_by=by)
            born(review, by=by, at=now, verb="assign")
            Score.objects.bulk_create(
                Score(review=review, criterion=one, value=(place + index + evaluator.pk) % 6)
                for index, one in enumerate(criteria)
            )
            walk(review, [Step("submit", ReviewState.SUBMITTED, evaluator, now, {"submitted_at": now})])


def share_and_sit(sent: list[Application], call: Call, people: dict[str, Any]) -> None:
    by = people["gestionnaire"]
    lines = {one.pk: services.Given(one.requested_cents // 2) for one in sent}
    services.create_scenario(call.pk, name="Mesure", lines=lines, by=by)
    members = {people[name].pk: "Membre" for name in ("evaluatrice1", "evaluateur2", "evaluatrice3")}
    plan = Plan("Séance de mesure", timezone.now() + timedelta(hours=1), "Salle", 1)
    session = services.plan_session(call.pk, plan=plan, members=members, by=by)
    services.add_files(session.pk, files=[one.pk for one in sent], by=by)
    there = dict.fromkeys(session.members.values_list("pk", flat=True), Attendance.PRESENT)
    services.take_attendance(session.pk, attendance=there, by=by)
    services.open_session(session.pk, by=by)
