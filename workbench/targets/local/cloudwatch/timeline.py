"""How a run went over time: a bounded number of points for each metric."""

import pandas as pd

from workbench.engine.kernel import Kernel
from workbench.runs.records import TIMELINE_COLUMNS

BINS = 1_000  # of each metric; a bin keeps its highest and its last point
HELD_MAX = 20_000  # points held while running, before they are thinned

Point = tuple[float, float]  # t_s, value


class Timeline:
    """Takes points as they come and thins them as they grow."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._points: dict[str, list[Point]] = {}

    def note(self, metric: str, value: float) -> None:
        """A metric has this value from now on."""
        points = self._points.setdefault(metric, [])
        if points and points[-1][0] == self._kernel.now:
            points[-1] = (self._kernel.now, value)
            return
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
