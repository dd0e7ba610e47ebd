"""The whole demonstration, in the order things happened."""

import random
from datetime import date

from django.db import connection, transaction
from django.db.models.functions import Coalesce, Greatest

from applications.models import Application
from demo.content import load
from demo.seed import (
    again,
    appeals,
    awards,
    budgets,
    calls,
    committees,
    conversations,
    exchanges,
    files,
    grounds,
    past,
    people,
    reports,
)
from demo.seed.pen import Clock
from fund.models import Counter, Fund


class NotEmpty(Exception):
    """The base already holds a fund: the demonstration is written into an empty one only."""


@transaction.atomic
def seed(*, today: date, number: int = 1) -> None:
    """Write the demonstration as of `today`. Run as the owner; the same number and day give the same rows."""
    if Fund.objects.exists():
        raise NotEmpty("The base is not empty: nothing was written. `make demo RESET=1` starts afresh.")
    random.seed(number)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
    content, clock = load(), Clock(today)
    communes = people.communes()
    users = people.people(content, communes, clock.at(-640))
    people.telephones(communes)
    people.requests_to_join(communes, clock)
    fund = calls.a_fund(content)
    grounds.reasons(fund)
    envelopes = budgets.envelopes(content, fund, users, clock)
    last = calls.a_call(content.book.call("past"), fund, envelopes[-1], users, clock)
    this = calls.a_call(content.book.call("current"), fund, envelopes[0], users, clock)
    before = files.Scene(content, last, communes, users, clock)
    past.write_actions(before)
    now = files.Scene(content, this, communes, users, clock)
    files.write_projects(now)
    past.plan_instalments(now)
    reports.of_this_year(now)
    awards.extend(now)
    exchanges.correct(now)
    exchanges.change(now)
    conversations.write_conversations(now)
    again.go_on(before, now)
    again.help_a_commune(now)
    committees.write(before, now)
    appeals.contest(now)
    # Django stamps `updated_at` with the day of the run.
    Application.objects.update(updated_at=Greatest("created_at", Coalesce("submitted_at", "created_at")))
    for scene in (before, now):
        Counter.objects.create(series=scene.call.number_prefix, year=scene.call.year, value=scene.number)
