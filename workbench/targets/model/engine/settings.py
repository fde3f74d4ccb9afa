"""What settings and states of all kernels share: numbers in records that numba can read."""

from collections.abc import Iterable
from functools import cache
from math import inf
from typing import Any, NamedTuple, get_type_hints

import numpy as np

from workbench.designs import Design
from workbench.engine.kernel import seed_for
from workbench.platform.profile import Profile
from workbench.runs.batch import Batch
from workbench.targets.model.engine.draws import CELLS, LATENCIES, Values, stream_key, values_from
from workbench.targets.model.engine.timeline import POINTS

LIMITS_MAX = 16
KINDS = {int: np.int64, bool: np.int64, float: np.float64, np.uint64: np.uint64}
TIMES = "now sample_at sample_step created_s processed_s detected_s cpu_free_at peak_at"
COUNTS = (
    "samples_kept running environments items_done workers invocations cold_starts peak throttles "
    "failed late processor_ms batcher_ms batcher_invocations metric_calls"
)


class Cpu(NamedTuple):
    """CPU times of one function in seconds, slowed where it has less than one vCPU."""

    call_s: float
    entry_s: float
    item_s: float
    invocation_s: float
    mb_s: float


def cpu_of(profile: Profile, memory_mb: int, item_cpu_ms: int = 0) -> Cpu:
    """The profile's CPU times by a function's memory, which does not slow its init, and what an
    item computes besides."""
    slow = cpu_s_per_ms(profile, memory_mb)
    parts = (name.removesuffix("_s") for name in Cpu._fields)
    own = Cpu(*(profile.value(f"cpu_ms_per_{part}") * slow for part in parts))
    return own._replace(item_s=own.item_s + item_cpu_ms * slow)


def cpu_s_per_ms(profile: Profile, memory_mb: int) -> float:
    """Seconds that a function of that memory takes for what one vCPU does in a millisecond."""
    return max(1.0, profile.value("lambda_vcpu_mb") / memory_mb) / 1000


def values_of(design: Design, batch: Batch) -> Values:
    """What a batch's items are drawn from."""
    return values_from(
        batch.seed, design.item_ms, design.poison_per_million, design.fails_per_million
    )


def stream_keys(seed: int, design: str, concerns: Iterable[str]) -> dict[str, np.uint64]:
    """The keys of one stream of latencies a concern."""
    return {f"key_{n}": stream_key(seed_for(seed, f"model/{design}/{n}")) for n in concerns}


def as_record(settings: NamedTuple) -> np.ndarray:
    """Settings as an array of one record, for the compiled kernels."""
    return np.array([tuple(settings)], dtype=_record_type(type(settings)))


def state_type(times: str, counts: str, workers: int, slots: int, arrays: list) -> np.dtype:
    """A kernel's state: what all keep, these times and counts besides, and arrays of fixed size.

    Nothing in it grows with the number of items, so 100 million take the memory of a thousand.
    """
    shared = [
        ("end_times", np.float64, (slots,)),
        ("end_loads", np.int64, (slots,)),
        ("worker_times", np.float64, (workers,)),
        ("worker_loads", np.int64, (workers,)),
        ("limit_s", np.float64, (LIMITS_MAX,)),
        ("samples", np.float64, (POINTS, 5)),
        ("latency", np.float64, (len(LATENCIES), CELLS)),
    ]
    numbers = [(name, np.float64) for name in f"{TIMES} {times}".split()]
    numbers += [(name, np.int64) for name in f"{COUNTS} {counts}".split()]
    return np.dtype(numbers + shared + arrays)


def fresh_state(kind: np.dtype, latency: np.ndarray, never: Iterable[str]) -> np.ndarray:
    """A state of this type before anything has happened; `never` are events that are not due."""
    state = np.zeros(1, kind)
    for name in ("created_s", "processed_s", "detected_s"):
        state[name] = -1.0
    for name in never:
        state[name] = inf
    state["latency"] = latency
    return state


@cache
def _record_type(kind: type) -> list[tuple]:
    """The fields of a record and of the records in it."""
    hints = get_type_hints(kind, include_extras=True).items()
    return [(name, *_field_type(one)) for name, one in hints]


def _field_type(kind: Any) -> tuple:
    """A number, an array (Annotated with its type and shape), or a record."""
    if kind in KINDS:
        return (KINDS[kind],)
    return getattr(kind, "__metadata__", None) or (_record_type(kind),)
