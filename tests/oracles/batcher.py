"""The batcher of `sqs`, told plainly: the trigger, the plan, and the segments."""

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from tests.oracles.ramp import Ramp
from workbench.platform.units import SQS_CHUNK_BYTES
from workbench.targets.model.sqs.batcher import PLAN_INIT, PLAN_SEND
from workbench.targets.model.sqs.settings import WRITE_STEPS

if TYPE_CHECKING:
    from tests.oracles.sqs import SqsStory


@dataclass
class Segment:
    """One invocation's range of items."""

    number: int
    items: int
    messages: int
    begun_s: float = 0.0
    steps_done: int = 0
    sends_done: int = 0


class Batcher:
    """Writes each segment's records, then sends its messages."""

    def __init__(self, story: "SqsStory") -> None:
        self.story, self.p = story, story.p
        self.draws = story.stream("segment")
        self.writes, self.sends = story.stream("write"), story.stream("send")
        self.environments = 1
        self.running = self.begun = self.visible = self.segments_done = 0
        self.target = 0
        self.ramp_of_plan = Ramp(story.kernel, story.p.plan_pollers, self.ramp)
        self.sender_ends_s = 0.0  # of the invocation that has sent what comes next

    def begin(self) -> None:
        """The trigger's invocation: the batch record, the looks' message, the plan's."""
        p, d = self.p, self.draws
        begun_s = d.latency("lambda_async", 0, 0) + d.latency("lambda_placing", PLAN_SEND, 5)
        clock = begun_s + d.latency("lambda_init", 0, 1) + p.batcher.invocation_s
        clock += 3 * p.batcher.call_s
        for place in range(2, 5):
            clock += d.latency("ddb_single", 0, place)
        clock += p.batcher.call_s + d.latency("sqs_send", 0, 5)
        first_look_s = clock + p.poll_s
        sending_s = d.latency("sqs_send", PLAN_SEND, 0)
        clock += p.batcher.call_s + sending_s
        self.story.table.write_elsewhere(2)
        self.story.tally["read_half_units"] += 2
        self.bill(clock - begun_s)
        self.target = p.plan_pollers.start
        sent_s = clock - sending_s / 2  # a queue has a message before the sender hears of it
        self.sender_ends_s = clock
        self.plan(sent_s)
        self.ramp_of_plan.begin(min(sent_s + p.plan_pollers.idle_s, self.sender_ends_s))
        self.story.finalizer.await_message(first_look_s)

    def bill(self, spent_s: float) -> None:
        """One invocation."""
        self.story.tally["batcher_invocations"] += 1
        self.story.processor.bill("batcher_ms", spent_s)

    def begin_cold(self, begun_s: float, running: int, number: int) -> tuple[float, float]:
        """When an invocation begins, and its handler: later in a new environment, if each is
        taken; with those `running` also the one that has sent what is begun here and has not ended.
        """
        running += begun_s < self.sender_ends_s
        if running < self.environments:
            return begun_s, begun_s
        self.environments += 1
        begun_s += self.draws.latency("lambda_placing", number, 4)
        return begun_s, begun_s + self.draws.latency("lambda_init", number, 1)

    def plan(self, sent_s: float) -> None:
        """The plan's invocation: segment records under one key, then the segment messages."""
        p, d = self.p, self.draws
        begun_s = sent_s + d.latency("esm_dispatch", 1, 0)
        writes, sends = (
            ceil(p.segments / p.entries_per_write),
            ceil(p.segments / p.segments_per_send),
        )
        begun_s, clock = self.begin_cold(begun_s, 0, PLAN_INIT)
        clock += p.batcher.invocation_s + 2 * p.batcher.call_s
        clock += d.latency("ddb_single", 1, 1) + d.latency("ddb_single", 1, 2)
        batched = p.entries_per_write > 1
        spent_s = writes * p.batcher.call_s + (p.segments * p.batcher.entry_s if batched else 0.0)
        spent_s += self.writes.next("ddb_batch_write" if batched else "ddb_single", writes)
        clock += max(spent_s, p.segments / (p.key_units_per_s / p.shards) - p.burst_s)
        clock += 2 * p.batcher.call_s
        clock += d.latency("ddb_single", 1, 3) + d.latency("ddb_single", 1, 4)
        batched = p.segments_per_send > 1
        clock += sends * p.batcher.call_s + (p.segments * p.batcher.entry_s if batched else 0.0)
        sending_s = self.sends.next("sqs_send_batch" if batched else "sqs_send", sends)
        clock += sending_s
        self.story.kernel.at(clock - sending_s / sends / 2, self.planned)
        clock += p.batcher.call_s + d.latency("ddb_single", 1, 5)
        self.sender_ends_s = clock
        self.story.table.write_elsewhere(p.segments + 3)
        self.story.tally["read_half_units"] += 2 + p.plan_half_units
        self.bill(clock - begun_s)

    def planned(self) -> None:
        """Every segment's message is visible."""
        self.visible = self.p.segments
        self.start_segments()

    def ramp(self) -> bool:
        """One more poller of the plan queue, if all are busy and segments are left."""
        if self.running >= self.target and self.visible:
            self.target += 1
            self.start_segments()
        return self.target < self.p.plan_pollers.most and self.begun < self.p.segments

    def start_segments(self) -> None:
        """Free pollers of the plan queue take segments."""
        p = self.p
        while (
            self.visible
            and self.running < min(p.plan_pollers.most, self.target)
            and self.running + self.story.running < p.account
        ):
            self.start_segment()

    def take(self) -> tuple[Segment, float]:
        """A poller takes the next segment: when its invocation has an environment."""
        p, d, number = self.p, self.draws, self.begun
        items = min(p.segment_items, p.items - number * p.segment_items)
        segment = Segment(number, items, ceil(items / p.items_per_message))
        self.running += 1
        self.begun += 1
        self.visible -= 1
        begun_s = self.story.now + d.latency("esm_dispatch", 2 + number, 0)
        segment.begun_s, clock = self.begin_cold(begun_s, self.running - 1, 2 + number)
        return segment, clock

    def start_segment(self) -> None:
        """One segment's invocation: its batch and its lease are read and written first."""
        p, d, number = self.p, self.draws, self.begun
        segment, clock = self.take()
        clock += p.batcher.invocation_s + 2 * p.batcher.call_s
        clock += d.latency("ddb_single", 2 + number, 2) + d.latency("ddb_single", 2 + number, 3)
        self.story.tally["read_half_units"] += 2
        self.story.table.write_elsewhere(1)
        self.story.kernel.at(clock, lambda: self.write_records(segment))

    def write_records(self, segment: Segment) -> None:
        """A portion of the segment's records, as fast as we and the table can; then the sends."""
        p, now = self.p, self.story.now
        records = segment.items if p.track_item else segment.messages
        writes = ceil(records / p.entries_per_write)
        steps = min(writes, WRITE_STEPS)
        if segment.steps_done == steps:
            self.send(segment)
            return
        first = segment.steps_done * writes // steps
        stop = (segment.steps_done + 1) * writes // steps
        entries = min(stop * p.entries_per_write, records) - first * p.entries_per_write
        batched = p.entries_per_write > 1
        spent_s = (stop - first) * p.batcher.call_s
        spent_s += entries * p.batcher.entry_s if batched else 0.0
        spent_s += self.writes.next("ddb_batch_write" if batched else "ddb_single", stop - first)
        segment.steps_done += 1
        at = max(now + spent_s, self.story.table.reserve(entries))
        self.story.kernel.at(at, lambda: self.write_records(segment))

    def send(self, segment: Segment) -> None:
        """One send, the `written` flag before the first; after the last the record is deleted."""
        p, story = self.p, self.story
        left = segment.messages - segment.sends_done * p.messages_per_send
        if left <= 0:
            draw = -1 - segment.number
            at = story.now + p.batcher.call_s + self.draws.latency("ddb_single", draw)
            story.table.write_elsewhere(1)
            story.kernel.at(at, lambda: self.end(segment))
            return
        count, batched = min(p.messages_per_send, left), p.messages_per_send > 1
        at = story.now + p.batcher.call_s + (count * p.batcher.entry_s if batched else 0.0)
        number = self.sends.taken
        self.sends.taken += 1
        at += self.sends.latency("sqs_send_batch" if batched else "sqs_send", number, 0)
        if segment.sends_done == 0:
            at += p.batcher.call_s + self.sends.latency("ddb_single", number, 1)
            story.table.write_elsewhere(1)
        story.tally["item_sends"] += 1
        story.tally["item_send_units"] += self.send_units(segment, count)
        segment.sends_done += 1
        story.kernel.at(at, lambda: self.sent(segment, count))

    def send_units(self, segment: Segment, count: int) -> int:
        """What one send of so many of a segment's messages bills; the last one may be smaller."""
        p, sent = self.p, segment.sends_done * self.p.messages_per_send
        items = sum(
            min(p.items_per_message, segment.items - number * p.items_per_message)
            for number in range(sent, sent + count)
        )
        return ceil(self.story.sized(count, items) / SQS_CHUNK_BYTES)

    def sent(self, segment: Segment, count: int) -> None:
        """Messages are visible, and the next send is made."""
        self.send(segment)
        self.story.arrive(count)

    def end(self, segment: Segment) -> None:
        """The segment's record is gone; its poller turns to the next."""
        story = self.story
        spent_s = story.now - segment.begun_s
        self.bill(spent_s)
        if spent_s > self.p.timeout_s:
            story.tally["late"] += 1
        self.segments_done += 1
        self.ramp_of_plan.batch_done()
        if self.segments_done == self.p.segments:
            story.created_s = story.now
        story.kernel.after(self.p.plan_pollers.turn_s, self.take_next)

    def take_next(self) -> None:
        """The poller has deleted the segment's message, and takes another."""
        self.running -= 1
        self.start_segments()
