"""What is mailed in the morning: to finance what waits, to communes an award about to lapse."""

from django.db import transaction

from common.clock import database_now
from common.dates import local
from payments.acts import about_to_lapse
from payments.finance_pages import ageing, open_differences
from payments.notifications import LapseMail, ReconciliationMail


@transaction.atomic
def report_reconciliation() -> bool:
    """Queued once a day (the key of the message is the day); nothing when there is no difference and nothing is late."""
    ages, waiting = ageing(), open_differences().count()
    if not waiting and not any(one["late"] and one["lines"] for one in ages):
        return False
    ReconciliationMail(local(database_now()).date(), ages=ages, open_count=waiting).queue()
    return True


@transaction.atomic
def warn_of_lapse() -> int:
    """How many awards are about to lapse; each is told once for its last day (the key of the message)."""
    found = about_to_lapse(local(database_now()).date())
    for decision, last_day in found:
        LapseMail(decision, last_day).queue()
    return len(found)
