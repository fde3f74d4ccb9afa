"""An invocation that works items at the same time: workers that share one CPU.

A small event queue of its own. A load is item, message slot and step. Draws here go by item and by
message, so that they do not depend on what comes first.
"""

import numpy as np

from workbench.platform.units import SQS_CHUNK_BYTES
from workbench.targets.model.engine import draws
from workbench.targets.model.engine.draws import fails, hashed, item_value, latencies, latency
from workbench.targets.model.engine.events import chunks, compiled, pop, push_worker, use_cpu
from workbench.targets.model.sqs.batcher import sized
from workbench.targets.model.sqs.retries import (
    BACKOFF_S,
    SECOND,
    claim_calls,
    fate,
    records_removed,
    redeliver,
    removals,
)
from workbench.targets.model.sqs.settings import SqsSettings

BY_ITEM = 1 << 60  # numbers of draws, apart from the counted ones
BY_MESSAGE = 1 << 61
CALLS_MAX = 16_384  # draws kept for one message
MESSAGE, NEXT, STOP, BUSY, BAD = range(5)  # of a message slot
CLAIMED, WORKED, REPORTED, REMOVED, OPENED = range(5)  # steps


@compiled
def work_at_once(
    p: SqsSettings, s: np.void, clock: float, messages: int
) -> tuple[float, int, int, int]:
    """Messages in `message_workers` slots: the time after them, writes, items settled, acks."""
    s.cpu_free_at = clock
    begun = writes = settled = acks = 0
    for slot in range(min(p.message_workers, messages)):
        open_message(p, s, clock, slot, begun)
        begun += 1
    while s.workers > 0:
        clock, load = s.worker_times[0], s.worker_loads[0]
        s.workers = pop(s.worker_times, s.worker_loads, s.workers)
        step, slot, item = load & 7, (load >> 3) & 1023, load >> 13
        if step == OPENED:
            start_workers(p, s, clock, slot)
        elif step == CLAIMED:
            work_item(p, s, clock, slot, item)
        elif step == WORKED and p.put_metrics and not fails(p.values, item, 1):
            report_item(p, s, clock, slot, item)
        elif step == WORKED and p.claim and p.track_item and fails(p.values, item, 1):
            give_up_item(p, s, clock, slot, item)
        elif step in (WORKED, REPORTED):
            if step == WORKED:
                s.processed_s = max(s.processed_s, clock)
            item_done(p, s, clock, slot)
        else:
            w, g, a = close_message(p, s, clock, slot)
            writes, settled, acks = writes + w, settled + g, acks + a
            if begun < messages:
                open_message(p, s, clock, slot, begun)
                begun += 1
    return clock, writes, settled, acks


@compiled
def wake(s: np.void, time_s: float, item: int, slot: int, step: int) -> None:
    """A step of a worker at a time."""
    push_worker(s, time_s, item << 13 | slot << 3 | step)


@compiled
def open_message(p: SqsSettings, s: np.void, clock: float, slot: int, number: int) -> None:
    """A slot takes its next message."""
    message = s.next_message + number
    slots = s.worker_slots[slot]
    segment = message // p.messages_per_segment
    within = (message - segment * p.messages_per_segment) * p.items_per_message
    slots[MESSAGE] = message
    slots[NEXT] = segment * p.segment_items + within
    last = min((segment + 1) * p.segment_items, p.items)
    slots[STOP] = min(slots[NEXT] + p.items_per_message, last)
    slots[BUSY] = 0
    slots[BAD] = 0
    if p.claim and not p.track_item:
        draw = hashed(p.key_remove, BY_MESSAGE + message * CALLS_MAX)
        at = use_cpu(s, clock, p.processor.call_s) + latency(s, draws.SINGLE, draw, 0)
        wake(s, at, 0, slot, OPENED)
    else:
        start_workers(p, s, clock, slot)


@compiled
def start_workers(p: SqsSettings, s: np.void, clock: float, slot: int) -> None:
    """Every worker of a slot takes an item."""
    slots = s.worker_slots[slot]
    for _ in range(min(p.item_workers, slots[STOP] - slots[NEXT])):
        next_item(p, s, clock, slot)


@compiled
def next_item(p: SqsSettings, s: np.void, clock: float, slot: int) -> None:
    """A worker takes the next item of its message, and claims it where items are claimed."""
    slots = s.worker_slots[slot]
    item = slots[NEXT]
    slots[NEXT] += 1
    slots[BUSY] += 1
    if p.claim and p.track_item:
        draw = hashed(p.key_remove, BY_ITEM + item)
        at = use_cpu(s, clock, p.processor.call_s) + latency(s, draws.SINGLE, draw, 0)
        wake(s, at, item, slot, CLAIMED)
    else:
        work_item(p, s, clock, slot, item)


@compiled
def work_item(p: SqsSettings, s: np.void, clock: float, slot: int, item: int) -> None:
    """CPU for the item, then its sleep; a poisoned one fails at once, others after it."""
    s.worker_slots[slot][BAD] += fails(p.values, item, 1)
    at = use_cpu(s, clock, p.processor.item_s) + max(item_value(p.values, item), 0) / 1000.0
    wake(s, at, item, slot, WORKED)


@compiled
def report_item(p: SqsSettings, s: np.void, clock: float, slot: int, item: int) -> None:
    """One metric call for an item that is done."""
    s.processed_s = max(s.processed_s, clock)
    s.metric_calls += 1
    draw = hashed(p.key_remove, BY_ITEM + item)
    at = use_cpu(s, clock, p.processor.call_s) + latency(s, draws.METRIC, draw, 1)
    wake(s, at, item, slot, REPORTED)


@compiled
def give_up_item(p: SqsSettings, s: np.void, clock: float, slot: int, item: int) -> None:
    """One call that gives up the claim of an item that failed."""
    s.processed_s = max(s.processed_s, clock)
    draw = hashed(p.key_remove, BY_ITEM + item)
    at = use_cpu(s, clock, p.processor.call_s) + latency(s, draws.SINGLE, draw, 1)
    wake(s, at, item, slot, REPORTED)


@compiled
def item_done(p: SqsSettings, s: np.void, clock: float, slot: int) -> None:
    """The worker takes another item, or the last one removes the message's records."""
    slots = s.worker_slots[slot]
    slots[BUSY] -= 1
    if slots[NEXT] < slots[STOP]:
        next_item(p, s, clock, slot)
        return
    if slots[BUSY] > 0:
        return
    bad = slots[BAD]
    good = message_items(p, slots[MESSAGE], slots[STOP]) - bad
    batched = p.track_item and p.entries_per_write > 1
    calls = removals(p, good, bad)
    spent = calls * p.processor.call_s + (good * p.processor.entry_s if batched else 0.0)
    first = BY_MESSAGE + slots[MESSAGE] * CALLS_MAX + 1
    waits = latencies(s, draws.BATCH_WRITE if batched else draws.SINGLE, p.key_remove, first, calls)
    if bad > 0:
        spent += p.processor.call_s
        waits += latencies(s, draws.SEND, p.key_remove, first + calls, 1)
        s.retry_send_units += chunks(sized(p, 1, bad), SQS_CHUNK_BYTES)
        if p.claim and not p.track_item:  # the lease is given back
            spent += p.processor.call_s
            waits += latencies(s, draws.SINGLE, p.key_remove, first + calls + 1, 1)
    wake(s, use_cpu(s, clock, spent) + waits, 0, slot, REMOVED)


@compiled
def message_items(p: SqsSettings, message: int, stop: int) -> int:
    """How many items a message carries, by where it stops."""
    segment = message // p.messages_per_segment
    within = (message - segment * p.messages_per_segment) * p.items_per_message
    return stop - segment * p.segment_items - within


@compiled
def close_message(p: SqsSettings, s: np.void, clock: float, slot: int) -> tuple[int, int, int]:
    """The records are removed: writes, items settled, acks of the message."""
    slots = s.worker_slots[slot]
    items, bad = message_items(p, slots[MESSAGE], slots[STOP]), slots[BAD]
    if p.track_item or bad == 0:
        s.record_s += (items - bad) * clock
    if bad > 0:
        stop = slots[STOP]
        redeliver(s, SECOND, clock + BACKOFF_S, fate(p, stop - items, stop, bad))
    return claim_calls(p, items, bad) + records_removed(p, items - bad, bad), items - bad, 1
