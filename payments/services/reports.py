"""The morning's reconciliation, mailed to finance when something waits."""

from django.db import transaction

from common.clock import database_now
from common.dates import local
from payments.finance_pages import ageing, open_differences
from payments.notifications import ReconciliationMail


@transaction.atomic
def report_reconciliation() -> bool:
    """Queued once a day (the key of the message is the day); nothing when there is no difference and nothing is late."""
    ages, waiting = ageing(), open_differences().count()
    if not waiting and not any(one["late"] and one["lines"] for one in ages):
        return False
    ReconciliationMail(local(database_now()).date(), ages=ages, open_count=waiting).queue()
    return True
