"""Rules, targets, schedules."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import BadInput
from workbench.targets.local.eventbridge import EventBridge, matches, next_time, target_input
from workbench.targets.local.world.stack import Resource

EVENT = {"time": "2026-01-01T06:00:00Z", "detail": {"name": 'a"b', "status": "FAILED", "n": 3}}


def rule(**properties):
    target = {"Arn": "arn:aws:lambda:us-east-1:123456789012:function:work", "Id": "0"}
    return Resource("Rule", "AWS::Events::Rule", "rule", {"Targets": [target]} | properties)


def bridge(toy, *rules):
    delivered = []
    made = EventBridge(
        toy.context, rules, lambda arn, given: delivered.append((toy.kernel.now, given))
    )
    return made, delivered


def test_a_schedule_fires_as_virtual_time_passes_it_again_and_again(toys):
    with toys(eventbridge_to_target=500) as toy:
        made, delivered = bridge(toy, rule(ScheduleExpression="cron(0 0,6,12,18 * * ? *)"))
        made.start_schedules()
        toy.run(until_s=86_400)
        hour = 3600
        assert [at for at, _ in delivered] == [h * hour + 0.5 for h in (5.5, 11.5, 17.5, 23.5)]
        assert [given["time"][11:16] for _, given in delivered] == [
            "06:00",
            "12:00",
            "18:00",
            "00:00",
        ]
        assert delivered[0][1]["detail-type"] == "Scheduled Event"


def test_a_disabled_rule_and_one_that_was_not_started_stay_still(toy):
    made, delivered = bridge(toy, rule(ScheduleExpression="cron(0 6 * * ? *)", State="DISABLED"))
    made.start_schedules()
    other, others = bridge(toy, rule(ScheduleExpression="cron(0 6 * * ? *)"))
    toy.run(until_s=86_400)
    assert (delivered, others) == ([], [])
    assert other is not made


def test_an_event_goes_to_the_rules_whose_pattern_it_fits(toy):
    pattern = {"source": ["aws.states"], "detail": {"status": ["FAILED", "TIMED_OUT"]}}
    made, delivered = bridge(toy, rule(EventPattern=pattern))
    for status in ("SUCCEEDED", "FAILED"):
        made.emit("aws.states", "Step Functions Execution Status Change", {"status": status})
    toy.run()
    assert [given["detail"] for _, given in delivered] == [{"status": "FAILED"}]


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        ({"detail": {"status": ["FAILED"]}}, True),
        ({"detail": {"status": ["ABORTED"]}}, False),
        ({"detail": {"missing": ["x"]}}, False),
        ({"source": {"deeper": ["x"]}}, False),
        ({}, True),
        (None, False),
    ],
)
def test_patterns(pattern, fits):
    assert matches(pattern, EVENT) is fits


def test_a_pattern_that_is_not_read_here_is_refused():
    with pytest.raises(BadInput, match="prefix"):
        matches({"time": [{"prefix": "2026"}]}, EVENT)


@pytest.mark.parametrize(
    ("target", "given"),
    [
        ({}, EVENT),
        ({"Input": '{"a": 1}'}, {"a": 1}),
        (
            {
                "InputTransformer": {
                    "InputPathsMap": {"time": "$.time", "name": "$.detail.name", "n": "$.detail.n"},
                    "InputTemplate": '{"time":<time>,"id":<name>,"n":<n>,"items":100}',
                }
            },
            {"time": "2026-01-01T06:00:00Z", "id": 'a"b', "n": 3, "items": 100},
        ),
        (
            {
                "InputTransformer": {
                    "InputPathsMap": {"status": "$.detail.status", "none": "$.detail.none"},
                    "InputTemplate": '{"reason":"execution <status> of <other>","x":<none>}',
                }
            },
            {"reason": "execution FAILED of <other>", "x": None},
        ),
    ],
)
def test_a_target_is_given_its_input(target, given):
    assert target_input(target, EVENT) == given


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
