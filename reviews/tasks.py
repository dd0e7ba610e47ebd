"""Long works, done after the commit and by the clock: an id in, one call. Each may run twice and does its work once."""

from celery import shared_task

from common.sweeps import make_each
from reviews import committee_papers, waiting_list
from reviews.services import jobs, remind_evaluators, remind_outside


@shared_task
def run_job(pk: int) -> None:
    jobs.run(pk)


@shared_task
def run_unfinished_jobs() -> None:
    """What a dead worker or Redis forgot."""
    jobs.wake_unfinished()


@shared_task
def remind_outside_opinions() -> None:
    remind_outside()


@shared_task
def remind_of_grids() -> None:
    remind_evaluators()


@shared_task
def tell_of_money_back() -> None:
    waiting_list.tell_of_money_back()


@shared_task
def make_minutes(pk: int) -> None:
    committee_papers.make(pk)


@shared_task
def make_missing_minutes() -> None:
    make_each(committee_papers.waiting(), committee_papers.make, "minutes_not_made", "session")
