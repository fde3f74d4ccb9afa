"""The event loop of `durable`, compiled; its plain twin in tests/oracles reads more easily.

An execution is suspended, called for, or at work. What its children answer while it is at work, and
its last checkpoint has not told it, calls for it once more as soon as it has ended. At work it
replays, starts children for those that are over, writes that into checkpoints, and is suspended
when the thread that writes them looks up for the last time.

Left out: rates of the durable API, which are beyond what the account's concurrency can ask for;
environments that Lambda takes away while they are idle; functions and calls that fail.
"""

import numpy as np

from workbench.targets.model.durable.chunks import admit, answer, send
from workbench.targets.model.durable.executions import (
    ADMIT,
    ANSWER,
    AT_WORK,
    BACKOFF_MAX_S,
    BATCHER,
    IDLE,
    OVER,
    PROCESSOR,
    RESUME,
    SUSPEND,
    begin_execution,
    call_for,
    environment,
    later,
    wake,
)
from workbench.targets.model.durable.settings import DurableSettings
from workbench.targets.model.engine import draws, timeline
from workbench.targets.model.engine.draws import hashed, latency
from workbench.targets.model.engine.events import billed_ms, compiled, pop
from workbench.targets.model.engine.timeline import FIRST_SAMPLE_STEP_S, keep_sample

BATCH_OPERATIONS = 250  # of a checkpoint (durable SDK)
GATHER_S = 0.001  # that the SDK waits for more once somebody waits for a checkpoint
LOOK_S = 0.1  # how often the SDK's checkpointing thread looks whether it is to stop
# The updates of a checkpoint are carried out one after the other: two chunks that draw the same
# latency do not begin at the same instant, and have an order.
ORDER_S = 1e-9


@compiled
def run_durable(settings: np.ndarray, state: np.ndarray) -> None:
    """One batch from its trigger to its notification, by a record of settings, in one of state."""
    p = settings[0]
    s = state[0]
    s.sample_step = FIRST_SAMPLE_STEP_S
    s.tokens[:] = p.environments_burst
    children, limit = p.chunks, p.chunks_at_once
    if p.segments > 1:
        children, limit = p.segments, p.segments_at_once
    root = begin_execution(s, latency(s, draws.ASYNC, hashed(p.key_batch, 0), 0), 0, children)
    s.x_limit[root] = limit
    call_for(p, s, root, s.x_began[root])
    while s.events > 0:
        now, load = s.end_times[0], s.end_loads[0]
        assert now >= s.now
        sample_until(p, s, now)
        s.now = now
        s.events = pop(s.end_times, s.end_loads, s.events)
        place, what = load >> 2, load & 3
        if what == ADMIT:
            admit(p, s, place)
        elif what == ANSWER:
            answer(p, s, place)
        elif what == RESUME:
            resume(p, s, place)
        else:
            suspend(p, s, place)
    sample_until(p, s, s.detected_s)


@compiled
def resume(p: DurableSettings, s: np.void, x: int) -> None:
    """The handler is invoked, and replays what it is given: all that has arrived by now."""
    cold = environment(p, s, BATCHER, s.batcher_environments - s.orchestrators)
    if cold < 0:
        s.throttles += 1
        later(s, s.now + min(2.0 ** s.x_throttles[x], BACKOFF_MAX_S), x, RESUME)
        s.x_throttles[x] += 1
        return
    s.x_throttles[x] = 0
    s.x_phase[x] = AT_WORK
    s.x_heard[x] = s.now
    s.orchestrators += 1
    s.batcher_invocations += 1
    begun = clock = s.now
    if cold > 0:
        draw = hashed(p.key_call, s.x_call[x])
        s.batcher_environments += 1
        s.batcher_cold += 1
        begun += latency(s, draws.PLACING, draw, 1)
        clock = begun + latency(s, draws.INIT, draw, 2)
    clock += p.batcher.invocation_s + s.x_operations[x] * p.replay_s
    s.x_in_flight[x] -= s.x_arrived[x]
    s.x_arrived[x] = 0
    if s.x_started[x] == s.x_children[x] and s.x_in_flight[x] == 0:
        clock = finish(p, s, x, clock)
    else:
        clock = go_on(p, s, x, clock)
    clock += LOOK_S
    s.batcher_ms += billed_ms(clock - begun)
    later(s, clock, x, SUSPEND)


@compiled
def checkpoint(p: DurableSettings, s: np.void, clock: float, updates: int) -> tuple[float, float]:
    """Write updates: when the service carries them out, and when the handler hears of that."""
    half = latency(s, draws.CHECKPOINT, hashed(p.key_checkpoint, s.checkpoints), 0) / 2.0
    s.checkpoints += 1
    at = clock + p.batcher.call_s + updates * p.batcher.entry_s + half
    return at, at + half


@compiled
def step(p: DurableSettings, s: np.void, x: int, clock: float, spent: float) -> float:
    """A step of so many seconds: its start and its end are one checkpoint, unless it is slow."""
    s.x_operations[x] += 1
    s.operations += 1
    ended = clock + spent
    updates = 2
    if spent > LOOK_S:
        free = checkpoint(p, s, clock + LOOK_S, 1)[1]
        ended = max(ended, free)
        updates = 1
    s.x_heard[x], heard = checkpoint(p, s, ended + GATHER_S, updates)
    return heard


@compiled
def go_on(p: DurableSettings, s: np.void, x: int, clock: float) -> float:
    """Start what the execution has room for: when it has been told that all of that has begun."""
    pending = 0  # updates besides those that start a child
    if s.x_started[x] == 0:
        if x == 0:  # the claim of the batch
            put = latency(s, draws.S3_PUT, hashed(p.key_batch, 0), 1)
            clock = step(p, s, x, clock, p.batcher.call_s + put)
        pending = 1  # the map
        s.x_operations[x] += 1
        s.operations += 1
    room = s.x_limit[x] - s.x_in_flight[x]
    fresh = min(room, s.x_children[x] - s.x_started[x])
    again = 0
    c = s.x_again[x]
    while c >= 0:
        again += 1
        c = s.c_next[c]
    left = pending + again + fresh
    while left > 0:
        updates = min(left, BATCH_OPERATIONS)
        if updates < BATCH_OPERATIONS:
            clock += GATHER_S
        at, clock = checkpoint(p, s, clock, updates)
        s.x_heard[x] = at
        for i in range(pending, updates):
            start_child(p, s, x, at + i * ORDER_S)
        left -= updates
        pending = 0
    return clock


@compiled
def start_child(p: DurableSettings, s: np.void, x: int, at: float) -> None:
    """A checkpoint invokes a chunk again that has failed items, or the next chunk or segment."""
    s.x_operations[x] += 1
    s.operations += 1
    c = s.x_again[x]
    if c >= 0:
        s.x_again[x] = s.c_next[c]
        send(p, s, c, at)
        return
    child = s.x_first[x] + s.x_started[x]
    s.x_started[x] += 1
    s.x_in_flight[x] += 1
    if x == 0 and p.segments > 1:
        began = at + latency(s, draws.CHAINED, hashed(p.key_batch, 1 + child), 0)
        first = child * p.chunks_per_segment
        size = min(p.chunks_per_segment, p.chunks - first)
        segment = begin_execution(s, began, first, size)
        s.x_limit[segment] = p.chunks_at_once
        call_for(p, s, segment, began)
        return
    c = s.free[PROCESSOR]
    if c >= 0:
        s.free[PROCESSOR] = s.c_next[c]
    else:
        c = s.chunks_used
        s.chunks_used += 1
    s.c_number[c] = child
    s.c_execution[c] = x
    s.c_tries[c] = s.c_failed[c] = s.c_throttles[c] = 0
    send(p, s, c, at)


@compiled
def finish(p: DurableSettings, s: np.void, x: int, clock: float) -> float:
    """All children are over: the map is, and of the batch that is kept and told."""
    clock = checkpoint(p, s, clock + GATHER_S, 1)[1]
    if x == 0:
        s.detected_s = clock
        clock = step(p, s, x, clock, 0.0)
        told = latency(s, draws.SNS, hashed(p.key_batch, 0), 2)
        clock = step(p, s, x, clock, p.batcher.call_s + told)
    s.x_phase[x] = OVER
    return clock


@compiled
def suspend(p: DurableSettings, s: np.void, x: int) -> None:
    """An invocation of the handler is over, and its execution with it if nothing is left."""
    s.orchestrators -= 1
    if s.x_phase[x] != OVER:
        s.x_phase[x] = IDLE
        if s.x_answered[x] > s.x_heard[x]:
            call_for(p, s, x, s.now)
        return
    lived = s.now - s.x_began[x]
    s.lived_s += lived
    s.late += lived > p.execution_limit_s
    if x > 0:
        s.x_again[x] = s.free[BATCHER]
        s.free[BATCHER] = x
        s.x_arrived[0] += 1
        wake(p, s, 0)


@compiled
def sample_until(p: DurableSettings, s: np.void, time_s: float) -> None:
    """Points of the timeline up to a time."""
    while s.sample_at <= time_s:
        s.limit_s[holding(p, s)] += s.sample_step
        keep_sample(s, s.running, p.items - s.items_done, s.items_done, s.throttles)


@compiled
def holding(p: DurableSettings, s: np.void) -> int:
    """The limit that holds the batch back at the next sample."""
    if s.sample_at < s.first_s or s.ended_at <= s.sample_at:
        return timeline.ORCHESTRATOR
    if s.throttled > 0:
        return s.short
    if s.begun == p.chunks:
        return timeline.LAST_ITEMS
    if 10 * s.running >= 9 * p.segments_at_once * p.chunks_at_once:
        return timeline.MAX_CONCURRENCY
    return timeline.ORCHESTRATOR
