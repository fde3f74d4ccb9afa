"""Pulling metrics: from moto, which the local target fills, and from recorded answers."""

from datetime import timedelta

import pandas as pd
import pytest

from workbench.errors import PullFailed
from workbench.pull.cloudwatch import fetch, read_metrics
from workbench.pull.logs import log_groups
from workbench.pull.metrics import Series, billed, wanted
from workbench.pull.store import CLOUDWATCH_COLUMNS
from workbench.pull.window import MeasuringCost, Window
from workbench.stacks.aws_errors import AwsFailed

FUNCTION = (("FunctionName", "p"),)
RECORDED = [
    Series("AWS/Lambda", "Invocations", "Sum", "processor", FUNCTION),
    Series("AWS/Lambda", "Duration", "p99", "processor", FUNCTION),
]


def put(cloudwatch, window, namespace, metric, minutes, **dimensions):
    """What the local target puts: a minute's statistics at a time."""
    start = window.start.replace(second=0)
    data = [
        {
            "MetricName": metric,
            "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
            "Timestamp": start + timedelta(minutes=minute),
            "StatisticValues": {
                "SampleCount": len(values),
                "Sum": sum(values),
                "Minimum": min(values),
                "Maximum": max(values),
            },
        }
        for minute, values in enumerate(minutes)
    ]
    cloudwatch.put_metric_data(Namespace=namespace, MetricData=data)


def test_metrics_come_by_role_minute_by_minute_with_every_statistic(cloud, window):
    cloudwatch = cloud("cloudwatch")
    put(cloudwatch, window, "AWS/Lambda", "Duration", [[10, 30], [50]], FunctionName="p")
    put(cloudwatch, window, "AWS/Lambda", "Duration", [[7]], FunctionName="someone-else")
    put(cloudwatch, window, "AWS/SQS", "NumberOfMessagesSent", [[1] * 4], QueueName="q")
    names = {"processor": "p", "item_queue": "q"}
    series = wanted("sqs", names, percentiles=False)
    frame = fetch(cloudwatch, series, window, MeasuringCost())
    duration = [
        ("Duration", "AWS/Lambda", "processor", statistic, t_s, value)
        for statistic, values in {
            "Average": (20.0, 50.0),
            "Maximum": (30.0, 50.0),
            "SampleCount": (2.0, 1.0),
            "Sum": (40.0, 50.0),
        }.items()
        for t_s, value in zip((-30.0, 30.0), values, strict=True)
    ]
    sent = ("NumberOfMessagesSent", "AWS/SQS", "item_queue", "Sum", -30.0, 4.0)
    without_t = [name for name in CLOUDWATCH_COLUMNS if name != "t"]
    pd.testing.assert_frame_equal(
        frame[without_t], pd.DataFrame([*duration, sent], columns=without_t)
    )
    assert list(frame["t"])[-1] == pd.Timestamp("2026-11-20T06:10:00Z")
    assert str(frame["t"].dtype) == "datetime64[us, UTC]"


def test_a_pull_without_data_has_the_same_columns_and_types(cloud, window):
    cloudwatch = cloud("cloudwatch")
    series = wanted("sqs", {"processor": "p"}, percentiles=False)
    empty = fetch(cloudwatch, series, window, MeasuringCost())
    put(cloudwatch, window, "AWS/Lambda", "Invocations", [[1]], FunctionName="p")
    one = fetch(cloudwatch, series, window, MeasuringCost())
    assert len(empty) == 0
    assert list(empty.dtypes.items()) == list(one.dtypes.items())


def test_pages_are_put_together_and_each_counts_its_metrics(recorded, window):
    cost = MeasuringCost()
    frame = fetch(recorded("cloudwatch", "metrics_two_pages"), RECORDED, window, cost)
    rows = list(frame[["metric", "statistic", "t_s", "value"]].itertuples(index=False, name=None))
    assert rows == [
        ("Duration", "p99", -30.0, 5012.25),
        ("Duration", "p99", 30.0, 5100.5),
        ("Duration", "p99", 90.0, 4987.0),
        ("Invocations", "Sum", -30.0, 4.0),
        ("Invocations", "Sum", 30.0, 3.0),
        ("Invocations", "Sum", 90.0, 3.0),
    ]
    assert cost == MeasuringCost(metrics=4)


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ("metrics_half", "1 of 2 queries in part: AWS/Lambda Duration p99 is InternalError"),
        ("metrics_same_page", "the same page again"),
        ("metrics_denied", "AWS GetMetricData is not allowed"),
    ],
)
def test_half_an_answer_is_an_error_that_says_what_to_do(recorded, window, record, message):
    with pytest.raises((PullFailed, AwsFailed), match=message):
        fetch(recorded("cloudwatch", record), RECORDED, window, MeasuringCost())


@pytest.mark.parametrize(
    ("series", "minutes", "sizes"),
    [(1_001, 4, [500, 500, 1]), (20, 14_400, [7, 7, 6])],
)
def test_no_call_asks_for_more_than_cloudwatch_answers_in_a_page(
    cloud, window, series, minutes, sizes
):
    cloudwatch, seen = cloud("cloudwatch"), []
    cloudwatch.meta.events.register(
        "provide-client-params.cloudwatch.GetMetricData",
        lambda params, **_: seen.append(len(params["MetricDataQueries"])),
    )
    start = window.start.replace(second=0)
    long = Window(start, start + timedelta(minutes=minutes))
    many = [Series("AWS/Lambda", f"M{n}", "Sum", "processor", FUNCTION) for n in range(series)]
    cost = MeasuringCost()
    fetch(cloudwatch, many, long, cost)
    assert seen == sizes
    assert cost.metrics == series


def billed_reading(world, cost, start_s, end_s):
    """What a run's usage follows from, in a stretch of time around now."""
    aws, deployed = world.session.aws, world.session.deployed
    groups = log_groups(aws.client("lambda"), deployed.functions)
    series = billed(deployed.design, deployed.names, groups, deployed.outputs)
    window = Window.between(world.clock.at + start_s, world.clock.at + end_s)
    return read_metrics(aws.client("cloudwatch"), series, window, cost)


def test_sums_and_peaks_of_the_window_by_part(sqs):
    sqs.metric("AWS/SQS", "NumberOfMessagesSent", 3, QueueName="ItemQueue")
    sqs.metric("AWS/SQS", "NumberOfMessagesSent", 4, QueueName="PlanQueue")
    sqs.metric("AWS/Lambda", "ConcurrentExecutions", 9, FunctionName="Processor")
    cost = MeasuringCost()
    reading = billed_reading(sqs, cost, -60, 60)
    assert reading.sum("item_queue", "NumberOfMessagesSent") == 3
    assert reading.sum("plan_queue", "NumberOfMessagesSent") == 4
    assert reading.sum("poll_queue", "NumberOfMessagesSent") == 0
    assert reading.peak("processor", "ConcurrentExecutions") == 9
    assert cost.metrics == 40
    later = billed_reading(sqs, cost, 600, 700)
    assert set(later.sums().values()) == {0}


def test_sfn_is_asked_only_for_what_it_has(sfn):
    cost = MeasuringCost()
    billed_reading(sfn, cost, -60, 60)
    assert cost.metrics == 14


def test_half_an_answer_is_read_as_far_as_it_goes(recorded, window):
    reading = read_metrics(
        recorded("cloudwatch", "metrics_half"), RECORDED, window, MeasuringCost()
    )
    assert set(reading.points) == {("processor", "Invocations"), ("processor", "Duration")}
