"""The event loop of `sfn`, compiled; its plain twin in tests/oracles reads more easily.

A child holds its place in the map from its start. Its Lambda begins half an Express child's
overhead later, or the gap before a Standard child's one state, and needs a place in the account.
Children that wait for one are tried again by Step Functions, here first come, first served.
"""

from math import inf

import numpy as np

from workbench.platform.units import MB
from workbench.targets.model.engine import draws, timeline
from workbench.targets.model.engine.draws import hashed, latencies, latency
from workbench.targets.model.engine.events import billed_ms, compiled, pop, push, replace
from workbench.targets.model.engine.timeline import FIRST_SAMPLE_STEP_S, keep_sample, note_peak
from workbench.targets.model.sfn.settings import SfnSettings
from workbench.targets.model.sfn.work import create_items, work_child


@compiled
def run_sfn(settings: np.ndarray, state: np.ndarray) -> None:
    """One batch from its trigger to its notification, by a record of settings, in one of state."""
    p = settings[0]
    s = state[0]
    s.sample_step = FIRST_SAMPLE_STEP_S
    s.created_s = create_items(p, s)
    draw = hashed(p.key_segment, 1 << 50)
    s.map_at = s.created_s + latency(s, draws.PASS_GAP, draw, 0) + p.map_start_s
    s.map_at += read_first(p, s)
    s.starts_at = s.map_at
    s.environments_free_at = -p.environments_burst_s
    while s.begun < p.children or s.running > 0:
        step(p, s)
    s.ended_at = s.now
    s.detected_s = s.now + p.map_end_s + latency(s, draws.STATE_GAP, draw, 1)
    sample_until(p, s, s.detected_s)
    spent = p.summary.invocation_s + 3.0 * p.summary.call_s + latency(s, draws.INIT, draw, 2)
    spent += latency(s, draws.S3_LIST, draw, 3) + latency(s, draws.S3_LIST, draw, 4)
    spent += s.failed_children * p.summary.call_s  # each has left a list of what failed
    first = 1 << 51
    spent += latencies(s, draws.S3_GET, p.key_segment, first, s.failed_children)
    s.summary_ms = billed_ms(spent + latency(s, draws.S3_GET, draw, 5))


@compiled
def read_first(p: SfnSettings, s: np.void) -> float:
    """Seconds until the first child has its items: a page of the list, and the first object.

    The others are read while children run, faster than these start.
    """
    draw = hashed(p.key_segment, (1 << 50) + 1)
    megabytes = p.segment_bytes * min(1.0, p.items / p.segment_items) / MB
    listed = latency(s, draws.S3_LIST, draw, 0)
    return listed + latency(s, draws.S3_GET, draw, 1) + megabytes * p.s3_mb_s


@compiled
def step(p: SfnSettings, s: np.void) -> None:
    """The next child starts, or the next one ends."""
    can_start = s.begun < p.children and s.children < p.children_max
    if can_start and (s.running == 0 or s.starts_at < s.end_times[0]):
        at = max(s.starts_at, s.now)
        sample_until(p, s, at)
        s.now = at
        begin_child(p, s)
        return
    now, load = s.end_times[0], s.end_loads[0]
    assert now >= s.now
    sample_until(p, s, now)
    s.now = now
    s.items_done += load
    s.children -= 1
    s.running -= 1
    if s.waiting > 0:
        since = s.waiting_since[s.first_waiting]
        s.first_waiting = (s.first_waiting + 1) % s.waiting_since.shape[0]
        s.waiting -= 1
        at, load = invoke(p, s, since)
        replace(s.end_times, s.end_loads, s.running, at, load)
    elif s.begun < p.children and s.starts_at <= now:
        count_start(p, s)
        at, load = invoke(p, s, now)
        replace(s.end_times, s.end_loads, s.running, at, load)
    else:
        pop(s.end_times, s.end_loads, s.running + 1)


@compiled
def begin_child(p: SfnSettings, s: np.void) -> None:
    """A child starts; its Lambda runs now, or once the account has a place."""
    count_start(p, s)
    if s.running < p.account:
        size = s.running
        at, load = invoke(p, s, s.now)
        push(s.end_times, s.end_loads, size, at, load)
        return
    last = (s.first_waiting + s.waiting) % s.waiting_since.shape[0]
    s.waiting_since[last] = s.now
    s.waiting += 1
    s.throttles += 1


@compiled
def count_start(p: SfnSettings, s: np.void) -> None:
    """One more child, and when the next may start."""
    s.begun += 1
    s.children += 1
    s.starts_at = s.map_at + s.begun / p.starts_per_s


@compiled
def invoke(p: SfnSettings, s: np.void, since: float) -> tuple[float, int]:
    """The next child's invocation, of a child that has started at a time: its end, its items."""
    child = s.invocations
    s.invocations += 1
    s.running += 1
    note_peak(s, s.now)
    draw = hashed(p.key_child, child)
    tail_s = latency(s, draws.CHILD, draw, 0) / 2.0 if p.express else 0.0
    items = min((child + 1) * p.items_per_child, p.items) - child * p.items_per_child
    gap_s = latency(s, draws.STATE_GAP, draw, 0) + items * p.item_gap_s
    begun = s.now + (tail_s if p.express else gap_s)
    clock = begun
    if s.running > s.environments:
        s.environments += 1
        s.cold_starts += 1
        free_at = max(s.environments_free_at, begun - p.environments_burst_s)
        s.environments_free_at = free_at + 1.0 / p.environments_per_s
        begun = max(begun, s.environments_free_at) + latency(s, draws.PLACING, draw, 5)
        clock = begun + latency(s, draws.INIT, draw, 1)
    clock = work_child(p, s, child, clock)
    assert s.now <= clock < inf
    s.processor_ms += billed_ms(clock - begun)
    ended = clock + tail_s
    s.express_steps += int(np.ceil((ended - since) * 10.0 - 1e-6))
    if ended - since > p.child_limit_s:
        s.late += 1
    return ended, items


@compiled
def sample_until(p: SfnSettings, s: np.void, time_s: float) -> None:
    """Points of the timeline up to a time."""
    while s.sample_at <= time_s:
        s.limit_s[holding(p, s)] += s.sample_step
        begun_items = min(s.begun * p.items_per_child, p.items)
        backlog = p.items - begun_items if s.sample_at >= s.created_s else 0
        keep_sample(s, s.running, backlog, s.items_done, s.throttles)


@compiled
def holding(p: SfnSettings, s: np.void) -> int:
    """The limit that holds the batch back at the next sample."""
    if s.sample_at < s.created_s:
        return timeline.BATCHER
    if s.sample_at < s.map_at or s.ended_at <= s.sample_at:
        return timeline.MAP_OVERHEAD
    if s.waiting > 0:
        return timeline.ACCOUNT
    if s.begun == p.children:
        return timeline.LAST_ITEMS
    if s.children >= p.children_max:
        return timeline.MAX_CONCURRENCY
    if s.environments_free_at > s.now:
        return timeline.ENVIRONMENTS
    return timeline.CHILD_STARTS
