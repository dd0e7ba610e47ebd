from celery import shared_task

from payments import services


@shared_task
def plan_missing_instalments() -> None:
    """A signed award without its instalments is mended; safe to run any number of times."""
    services.plan_missing_instalments()


@shared_task
def daily_reconciliation() -> None:
    """Mailed once a day, when something waits."""
    services.report_reconciliation()
