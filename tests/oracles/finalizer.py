"""The finalizer of `sqs`, told plainly: a look every `poll_s`, until no record is left."""

from math import ceil
from typing import TYPE_CHECKING

from workbench.platform.units import READ_UNIT_BYTES
from workbench.targets.model.sqs.finalizer import AFTER

if TYPE_CHECKING:
    from tests.oracles.sqs import SqsStory


class Finalizer:
    """Looks: segments first, then the shards in order; its one message comes back by itself."""

    def __init__(self, story: "SqsStory") -> None:
        self.story, self.p = story, story.p
        self.draws = story.stream("look")
        self.looks = 0

    def await_message(self, visible_s: float) -> None:
        """The next look, up to where it has read the batch and the segments."""
        p, draws, hop = self.p, self.draws, self.looks
        begun_s = visible_s + draws.latency("esm_dispatch", hop, 0)
        clock = begun_s
        if hop == 0:
            begun_s += draws.latency("lambda_placing", hop, 5)
            clock = begun_s + draws.latency("lambda_init", hop, 1)
        clock += p.finalizer.invocation_s
        clock += p.finalizer.call_s + draws.latency("ddb_single", hop, 2)
        clock += p.finalizer.call_s + draws.latency("ddb_single", hop, 4)
        spent_s = clock - begun_s
        self.story.kernel.at(clock, lambda: self.look(spent_s))

    def look(self, spent_s: float) -> None:
        """Read on until a record is met, and wait; none is: complete."""
        story, p, number = self.story, self.p, self.looks
        first_draw = AFTER + self.looks * (p.shards + 2)
        self.looks += 1
        story.tally["read_half_units"] += 4
        clock, shard = story.now, 0
        if story.batcher.segments_done == p.segments:
            while shard < p.shards:
                clock += p.finalizer.call_s + self.draws.latency("ddb_single", first_draw + shard)
                story.tally["read_half_units"] += 2
                if not self.is_empty(p.shards - shard, first_draw + shard):
                    break
                shard += 1
        if shard < p.shards:
            clock += p.finalizer.call_s + self.draws.latency("sqs_change_visibility", number, 3)
            story.processor.bill("finalizer_ms", spent_s + clock - story.now)
            self.await_message(clock + p.poll_s)
            return
        clock = self.complete(clock, first_draw + p.shards)
        story.processor.bill("finalizer_ms", spent_s + clock - story.now)
        story.ended_s = clock

    def is_empty(self, shards: int, number: int) -> bool:
        """Whether the first of so many shards holds none of the records that are left."""
        records = self.p.items - self.story.items_done
        if not self.p.track_item:
            records = -(-records // self.p.items_per_message)
        if records == 0:
            return True
        if shards == 1:
            return False
        return (self.draws.draw(number) >> 11) * 2.0**-53 < (1.0 - 1.0 / shards) ** records

    def complete(self, clock: float, number: int) -> float:
        """Failures are counted, the batch is marked complete, notified of, and marked as over."""
        story, p, draws = self.story, self.p, self.draws
        clock += p.finalizer.call_s + draws.latency("ddb_single", number, 0)
        story.detected_s = clock
        clock += p.finalizer.call_s + draws.latency("sns_publish", number, 2)
        clock += 4 * p.finalizer.call_s
        clock += draws.latency("ddb_single", number, 1) + draws.latency("ddb_single", number, 3)
        clock += draws.latency("ddb_single", number, 4) + draws.latency("ddb_single", number, 5)
        failed_units = max(1, ceil(story.tally["failed"] * p.failed_bytes / READ_UNIT_BYTES))
        story.tally["read_half_units"] += 2 + 2 * failed_units
        story.table.write_elsewhere(3)
        return clock
