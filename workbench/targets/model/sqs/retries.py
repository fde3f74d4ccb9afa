"""Redelivered messages: poisoned items through their receives and their single attempts.

kind 1  second receive: the message's records are read, what is left is tried, and fails again
kind 2  third receive: what is left is split into messages of one item each
kind 3, 4, 5  a single message, first to third attempt; the third lists the item as failed
Where messages are counted, kinds 1 and 2 are the second and third message of what failed.
Kept as counts by kind and by twentieth of a second, so that memory does not grow.
"""

from math import inf

import numpy as np

from workbench.targets.model.engine import draws
from workbench.targets.model.engine.draws import hashed, latency
from workbench.targets.model.engine.events import compiled
from workbench.targets.model.sqs.settings import KINDS, WHEEL, WHEEL_STEP_S, SqsSettings

LISTED_MAX = 25  # failed items of one write
BACKOFF_S = 10.0  # before the second receive or attempt; doubled before the third


@compiled
def redeliver(s: np.void, kind: int, time_s: float, messages: int, items: int) -> None:
    """Messages of a kind become visible at a time."""
    step = int(time_s / WHEEL_STEP_S + 0.5)
    assert (step + 1) * WHEEL_STEP_S - s.now < WHEEL * WHEEL_STEP_S
    s.due_messages[kind, step % WHEEL] += messages
    s.due_items[kind, step % WHEEL] += items
    s.due += messages
    s.due_at = min(s.due_at, (step + 0.5) * WHEEL_STEP_S)  # between two samples
    s.other = min(s.other, s.due_at)


@compiled
def release(s: np.void) -> None:
    """What is due is visible; look for the next time that something is."""
    step = int(s.due_at / WHEEL_STEP_S)
    for kind in range(1, KINDS):
        messages = s.due_messages[kind, step % WHEEL]
        s.ready_messages[kind] += messages
        s.ready_items[kind] += s.due_items[kind, step % WHEEL]
        s.ready += messages
        s.due -= messages
        s.due_messages[kind, step % WHEEL] = 0
        s.due_items[kind, step % WHEEL] = 0
    s.due_at = inf
    while s.due > 0 and s.due_at == inf:
        step += 1
        if s.due_messages[:, step % WHEEL].sum() > 0:
            s.due_at = (step + 0.5) * WHEEL_STEP_S


@compiled
def work_retries(
    p: SqsSettings, s: np.void, clock: float, room: int
) -> tuple[float, int, int, int, int]:
    """Redelivered messages: the time after them, writes, items settled, messages, acks."""
    writes = settled = taken = acks = 0
    for kind in range(1, KINDS):
        messages = min(room - taken, s.ready_messages[kind])
        if messages == 0:
            continue
        items = s.ready_items[kind] * messages // s.ready_messages[kind]
        s.ready_messages[kind] -= messages
        s.ready_items[kind] -= items
        s.ready -= messages
        taken += messages
        if p.counted:
            clock, more = fail_counted(p, s, clock, kind, messages, items)
            acks += messages
            settled += items if kind == 2 else 0
        elif kind == 1:
            clock, more = fail_second_receive(p, s, clock, messages, items)
        elif kind == 2:
            clock, more = split(p, s, clock, messages, items)
            acks += messages
        else:
            clock, more = attempt_single(p, s, clock, kind, messages)
            acks += messages
            if kind == 5:
                settled += messages
        writes += more
    return clock, writes, settled, taken, acks


@compiled
def call_s(p: SqsSettings, s: np.void, row: int, entries: float) -> float:
    """One call of a retried message, seconds."""
    s.retries += 1
    cpu = p.processor.call_s + entries * p.processor.entry_s
    return cpu + latency(s, row, hashed(p.key_retry, s.retries), 0)


@compiled
def send_failed(p: SqsSettings, s: np.void) -> float:
    """Seconds to send what failed of a counted message as another one."""
    s.retry_sends += 1
    return call_s(p, s, draws.SEND, 0.0)


@compiled
def fail_counted(
    p: SqsSettings, s: np.void, clock: float, kind: int, messages: int, items: int
) -> tuple[float, int]:
    """A second or third message of items that fail: sent again, or listed and counted."""
    clock += items * p.processor.item_s
    s.processed_s = max(s.processed_s, clock)
    if kind == 1:
        for _ in range(messages):
            clock += send_failed(p, s)
        redeliver(s, 2, clock + 2 * BACKOFF_S, messages, items)
        return clock, 0
    share = -(-items // messages)
    for _ in range(messages):
        for _ in range(-(-share // LISTED_MAX)):
            clock += call_s(p, s, draws.BATCH_WRITE, min(share, LISTED_MAX))
        clock += call_s(p, s, draws.SINGLE, 0.0)
        s.record_s += p.items_per_message * clock
    s.failed += items
    return clock, items + messages


@compiled
def read_left(p: SqsSettings, s: np.void, messages: int) -> float:
    """Seconds to read what is left of messages, each with one call per 100 records."""
    spent = 0.0
    for _ in range(messages):
        if p.track_item:
            spent += call_s(p, s, draws.BATCH_GET, p.items_per_message)
            s.read_half_units += 2 * p.items_per_message
        else:
            spent += call_s(p, s, draws.SINGLE, 0.0)
            s.read_half_units += 2
    return spent


@compiled
def claim_calls(p: SqsSettings, items: int, failed: int) -> int:
    """Conditional writes of one message's claims; a failed item's is given up, so that it can be
    taken again.
    """
    if not p.claim:
        return 0
    return items + failed if p.track_item else 1


@compiled
def fail_second_receive(
    p: SqsSettings, s: np.void, clock: float, messages: int, items: int
) -> tuple[float, int]:
    """A second receive."""
    writes = 0
    clock += items * p.processor.item_s
    if p.track_item or not p.claim:  # else the claim answers with the record
        clock += read_left(p, s, messages)
    if p.claim:
        calls = claim_calls(p, items, items) if p.track_item else messages
        for _ in range(calls):
            clock += call_s(p, s, draws.SINGLE, 0.0)
        writes += calls
    for _ in range(messages):
        if not p.track_item:
            clock += call_s(p, s, draws.SINGLE, 0.0)
            writes += 1
        clock += call_s(p, s, draws.VISIBILITY, 0.0)
    s.visibility_changes += messages
    redeliver(s, 2, clock + 2 * BACKOFF_S, messages, items)
    return clock, writes


@compiled
def split(p: SqsSettings, s: np.void, clock: float, messages: int, items: int) -> tuple[float, int]:
    """A third receive: one message an item."""
    writes = 0
    if p.track_item:
        clock += read_left(p, s, messages)
    share = -(-items // messages)
    for _ in range(messages):
        if not p.track_item:  # lease, children, `written`, delete
            clock += call_s(p, s, draws.SINGLE, 0.0) + call_s(p, s, draws.BATCH_WRITE, share)
            clock += call_s(p, s, draws.SINGLE, 0.0) + call_s(p, s, draws.SINGLE, 0.0)
            writes += share + 3
        for _ in range(-(-share // p.messages_per_send)):
            clock += call_s(p, s, draws.SEND_BATCH, min(share, p.messages_per_send))
            s.retry_sends += 1
    redeliver(s, 3, clock, items, items)
    return clock, writes


@compiled
def attempt_single(
    p: SqsSettings, s: np.void, clock: float, kind: int, items: int
) -> tuple[float, int]:
    """One item a message: counted, tried, and sent again or listed as failed."""
    writes = 0
    for _ in range(items):
        clock += call_s(p, s, draws.SINGLE, 0.0) + p.processor.item_s
        writes += 1
        s.processed_s = max(s.processed_s, clock)
        if kind == 5:
            clock += call_s(p, s, draws.TRANSACT, 0.0)
            writes += 4
            s.failed += 1
            s.record_s += clock
        else:
            clock += call_s(p, s, draws.SINGLE, 0.0) + call_s(
                p, s, draws.SEND, 0.0
            )  # the lease is given up
            writes += 1
            s.retry_sends += 1
            delay_s = BACKOFF_S if kind == 3 else 2 * BACKOFF_S
            redeliver(s, kind + 1, clock + delay_s, 1, 1)
    return clock, writes
