"""The finalizer of `sqs`: a look every `poll_s`, until no record is left."""

from math import inf

import numpy as np

from workbench.platform.units import READ_UNIT_BYTES
from workbench.targets.model.engine import draws
from workbench.targets.model.engine.draws import hashed, latency
from workbench.targets.model.engine.events import billed_ms, compiled
from workbench.targets.model.sqs.batcher import write_elsewhere
from workbench.targets.model.sqs.settings import SqsSettings

CHANCE = 2.0**-53
AFTER = 1 << 40  # numbers of the draws for what comes after the first queries of a look


@compiled
def await_look(p: SqsSettings, s: np.void) -> None:
    """The message that drives the looks comes back: when the next has read batch and segments."""
    draw = hashed(p.key_look, s.looks)
    begun = s.look_visible_at + latency(s, draws.DISPATCH, draw, 0)
    clock = begun
    if s.looks == 0:
        begun += latency(s, draws.PLACING, draw, 5)
        clock = begun + latency(s, draws.INIT, draw, 1)
    clock += p.finalizer.invocation_s
    clock += p.finalizer.call_s + latency(s, draws.SINGLE, draw, 2)
    clock += p.finalizer.call_s + latency(s, draws.SINGLE, draw, 4)
    s.look_spent_s = clock - begun
    assert clock < inf
    s.look_at = clock


@compiled
def look(p: SqsSettings, s: np.void, time_s: float) -> None:
    """The shards up to the first that holds a record, and a wait; none does: complete."""
    poll_draw = hashed(p.key_look, s.looks)
    first = AFTER + s.looks * (p.shards + 2)
    s.looks += 1
    s.read_half_units += 4
    clock = time_s
    left = p.items - s.items_done
    if not p.track_item:
        left = -(-left // p.items_per_message)
    shard = 0
    if s.segments_done == p.segments:
        while shard < p.shards:
            draw = hashed(p.key_look, first + shard)
            clock += p.finalizer.call_s + latency(s, draws.SINGLE, draw, 0)
            s.read_half_units += 2
            if not shard_empty(p.shards - shard, left, draw):
                break
            shard += 1
    if shard < p.shards:
        clock += p.finalizer.call_s + latency(s, draws.VISIBILITY, poll_draw, 3)
        s.look_visible_at = clock + p.poll_s
        s.finalizer_ms += billed_ms(s.look_spent_s + clock - time_s)
        await_look(p, s)
        return
    clock = complete(p, s, clock, hashed(p.key_look, first + p.shards))
    s.finalizer_ms += billed_ms(s.look_spent_s + clock - time_s)
    s.ended_s = clock
    settle_pollers(p, s, clock)


@compiled
def settle_pollers(p: SqsSettings, s: np.void, clock: float) -> None:
    """Pollers were idle until the end; those that still turn were not."""
    s.idle_poller_s += max(0, p.pollers.start // p.pollers.places - s.running) * clock
    s.plan_idle_poller_s += max(0, p.plan_pollers.start - s.batchers) * clock


@compiled
def shard_empty(shards: int, records: int, draw: np.uint64) -> bool:
    """Whether the first of so many shards holds none of the records, which lie anywhere."""
    if records == 0:
        return True
    if shards == 1:
        return False
    return float(draw >> np.uint64(11)) * CHANCE < (1.0 - 1.0 / shards) ** records


@compiled
def complete(p: SqsSettings, s: np.void, clock: float, draw: np.uint64) -> float:
    """Failures are counted, the batch is marked complete, notified of, and marked as over."""
    clock += p.finalizer.call_s + latency(s, draws.SINGLE, draw, 0)
    s.detected_s = clock
    clock += p.finalizer.call_s + latency(s, draws.SNS, draw, 2)
    clock += 4 * p.finalizer.call_s
    clock += latency(s, draws.SINGLE, draw, 1) + latency(s, draws.SINGLE, draw, 3)
    clock += latency(s, draws.SINGLE, draw, 4) + latency(s, draws.SINGLE, draw, 5)
    s.read_half_units += 2 + 2 * max(1, -(-s.failed * p.failed_bytes // READ_UNIT_BYTES))
    write_elsewhere(s, 3)
    return clock
