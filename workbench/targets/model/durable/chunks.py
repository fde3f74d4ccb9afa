"""The chunks of `durable`: each an invocation of the processor, and two more if items fail."""

import numpy as np

from workbench.designs import DURABLE_TRIES_MAX as TRIES_MAX
from workbench.targets.model.durable.executions import (
    ADMIT,
    ANSWER,
    BACKOFF_MAX_S,
    PROCESSOR,
    environment,
    later,
    wake,
)
from workbench.targets.model.durable.settings import DurableSettings
from workbench.targets.model.engine import draws
from workbench.targets.model.engine.draws import hashed, latency, sleep_ms, tried_ms
from workbench.targets.model.engine.events import billed_ms, compiled
from workbench.targets.model.engine.timeline import note_peak
from workbench.targets.model.sfn.work import work_items_at_once


@compiled
def send(p: DurableSettings, s: np.void, c: int, at: float) -> None:
    """The durable service invokes the processor for a chunk."""
    s.c_tries[c] += 1
    draw = hashed(p.key_chunk, s.c_number[c] * TRIES_MAX + s.c_tries[c])
    later(s, at + latency(s, draws.CHAINED, draw, 0), c, ADMIT)


@compiled
def admit(p: DurableSettings, s: np.void, c: int) -> None:
    """A chunk's invocation runs, or is throttled and comes again."""
    cold = environment(p, s, PROCESSOR, s.environments - s.running)
    if cold < 0:
        s.throttles += 1
        s.throttled += s.c_throttles[c] == 0
        later(s, s.now + min(2.0 ** s.c_throttles[c], BACKOFF_MAX_S), c, ADMIT)
        s.c_throttles[c] += 1
        return
    s.throttled -= s.c_throttles[c] > 0
    s.c_throttles[c] = 0
    s.first_s = min(s.first_s, s.now)
    s.begun += s.c_tries[c] == 1
    s.running += 1
    s.invocations += 1
    note_peak(s, s.now)
    later(s, work_chunk(p, s, c, cold), c, ANSWER)


@compiled
def answer(p: DurableSettings, s: np.void, c: int) -> None:
    """A chunk's invocation is over, and the execution that waits for it is called for."""
    s.running -= 1
    x = s.c_execution[c]
    if s.c_tries[c] == 1:
        first = s.c_number[c] * p.items_per_chunk
        s.items_done += min(p.items_per_chunk, p.items - first)
    if s.c_failed[c] > 0 and s.c_tries[c] < TRIES_MAX:
        s.c_next[c] = s.x_again[x]
        s.x_again[x] = c
    else:
        s.x_arrived[x] += 1
        s.c_next[c] = s.free[PROCESSOR]
        s.free[PROCESSOR] = c
        s.chunks_done += 1
        if s.chunks_done == p.chunks:
            s.ended_at = s.now
    wake(p, s, x)


@compiled
def work_chunk(p: DurableSettings, s: np.void, c: int, cold: int) -> float:
    """When the invocation is over that takes up a chunk now, in a new environment or an idle one.

    The second try and the third work only what has failed in the one before.
    """
    draw = hashed(p.key_chunk, s.c_number[c] * TRIES_MAX + s.c_tries[c])
    begun = clock = s.now
    if cold > 0:
        s.environments += 1
        s.cold_starts += 1
        begun += latency(s, draws.PLACING, draw, 1)
        clock = begun + latency(s, draws.INIT, draw, 2)
    clock += p.processor.invocation_s
    if s.c_tries[c] == 1:
        clock = work_items(p, s, c, clock)
    else:
        clock += p.processor.call_s + latency(s, draws.S3_GET, draw, 3)
        clock = work_again(p, s, c, clock)
    s.failed += s.c_failed[c] if s.c_tries[c] == TRIES_MAX else 0
    s.processed_s = max(s.processed_s, clock)
    if s.c_failed[c] > 0 or s.c_tries[c] == TRIES_MAX:
        clock += p.processor.call_s + latency(s, draws.S3_PUT, draw, 4)
        s.lists += 1
        s.listed += s.c_failed[c]
    s.processor_ms += billed_ms(clock - begun)
    return clock


@compiled
def work_items(p: DurableSettings, s: np.void, c: int, clock: float) -> float:
    """The items of a chunk from a time on: when the last is over."""
    start, stop = items_of(p, s, c)
    if p.item_workers > 1:
        clock, s.c_failed[c] = work_items_at_once(p, s, clock, start, stop)
        return clock
    slept_ms, s.c_failed[c] = sleep_ms(p.values, start, stop)
    return clock + slept_ms / 1000.0 + (stop - start) * p.processor.item_s


@compiled
def work_again(p: DurableSettings, s: np.void, c: int, clock: float) -> float:
    """What the last try has listed of a chunk from a time on: when the last is over."""
    start, stop = items_of(p, s, c)
    items = s.c_failed[c]
    slept_ms, s.c_failed[c] = tried_ms(p.values, start, stop, s.c_tries[c], p.item_workers)
    return clock + slept_ms / 1000.0 + items * p.processor.item_s


@compiled
def items_of(p: DurableSettings, s: np.void, c: int) -> tuple[int, int]:
    """The items of a chunk."""
    start = s.c_number[c] * p.items_per_chunk
    return start, min(start + p.items_per_chunk, p.items)
