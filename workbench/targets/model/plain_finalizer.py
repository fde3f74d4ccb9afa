"""The finalizer of `sqs`, told plainly: a look every `poll_s`, until no record is left."""

from typing import TYPE_CHECKING

from workbench.targets.model.sqs_finalizer import AFTER

if TYPE_CHECKING:
    from workbench.targets.model.sqs_plain import SqsStory


class Finalizer:
    """Sends itself the next message, then looks: segments first, then the shards in order."""

    def __init__(self, story: "SqsStory") -> None:
        self.story, self.p = story, story.p
        self.draws = story.stream("look")
        self.looks = 0
        self.shard = 0  # the first that held a record at the last look

    def await_message(self, visible_s: float) -> None:
        """The next look, and within it the message for the one after."""
        p, draws, hop = self.p, self.draws, self.looks
        begun_s = visible_s + draws.latency("esm_dispatch", hop, 0)
        clock = begun_s + (draws.latency("lambda_init", hop, 1) if hop == 0 else 0.0)
        clock += p.finalizer_invocation_s
        clock += p.finalizer_call_s + draws.latency("ddb_single", hop, 2)
        clock += p.finalizer_call_s + draws.latency("sqs_send", hop, 3)
        next_visible_s = clock + p.poll_s
        clock += 2 * p.finalizer_call_s
        clock += draws.latency("ddb_single", hop, 4) + draws.latency("ddb_single", hop, 5)
        spent_s = clock - begun_s
        self.story.kernel.at(clock, lambda: self.look(spent_s, next_visible_s))

    def look(self, spent_s: float, next_visible_s: float) -> None:
        """Read on until a record is met; none left: complete."""
        story, p = self.story, self.p
        first_draw = AFTER + self.looks * (p.shards + 2)
        self.looks += 1
        story.tally["read_half_units"] += 4
        story.table.write_elsewhere(1)
        clock = story.now
        if story.batcher.segments_done == p.segments:
            while self.shard < p.shards:
                number = first_draw + self.shard
                clock += p.finalizer_call_s + self.draws.latency("ddb_single", number)
                story.tally["read_half_units"] += 2
                if not self.is_empty(p.shards - self.shard, number):
                    break
                self.shard += 1
            if self.shard == p.shards:
                clock = self.complete(clock, first_draw + p.shards)
        story.processor.bill("finalizer_ms", spent_s + clock - story.now)
        self.await_message(next_visible_s)

    def is_empty(self, shards: int, number: int) -> bool:
        """Whether the first of so many shards holds none of the records that are left."""
        records = self.p.items - self.story.left
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
        clock += 2 * p.finalizer_call_s
        clock += draws.latency("ddb_single", number, 0) + draws.latency("ddb_single", number, 1)
        story.detected_s = clock
        clock += p.finalizer_call_s + draws.latency("sns_publish", number, 2)
        clock += p.finalizer_call_s + draws.latency("ddb_transact", number, 3)
        story.tally["read_half_units"] += 2
        story.table.write_elsewhere(5)
        return clock
