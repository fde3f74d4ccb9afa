"""Deadlines by the clock: when a batch must start, here and there, in summer and in winter."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.workload.clock import DAY_MIN, DoneBy, read_minute, told_minute
from workbench.workload.cron import times_of_day


@pytest.mark.parametrize(
    ("done_by", "needs_s", "start"),
    [
        (DoneBy(18 * 60), 3_600, (17 * 60, 0)),
        (DoneBy(18 * 60), 3_601, (16 * 60 + 59, 0)),
        (DoneBy(60), 2 * 3_600, (23 * 60, 1)),
        (DoneBy(60, "Asia/Tokyo"), 49 * 3_600, (0, 2)),
    ],
)
def test_a_batch_starts_as_much_before_as_it_needs_at_a_whole_minute(done_by, needs_s, start):
    assert done_by.start_by(needs_s) == start


@given(st.integers(0, DAY_MIN - 1), st.integers(0, 400_000_000))
def test_what_starts_by_then_is_done_in_time_and_a_minute_later_is_not(minute, needs_ms):
    needs_s = needs_ms / 1000
    start, days = DoneBy(minute).start_by(needs_s)
    room_s = (minute - start + days * DAY_MIN) * 60
    assert needs_s <= room_s < needs_s + 60


def test_summer_time_gives_a_clock_two_times_in_utc():
    assert DoneBy(18 * 60, "Europe/Berlin").utc_minutes == (16 * 60, 17 * 60)
    assert DoneBy(18 * 60, "Asia/Kolkata").utc_minutes == (12 * 60 + 30,)
    assert DoneBy(30).utc_minutes == (30,)


@pytest.mark.parametrize(
    ("cron", "tightest"),
    [
        ("0 2 * * ? *", (2 * 60, 14 * 3_600.0)),
        ("0 16 * * ? *", (16 * 60, 24 * 3_600.0)),
        ("30 0/6 * * ? *", (12 * 60 + 30, 3.5 * 3_600)),
    ],
)
def test_of_a_schedule_the_last_start_before_it_counts(cron, tightest):
    assert DoneBy(16 * 60).tightest(times_of_day(cron)) == tightest


@given(st.integers(0, DAY_MIN - 1), st.sets(st.integers(0, DAY_MIN - 1), min_size=1, max_size=4))
def test_the_wait_is_what_every_day_of_the_year_leaves_at_least(minute, starts):
    done_by = DoneBy(minute, "America/New_York")
    _, wait_s = done_by.tightest(tuple(starts))
    waits = []
    for day in range(3, 362, 7):
        at = datetime(2027, 1, 1, tzinfo=ZoneInfo(done_by.zone)) + timedelta(day)
        end = at.replace(hour=minute // 60, minute=minute % 60).astimezone(UTC)
        for start in starts:
            begin = end.replace(hour=start // 60, minute=start % 60)
            begin -= timedelta(days=begin >= end)
            waits.append((end - begin).total_seconds())
    assert min(waits) == wait_s


@given(st.integers(0, DAY_MIN - 1))
def test_a_time_of_day_is_read_as_it_is_told(minute):
    assert read_minute("done_by", told_minute(minute)) == minute
