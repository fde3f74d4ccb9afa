"""Windows: when a run was, in whole steps of a clock."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.bill import bill, total_usd
from workbench.errors import BadInput
from workbench.prices import load_book
from workbench.pull.window import MeasuringCost, Window, window_of
from workbench.runs.records import USAGE_COLUMNS

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


CLOUDWATCH = "AmazonCloudWatch"


def usage(cost):
    lines = [line for line in cost.usage_lines() if line[-1]]
    return pd.DataFrame(lines, columns=USAGE_COLUMNS).astype({"quantity": object})


def test_every_request_becomes_a_usage_line_labelled_measuring():
    cost = MeasuringCost(160, scanned_bytes=2**29, cost_pages=3, sqs_calls=7, read_units=4.5)
    assert list(usage(cost).itertuples(index=False, name=None)) == [
        (CLOUDWATCH, "CW:GMD-Metrics", "Metrics", "measuring", Decimal(160)),
        (CLOUDWATCH, "DataScanned-Bytes", "GB", "measuring", Decimal("0.5")),
        ("AWS Cost Explorer", "USE1-APIRequest", "Requests", "measuring", Decimal(3)),
        ("Amazon Simple Queue Service", "Requests-Tier1", "Requests", "measuring", Decimal(7)),
        ("Amazon DynamoDB",) + ("ReadRequestUnits",) * 2 + ("measuring", Decimal("4.5")),
    ]


def test_looking_is_billed_by_the_price_book():
    priced = bill(usage(MeasuringCost(1_000, 2**30, 2)), load_book())
    assert total_usd(priced) == Decimal("0.01") + Decimal("0.005") + Decimal("0.02")


def test_nothing_asked_is_nothing_billed():
    assert usage(MeasuringCost()).empty
