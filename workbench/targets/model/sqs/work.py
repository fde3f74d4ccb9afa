"""One invocation of the processor of `sqs`: messages, their items, the records' removal."""

from math import inf

import numpy as np

from workbench.platform.units import SQS_CHUNK_BYTES
from workbench.targets.model.engine import draws
from workbench.targets.model.engine.draws import hashed, latencies, latency, sleep_ms
from workbench.targets.model.engine.events import billed_ms, chunks, compiled
from workbench.targets.model.engine.timeline import note_peak
from workbench.targets.model.sqs.batcher import sized
from workbench.targets.model.sqs.parallel import work_at_once
from workbench.targets.model.sqs.retries import (
    BACKOFF_S,
    SECOND,
    claim_calls,
    fate,
    records_removed,
    redeliver,
    removals,
    send_failed,
    work_retries,
)
from workbench.targets.model.sqs.settings import SqsSettings


@compiled
def begin_invocation(p: SqsSettings, s: np.void, time_s: float) -> tuple[float, int]:
    """A poller hands a batch over at a time: when it ends, and its load (items settled, writes)."""
    draw = hashed(p.key_invocation, s.invocations)
    s.invocations += 1
    s.running += 1
    note_peak(s, time_s)
    if s.running <= p.pollers.start // p.pollers.places:
        s.idle_poller_s += time_s
    begun = time_s + latency(s, draws.DISPATCH, draw, 0)
    clock = begun
    if s.running > s.environments:
        s.environments += 1
        s.cold_starts += 1
        begun += latency(s, draws.PLACING, draw, 5)
        clock = begun + latency(s, draws.INIT, draw, 1)
    clock += p.processor.invocation_s
    if p.arrivals == 0:
        clock += p.processor.call_s + latency(s, draws.SINGLE, draw, 2)
        s.read_half_units += 1
    writes = settled = taken = acks = 0
    waiting = s.ready_fates[:, 1].sum()
    if s.ready > 0:
        clock, writes, settled, taken, acks = work_retries(p, s, clock, p.messages_per_take)
    size_bytes = sized(p, taken, waiting - s.ready_fates[:, 1].sum())
    messages = min(p.messages_per_take - taken, s.visible)
    size_bytes += sized(p, messages, items_of(p, s.next_message, s.next_message + messages))
    if p.item_workers == 1:
        clock, more, done, good = work_in_turn(p, s, clock, messages)
    else:
        clock, more, done, good = work_at_once(p, s, clock, messages)
    s.visible -= messages
    s.next_message += messages
    count_polls(p, s, messages + taken, acks + good, size_bytes)
    assert time_s <= clock < inf
    s.processor_ms += billed_ms(clock - begun)
    return clock, ((settled + done) << 32) | (writes + more)


@compiled
def count_polls(p: SqsSettings, s: np.void, received: int, acks: int, size_bytes: int) -> None:
    """What the mapping's receives and deletes of one batch bill, those of its window with them."""
    polls = s.held_polls + chunks(received - s.held, p.poller_messages)
    s.held = s.held_polls = 0
    s.receives += polls
    s.receive_units += max(polls, poll_units(p, received, size_bytes))
    s.deletes += chunks(acks, p.poller_messages)
    if p.pollers.polls_per_s > 0.0:
        busy_s = max(polls / p.pollers.polls_per_s, size_bytes / p.pollers.bytes_per_s)
        pollers = max(1, s.target // p.pollers.places)
        s.polls_free_at = max(s.now, s.polls_free_at) + busy_s / pollers


@compiled
def poll_units(p: SqsSettings, received: int, size_bytes: int) -> int:
    """What full receives of so many messages bill, in chunks of 64 KB each, by their mean size."""
    polls = received // p.poller_messages
    rest = received - polls * p.poller_messages
    full = size_bytes * p.poller_messages // max(1, received)
    last = size_bytes * rest // max(1, received)
    return polls * chunks(full, SQS_CHUNK_BYTES) + chunks(last, SQS_CHUNK_BYTES)


@compiled
def items_of(p: SqsSettings, first: int, stop: int) -> int:
    """How many items messages first..stop-1 hold."""
    return first_item(p, stop) - first_item(p, first)


@compiled
def first_item(p: SqsSettings, message: int) -> int:
    """The first item of a message; after the last one, the end."""
    segment = message // p.messages_per_segment
    within = (message - segment * p.messages_per_segment) * p.items_per_message
    return min(segment * p.segment_items + within, p.items)


@compiled
def next_items(p: SqsSettings, s: np.void) -> tuple[int, int]:
    """The items of the next message, which never reach over the end of a segment."""
    start = s.next_item
    stop = min(start + p.items_per_message, s.segment_stop)
    s.next_item = stop
    if stop == s.segment_stop:
        s.segment_stop = min(stop + p.segment_items, p.items)
    return start, stop


@compiled
def work_in_turn(
    p: SqsSettings, s: np.void, clock: float, messages: int
) -> tuple[float, int, int, int]:
    """Messages one after the other: the time after them, writes, items settled, messages acked."""
    writes = settled = acks = 0
    values, item_s = p.values, p.processor.item_s
    for _ in range(messages):
        start, stop = next_items(p, s)
        slept_ms, bad = sleep_ms(values, start, stop)
        clock += slept_ms / 1000.0 + (stop - start) * item_s
        if p.claim or p.put_metrics:
            clock += around_items(p, s, stop - start, stop - start - bad)
            writes += claim_calls(p, stop - start, bad)
        s.processed_s = max(s.processed_s, clock)
        if p.arrivals == 0:
            clock += remove(p, s, stop - start - bad, bad)
            writes += records_removed(p, stop - start - bad, bad)
        if p.track_item or bad == 0:
            s.record_s += (stop - start - bad) * clock
        if bad > 0:
            clock += send_failed(p, s, bad)
            redeliver(s, SECOND, clock + BACKOFF_S, fate(p, start, stop, bad))
        acks += 1
        settled += stop - start - bad
    return clock, writes, settled, acks


@compiled
def around_items(p: SqsSettings, s: np.void, items: int, good: int) -> float:
    """Seconds for claims before and after, and metrics after, the items of one message."""
    spent = 0.0
    if p.claim:
        claims = claim_calls(p, items, items - good)
        spent += claims * p.processor.call_s
        spent += latencies(s, draws.SINGLE, p.key_remove, s.removals, claims)
        s.removals += chunks(claims, 6)
    if p.put_metrics:
        spent += good * p.processor.call_s
        spent += latencies(s, draws.METRIC, p.key_remove, s.removals, good)
        s.removals += chunks(good, 6)
        s.metric_calls += good
    return spent


@compiled
def remove(p: SqsSettings, s: np.void, good: int, bad: int) -> float:
    """Seconds to take the records of one message away."""
    batched = p.track_item and p.entries_per_write > 1
    calls = removals(p, good, bad)
    spent = calls * p.processor.call_s + (good * p.processor.entry_s if batched else 0.0)
    row = draws.BATCH_WRITE if batched else draws.SINGLE
    spent += latencies(s, row, p.key_remove, s.removals, calls)
    s.removals += chunks(calls, 6)
    return spent
