"""`counters` told plainly: the story of `sqs` with another batcher and another finalizer.

The same story as `counters_kernel`, event for event, so that a test can hold the two to the same
numbers. Read this one first.
"""

from math import ceil

import numpy as np

from tests.oracles.batcher import Batcher, Segment
from tests.oracles.finalizer import Finalizer
from tests.oracles.sqs import SqsStory
from workbench.platform.units import READ_UNIT_BYTES
from workbench.targets.model.counters.kernel import PAGE
from workbench.targets.model.counters.settings import PER_SHARD
from workbench.targets.model.sqs.finalizer import AFTER
from workbench.targets.model.sqs.settings import SqsSettings


def tell_counters(p: SqsSettings, seed: int, table: np.ndarray) -> "CountersStory":
    """One batch from its trigger to its notification."""
    story = CountersStory(p, seed, table)
    story.begin()
    story.kernel.run(stop=lambda: story.detected_s >= 0)
    return story


class CountersStory(SqsStory):
    """Queue, event source and processor are those of `sqs`."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.batcher = PartBatcher(self)
        self.finalizer = ShardFinalizer(self)


class PartBatcher(Batcher):
    """Sends the messages of each part of the plan; writes nothing for them."""

    def begin(self) -> None:
        """The trigger's invocation: the batch record, the looks' message, the plan."""
        p, d, story = self.p, self.draws, self.story
        begun_s = d.latency("lambda_async", 0, 0) + d.latency("lambda_placing", 0, 5)
        clock = begun_s + d.latency("lambda_init", 0, 1) + p.batcher.invocation_s
        clock += 2 * p.batcher.call_s
        clock += d.latency("ddb_single", 0, 2) + d.latency("ddb_single", 0, 3)
        clock += p.batcher.call_s + d.latency("sqs_send", 0, 4)
        first_look_s = clock + p.poll_s
        sends = ceil(p.segments / p.segments_per_send)
        clock += sends * p.batcher.call_s + p.segments * p.batcher.entry_s
        sending_s = self.sends.next("sqs_send_batch", sends)
        clock += sending_s
        story.table.write_elsewhere(1)
        story.tally["read_half_units"] += 2
        self.bill(clock - begun_s)
        self.target = p.plan_pollers.start
        self.sender_ends_s = clock
        sent_s = clock - sending_s / sends / 2
        story.kernel.at(sent_s, self.planned)
        self.ramp_of_plan.begin(sent_s + p.plan_pollers.idle_s)
        story.finalizer.await_message(first_look_s)

    def start_segment(self) -> None:
        """One part's invocation: it reads the batch before it sends."""
        p, d, number = self.p, self.draws, self.begun
        part, clock = self.take()
        read_s = d.latency("ddb_single", 2 + number, 2)
        clock += p.batcher.invocation_s + p.batcher.call_s + read_s
        self.story.tally["read_half_units"] += 2
        self.story.kernel.at(clock, lambda: self.send(part))

    def send(self, segment: Segment) -> None:
        """One send; after the last the part is done."""
        p, story = self.p, self.story
        count = min(
            p.messages_per_send, segment.messages - segment.sends_done * p.messages_per_send
        )
        if count <= 0:
            self.end(segment)
            return
        at = story.now + p.batcher.call_s + count * p.batcher.entry_s
        at += self.sends.next("sqs_send_batch")
        story.tally["item_sends"] += 1
        story.tally["item_send_units"] += self.send_units(segment, count)
        segment.sends_done += 1
        story.kernel.at(at, lambda: self.sent(segment, count))


class ShardFinalizer(Finalizer):
    """Looks at the counted messages: the last shards, and if these are full all others."""

    def await_message(self, visible_s: float) -> None:
        """The message that drives the looks comes back: when the next has read the batch."""
        p, draws, hop = self.p, self.draws, self.looks
        begun_s = visible_s + draws.latency("esm_dispatch", hop, 0)
        clock = begun_s
        if hop == 0:
            begun_s += draws.latency("lambda_placing", hop, 5)
            clock = begun_s + draws.latency("lambda_init", hop, 1)
        read_s = draws.latency("ddb_single", hop, 2)
        clock += p.finalizer.invocation_s + p.finalizer.call_s + read_s
        self.story.tally["read_half_units"] += 2
        spent_s = clock - begun_s
        self.story.kernel.at(clock, lambda: self.look(spent_s))

    def look(self, spent_s: float) -> None:
        """A message is missing: the same message once more. None is: tell, then mark."""
        story, p, draws, hop = self.story, self.p, self.draws, self.looks
        self.looks += 1
        done = story.items_done == p.items
        shards = ceil(p.messages / PER_SHARD)
        keys = shards if done else min(shards, (shards - 1) % PAGE + 1)
        pages = ceil(keys / PAGE)
        clock = story.now + pages * p.finalizer.call_s + keys * p.finalizer.entry_s
        clock += draws.latencies("ddb_batch_get", AFTER + hop * 1_000, pages)
        story.tally["read_half_units"] += keys
        if not done:
            clock += p.finalizer.call_s + draws.latency("sqs_change_visibility", hop, 3)
            story.processor.bill("finalizer_ms", spent_s + clock - story.now)
            self.await_message(clock + p.poll_s)
            return
        clock += p.finalizer.call_s + draws.latency("ddb_single", hop, 3)
        story.detected_s = clock
        clock += p.finalizer.call_s + draws.latency("sns_publish", hop, 4)
        clock += p.finalizer.call_s + draws.latency("ddb_single", hop, 5)
        failed_units = max(1, ceil(story.tally["failed"] * p.failed_bytes / READ_UNIT_BYTES))
        story.tally["read_half_units"] += 2 * failed_units
        story.table.write_elsewhere(1)
        story.processor.bill("finalizer_ms", spent_s + clock - story.now)
        story.ended_s = clock
