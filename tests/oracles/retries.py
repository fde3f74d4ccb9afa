"""What failed, sent again, told plainly: the second and the third message of items that failed."""

from collections import defaultdict
from math import ceil
from typing import TYPE_CHECKING

from workbench.platform.units import SQS_CHUNK_BYTES
from workbench.targets.model.sqs.retries import BACKOFF_S, LISTED_MAX, MOVED_MAX
from workbench.targets.model.sqs.settings import WHEEL_STEP_S

if TYPE_CHECKING:
    from tests.oracles.processor import Processor
    from tests.oracles.sqs import SqsStory

SECOND, THIRD = KINDS = (1, 2)
Fate = list[
    int
]  # of this try and of the next messages, items, ms; messages and items that are lost


class Retries:
    """What will come of the messages of a kind, added up: due later, or ready now."""

    def __init__(self, story: "SqsStory") -> None:
        self.story, self.p = story, story.p
        self.draws = story.stream("retry")
        self.ready_fates: dict[int, Fate] = {kind: [0] * 8 for kind in KINDS}
        self.later: dict[int, list[tuple[int, Fate]]] = defaultdict(list)

    @property
    def ready(self) -> int:
        """Messages that a poller could take."""
        return sum(what[0] for what in self.ready_fates.values())

    @property
    def due(self) -> int:
        """Messages that are not visible yet."""
        return sum(what[0] for batch in self.later.values() for _, what in batch)

    def fate(self, start: int, stop: int) -> Fate:
        """What will come of the message of these items, whose first try has failed."""
        second = self.story.items.tried(start, stop, 2)
        third = self.story.items.tried(start, stop, 3)
        lost = sum(fails for _, fails in third)
        again_ms = self.story.items.again_ms
        ms = [again_ms(start, stop, tries, self.p.item_workers) for tries in (2, 3)]
        return [1, len(second), ms[0], int(bool(third)), len(third), ms[1], int(lost > 0), lost]

    def come_again(self, kind: int, time_s: float, what: Fate) -> None:
        """Messages of a kind become visible at a time, to the next twentieth of a second."""
        step = int(time_s / WHEEL_STEP_S + 0.5)
        if step not in self.later:
            self.story.kernel.at((step + 0.5) * WHEEL_STEP_S, lambda: self.release(step))
        self.later[step].append((kind, what))

    def release(self, step: int) -> None:
        """What is due is visible."""
        for kind, what in self.later.pop(step):
            self.ready_fates[kind] = [
                a + b for a, b in zip(self.ready_fates[kind], what, strict=True)
            ]
        self.story.wake_up()
        self.story.fill()

    def take(self, kind: int, messages: int) -> Fate:
        """So many messages with their share; what still has an item keeps a message for it."""
        ready = self.ready_fates[kind]
        share = [count * messages // ready[0] for count in ready]
        for at in (3, 6):
            share[at] = ceil(ready[at] * messages / ready[0])
            share[at + 1] = max(share[at], share[at + 1])
        self.ready_fates[kind] = [a - b for a, b in zip(ready, share, strict=True)]
        return share

    def work(self, processor: "Processor") -> tuple[int, int]:
        """As many as the batch has room for; how many messages those were, and their items."""
        taken = held = 0
        for kind in KINDS:
            messages = min(self.p.messages_per_take - taken, self.ready_fates[kind][0])
            if messages:
                taken += messages
                processor.acks += messages
                what = self.take(kind, messages)
                held += what[1]
                self.try_again(processor, kind, what)
        return taken, held

    def call(self, name: str, entries: float = 0.0) -> float:
        """One call, seconds."""
        self.story.tally["retries"] += 1
        cpu_s = self.p.processor.call_s + entries * self.p.processor.entry_s
        return cpu_s + self.draws.latency(name, self.story.tally["retries"])

    def send_failed(self, items: int) -> float:
        """Seconds to send what failed of a message as another one."""
        units = ceil(self.story.sized(1, items) / SQS_CHUNK_BYTES)
        self.story.tally["retry_send_units"] += units
        return self.call("sqs_send")

    def try_again(self, processor: "Processor", kind: int, what: Fate) -> None:
        """Second or third messages, each claimed unless messages are counted: what is done goes,
        what fails is sent again, or listed.
        """
        p, story = self.p, self.story
        messages, items, slept_ms, again, left = what[:5]
        self.claim(processor, messages, items)
        processor.clock += slept_ms / 1000.0 + items * p.processor.item_s
        story.processed_s = max(story.processed_s, processor.clock)
        self.remove(processor, messages - again, items - left)
        processor.gone += items - left
        if left and kind == SECOND:
            self.claim(processor, again, left)
            for _ in range(again):
                processor.clock += self.send_failed(ceil(left / again))
            self.come_again(THIRD, processor.clock + 2 * BACKOFF_S, [*what[3:], 0, 0, 0])
        elif left:
            self.lose(processor, again, left)

    def claim(self, processor: "Processor", messages: int, items: int) -> None:
        """Records are leased, or their leases given back."""
        claims = 0 if self.p.counted else items if self.p.track_item else messages
        for _ in range(claims):
            processor.clock += self.call("ddb_single")
        processor.writes += claims

    def remove(self, processor: "Processor", messages: int, items: int) -> None:
        """Metrics of what is done; the records of what is done, or of messages that are."""
        p = self.p
        if p.put_metrics:
            self.story.tally["metric_calls"] += items
            for _ in range(items):
                processor.clock += self.call("cloudwatch_put")
        records = items if p.track_item else messages
        processor.writes += records
        while records:
            entries = min(records, p.entries_per_write) if p.track_item else 1
            batched = p.track_item and p.entries_per_write > 1
            name = "ddb_batch_write" if batched else "ddb_single"
            processor.clock += self.call(name, entries if batched else 0.0)
            records -= entries

    def lose(self, processor: "Processor", messages: int, items: int) -> None:
        """What has failed for the last time is listed."""
        p = self.p
        records = items if p.track_item else messages
        self.story.tally["failed"] += items
        processor.gone += items
        for _ in range(records):
            self.list_failed(processor, ceil(items / records))
        if p.counted:
            processor.writes += items + messages
        elif p.track_item:
            processor.writes += 4 * items
        else:
            parts = messages * ceil(ceil(items / messages) / MOVED_MAX)
            processor.writes += 2 * (items + parts)

    def list_failed(self, processor: "Processor", share: int) -> None:
        """The failed items of one record: listed, and counted or taken from it."""
        if self.p.counted:
            for _ in range(ceil(share / LISTED_MAX)):
                processor.clock += self.call("ddb_batch_write", min(share, LISTED_MAX))
            processor.clock += self.call("ddb_single")
            return
        for _ in range(ceil(share / MOVED_MAX)):
            moved = 0 if self.p.track_item else min(share, MOVED_MAX)
            processor.clock += self.call("ddb_transact", moved)
