"""What the kernels do with time: heaps of events, workers that share one CPU, billed milliseconds.

A heap is (time, payload) in two arrays whose size the caller keeps; payloads of the same instant
leave in no promised order.

`@compiled` is numba with a cache on disk that cannot go stale. Numba looks for changes in a
function's own file only, and our kernels call each other across files; so the cache has a folder
named by the digest of every file of the model.
"""

import os
import tempfile
from collections.abc import Callable
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
from numba import config, njit

from workbench.project import ROOT

MODEL = Path(__file__).parents[1]


@cache
def cache_folder() -> Path:
    """Where compiled code is kept: `.cache/numba` of a checkout, else the user's cache."""
    digest = blake2b(digest_size=8)
    for path in sorted(MODEL.rglob("*.py")):
        digest.update(path.read_bytes())
    root = ROOT
    if not (root / "pyproject.toml").exists() or not os.access(root, os.W_OK):
        root = Path(os.environ.get("XDG_CACHE_HOME", tempfile.gettempdir())) / "workbench"
    return root / ".cache" / "numba" / digest.hexdigest()


def compiled(function: Callable) -> Any:
    """The function, compiled on its first call and kept on disk."""
    config.CACHE_DIR = str(cache_folder())  # numba reads it when a function is decorated
    return njit(cache=True)(function)


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
    """When the one CPU has given so many seconds to what asks for them now."""
    s.cpu_free_at = max(clock, s.cpu_free_at) + spent_s
    return s.cpu_free_at


@compiled
def push_worker(s: np.void, time_s: float, load: int) -> None:
    """A step of a worker at a time; the load says which."""
    s.workers = push(s.worker_times, s.worker_loads, s.workers, time_s, load)
