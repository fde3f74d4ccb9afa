"""What the processors of all models do: billed time, shared CPU, chunks of calls."""

import numpy as np

from workbench.targets.model.engine.compiled import compiled
from workbench.targets.model.engine.heaps import push


@compiled
def billed_ms(spent_s: float) -> int:
    """Milliseconds, rounded up."""
    return int(np.ceil(spent_s * 1000.0 - 1e-6))


@compiled
def chunks(size: int, chunk: int) -> int:
    """How many chunks a size takes; dividing is slow, and mostly not needed."""
    if size <= chunk:
        return 1 if size > 0 else 0
    return -(-size // chunk)


@compiled
def use_cpu(s: np.void, clock: float, spent_s: float) -> float:
    """When the one CPU has given so many seconds to who asks for them now."""
    s.cpu_free_at = max(clock, s.cpu_free_at) + spent_s
    return s.cpu_free_at


@compiled
def push_worker(s: np.void, time_s: float, load: int) -> None:
    """A step of a worker at a time; the load says which."""
    s.workers = push(s.worker_times, s.worker_loads, s.workers, time_s, load)
