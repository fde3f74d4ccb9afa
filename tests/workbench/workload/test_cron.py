"""How often an EventBridge cron expression fires, against what a calendar says."""

import re
from calendar import monthrange
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import BadInput
from workbench.workload.cron import DAYS, YEAR, times_a_month

YEARS_DAYS = [date(YEAR, 1, 1) + timedelta(days=number) for number in range(365)]


@pytest.mark.parametrize(
    ("expression", "times"),
    [  # those with a comment stand in the EventBridge user guide
        ("0 10 * * ? *", 365),  # every day at 10:00
        ("cron(15 12 * * ? *)", 365),  # every day at 12:15
        ("0 18 ? * MON-FRI *", 261),  # every Monday through Friday
        ("0 8 1 * ? *", 12),  # every first day of the month
        ("0/15 * * * ? *", 4 * 24 * 365),  # every fifteen minutes
        ("0/10 * ? * MON-FRI *", 6 * 24 * 261),  # every ten minutes on weekdays
        ("0/5 8-17 ? * MON-FRI *", 12 * 10 * 261),  # every five minutes from 8:00 to 17:55
        ("0/30 20-2 ? * MON-FRI *", 2 * 7 * 261),  # every thirty minutes from 22:00 to 2:00
        ("* * * * ? *", 60 * 24 * 365),
        ("5/15,7 0 * * ? *", 5 * 365),
        ("0 0 L * ? *", 12),
        ("0 0 1,15,L * ? *", 36),
        ("0 0 31 * ? *", 7),
        ("0 0 3W * ? *", 12),
        ("0 0 LW * ? *", 12),
        ("0 0 L-2 * ? *", 12),
        ("0 0 */10 * ? *", 12 * 3 + 7),
        ("0 0 ? * 3#2 *", 12),
        ("0 0 ? * 6#5 *", 5),
        ("0 0 ? * L *", 52),
        ("0 0 ? * FRIL *", 12),
        ("0 0 ? * 7-1 *", 104),
        ("0 0 ? JAN,JUL 2/2 *", 26),
        ("0 0 ? feb mon *", 4),
        ("0 0 1 1 ? 2030-2035", 1),
        ("0 0 29 2 ? 2028", 1),
        ("0 0 * * ? 2020", 366),
    ],
)
def test_an_expression_fires_as_often_as_its_days_come(expression, times):
    assert times_a_month(expression) == times / 12


@given(day=st.integers(1, 31))
def test_the_weekday_nearest_to_a_day_is_one_a_month_that_has_the_day(day):
    months = sum(day <= monthrange(YEAR, month)[1] for month in range(1, 13))
    assert times_a_month(f"0 0 {day}W * ? *") == months / 12
    if day < 29:  # the nearest two of a day never meet
        assert times_a_month(f"0 0 {day}W,{day}W * ? *") == 1


@given(st.sets(st.integers(1, 7), min_size=1))
def test_days_of_the_week_are_those_of_the_calendar(numbers):
    times = sum(day.isoweekday() % 7 + 1 in numbers for day in YEARS_DAYS)
    assert times_a_month(f"0 0 ? * {','.join(map(str, numbers))} *") == times / 12
    assert times_a_month(f"0 0 ? * {','.join(DAYS[one - 1] for one in numbers)} *") == times / 12


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("0 6 * * *", "has 5 fields; EventBridge's have six"),
        ("rate(5 minutes)", "has 2 fields"),
        ("0 0 * * MON *", "must have ? in one of day-of-month and day-of-week"),
        ("0 0 ? * ? *", "must have ? in one of day-of-month and day-of-week"),
        ("60 0 * * ? *", "minutes '60' must be 0 to 59"),
        ("0 24 * * ? *", "hours '24' must be 0 to 23"),
        ("0 0 0 * ? *", "day-of-month '0' must be 1 to 31"),
        ("0 0 * NOV-X ? *", "month 'X' must be 1 to 12 or JAN to DEC"),
        ("0 0 ? * 0 *", "day-of-week '0' must be 1 to 7 or SUN to SAT"),
        ("0 0 ? * 3#1,6#3 *", "has a # and more than one expression"),
        ("0 0 * * ? 1969", "year '1969' must be 1970 to 2199"),
        ("0 0 * * ? 2031-2030", "ends before it begins"),
        ("0/0 0 * * ? *", "a step is a number of 1 or more"),
        ("0/x 0 * * ? *", "a step is a number of 1 or more"),
        ("0 0 29 2 ? *", "fires on no day of 2027. Give per_month instead"),
        ("0 0 32W * ? *", "day-of-month '32' must be 1 to 31"),
        ("", "has 0 fields"),
    ],
)
def test_what_is_no_schedule_is_refused(expression, why):
    with pytest.raises(BadInput, match=re.escape(why)):
        times_a_month(expression)
