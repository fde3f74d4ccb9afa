"""The event loop of `counters`: its batcher and finalizer; the rest is the kernel of `sqs`."""

import numpy as np

from workbench.platform.units import READ_UNIT_BYTES
from workbench.targets.model.counters.settings import PER_SHARD
from workbench.targets.model.engine import draws
from workbench.targets.model.engine.draws import hashed, latencies, latency
from workbench.targets.model.engine.events import billed_ms, chunks, compiled, replace
from workbench.targets.model.sqs.batcher import (
    count_send,
    end_segment,
    free_poller,
    grow_plan_from,
    segment_size,
    write_elsewhere,
)
from workbench.targets.model.sqs.finalizer import AFTER, settle_pollers
from workbench.targets.model.sqs.kernel import arrive, end_invocation, happen, next_event, prepare
from workbench.targets.model.sqs.settings import SqsSettings

PAGE = 100  # shards that one BatchGetItem reads


@compiled
def run_counters(settings: np.ndarray, state: np.ndarray) -> None:
    """One batch from its trigger to its notification, by a record of settings, in one of state."""
    p = settings[0]
    s = state[0]
    begin(p, s)
    while s.detected_s < 0.0:
        if s.running > 0 and s.end_times[0] <= s.other:
            end_invocation(p, s)
            continue
        s.now = s.other
        if s.now == s.batcher_at:
            arrive(p, s, step_part(p, s, s.now))
        elif s.now == s.look_at:
            look(p, s, s.now)
        else:
            happen(p, s)
        s.other = next_event(s)


@compiled
def begin(p: SqsSettings, s: np.void) -> None:
    """The trigger's invocation: the batch record, the message that drives the looks, the plan."""
    prepare(p, s)
    draw = hashed(p.key_segment, 0)
    begun = latency(s, draws.ASYNC, draw, 0) + latency(s, draws.PLACING, draw, 5)
    clock = begun + latency(s, draws.INIT, draw, 1) + p.batcher.invocation_s
    clock += 2 * p.batcher.call_s
    clock += latency(s, draws.SINGLE, draw, 2) + latency(s, draws.SINGLE, draw, 3)
    clock += p.batcher.call_s + latency(s, draws.SEND, draw, 4)
    s.look_visible_at = clock + p.poll_s
    sends = chunks(p.segments, p.segments_per_send)
    clock += sends * p.batcher.call_s + p.segments * p.batcher.entry_s
    sending = latencies(s, draws.SEND_BATCH, p.key_send, s.sends_drawn, sends)
    clock += sending
    s.sends_drawn += chunks(sends, 6)
    write_elsewhere(s, 1)
    s.read_half_units += 2
    s.batcher_environments = s.batcher_invocations = 1
    s.batcher_ms += billed_ms(clock - begun)
    s.plan_target = p.plan_pollers.start
    s.plan_ends_at = clock
    s.plan_at = clock - sending / sends / 2
    grow_plan_from(p, s, s.plan_at + p.plan_pollers.idle_s)
    await_look(p, s)


@compiled
def step_part(p: SqsSettings, s: np.void, time_s: float) -> int:
    """The next send of the batcher that is due, or its end; messages that it has just sent."""
    slot = s.batcher_slots[0]
    sends = s.slot_phase[slot]
    items, messages = segment_size(p, s.slot_segment[slot])
    total = chunks(messages, p.messages_per_send)
    if sends > total:
        free_poller(p, s, time_s, slot)
        return 0
    sent = 0
    if sends > 0:
        sent = min(p.messages_per_send, messages - (sends - 1) * p.messages_per_send)
    if sends == total:
        end_segment(p, s, time_s, slot)
        at = time_s + p.plan_pollers.turn_s
    else:
        count = count_send(p, s, items, messages, sends)
        draw = hashed(p.key_send, s.sends_drawn)
        s.sends_drawn += 1
        at = time_s + p.batcher.call_s + count * p.batcher.entry_s
        at += latency(s, draws.SEND_BATCH, draw, 0)
    s.slot_phase[slot] = sends + 1
    replace(s.batcher_times, s.batcher_slots, s.batchers, at, slot)
    s.batcher_at = s.batcher_times[0]
    return sent


@compiled
def await_look(p: SqsSettings, s: np.void) -> None:
    """The message that drives the looks comes back: when the next has read the batch."""
    draw = hashed(p.key_look, s.looks)
    begun = s.look_visible_at + latency(s, draws.DISPATCH, draw, 0)
    clock = begun
    if s.looks == 0:
        begun += latency(s, draws.PLACING, draw, 5)
        clock = begun + latency(s, draws.INIT, draw, 1)
    clock += p.finalizer.invocation_s + p.finalizer.call_s + latency(s, draws.SINGLE, draw, 2)
    s.read_half_units += 2
    s.look_spent_s = clock - begun
    s.look_at = clock


@compiled
def look(p: SqsSettings, s: np.void, time_s: float) -> None:
    """The last shards, and if all of their messages are counted the others; then notify, or wait.

    A message that is missing while most are counted is taken to lie among the last ones.
    """
    draw = hashed(p.key_look, s.looks)
    first = AFTER + s.looks * 1_000
    s.looks += 1
    shards = chunks(p.messages, PER_SHARD)
    keys = shards if s.items_done == p.items else min(shards, (shards - 1) % PAGE + 1)
    pages = chunks(keys, PAGE)
    clock = time_s + pages * p.finalizer.call_s + keys * p.finalizer.entry_s
    clock += latencies(s, draws.BATCH_GET, p.key_look, first, pages)
    s.read_half_units += keys
    if s.items_done < p.items:
        clock += p.finalizer.call_s + latency(s, draws.VISIBILITY, draw, 3)
        s.finalizer_ms += billed_ms(s.look_spent_s + clock - time_s)
        s.look_visible_at = clock + p.poll_s
        await_look(p, s)
        return
    clock += p.finalizer.call_s + latency(s, draws.SINGLE, draw, 3)
    s.detected_s = clock
    clock += p.finalizer.call_s + latency(s, draws.SNS, draw, 4)
    clock += p.finalizer.call_s + latency(s, draws.SINGLE, draw, 5)
    s.read_half_units += 2 * max(1, chunks(s.failed * p.failed_bytes, READ_UNIT_BYTES))
    write_elsewhere(s, 1)
    s.finalizer_ms += billed_ms(s.look_spent_s + clock - time_s)
    s.ended_s = clock
    settle_pollers(p, s, clock)
