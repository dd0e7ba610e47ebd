import structlog
from celery import shared_task

from payments import acts, services
from payments.services import papers

log = structlog.get_logger(__name__)


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
    for pk in papers.waiting():
        try:
            papers.make_statement(pk)
        except Exception:  # one statement that cannot be made must not hold back the others
            log.exception("statement_not_made", instalment=pk)


@shared_task
def daily_reconciliation() -> None:
    """Mailed once a day, when something waits."""
    services.report_reconciliation()


@shared_task
def make_act_letter(pk: int) -> None:
    acts.make_letter(pk)


@shared_task
def make_missing_act_letters() -> None:
    """What Redis forgot: signed acts that wait for their letter."""
    for pk in acts.waiting():
        try:
            acts.make_letter(pk)
        except Exception:  # one letter that cannot be made must not hold back the others
            log.exception("act_letter_not_made", act=pk)
