"""Working days of a town hall: week-ends and public holidays of France are none."""

from datetime import date, timedelta

import pytest

from common.working_days import last_day_within, working_days


def test_a_week_end_is_no_working_day() -> None:

    friday = date(2026, 11, 20)
    assert working_days(friday, date(2026, 11, 22)) == 0
    assert working_days(friday, date(2026, 11, 25)) == 3
    assert working_days(friday, friday) == 0


@pytest.mark.parametrize(
    ("since", "until", "days"),
    [
        (date(2026, 4, 3), date(2026, 4, 7), 1),  # Good Friday to Tuesday: Easter Monday is none
        (date(2026, 5, 13), date(2026, 5, 15), 1),  # Ascension
        (date(2026, 5, 22), date(2026, 5, 26), 1),  # Whit Monday
        (date(2026, 12, 24), date(2026, 12, 28), 1),  # Christmas on a Friday, and a week-end
        (date(2026, 7, 13), date(2026, 7, 15), 1),
    ],
)
def test_a_public_holiday_is_no_working_day(since: date, until: date, days: int) -> None:
    assert working_days(since, until) == days


@pytest.mark.parametrize("count", [0, 1, 5, 15])
def test_the_last_day_within_is_the_last_one_that_counts_no_more(count: int) -> None:
    for each in range(400):
        since = date(2026, 1, 1) + timedelta(days=each)
        last = last_day_within(since, count)
        assert working_days(since, last) == count
        assert working_days(since, last + timedelta(days=1)) == count + 1
