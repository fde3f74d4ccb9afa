"""What the compiled kernel of `sqs` keeps: one record of counters and arrays of fixed size.

Nothing here grows with the number of items, so 100 million take the memory of a thousand.
"""

from math import inf

import numpy as np

from workbench.targets.model.engine.draws import CELLS, LATENCIES

POINTS = 2_000  # of a timeline
SLOTS_MAX = 20_000  # pollers of the item queue: what provisioned mode reaches
BATCHERS_MAX = 2_000
WORKERS_MAX = 1_024
WHEEL_STEP_S = 0.05  # redeliveries are kept by twentieths of a second
WHEEL = 20_480  # 1,024 seconds ahead: the longest invocation and the longest delay
KINDS = 6  # 1, 2: a message's second and third receive; 3, 4, 5: alone, first to third attempt
LIMITS = 16
WRITE_STEPS = 16  # a segment's writes ask the table for capacity in so many portions

_EVENTS = (  # the next of each kind of event, seconds; infinite: none
    "sample_at ramp_at plan_ramp_at plan_at look_at batcher_at due_at flush_at arrive_at growth_at"
)
_TIMES = (
    "now other look_visible_at look_spent_s sample_step table_free_at key_free_at table_rate "
    "table_unit_s key_unit_s plan_ends_at "
    "idle_poller_s plan_idle_poller_s record_s cpu_free_at"
)
_RESULTS = "created_s processed_s detected_s ended_s"
_COUNTS = (
    "next_message next_item segment_stop visible arrived running target envs left ready flushing "
    "held held_polls "
    "due workers segments_begun segments_visible batchers plan_target batcher_envs "
    "shard samples_kept removals writes_drawn sends_drawn growth_units"
)
TALLIES = (
    "invocations cold_starts peak throttles processor_ms batcher_ms finalizer_ms "
    "batcher_invocations written_units read_half_units item_sends item_send_units receives "
    "receive_units deletes visibility_changes metric_calls retry_sends retries looks failed late "
    "segments_done"
)
_ARRAYS = [
    ("end_times", np.float64, (SLOTS_MAX,)),
    ("end_loads", np.int64, (SLOTS_MAX,)),
    ("batcher_times", np.float64, (BATCHERS_MAX,)),
    ("batcher_slots", np.int64, (BATCHERS_MAX,)),
    ("slot_segment", np.int64, (BATCHERS_MAX,)),
    ("slot_phase", np.int64, (BATCHERS_MAX,)),
    ("slot_begun_s", np.float64, (BATCHERS_MAX,)),
    ("free_slots", np.int64, (BATCHERS_MAX,)),
    ("worker_times", np.float64, (WORKERS_MAX,)),
    ("worker_loads", np.int64, (WORKERS_MAX,)),
    ("worker_slots", np.int64, (WORKERS_MAX, 5)),
    ("ready_messages", np.int64, (KINDS,)),
    ("ready_items", np.int64, (KINDS,)),
    ("limit_s", np.float64, (LIMITS,)),
    ("samples", np.float64, (POINTS, 5)),
    ("latency", np.float64, (len(LATENCIES), CELLS)),
    ("due_messages", np.int64, (KINDS, WHEEL)),
    ("due_items", np.int64, (KINDS, WHEEL)),
]
STATE = np.dtype(
    [(n, np.float64) for n in f"{_EVENTS} {_TIMES} {_RESULTS}".split()]
    + [(n, np.int64) for n in f"{_COUNTS} {TALLIES}".split()]
    + _ARRAYS
)


def sqs_state(latency: np.ndarray) -> np.ndarray:
    """A fresh state, as an array of one record."""
    state = np.zeros(1, STATE)
    for name in _EVENTS.split():
        state[name] = inf
    for name in _RESULTS.split():
        state[name] = -1.0
    state["free_slots"] = np.arange(BATCHERS_MAX)
    state["latency"] = latency
    return state
