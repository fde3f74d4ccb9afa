"""Windows: when a run was, in whole steps of a clock."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import BadInput
from workbench.pull.window import Window, window_of

TIMES = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))
STEPS = st.sampled_from([timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)])


@given(TIMES, st.integers(1, 10**6), STEPS)
def test_a_widened_window_has_whole_steps_and_no_step_too_many(start, seconds, step):
    window = Window(start, start + timedelta(seconds=seconds))
    whole = window.widened(step)
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    assert (whole.start - epoch) % step == (whole.end - epoch) % step == timedelta(0)
    assert whole.start <= window.start < whole.start + step
    assert whole.end - step < window.end <= whole.end


def test_days_are_those_of_utc():
    east = timezone(timedelta(hours=9))
    start = datetime(2026, 11, 21, 3, tzinfo=east)
    whole = Window(start, start + timedelta(hours=1)).widened(timedelta(days=1))
    assert whole == Window(datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC))


def test_a_run_says_when_it_was(run):
    start = datetime(2026, 11, 20, 6, 10, 30, tzinfo=UTC)
    assert window_of(run) == Window(start, start + timedelta(seconds=180 + 120))


def test_a_target_with_a_clock_of_its_own_says_when_it_was_triggered(run):
    trigger = datetime(2026, 1, 1, 0, 30, tzinfo=UTC)
    assert window_of(run, trigger) == Window(trigger, trigger + timedelta(seconds=300))


def test_a_run_without_times_and_a_window_without_time_are_refused(another_folder):
    run = another_folder(created_s=None, processed_s=None, detected_s=None).run
    with pytest.raises(BadInput, match="give the window"):
        window_of(run)
    now = datetime(2026, 1, 1, tzinfo=UTC)
    with pytest.raises(BadInput, match="end after it starts"):
        Window(now, now)
    with pytest.raises(BadInput, match="time zone"):
        Window(datetime(2026, 1, 1), now)


def test_what_two_windows_share_is_never_negative():
    day = datetime(2026, 1, 1, tzinfo=UTC)
    hours = [Window(day + timedelta(hours=h), day + timedelta(hours=h + 2)) for h in (0, 1, 5)]
    assert [hours[0].shared_s(other) for other in hours] == [7200.0, 3600.0, 0.0]
