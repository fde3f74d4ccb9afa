"""What CloudWatch would have seen of a run, minute by minute; and its timeline."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from workbench.engine.kernel import Kernel
from workbench.runs.records import TIMELINE_COLUMNS

MINUTE_S = 60
PUT_MAX = 500  # metrics in one PutMetricData: half of CloudWatch's limit

Series = tuple[str, str, tuple[tuple[str, str], ...]]  # namespace, metric, dimensions


@dataclass
class Statistics:
    """Of one metric in one minute."""

    count: int = 0
    sum: float = 0.0
    low: float = float("inf")
    high: float = float("-inf")

    def add(self, value: float, times: int = 1) -> None:
        """One more value, or the same one so many times."""
        self.count += times
        self.sum += value * times
        if value < self.low:
            self.low = value
        if value > self.high:
            self.high = value


class Metrics:
    """Collects values under AWS's own names and puts them into CloudWatch at the end of a run."""

    def __init__(self, kernel: Kernel, epoch_s: float) -> None:
        self._kernel = kernel
        self._epoch_s = epoch_s
        self._minutes: dict[tuple[Series, int], Statistics] = {}

    def add(
        self, namespace: str, metric: str, dimensions: dict[str, str], value: float, times: int = 1
    ) -> None:
        """One value, now, or the same one so many times."""
        series = (namespace, metric, tuple(dimensions.items()))
        self.add_at(self._kernel.now, series, value, times)

    def add_at(self, t_s: float, series: Series, value: float, times: int = 1) -> None:
        """One value at a virtual time."""
        key = (series, int((self._epoch_s + t_s) // MINUTE_S))
        statistics = self._minutes.get(key)
        if statistics is None:
            statistics = self._minutes[key] = Statistics()
        statistics.add(value, times)

    def put(self, cloudwatch: Any) -> None:
        """Put everything into CloudWatch, each minute under its virtual time."""
        data: dict[str, list[dict[str, Any]]] = {}
        for ((namespace, metric, dimensions), minute), statistics in self._minutes.items():
            data.setdefault(namespace, []).append(
                {
                    "MetricName": metric,
                    "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions],
                    "Timestamp": datetime.fromtimestamp(minute * MINUTE_S, UTC),
                    "StatisticValues": {
                        "SampleCount": statistics.count,
                        "Sum": statistics.sum,
                        "Minimum": statistics.low,
                        "Maximum": statistics.high,
                    },
                }
            )
        for namespace, some in data.items():
            for at in range(0, len(some), PUT_MAX):
                cloudwatch.put_metric_data(Namespace=namespace, MetricData=some[at : at + PUT_MAX])


BINS = 1_000  # of each metric; a bin keeps its highest and its last point
HELD_MAX = 20_000  # points held while running, before they are thinned

Point = tuple[float, float]  # t_s, value


class Timeline:
    """Takes points as they come and thins them as they grow."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._points: dict[str, list[Point]] = {}

    def note(self, metric: str, value: float) -> None:
        """A metric has this value from now on; of one moment its highest and its last are kept."""
        points = self._points.setdefault(metric, [])
        moment = [now for now, _ in points[-2:]].count(self._kernel.now)
        if moment == 2 or (moment == 1 and value >= points[-1][1]):
            points.pop()
            if moment == 2 and value >= points[-1][1]:
                points.pop()
        points.append((self._kernel.now, value))
        if len(points) > HELD_MAX:
            self._points[metric] = thin(points)

    def add(self, metric: str, change: float) -> None:
        """A metric has grown."""
        points = self._points.get(metric)
        self.note(metric, (points[-1][1] if points else 0) + change)

    def frame(self) -> pd.DataFrame:
        """All points, metric by metric in order of time."""
        rows = [
            (t_s, metric, float(value))
            for metric, points in sorted(self._points.items())
            for t_s, value in thin(points)
        ]
        return pd.DataFrame(rows, columns=TIMELINE_COLUMNS)


def thin(points: list[Point]) -> list[Point]:
    """At most two points a bin: its highest, and its last."""
    if len(points) <= 2 * BINS:
        return points
    start, end = points[0][0], points[-1][0]
    width = (end - start) / BINS or 1.0
    bins: dict[int, list[Point]] = {}
    for point in points:
        bins.setdefault(min(int((point[0] - start) / width), BINS - 1), []).append(point)
    kept = []
    for inside in bins.values():
        high = max(inside, key=lambda point: point[1])
        kept += [high] if high == inside[-1] else [high, inside[-1]]
    return kept
