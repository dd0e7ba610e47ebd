"""Days when a town hall works: no week-end, none of the public holidays of France."""

from datetime import date, timedelta
from functools import lru_cache

import holidays

SATURDAY = 5
# Code du travail, L. 3133-1: the eleven public holidays, those that follow Easter included.
PUBLIC_HOLIDAYS = holidays.country_holidays("FR")


def is_worked(day: date) -> bool:
    return day.weekday() < SATURDAY and day not in PUBLIC_HOLIDAYS


@lru_cache(maxsize=4096)
def working_days(since: date, until: date) -> int:
    """Days worked after the first, up to the second; none when the second comes before."""
    return sum(is_worked(since + timedelta(days=each)) for each in range(1, (until - since).days + 1))


def last_day_within(since: date, count: int) -> date:
    """The last day with at most `count` working days after `since`: a week-end that follows is still within."""
    day = since
    while True:
        following = day + timedelta(days=1)
        count -= is_worked(following)
        if count < 0:
            return day
        day = following
