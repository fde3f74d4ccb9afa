"""Metrics of a run, minute by minute, from CloudWatch: GetMetricData in as few pages as it takes.

CloudWatch delivers as well as it can, not always and not at once: a frame counts as evidence only
after `coverage` has compared it with the run.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd

from workbench.errors import PullFailed
from workbench.pull.metrics import PERIOD_S, Series, arrivals, wanted
from workbench.pull.refusals import explained
from workbench.pull.spent import Spent
from workbench.pull.tables import tidy
from workbench.pull.window import Window
from workbench.runs.records import Run

QUERIES_MAX = 500  # in one call (GetMetricData, API reference)
POINTS_MAX = 100_800  # in one page, the same
MINUTE = timedelta(seconds=PERIOD_S)


def pull_cloudwatch(
    client: Any,
    run: Run,
    names: Mapping[str, str],
    window: Window,
    *,
    percentiles: bool = True,
    spent: Spent | None = None,
) -> pd.DataFrame:
    """All metrics of a run whose parts are called `names`, by role, tidy (`CLOUDWATCH_COLUMNS`).

    A row is one statistic of one metric in one minute: `t` is the minute's start in UTC, `t_s` the
    same in seconds since the trigger (below zero in the trigger's own minute), `dimension` the role
    it is of. `percentiles=False` is for the local target, whose CloudWatch (moto) has none. Raises
    PullFailed if CloudWatch refuses or gives half an answer.
    """
    return fetch(client, wanted(run.design, names, percentiles), window, spent)


def pull_arrivals(
    client: Any, run: Run, names: Mapping[str, str], window: Window, spent: Spent | None = None
) -> pd.DataFrame:
    """Only the series that tell whether the rest has arrived: cheap enough to ask again."""
    return fetch(client, arrivals(run.design, names), window, spent)


def fetch(
    client: Any, series: Sequence[Series], window: Window, spent: Spent | None = None
) -> pd.DataFrame:
    """These series over the window, one row a minute."""
    whole = window.widened(MINUTE)
    minutes = round(whole.seconds) // PERIOD_S
    at_once = max(1, min(QUERIES_MAX, POINTS_MAX // minutes))
    rows: list[tuple] = []
    for first in range(0, len(series), at_once):
        some = series[first : first + at_once]
        for one, t, value in _points(client, some, whole, spent or Spent()):
            since_s = window.since_start_s(t)
            rows.append((one.metric, one.namespace, one.label, one.statistic, t, since_s, value))
    rows.sort(key=lambda row: (row[1], row[0], row[2], row[3], row[4]))
    return tidy("cloudwatch", rows)


def _points(
    client: Any, series: Sequence[Series], whole: Window, spent: Spent
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
        spent.metrics += len(series)
        with explained("cloudwatch:GetMetricData"):
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
