"""What CloudWatch would have seen: statistics of each metric, minute by minute of virtual time."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from workbench.engine.kernel import Kernel

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

    def add(self, value: float) -> None:
        """One more value."""
        self.count += 1
        self.sum += value
        self.low = min(self.low, value)
        self.high = max(self.high, value)


class Metrics:
    """Collects values under AWS's own names and puts them into CloudWatch at the end of a run."""

    def __init__(self, kernel: Kernel, epoch_s: float) -> None:
        self._kernel = kernel
        self._epoch_s = epoch_s
        self._minutes: dict[tuple[Series, int], Statistics] = {}

    def add(self, namespace: str, metric: str, dimensions: dict[str, str], value: float) -> None:
        """One value, now."""
        self.add_at(self._kernel.now, (namespace, metric, tuple(dimensions.items())), value)

    def add_at(self, t_s: float, series: Series, value: float) -> None:
        """One value at a virtual time."""
        minute = int((self._epoch_s + t_s) // MINUTE_S)
        statistics = self._minutes.get((series, minute))
        if statistics is None:
            statistics = self._minutes[series, minute] = Statistics()
        statistics.add(value)

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
