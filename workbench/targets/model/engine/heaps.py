"""A binary heap of (time, payload) in two arrays, for the compiled kernels.

The caller keeps the size. Payloads of the same instant leave in no promised order.
"""

import numpy as np

from workbench.targets.model.engine.compiled import compiled


@compiled
def push(times: np.ndarray, loads: np.ndarray, size: int, time_s: float, load: int) -> int:
    """Add an entry; the new size."""
    assert size < times.shape[0]
    i = size
    while i > 0:
        parent = (i - 1) >> 1
        if times[parent] <= time_s:
            break
        times[i] = times[parent]
        loads[i] = loads[parent]
        i = parent
    times[i] = time_s
    loads[i] = load
    return size + 1


@compiled
def replace(times: np.ndarray, loads: np.ndarray, size: int, time_s: float, load: int) -> None:
    """Take the first entry out and put this one in."""
    i = 0
    child = 1
    while child + 1 < size:
        child += np.int64(times[child + 1] < times[child])  # added, not branched on: twice as fast
        if times[child] >= time_s:
            break
        times[i] = times[child]
        loads[i] = loads[child]
        i = child
        child = 2 * i + 1
    if child + 1 == size and times[child] < time_s:
        times[i] = times[child]
        loads[i] = loads[child]
        i = child
    times[i] = time_s
    loads[i] = load


@compiled
def pop(times: np.ndarray, loads: np.ndarray, size: int) -> int:
    """Take the first entry out; the new size."""
    size -= 1
    if size > 0:
        replace(times, loads, size, times[size], loads[size])
    return size
