"""The batcher of `sqs`: the trigger, the plan, and segment by segment its records and messages.

The batch-state table takes writes as a bucket that refills at a steady rate and holds `burst_s` of
it, kept as the time at which it will be free: a request is granted once the bucket has its units,
first come, first served. Retries of throttled requests are that waiting, as a fluid. The table as a
whole and the item keys together have one each; a saturated on-demand table doubles after
`growth_s`.
"""

from math import inf

import numpy as np

from workbench.platform.units import SQS_CHUNK_BYTES
from workbench.targets.model.engine import draws
from workbench.targets.model.engine.draws import hashed, latencies, latency
from workbench.targets.model.engine.events import billed_ms, chunks, compiled, pop, push, replace
from workbench.targets.model.sqs.settings import WRITE_STEPS, SqsSettings

PLAN_INIT = 1 << 60  # numbers of draws, apart from the segments'
PLAN_SEND = PLAN_INIT - 1


@compiled
def begin_batch(p: SqsSettings, s: np.void) -> None:
    """The trigger's invocation: the batch record, the message that drives the looks, the plan's."""
    draw = hashed(p.key_segment, 0)
    begun = latency(s, draws.ASYNC, draw, 0)
    begun += latency(s, draws.PLACING, hashed(p.key_segment, PLAN_SEND), 5)
    clock = begun + latency(s, draws.INIT, draw, 1) + p.batcher.invocation_s
    clock += 3 * p.batcher.call_s  # the record, its read, the mark that it is open
    for place in range(2, 5):
        clock += latency(s, draws.SINGLE, draw, place)
    clock += p.batcher.call_s + latency(s, draws.SEND, draw, 5)
    s.look_visible_at = clock + p.poll_s
    sending = latency(s, draws.SEND, hashed(p.key_segment, PLAN_SEND), 0)
    clock += p.batcher.call_s + sending
    write_elsewhere(s, 2)
    s.read_half_units += 2
    s.batcher_environments = 1
    s.batcher_ms += billed_ms(clock - begun)
    s.plan_target = p.plan_pollers.start
    sent = clock - sending / 2  # a queue has a message before the sender hears of it
    s.plan_ends_at = clock
    plan(p, s, sent)
    grow_plan_from(p, s, min(sent + p.plan_pollers.idle_s, s.plan_ends_at))


@compiled
def grow_plan_from(p: SqsSettings, s: np.void, time_s: float) -> None:
    """The ramp of the plan's pollers begins, as that of the items'."""
    s.plan_grows_at = time_s
    s.plan_ramp_at = time_s + p.plan_pollers.first_step_s


@compiled
def begin_cold(
    p: SqsSettings, s: np.void, begun: float, running: int, number: int
) -> tuple[float, float]:
    """When an invocation begins, and its handler: later in a new environment, if each is taken;
    with those `running` also the one that has sent what is begun here, and has not ended.
    """
    if begun < s.plan_ends_at:
        running += 1
    if running < s.batcher_environments:
        return begun, begun
    s.batcher_environments += 1
    draw = hashed(p.key_segment, number)
    begun += latency(s, draws.PLACING, draw, 4)
    return begun, begun + latency(s, draws.INIT, draw, 1)


@compiled
def plan(p: SqsSettings, s: np.void, time_s: float) -> None:
    """The plan's invocation: segment records under one key, then the segment messages."""
    draw = hashed(p.key_segment, 1)
    begun = time_s + latency(s, draws.DISPATCH, draw, 0)
    writes = -(-p.segments // p.entries_per_write)
    sends = -(-p.segments // p.segments_per_send)
    begun, clock = begin_cold(p, s, begun, 0, PLAN_INIT)
    clock += p.batcher.invocation_s + 2 * p.batcher.call_s
    clock += latency(s, draws.SINGLE, draw, 1) + latency(s, draws.SINGLE, draw, 2)
    batched = p.entries_per_write > 1
    spent = writes * p.batcher.call_s + (p.segments * p.batcher.entry_s if batched else 0.0)
    row = draws.BATCH_WRITE if batched else draws.SINGLE
    spent += latencies(s, row, p.key_write, s.writes_drawn, writes)
    s.writes_drawn += (writes + 5) // 6
    one_key_s = (p.segments / (p.key_units_per_s / p.shards)) - p.burst_s
    clock += max(spent, one_key_s)
    clock += 2 * p.batcher.call_s
    clock += latency(s, draws.SINGLE, draw, 3) + latency(s, draws.SINGLE, draw, 4)
    batched = p.segments_per_send > 1
    clock += sends * p.batcher.call_s + (p.segments * p.batcher.entry_s if batched else 0.0)
    row = draws.SEND_BATCH if batched else draws.SEND
    sending = latencies(s, row, p.key_send, s.sends_drawn, sends)
    clock += sending
    s.sends_drawn += (sends + 5) // 6
    s.plan_at = clock - sending / sends / 2
    clock += p.batcher.call_s + latency(s, draws.SINGLE, draw, 5)
    s.plan_ends_at = clock
    write_elsewhere(s, p.segments + 3)
    s.read_half_units += 2 + p.plan_half_units
    s.batcher_ms += billed_ms(clock - begun)
    s.batcher_invocations = 2
    s.plan_idle_poller_s -= clock - time_s


@compiled
def start_segments(p: SqsSettings, s: np.void, time_s: float) -> None:
    """Free pollers of the plan queue take segments."""
    most = min(p.plan_pollers.most, s.plan_target)
    while s.segments_visible > 0 and s.batchers < most and s.running + s.batchers < p.account:
        slot = s.free_slots[s.batchers]
        at = begin_segment(p, s, time_s, slot)
        s.batchers = push(s.batcher_times, s.batcher_slots, s.batchers, at, slot)
        if s.batchers <= p.plan_pollers.start:
            s.plan_idle_poller_s += time_s
    s.batcher_at = s.batcher_times[0] if s.batchers > 0 else inf


@compiled
def begin_segment(p: SqsSettings, s: np.void, time_s: float, slot: int) -> float:
    """One segment's invocation is under way: when its writes may begin."""
    segment = s.segments_begun
    draw = hashed(p.key_segment, 2 + segment)
    begun = time_s + latency(s, draws.DISPATCH, draw, 0)
    begun, clock = begin_cold(p, s, begun, s.batchers, 2 + segment)
    if p.counted:  # nothing is leased
        clock += p.batcher.invocation_s + p.batcher.call_s + latency(s, draws.SINGLE, draw, 2)
    else:
        clock += p.batcher.invocation_s + 2 * p.batcher.call_s
        clock += latency(s, draws.SINGLE, draw, 2) + latency(s, draws.SINGLE, draw, 3)
        write_elsewhere(s, 1)
    s.read_half_units += 2
    s.segments_begun += 1
    s.segments_visible -= 1
    s.batcher_invocations += 1
    s.slot_segment[slot] = segment
    s.slot_phase[slot] = 0
    s.slot_begun_s[slot] = begun
    return clock


@compiled
def segment_size(p: SqsSettings, segment: int) -> tuple[int, int]:
    """Items and messages of a segment."""
    items = min(p.segment_items, p.items - segment * p.segment_items)
    return items, -(-items // p.items_per_message)


@compiled
def step_batcher(p: SqsSettings, s: np.void, time_s: float) -> int:
    """The next step of the batcher that is due; how many messages it has just sent."""
    slot = s.batcher_slots[0]
    phase = s.slot_phase[slot]
    items, messages = segment_size(p, s.slot_segment[slot])
    records = items if p.track_item else messages
    writes = -(-records // p.entries_per_write)
    steps = min(writes, WRITE_STEPS)
    sends = -(-messages // p.messages_per_send)
    sent = 0
    if phase < steps:
        at = write_records(p, s, time_s, records, phase * writes // steps,
                           (phase + 1) * writes // steps)  # fmt: skip
    else:
        if phase > steps:
            sent = min(p.messages_per_send, messages - (phase - steps - 1) * p.messages_per_send)
        if phase - steps < sends:
            at = send_messages(p, s, time_s, items, messages, phase - steps)
        elif phase - steps == sends:
            draw = hashed(p.key_segment, -1 - s.slot_segment[slot])
            at = time_s + p.batcher.call_s + latency(s, draws.SINGLE, draw, 0)
            write_elsewhere(s, 1)
        elif phase - steps == sends + 1:
            sent = 0
            end_segment(p, s, time_s, slot)
            at = time_s + p.plan_pollers.turn_s
        else:
            free_poller(p, s, time_s, slot)
            return 0
    assert time_s <= at < inf
    s.slot_phase[slot] = phase + 1
    replace(s.batcher_times, s.batcher_slots, s.batchers, at, slot)
    return sent


@compiled
def write_records(
    p: SqsSettings, s: np.void, time_s: float, records: int, first: int, stop: int
) -> float:
    """Batch writes first..stop-1 of a segment: when they are in, at the table's pace or ours."""
    entries = min(stop * p.entries_per_write, records) - first * p.entries_per_write
    batched = p.entries_per_write > 1
    spent = (stop - first) * p.batcher.call_s + (entries * p.batcher.entry_s if batched else 0.0)
    row = draws.BATCH_WRITE if batched else draws.SINGLE
    spent += latencies(s, row, p.key_write, s.writes_drawn, stop - first)
    s.writes_drawn += (stop - first + 5) // 6
    granted = reserve(p, s, time_s, entries)
    s.record_s -= entries * time_s * (1 if p.track_item else p.items_per_message)
    return max(time_s + spent, granted)


@compiled
def send_messages(
    p: SqsSettings, s: np.void, time_s: float, items: int, messages: int, call: int
) -> float:
    """One send of a segment, the `written` flag before the first: when the messages are visible."""
    count = count_send(p, s, items, messages, call)
    batched = p.messages_per_send > 1
    draw = hashed(p.key_send, s.sends_drawn)
    s.sends_drawn += 1
    at = time_s + p.batcher.call_s + (count * p.batcher.entry_s if batched else 0.0)
    at += latency(s, draws.SEND_BATCH if batched else draws.SEND, draw, 0)
    if call == 0:
        at += p.batcher.call_s + latency(s, draws.SINGLE, draw, 1)
        write_elsewhere(s, 1)
    return at


@compiled
def count_send(p: SqsSettings, s: np.void, items: int, messages: int, call: int) -> int:
    """One send of a segment on the bill; how many messages it has."""
    first = call * p.messages_per_send
    count = min(p.messages_per_send, messages - first)
    held = min(count * p.items_per_message, items - first * p.items_per_message)
    s.item_sends += 1
    s.item_send_units += chunks(sized(p, count, held), SQS_CHUNK_BYTES)
    return count


@compiled
def sized(p: SqsSettings, messages: int, items: int) -> int:
    """The bytes of messages that hold so many items together."""
    missing = messages * p.items_per_message - items
    return messages * p.message_bytes - int(missing * p.pair_bytes)


@compiled
def end_segment(p: SqsSettings, s: np.void, time_s: float, slot: int) -> None:
    """The segment is done; its poller turns to the next."""
    spent = time_s - s.slot_begun_s[slot]
    s.batcher_ms += billed_ms(spent)
    if spent > p.timeout_s:
        s.late += 1
    s.segments_done += 1
    if time_s < s.plan_grows_at:
        grow_plan_from(p, s, time_s)
    if s.segments_done == p.segments:
        s.created_s = time_s


@compiled
def free_poller(p: SqsSettings, s: np.void, time_s: float, slot: int) -> None:
    """A poller of the plan queue takes the next segment."""
    s.batchers = pop(s.batcher_times, s.batcher_slots, s.batchers)
    s.free_slots[s.batchers] = slot
    if s.batchers < p.plan_pollers.start:
        s.plan_idle_poller_s -= time_s
    start_segments(p, s, time_s)


@compiled
def reserve(p: SqsSettings, s: np.void, time_s: float, units: int) -> float:
    """When `units` writes to item records, asked for at a time, are granted."""
    s.written_units += units
    s.growth_units += units
    s.table_free_at = max(s.table_free_at, time_s - p.burst_s) + units * s.table_unit_s
    s.key_free_at = max(s.key_free_at, time_s - p.burst_s) + units * s.key_unit_s
    granted = max(time_s, s.table_free_at, s.key_free_at)
    if granted > time_s:
        s.throttles += 1
    return granted


@compiled
def write_elsewhere(s: np.void, units: int) -> None:
    """Writes to other records of the table: a few a segment or a batch, never the bottleneck."""
    s.written_units += units
    s.growth_units += units


@compiled
def grow(p: SqsSettings, s: np.void, time_s: float) -> None:
    """Once a period: the table takes up to twice what it took in the last one."""
    taken = 2.0 * s.growth_units / p.growth_s
    s.table_rate = min(p.table_quota_per_s, max(s.table_rate, taken))
    s.table_unit_s = 1.0 / s.table_rate  # multiplying is faster than dividing
    s.growth_units = 0
    s.growth_at = time_s + p.growth_s
