"""The event loop of `sqs`, compiled; its plain twin in tests/oracles reads more easily."""

from math import inf

import numpy as np

from workbench.targets.model.engine import timeline
from workbench.targets.model.engine.events import compiled, pop, replace
from workbench.targets.model.engine.timeline import FIRST_SAMPLE_STEP_S, keep_sample
from workbench.targets.model.sqs.batcher import (
    begin_batch,
    grow,
    reserve,
    start_segments,
    step_batcher,
)
from workbench.targets.model.sqs.finalizer import await_look, look
from workbench.targets.model.sqs.pollers import (
    can_start,
    fill,
    first_arrival,
    grow_from,
    ramp,
    ramp_plan,
)
from workbench.targets.model.sqs.retries import release
from workbench.targets.model.sqs.settings import SqsSettings
from workbench.targets.model.sqs.work import begin_invocation

WRITES = (1 << 32) - 1
TURN = -1  # the load of a poller that deletes and receives, its invocation over
ARRIVALS_AT_ONCE = 100  # portions in which a queue alone is filled at a steady rate


@compiled
def run_sqs(settings: np.ndarray, state: np.ndarray) -> None:
    """One batch from its trigger to its notification, by a record of settings, in one of state."""
    p = settings[0]
    s = state[0]
    begin(p, s)
    while s.detected_s < 0.0:
        if s.running > 0 and s.end_times[0] <= s.other:
            end_invocation(p, s)
        else:
            assert s.other >= s.now
            assert s.other < inf
            s.now = s.other
            happen(p, s)
            s.other = next_event(s)
            if p.arrivals > 0 and s.items_done == p.items:
                s.detected_s = s.processed_s


@compiled
def next_event(s: np.void) -> float:
    """When the next event is due that is not an invocation's end."""
    return min(
        min(s.sample_at, s.ramp_at, s.plan_ramp_at, s.plan_at, s.look_at),
        min(s.batcher_at, s.due_at, s.flush_at, s.arrive_at, s.growth_at, s.poll_at),
    )


@compiled
def prepare(p: SqsSettings, s: np.void) -> None:
    """The table, the clock of the samples, and the first segment, before anything happens."""
    s.segment_stop = min(p.segment_items, p.items)
    s.table_rate = p.table_units_per_s
    s.table_unit_s = 1.0 / p.table_units_per_s
    s.key_unit_s = 1.0 / p.key_units_per_s
    s.table_free_at = s.key_free_at = -p.burst_s
    s.sample_at = s.other = 0.0
    s.sample_step = FIRST_SAMPLE_STEP_S
    s.growth_at = p.growth_s


@compiled
def begin(p: SqsSettings, s: np.void) -> None:
    """The first events."""
    prepare(p, s)
    if p.arrivals > 0:
        s.arrive_at = 0.0
        s.segments_done = p.segments
        s.created_s = p.arrival_s
    else:
        begin_batch(p, s)
        await_look(p, s)


@compiled
def happen(p: SqsSettings, s: np.void) -> None:
    """The event that is due now."""
    now = s.now
    if now == s.batcher_at:
        arrive(p, s, step_batcher(p, s, now))
        s.batcher_at = s.batcher_times[0] if s.batchers > 0 else inf
    elif now == s.ramp_at:
        ramp(p, s)
    elif now == s.sample_at:
        sample(p, s)
    elif now == s.look_at:
        look(p, s, now)
    elif now == s.plan_ramp_at:
        ramp_plan(p, s)
    elif now == s.due_at:
        release(s)
        first_arrival(p, s)
        fill(p, s)
    elif now == s.arrive_at:
        arrive_from_outside(p, s)
    elif now == s.flush_at:
        s.flushing = 1
        s.flush_at = inf
        fill(p, s)
    elif now == s.poll_at:
        s.poll_at = inf
        fill(p, s)
    elif now == s.plan_at:
        s.plan_at = inf
        s.segments_visible = p.segments
        start_segments(p, s, now)
    else:
        grow(p, s, now)


@compiled
def end_invocation(p: SqsSettings, s: np.void) -> None:
    """An invocation is over, once the table has taken its writes; its poller turns to the next."""
    now, load = s.end_times[0], s.end_loads[0]
    assert now >= s.now
    s.now = now
    if load == TURN:
        end_turn(p, s, now)
        return
    writes = load & WRITES
    if writes > 0 and p.arrivals == 0:
        granted = reserve(p, s, now, writes)
        if granted > now:
            s.processor_ms += int((granted - now) * 1000.0)
            s.record_s += (load >> 32) * (granted - now)
            replace(s.end_times, s.end_loads, s.running, granted, load - writes)
            return
    s.items_done += load >> 32
    if p.arrivals > 0 and s.items_done == p.items:
        s.detected_s = s.processed_s
    if now < s.grows_at:
        grow_from(p, s, now)
    if not next_batch(p, s, now + p.pollers.turn_s):
        replace(s.end_times, s.end_loads, s.running, now + p.pollers.turn_s, TURN)


@compiled
def next_batch(p: SqsSettings, s: np.void, time_s: float) -> bool:
    """A poller hands over another batch at a time, if one is there now."""
    size = s.running
    s.running -= 1
    if not can_start(p, s):
        s.running = size
        return False
    if s.running < p.pollers.start // p.pollers.places:
        s.idle_poller_s -= time_s
    at, load = begin_invocation(p, s, time_s)
    replace(s.end_times, s.end_loads, size, at, load)
    return True


@compiled
def end_turn(p: SqsSettings, s: np.void, now: float) -> None:
    """A poller has deleted what was done: it takes what has come meanwhile, or is free."""
    if next_batch(p, s, now):
        return
    pop(s.end_times, s.end_loads, s.running)
    s.running -= 1
    if s.running < p.pollers.start // p.pollers.places:
        s.idle_poller_s -= now
    if s.segments_visible > 0:
        start_segments(p, s, now)
        s.other = min(s.other, s.batcher_at)


@compiled
def arrive(p: SqsSettings, s: np.void, messages: int) -> None:
    """Messages become visible."""
    if messages > 0:
        s.visible += messages
        s.arrived += messages
        first_arrival(p, s)
        fill(p, s)


@compiled
def arrive_from_outside(p: SqsSettings, s: np.void) -> None:
    """A queue alone: all at once, or at a steady rate."""
    if p.arrival_s == 0.0:
        s.arrive_at = inf
        arrive(p, s, p.arrivals)
        return
    portion = max(1, p.arrivals // (ARRIVALS_AT_ONCE * 100))
    count = min(portion, p.arrivals - s.arrived)
    arrive(p, s, count)
    s.arrive_at = inf if s.arrived == p.arrivals else s.arrived * p.arrival_s / p.arrivals


@compiled
def sample(p: SqsSettings, s: np.void) -> None:
    """A point of the timeline, and what holds the batch back."""
    s.limit_s[holding(p, s)] += s.sample_step
    keep_sample(s, s.running, s.visible + s.ready + s.due, s.items_done, s.throttles)


@compiled
def holding(p: SqsSettings, s: np.void) -> int:
    """The limit that holds the batch back now."""
    table_s, key_s = s.table_free_at - s.now, s.key_free_at - s.now
    if s.items_done == p.items:
        return timeline.POLL
    if s.visible + s.ready > 0 and max(table_s, key_s) < 1.0:
        if s.running + s.batchers >= p.account:
            return timeline.ACCOUNT
        if s.running >= p.pollers.most:
            return timeline.MAX_CONCURRENCY
        return timeline.RAMP
    if s.segments_done < p.segments or max(table_s, key_s) >= 1.0:
        if max(table_s, key_s) > 0.0:
            return timeline.TABLE_WRITES if table_s >= key_s else timeline.KEY_WRITES
        return timeline.BATCHER if s.segments_begun > 0 else timeline.NONE
    return timeline.LAST_ITEMS
