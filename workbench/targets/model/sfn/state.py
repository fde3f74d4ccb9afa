"""What the compiled kernel of `sfn` keeps: one record of counters and arrays of fixed size."""

from math import inf

import numpy as np

from workbench.targets.model.engine.draws import CELLS, LATENCIES
from workbench.targets.model.sqs.state import LIMITS, POINTS

CHILDREN_MAX = 10_000  # of one map run
WORKERS_MAX = 512

_TIMES = (
    "now sample_at sample_step map_at starts_at ended_at environments_free_at created_s "
    "processed_s detected_s cpu_free_at"
)
_COUNTS = "samples_kept running children begun waiting first_waiting envs left workers worked"
TALLIES = (
    "invocations cold_starts peak throttles processor_ms batcher_ms summary_ms "
    "batcher_invocations batcher_cold express_steps failed_children failed metric_calls late"
)
_ARRAYS = [
    ("end_times", np.float64, (CHILDREN_MAX,)),
    ("end_loads", np.int64, (CHILDREN_MAX,)),
    ("waiting_since", np.float64, (CHILDREN_MAX,)),
    ("worker_times", np.float64, (WORKERS_MAX,)),
    ("worker_loads", np.int64, (WORKERS_MAX,)),
    ("limit_s", np.float64, (LIMITS,)),
    ("samples", np.float64, (POINTS, 5)),
    ("latency", np.float64, (len(LATENCIES), CELLS)),
]
STATE = np.dtype(
    [(n, np.float64) for n in _TIMES.split()]
    + [(n, np.int64) for n in f"{_COUNTS} {TALLIES}".split()]
    + _ARRAYS
)


def sfn_state(latency: np.ndarray) -> np.ndarray:
    """A fresh state, as an array of one record."""
    state = np.zeros(1, STATE)
    for name in ("created_s", "processed_s", "detected_s"):
        state[name] = -1.0
    state["map_at"] = state["ended_at"] = inf
    state["latency"] = latency
    return state
