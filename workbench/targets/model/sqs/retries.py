"""What failed, sent again: items through their second and third message.

SECOND  the second message: what is left is tried; what fails is sent once more
THIRD   the third: what fails is listed
Kept as sums by kind and by twentieth of a second, so that memory does not grow. A fate is what will
come of a message: messages, items and milliseconds of this try, of the next, and what is listed.
"""

from math import inf

import numpy as np

from workbench.platform.units import SQS_CHUNK_BYTES
from workbench.targets.model.engine import draws
from workbench.targets.model.engine.draws import hashed, latency, tried_ms
from workbench.targets.model.engine.events import chunks, compiled
from workbench.targets.model.sqs.batcher import sized
from workbench.targets.model.sqs.settings import FATE, KINDS, WHEEL, WHEEL_STEP_S, SqsSettings

SECOND, THIRD = range(KINDS)
Fate = tuple[int, int, int, int, int, int, int, int]
LISTED_MAX = 25  # failed items of one write
MOVED_MAX = 99  # of one transaction
BACKOFF_S = 10.0  # before the second receive or attempt; doubled before the third


@compiled
def fate(p: SqsSettings, start: int, stop: int, bad: int) -> Fate:
    """What will come of a message in whose first try so many of its items have failed."""
    slept_ms, left = tried_ms(p.values, start, stop, 2, p.item_workers)
    later_ms, lost = tried_ms(p.values, start, stop, 3, p.item_workers)
    return 1, bad, slept_ms, int(left > 0), left, later_ms, int(lost > 0), lost


@compiled
def redeliver(s: np.void, kind: int, time_s: float, what: Fate) -> None:
    """Messages of a kind become visible at a time."""
    step = int(time_s / WHEEL_STEP_S + 0.5)
    assert (step + 1) * WHEEL_STEP_S - s.now < WHEEL * WHEEL_STEP_S
    for column in range(FATE):
        s.due_fates[kind, step % WHEEL, column] += what[column]
    s.due += what[0]
    s.due_at = min(s.due_at, (step + 0.5) * WHEEL_STEP_S)  # between two samples
    s.other = min(s.other, s.due_at)


@compiled
def release(s: np.void) -> None:
    """What is due is visible; look for the next time that something is."""
    step = int(s.due_at / WHEEL_STEP_S)
    for kind in range(KINDS):
        due = s.due_fates[kind, step % WHEEL]
        s.ready += due[0]
        s.due -= due[0]
        s.ready_fates[kind] += due
        due[:] = 0
    s.due_at = inf
    while s.due > 0 and s.due_at == inf:
        step += 1
        if s.due_fates[:, step % WHEEL, 0].sum() > 0:
            s.due_at = (step + 0.5) * WHEEL_STEP_S


@compiled
def take(s: np.void, kind: int, messages: int) -> Fate:
    """So many of the messages that are ready, with their share of what will come of them.

    Whatever still has an item keeps a message that carries it.
    """
    ready = s.ready_fates[kind]
    of = ready[0]
    again = chunks(ready[3] * messages, of)
    listed = chunks(ready[6] * messages, of)
    taken = (
        messages,
        ready[1] * messages // of,
        ready[2] * messages // of,
        again,
        max(again, ready[4] * messages // of),
        ready[5] * messages // of,
        listed,
        max(listed, ready[7] * messages // of),
    )
    for column in range(FATE):
        ready[column] -= taken[column]
    s.ready -= messages
    return taken


@compiled
def work_retries(
    p: SqsSettings, s: np.void, clock: float, room: int
) -> tuple[float, int, int, int, int]:
    """Redelivered messages: the time after them, writes, items settled, messages, acks."""
    writes = settled = taken = 0
    for kind in range(KINDS):
        messages = min(room - taken, s.ready_fates[kind, 0])
        if messages == 0:
            continue
        taken += messages
        what = take(s, kind, messages)
        clock, more = try_again(p, s, clock, kind, what)
        settled += what[1] if kind == THIRD else what[1] - what[4]
        writes += more
    return clock, writes, settled, taken, taken


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
def try_again(p: SqsSettings, s: np.void, clock: float, kind: int, what: Fate) -> tuple[float, int]:
    """Second or third messages: the time after them, and their writes. Each is claimed, unless
    messages are counted; what fails is sent again, or listed.
    """
    messages, items, slept_ms, again, left = what[:5]
    claims = claims_again(p, messages, items)
    for _ in range(claims):
        clock += call_s(p, s, draws.SINGLE, 0.0)
    clock += slept_ms / 1000.0 + items * p.processor.item_s
    s.processed_s = max(s.processed_s, clock)
    clock, writes = done_again(p, s, clock, messages - again, items - left)
    writes += claims
    if left > 0 and kind == SECOND:
        given_back = claims_again(p, again, left)
        for _ in range(given_back):
            clock += call_s(p, s, draws.SINGLE, 0.0)
        for _ in range(again):
            clock += send_failed(p, s, chunks(left, again))
        redeliver(s, THIRD, clock + 2 * BACKOFF_S, (*what[3:], 0, 0, 0))
        writes += given_back
    elif left > 0:
        clock, more = list_failed(p, s, clock, again, left)
        writes += more
    return clock, writes


@compiled
def done_again(
    p: SqsSettings, s: np.void, clock: float, messages: int, items: int
) -> tuple[float, int]:
    """Items that a later try has done, and messages of which nothing is left: the time after their
    metrics and the removal of their records, and how many writes that was.
    """
    if p.put_metrics:
        for _ in range(items):
            clock += call_s(p, s, draws.METRIC, 0.0)
        s.metric_calls += items
    records = items if p.track_item else messages
    batched = p.track_item and p.entries_per_write > 1
    for first in range(0, records, p.entries_per_write if batched else 1):
        if batched:
            entries = min(p.entries_per_write, records - first)
            clock += call_s(p, s, draws.BATCH_WRITE, entries)
        else:
            clock += call_s(p, s, draws.SINGLE, 0.0)
    s.record_s += (items if p.track_item else messages * p.items_per_message) * clock
    return clock, records


@compiled
def list_failed(
    p: SqsSettings, s: np.void, clock: float, messages: int, items: int
) -> tuple[float, int]:
    """Items whose last try has failed: the time after their listing, and its writes."""
    s.failed += items
    if p.track_item:
        for _ in range(items):
            clock += call_s(p, s, draws.TRANSACT, 0.0)
        s.record_s += items * clock
        return clock, 4 * items
    writes, share = items, -(-items // messages)
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
