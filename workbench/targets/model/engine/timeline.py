"""The kernels' samples as the timeline of a run folder."""

import numpy as np
import pandas as pd

from workbench.runs.records import TIMELINE_COLUMNS

NAMES = ("concurrency", "backlog", "items_done", "throttles")


def timeline_frame(samples: np.ndarray, kept: int, end_s: float, items_done: int) -> pd.DataFrame:
    """One row a metric and sample, and the end: at most 2,000 points a metric."""
    rows = samples[:kept]
    rows = rows[rows[:, 0] < end_s]
    last = np.array([[end_s, 0.0, 0.0, float(items_done), rows[-1, 4] if len(rows) else 0.0]])
    rows = np.vstack([rows, last])
    frame = pd.DataFrame(
        {
            "t_s": np.tile(rows[:, 0], len(NAMES)),
            "metric": np.repeat(NAMES, len(rows)),
            "value": rows[:, 1:].T.reshape(-1),
        }
    )
    return frame[TIMELINE_COLUMNS]
