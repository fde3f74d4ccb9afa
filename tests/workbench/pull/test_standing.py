"""What a stack costs while it stands: idle polls outside of runs, and lines that bill time."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from workbench.designs import DESIGNS, make_design
from workbench.platform.services import POLLER_HOURS
from workbench.pull.standing import IdlePolls, standing_part
from workbench.pull.window import MARGIN_S, Window

HOUR = Window(datetime(2026, 11, 20, 6, tzinfo=UTC), datetime(2026, 11, 20, 7, tzinfo=UTC))
SQS, CW = "Amazon Simple Queue Service", "AmazonCloudWatch"


def run(minute, minutes):
    """The window of a run whose meter has so many whole minutes, from one of the hour on."""
    start = HOUR.start + timedelta(minutes=minute, seconds=6)
    return Window(start, start + timedelta(minutes=minutes - 1, seconds=MARGIN_S - 10))


def test_computed_polls_are_three_a_minute_and_poller_outside_of_runs():
    polls = IdlePolls(make_design("sqs"), [run(10, 4), run(12, 5)])  # seven minutes together
    assert polls.within(HOUR) == (60 - 7) * 14 * 3
    assert polls.source == "computed"


def test_counted_polls_are_those_of_the_minutes_outside_of_runs():
    at = HOUR.start.timestamp()
    counted = {at: 40.0, at + 660: 7.0, at + 3_540: 41.0, at + 3_600: 42.0}
    polls = IdlePolls(make_design("sqs"), [run(10, 4)], counted)
    assert (polls.within(HOUR), polls.source) == (81, "counted by CloudWatch")


@pytest.mark.parametrize("name", [n for n, one in DESIGNS.items() if not one.parts.sources])
def test_a_design_without_event_sources_polls_nothing(name):
    polls = IdlePolls(make_design(name))
    assert (polls.within(HOUR), polls.source) == (0, "")


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ((SQS, "Requests-Tier1"), 30),
        ((CW, "CW:AlarmMonitorUsage"), 100),
        (("Amazon Simple Storage Service", "TimedStorage-ByteHrs"), 100),
        (("Amazon Simple Storage Service", "Requests-Tier1"), 0),
        (("AWS Lambda", POLLER_HOURS), 100),
        (("AWS Lambda", "Request-ARM"), 0),
    ],
)
def test_polls_and_lines_that_bill_time_may_be_the_stacks(line, part):
    assert standing_part(line, Decimal(100), Decimal(30)) == part


def test_no_more_polls_than_were_billed_are_the_stacks():
    assert standing_part((SQS, "Requests-Tier1"), Decimal(100), Decimal(130)) == 100
