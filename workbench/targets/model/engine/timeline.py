"""The timeline while a kernel runs, and what holds the batch back at each of its samples."""

import numpy as np
import pandas as pd

from workbench.runs.records import TIMELINE_COLUMNS
from workbench.targets.model.engine.events import compiled

POINTS = 2_000  # of a timeline; thinned by half when full
FIRST_SAMPLE_STEP_S = 0.05
METRICS = ("concurrency", "backlog", "items_done", "throttles")
(
    NONE,
    RAMP,
    MAX_CONCURRENCY,
    ACCOUNT,
    TABLE_WRITES,
    KEY_WRITES,
    BATCHER,
    LAST_ITEMS,
    POLL,
    ENVIRONMENTS,
    CHILD_STARTS,
    MAP_OVERHEAD,
    ORCHESTRATOR,
) = range(13)
LIMITS = {
    NONE: "start",
    RAMP: "event source ramp",
    MAX_CONCURRENCY: "max_concurrency",
    ACCOUNT: "account concurrency",
    TABLE_WRITES: "table writes",
    KEY_WRITES: "key shard writes",
    BATCHER: "batcher",
    LAST_ITEMS: "longest invocation",
    POLL: "poll",
    ENVIRONMENTS: "new environments",
    CHILD_STARTS: "child starts",
    MAP_OVERHEAD: "map start and end",
    ORCHESTRATOR: "orchestrator",
}
SEGMENT_TIME = "segment time"  # a batcher invocation passes 15 minutes: the batch fails


@compiled
def keep_sample(s: np.void, concurrency: int, backlog: int, done: int, throttles: int) -> None:
    """One row (time, concurrency, backlog, items done, throttles), and when the next is due."""
    samples = s.samples
    row = samples[s.samples_kept]
    row[0], row[1], row[2] = s.sample_at, concurrency, backlog
    row[3], row[4] = done, throttles
    s.samples_kept += 1
    if s.samples_kept == samples.shape[0]:
        half = samples.shape[0] // 2
        for i in range(half):
            samples[i] = samples[2 * i]
        s.samples_kept = half
        s.sample_step *= 2.0
    s.sample_at += s.sample_step


@compiled
def note_peak(s: np.void, time_s: float) -> None:
    """One more invocation runs since a time."""
    if s.running > s.peak:
        s.peak, s.peak_at = s.running, time_s


def timeline_frame(s: np.void) -> pd.DataFrame:
    """One row a metric and sample, and the end: at most 2,001 points a metric.

    The concurrency has its peak besides, which may fall between two samples.
    """
    t_s, metric, value = timeline_columns(s)
    columns = (t_s, np.array(METRICS)[metric], value)
    return pd.DataFrame(dict(zip(TIMELINE_COLUMNS, columns, strict=True)))


def timeline_columns(s: np.void) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The columns of that table, with the metric as its place in `METRICS`."""
    rows, end_s = s["samples"][: int(s["samples_kept"])], float(s["detected_s"])
    rows = rows[rows[:, 0] < end_s]
    throttles = rows[-1, 4] if len(rows) else 0.0
    rows = np.vstack([rows, [[end_s, 0.0, 0.0, float(s["items_done"]), throttles]]])
    peak_s = float(s["peak_at"])
    place = int(np.searchsorted(rows[:, 0], peak_s, side="right"))
    columns = (
        (np.tile(rows[:, 0], len(METRICS)), peak_s),
        (np.repeat(np.arange(len(METRICS), dtype=np.int8), len(rows)), 0),
        (rows[:, 1:].T.reshape(-1), float(s["peak"])),
    )
    t_s, metric, value = (np.insert(column, place, peak) for column, peak in columns)
    return t_s, metric, value


def held_s(limit_s: np.ndarray) -> dict[str, float]:
    """Seconds by limit, longest first."""
    pairs = ((LIMITS[code], float(limit_s[code])) for code in LIMITS if limit_s[code] > 0)
    return dict(sorted(pairs, key=lambda pair: -pair[1]))
