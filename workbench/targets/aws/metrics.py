"""AWS's own metrics of a stack's parts, by the minute: GetMetricData, one call for all."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import floor
from typing import Any

from workbench.stacks.aws_clients import Aws, plainly
from workbench.stacks.deployed import Deployed
from workbench.targets.aws.logs import Window

PERIOD_S = 60  # the finest that these metrics have (docs/platform.md, CloudWatch)


@dataclass(frozen=True)
class Metric:
    """One statistic of one metric of one part of the stack; `part` is its role here."""

    part: str
    namespace: str
    name: str
    dimension: str
    value: str  # the part's name on AWS
    statistic: str = "Sum"


@dataclass
class Reading:
    """The values by part and metric, each with the time its minute began, in seconds since 1970."""

    points: dict[tuple[str, str], list[tuple[float, float]]] = field(default_factory=dict)

    def sum(self, part: str, name: str) -> float:
        """The sum over the window; 0 if CloudWatch has nothing."""
        return sum(value for _, value in self.points.get((part, name), []))

    def peak(self, part: str, name: str) -> float:
        """The highest value; 0 if CloudWatch has nothing."""
        return max((value for _, value in self.points.get((part, name), [])), default=0.0)

    def sums(self) -> dict[tuple[str, str], float]:
        """Every sum: to tell whether anything is still to come."""
        return {key: self.sum(*key) for key in self.points}


class MetricReader:
    """Reads the metrics of one stack; `asked` are the metrics that GetMetricData bills."""

    def __init__(self, aws: Aws, deployed: Deployed, log_groups: Mapping[str, str]) -> None:
        self._aws = aws
        self._metrics = list(_metrics(deployed, log_groups))
        self.asked = 0

    def read(self, window: Window) -> Reading:
        """All metrics of the minutes that the window touches."""
        queries = [_query(number, one) for number, one in enumerate(self._metrics)]
        reading = Reading()
        with plainly():
            pages = self._aws.client("cloudwatch").get_paginator("get_metric_data")
            for page in pages.paginate(
                MetricDataQueries=queries,
                StartTime=_minute(window.start),
                EndTime=_minute(window.end + PERIOD_S),
                ScanBy="TimestampAscending",
            ):
                self.asked += len(queries)
                for result in page["MetricDataResults"]:
                    metric = self._metrics[int(result["Id"][1:])]
                    points = reading.points.setdefault((metric.part, metric.name), [])
                    times = (one.timestamp() for one in result["Timestamps"])
                    points.extend(zip(times, result["Values"], strict=True))
        return reading


def _metrics(deployed: Deployed, log_groups: Mapping[str, str]) -> Iterator[Metric]:
    """What is asked of each part."""
    out = deployed.outputs
    for role in deployed.roles:
        name = deployed.function(role)
        for metric in ("Invocations", "Duration", "Throttles"):
            yield Metric(role, "AWS/Lambda", metric, "FunctionName", name)
        yield Metric(role, "AWS/Logs", "IncomingBytes", "LogGroupName", log_groups[role])
    processor = deployed.function("processor")
    yield Metric(
        "processor", "AWS/Lambda", "ConcurrentExecutions", "FunctionName", processor, "Maximum"
    )
    topic = out["TopicArn"].rsplit(":", 1)[-1]
    yield Metric("topic", "AWS/SNS", "NumberOfMessagesPublished", "TopicName", topic)
    parts = deployed.design.parts
    for queue in parts.queues:
        named = "QueueName", deployed.queue_name(queue.output)
        for metric in ("Sent", "Received", "Deleted"):
            yield Metric(queue.construct, "AWS/SQS", f"NumberOfMessages{metric}", *named)
        for metric in ("NumberOfEmptyReceives", "SentMessageSize"):
            yield Metric(queue.construct, "AWS/SQS", metric, *named)
    if parts.table:
        for metric in ("ConsumedWriteCapacityUnits", "ConsumedReadCapacityUnits"):
            table = out[parts.table.output]
            yield Metric("table", "AWS/DynamoDB", metric, "TableName", table)


def _query(number: int, metric: Metric) -> dict[str, Any]:
    dimensions = [{"Name": metric.dimension, "Value": metric.value}]
    name = {"Namespace": metric.namespace, "MetricName": metric.name, "Dimensions": dimensions}
    return {
        "Id": f"m{number}",
        "MetricStat": {"Metric": name, "Period": PERIOD_S, "Stat": metric.statistic},
    }


def _minute(seconds: float) -> datetime:
    """The minute that a time lies in."""
    return datetime.fromtimestamp(floor(seconds / PERIOD_S) * PERIOD_S, UTC)
