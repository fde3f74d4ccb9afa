"""When a schedule comes next."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import BadInput
from workbench.targets.local.eventbridge.cron import next_time

OURS = "cron(0 0,6,12,18 * * ? *)"


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "after", "wanted"),
    [
        (OURS, "2026-01-01 00:30", "2026-01-01 06:00"),
        (OURS, "2026-01-01 06:00", "2026-01-01 12:00"),
        (OURS, "2026-01-01 05:59:59", "2026-01-01 06:00"),
        (OURS, "2026-12-31 18:00", "2027-01-01 00:00"),
        ("cron(0/15 * * * ? *)", "2026-01-01 00:30", "2026-01-01 00:45"),
        ("cron(5-7 9 * * ? *)", "2026-01-01 09:06:10", "2026-01-01 09:07"),
        ("cron(*/30 23 ? * * *)", "2026-01-01 23:30", "2026-01-02 23:00"),
    ],
)
def test_the_next_time_is_later_and_on_the_schedule(expression, after, wanted):
    assert next_time(expression, at(after)) == at(wanted)


@settings(deadline=None)
@given(st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1)))
def test_ours_comes_within_six_hours_on_the_hour(moment):
    moment = moment.replace(tzinfo=UTC)
    found = next_time(OURS, moment)
    assert timedelta(0) < found - moment <= timedelta(hours=6)
    assert (found.hour % 6, found.minute, found.second) == (0, 0, 0)


@pytest.mark.parametrize(
    "expression",
    [
        "rate(6 hours)",
        "cron(0 0 1 * ? *)",
        "cron(0 0 * * MON *)",
        "cron(0 0 * * ?)",
        "cron(60 0 * * ? *)",
        "cron(x 0 * * ? *)",
        "cron(5-3 0 * * ? *)",
    ],
)
def test_what_is_not_acted_out_is_refused_by_name(expression):
    with pytest.raises(BadInput) as caught:
        next_time(expression, at("2026-01-01 00:00"))
    assert expression in str(caught.value)
