from celery import shared_task

from common.sweeps import make_each
from payments import acts, services
from payments.services import papers


@shared_task
def plan_missing_instalments() -> None:
    """A signed award without its instalments is mended; safe to run any number of times."""
    services.plan_missing_instalments()


@shared_task
def make_statement(pk: int) -> None:
    papers.make_statement(pk)


@shared_task
def make_missing_statements() -> None:
    """What Redis forgot: payments asked for that wait for their statement."""
    make_each(papers.waiting(), papers.make_statement, "statement_not_made", "instalment")


@shared_task
def daily_reconciliation() -> None:
    """Mailed once a day, when something waits."""
    services.report_reconciliation()


@shared_task
def warn_of_lapse() -> None:
    """Each morning: the communes whose award is about to lapse, once for each last day."""
    services.warn_of_lapse()


@shared_task
def make_act_letter(pk: int) -> None:
    acts.make_letter(pk)


@shared_task
def make_missing_act_letters() -> None:
    """What Redis forgot: signed acts that wait for their letter."""
    make_each(acts.waiting(), acts.make_letter, "act_letter_not_made", "act")
