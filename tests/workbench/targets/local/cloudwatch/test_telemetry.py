"""What handlers print."""

import io
import json
from decimal import Decimal

from workbench.platform.services import CLOUDWATCH
from workbench.targets.local.cloudwatch.telemetry import captured

LINE = {
    "_aws": {
        "Timestamp": 0,
        "CloudWatchMetrics": [
            {
                "Namespace": "Ours",
                "Dimensions": [["design", "function"]],
                "Metrics": [{"Name": "items_created"}, {"Name": "work_ms"}],
            }
        ],
    },
    "design": "sqs",
    "function": "batcher",
    "items_created": 5,
    "work_ms": 7,
}


def printing(toy, *lines, gap_s=0.0):
    def handler(event, context):
        for line in lines:
            print(line)
            toy.outside.sleep(gap_s)

    toy.function(handler, timeout_s=90_000.0)
    toy.invoke({})
    toy.run()


def test_embedded_metrics_reach_cloudwatch_and_the_bill(toy):
    line = json.dumps(LINE, separators=(",", ":"))
    printing(toy, line, "something else", line, gap_s=3.0)
    toy.context.metrics.put(toy.cloud.client("cloudwatch"))
    found = toy.cloud.client("cloudwatch").get_metric_statistics(
        Namespace="Ours",
        MetricName="items_created",
        Dimensions=[{"Name": "design", "Value": "sqs"}, {"Name": "function", "Value": "batcher"}],
        StartTime="2026-01-01T00:30:00Z",
        EndTime="2026-01-01T00:31:00Z",
        Period=60,
        Statistics=["Sum"],
    )
    assert [point["Sum"] for point in found["Datapoints"]] == [10.0]
    assert [line for _, _, line in toy.logs.lines] == ["something else"]
    assert round(toy.logs.created_s, 6) == 6.0
    toy.custom.bill(toy.meter)
    assert toy.meter.quantity(CLOUDWATCH, "CW:MetricMonitorUsage") == Decimal(2) / 730


def test_a_metric_that_is_put_in_two_hours_is_billed_for_two(toy):
    line = json.dumps(LINE, separators=(",", ":"))
    printing(toy, line, line, gap_s=3600.0)
    toy.custom.bill(toy.meter)
    assert toy.meter.quantity(CLOUDWATCH, "CW:MetricMonitorUsage") == Decimal(4) / 730


def test_lines_of_handlers_that_take_turns_do_not_mix(toy):
    def handler(event, context):
        print(event, end="")
        toy.outside.sleep(1)
        print("", event)

    toy.function(handler)
    for name in ("a", "b"):
        toy.invoke(name)
    toy.run()
    assert [line for _, _, line in toy.logs.lines] == ["a a", "b b"]


def test_what_is_printed_outside_of_handlers_goes_where_it_went():
    outside = io.StringIO()
    with captured(outside):
        print("hello")
    assert outside.getvalue() == "hello\n"
