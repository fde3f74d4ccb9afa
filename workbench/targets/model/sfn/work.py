"""One invocation of the processor of `sfn`, and the batcher's segments before the map."""

import numpy as np

from workbench.platform.units import MB
from workbench.targets.model.engine import draws
from workbench.targets.model.engine.draws import (
    fails,
    hashed,
    item_value,
    latencies,
    latency,
    sleep_ms,
)
from workbench.targets.model.engine.events import (
    billed_ms,
    chunks,
    compiled,
    pop,
    push,
    push_worker,
    replace,
    use_cpu,
)
from workbench.targets.model.sfn.settings import SfnSettings

REPORTED = 1  # the step after an item's metric call; 0 is the end of its work


@compiled
def create_items(p: SfnSettings, s: np.void) -> float:
    """The start state, then segment by segment the items in S3: when the last one is written."""
    draw = hashed(p.key_segment, 0)
    begun = latency(s, draws.SFN_START, draw, 0) + latency(s, draws.PLACING, draw, 5)
    clock = begun + latency(s, draws.INIT, draw, 1) + p.batcher.invocation_s
    clock += p.batcher.call_s + latency(s, draws.S3_PUT, draw, 2)
    s.batcher_ms += billed_ms(clock - begun)
    s.batcher_invocations = 1
    first = clock + 2.0 * latency(s, draws.PASS_GAP, draw, 3)
    first += latency(s, draws.STATE_GAP, draw, 4)  # iterations that start together share one gap
    at_once = min(p.inline_max, p.segments)
    size, last = 0, 0.0
    s.batcher_cold = 1
    s.workers = push(s.worker_times, s.worker_loads, 0, clock, 0)  # environments, since when free
    for segment in range(p.segments):
        draw = hashed(p.key_segment, 1 + segment)
        begun = first
        if segment >= at_once:
            begun = s.end_times[0] + latency(s, draws.STATE_GAP, draw, 0)
        clock = begun
        if s.workers > 0 and s.worker_times[0] <= begun:
            s.workers = pop(s.worker_times, s.worker_loads, s.workers)
        else:
            begun += latency(s, draws.PLACING, draw, 5)
            clock = begun + latency(s, draws.INIT, draw, 1)
            s.batcher_cold += 1
        clock += write_segment(p, s, segment)
        push_worker(s, clock, 0)
        s.batcher_ms += billed_ms(clock - begun)
        s.batcher_invocations += 1
        last = max(last, clock)
        if segment < at_once:
            size = push(s.end_times, s.end_loads, size, clock, 0)
        else:
            replace(s.end_times, s.end_loads, size, clock, 0)
    s.workers = 0
    return last


@compiled
def write_segment(p: SfnSettings, s: np.void, segment: int) -> float:
    """Seconds to draw a segment's items and to put them."""
    items = min(p.segment_items, p.items - segment * p.segment_items)
    share = items / p.segment_items
    megabytes = p.segment_bytes * share / MB
    calls = segment_calls(p, items)
    spent = p.batcher.invocation_s + calls * p.batcher.call_s
    spent += megabytes * (p.batcher.mb_s + p.s3_mb_s)
    return spent + latencies(s, draws.S3_PUT, p.key_segment, (1 << 40) + segment * 64, calls)


@compiled
def segment_calls(p: SfnSettings, items: int) -> int:
    """The calls that put so many items: one, or each part's, and one before and after them."""
    return 1 if items < p.items_per_part else chunks(items, p.items_per_part) + 2


@compiled
def work_child(p: SfnSettings, s: np.void, child: int, begun: float) -> float:
    """When the invocation of a child is over that begins at a time."""
    start, stop = child * p.items_per_child, min((child + 1) * p.items_per_child, p.items)
    clock = begun + p.processor.invocation_s
    if p.item_workers > 1:
        clock, bad = work_items_at_once(p, s, clock, start, stop)
    else:
        slept_ms, bad = sleep_ms(p.values, start, stop)
        clock += slept_ms / 1000.0 + (stop - start) * p.processor.item_s
        if p.put_metrics:
            calls = stop - start - bad
            clock += calls * p.processor.call_s
            clock += latencies(s, draws.METRIC, p.key_item, start, calls)
            s.metric_calls += calls
    s.processed_s = max(s.processed_s, clock)
    if bad > 0:
        draw = hashed(p.key_child, -1 - child)
        clock += p.processor.call_s + latency(s, draws.S3_PUT, draw, 0)
        s.failed_children += 1
        s.failed += bad
    return clock


@compiled
def work_items_at_once(
    p: SfnSettings, s: np.void, clock: float, start: int, stop: int
) -> tuple[float, int]:
    """Items in `item_workers` places that share one CPU: the time after the last, and failures."""
    s.cpu_free_at = clock
    item, bad = start, 0
    while item < stop and s.workers < p.item_workers:
        bad += work_item(p, s, clock, item)
        item += 1
    while s.workers > 0:
        clock, load = s.worker_times[0], s.worker_loads[0]
        s.workers = pop(s.worker_times, s.worker_loads, s.workers)
        if p.put_metrics and load & 3 == 0:
            at = use_cpu(s, clock, p.processor.call_s)
            at += latency(s, draws.METRIC, hashed(p.key_item, load >> 2), 0)
            push_worker(s, at, load + REPORTED)
            s.metric_calls += 1
        elif item < stop:
            bad += work_item(p, s, clock, item)
            item += 1
    return clock, bad


@compiled
def work_item(p: SfnSettings, s: np.void, clock: float, item: int) -> int:
    """CPU for the item, then its sleep; 1 if it fails in its first try."""
    at = use_cpu(s, clock, p.processor.item_s) + max(item_value(p.values, item), 0) / 1000.0
    bad = fails(p.values, item, 1)
    push_worker(s, at, item << 2 | (REPORTED if bad else 0))
    return 1 if bad else 0
