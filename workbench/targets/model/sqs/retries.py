"""What failed, sent again: poisoned items through their second and third message.

kind 1  the second message: what is left is tried, fails, and is sent once more
kind 2  the third: what fails is listed
Kept as counts by kind and by twentieth of a second, so that memory does not grow.
"""

from math import inf

import numpy as np

from workbench.platform.units import SQS_CHUNK_BYTES
from workbench.targets.model.engine import draws
from workbench.targets.model.engine.draws import hashed, latency
from workbench.targets.model.engine.events import chunks, compiled
from workbench.targets.model.sqs.batcher import sized
from workbench.targets.model.sqs.settings import KINDS, WHEEL, WHEEL_STEP_S, SqsSettings

LISTED_MAX = 25  # failed items of one write
MOVED_MAX = 99  # of one transaction
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
        clock, more = fail_again(p, s, clock, kind, messages, items)
        acks += messages
        settled += items if kind == 2 else 0
        writes += more
    return clock, writes, settled, taken, acks


@compiled
def call_s(p: SqsSettings, s: np.void, row: int, entries: float) -> float:
    """One call of a retried message, seconds."""
    s.retries += 1
    cpu = p.processor.call_s + entries * p.processor.entry_s
    return cpu + latency(s, row, hashed(p.key_retry, s.retries), 0)


@compiled
def send_failed(p: SqsSettings, s: np.void, items: int) -> float:
    """Seconds to send what failed of a message as another one."""
    s.retry_send_units += chunks(sized(p, 1, items), SQS_CHUNK_BYTES)
    return call_s(p, s, draws.SEND, 0.0)


@compiled
def fail_again(
    p: SqsSettings, s: np.void, clock: float, kind: int, messages: int, items: int
) -> tuple[float, int]:
    """A second or third message of items that fail: sent again, or listed. Each is claimed, unless
    messages are counted.
    """
    claims = claims_again(p, messages, items)
    for _ in range(claims):
        clock += call_s(p, s, draws.SINGLE, 0.0)
    clock += items * p.processor.item_s
    s.processed_s = max(s.processed_s, clock)
    if kind == 1:
        for _ in range(claims):  # the leases are given back
            clock += call_s(p, s, draws.SINGLE, 0.0)
        for _ in range(messages):
            clock += send_failed(p, s, -(-items // messages))
        redeliver(s, 2, clock + 2 * BACKOFF_S, messages, items)
        return clock, 2 * claims
    s.failed += items
    if p.track_item:
        for _ in range(items):
            clock += call_s(p, s, draws.TRANSACT, 0.0)
        s.record_s += items * clock
        return clock, claims + 4 * items
    writes, share = claims + items, -(-items // messages)
    for _ in range(messages):
        if p.counted:
            for _ in range(chunks(share, LISTED_MAX)):
                clock += call_s(p, s, draws.BATCH_WRITE, min(share, LISTED_MAX))
            clock += call_s(p, s, draws.SINGLE, 0.0)
            writes += 1
        else:
            for _ in range(chunks(share, MOVED_MAX)):
                clock += call_s(p, s, draws.TRANSACT, min(share, MOVED_MAX))
            writes += 2 * chunks(share, MOVED_MAX)
        s.record_s += p.items_per_message * clock
    return clock, writes if p.counted else writes + items


@compiled
def records_removed(p: SqsSettings, good: int, bad: int) -> int:
    """Records that go with the items that are done; a message's own stays for what failed of it."""
    if p.track_item:
        return good
    return 0 if bad > 0 else 1


@compiled
def removals(p: SqsSettings, good: int, bad: int) -> int:
    """The calls that take them away."""
    records = records_removed(p, good, bad)
    return chunks(records, p.entries_per_write) if p.track_item else records


@compiled
def claims_again(p: SqsSettings, messages: int, items: int) -> int:
    """Conditional writes that claim what comes again."""
    if p.counted:
        return 0
    return items if p.track_item else messages


@compiled
def claim_calls(p: SqsSettings, items: int, failed: int) -> int:
    """Conditional writes of one message's claims; of what failed they are given up again."""
    if not p.claim:
        return 0
    return items + failed if p.track_item else 1 + min(1, failed)
