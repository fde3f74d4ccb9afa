"""Metrics, minute by minute, from CloudWatch: GetMetricData in as few pages as it takes.

CloudWatch delivers as well as it can, not always and not at once: what it gave counts as evidence
only once it has been compared with the run.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd

from workbench.errors import PullFailed
from workbench.pull.metrics import PERIOD_S, Series
from workbench.pull.store import tidy
from workbench.pull.window import MeasuringCost, Window
from workbench.stacks.aws_errors import plainly

QUERIES_MAX = 500  # in one call (GetMetricData, API reference)
POINTS_MAX = 100_800  # in one page, the same
MINUTE = timedelta(seconds=PERIOD_S)


@dataclass
class Reading:
    """The values by part and metric, each with the time its minute began, in seconds since 1970."""

    points: dict[tuple[str, str], list[tuple[float, float]]] = field(default_factory=dict)

    def sum(self, part: str, metric: str) -> float:
        """The sum over the window; 0 if CloudWatch has nothing."""
        return sum(value for _, value in self.points.get((part, metric), []))

    def peak(self, part: str, metric: str) -> float:
        """The highest value; 0 if CloudWatch has nothing."""
        return max((value for _, value in self.points.get((part, metric), [])), default=0.0)

    def sums(self) -> dict[tuple[str, str], float]:
        """Every sum: to see whether anything is still to come."""
        return {key: self.sum(*key) for key in self.points}


def read_metrics(
    client: Any, series: Sequence[Series], window: Window, cost: MeasuringCost
) -> Reading:
    """These series, one statistic of each metric, over the minutes that the window touches.

    Half an answer is taken as it is: whoever needs the rest looks again.
    """
    reading = Reading({(one.label, one.metric): [] for one in series})
    with suppress(PullFailed):
        for one, t, value in _points(client, series, window, cost):
            reading.points[one.label, one.metric].append((t.timestamp(), value))
    return reading


def fetch(
    client: Any, series: Sequence[Series], window: Window, cost: MeasuringCost
) -> pd.DataFrame:
    """These series over the window, tidy (`CLOUDWATCH_COLUMNS`).

    A row is one statistic of one metric in one minute: `t` is the minute's start in UTC, `t_s` the
    same in seconds since the trigger (below zero in the trigger's own minute), `dimension` the role
    it is of. Raises AwsFailed if CloudWatch refuses, PullFailed if it gives half an answer.
    """
    rows = [
        (one.metric, one.namespace, one.label, one.statistic, t, window.since_start_s(t), value)
        for one, t, value in _points(client, series, window, cost)
    ]
    rows.sort(key=lambda row: (row[1], row[0], row[2], row[3], row[4]))
    return tidy("cloudwatch", rows)


def _points(
    client: Any, series: Sequence[Series], window: Window, cost: MeasuringCost
) -> Iterator[tuple[Series, datetime, float]]:
    """The points of these series, in as many calls as it takes."""
    whole = window.widened(MINUTE)
    minutes = round(whole.seconds) // PERIOD_S
    at_once = max(1, min(QUERIES_MAX, POINTS_MAX // minutes))
    for first in range(0, len(series), at_once):
        yield from _call(client, series[first : first + at_once], whole, cost)


def _call(
    client: Any, series: Sequence[Series], whole: Window, cost: MeasuringCost
) -> Iterator[tuple[Series, datetime, float]]:
    """The points of one call, page after page."""
    request = {
        "MetricDataQueries": [one.query(number) for number, one in enumerate(series)],
        "StartTime": whole.start,
        "EndTime": whole.end,
        "ScanBy": "TimestampAscending",
    }
    status = dict.fromkeys(range(len(series)), "missing")
    while True:
        cost.metrics += len(series)
        with plainly():
            answer = client.get_metric_data(**request)
        for result in answer["MetricDataResults"]:
            number = int(result["Id"][1:])
            status[number] = result.get("StatusCode", "Complete")
            for t, value in zip(result["Timestamps"], result["Values"], strict=True):
                yield series[number], t.astimezone(UTC), float(value)
        token = answer.get("NextToken")
        if not token:
            break
        if token == request.get("NextToken"):
            raise PullFailed("cloudwatch:GetMetricData gives the same page again. Collect again.")
        request["NextToken"] = token
    half = [number for number, said in status.items() if said != "Complete"]
    if half:
        one = series[half[0]]
        raise PullFailed(
            f"cloudwatch:GetMetricData answered {len(half)} of {len(series)} queries in part: "
            f"{one.namespace} {one.metric} {one.statistic} is {status[half[0]]}. Collect again."
        )
