"""The finalizer of `sqs`, told plainly: a look every `poll_s`, until no record is left."""

from math import ceil
from typing import TYPE_CHECKING

from workbench.platform.units import READ_UNIT_BYTES
from workbench.targets.model.sqs.finalizer import AFTER

if TYPE_CHECKING:
    from tests.oracles.sqs import SqsStory


class Finalizer:
    """Sends itself the next message, then looks: segments first, then the shards in order."""

    def __init__(self, story: "SqsStory") -> None:
        self.story, self.p = story, story.p
        self.draws = story.stream("look")
        self.looks = 0
        self.shard = 0  # the first that held a record at the last look

    def await_message(self, visible_s: float) -> None:
        """The next look, up to where it has read the batch and the segments."""
        p, draws, hop = self.p, self.draws, self.looks
        begun_s = visible_s + draws.latency("esm_dispatch", hop, 0)
        clock = begun_s + (draws.latency("lambda_init", hop, 1) if hop == 0 else 0.0)
        clock += p.finalizer.invocation_s
        clock += p.finalizer.call_s + draws.latency("ddb_single", hop, 2)
        clock += p.finalizer.call_s + draws.latency("ddb_single", hop, 4)
        spent_s = clock - begun_s
        self.story.kernel.at(clock, lambda: self.look(spent_s))

    def look(self, spent_s: float) -> None:
        """Read on until a record is met, send the next message; none left: complete."""
        story, p, hop = self.story, self.p, self.looks
        first_draw = AFTER + self.looks * (p.shards + 2)
        self.looks += 1
        story.tally["read_half_units"] += 4
        story.table.write_elsewhere(1)
        clock = story.now
        if story.batcher.segments_done == p.segments:
            while self.shard < p.shards:
                number = first_draw + self.shard
                clock += p.finalizer.call_s + self.draws.latency("ddb_single", number)
                story.tally["read_half_units"] += 2
                if not self.is_empty(p.shards - self.shard, number):
                    break
                self.shard += 1
        clock += p.finalizer.call_s + self.draws.latency("sqs_send", hop, 3)
        next_visible_s = clock + p.poll_s
        clock += p.finalizer.call_s + self.draws.latency("ddb_single", hop, 5)
        if self.shard < p.shards:
            story.processor.bill("finalizer_ms", spent_s + clock - story.now)
            self.await_message(next_visible_s)
            return
        clock = self.complete(clock, first_draw + p.shards)
        story.processor.bill("finalizer_ms", spent_s + clock - story.now)
        self.drop_last_link(next_visible_s)

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
        """Failures are counted, the batch is marked complete, the notification goes out."""
        story, p, draws = self.story, self.p, self.draws
        clock += p.finalizer.call_s + draws.latency("ddb_single", number, 0)
        story.detected_s = clock
        clock += 2 * p.finalizer.call_s
        clock += draws.latency("ddb_single", number, 1) + draws.latency("ddb_single", number, 4)
        clock += p.finalizer.call_s + draws.latency("sns_publish", number, 2)
        clock += p.finalizer.call_s + draws.latency("ddb_transact", number, 3)
        failed_units = max(1, ceil(story.tally["failed"] * p.failed_bytes / READ_UNIT_BYTES))
        story.tally["read_half_units"] += 2 + 2 * failed_units
        story.table.write_elsewhere(5)
        return clock

    def drop_last_link(self, visible_s: float) -> None:
        """The message under way finds the batch notified; with it the run is over."""
        p, draws, story = self.p, self.draws, self.story
        spent_s = p.finalizer.invocation_s + p.finalizer.call_s
        spent_s += draws.latency("ddb_single", self.looks, 2)
        story.tally["read_half_units"] += 2
        story.processor.bill("finalizer_ms", spent_s)
        story.ended_s = visible_s + draws.latency("esm_dispatch", self.looks, 0) + spent_s
