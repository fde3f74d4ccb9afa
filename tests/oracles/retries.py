"""What failed, sent again, told plainly: the second and the third message of poisoned items."""

from collections import Counter, defaultdict
from math import ceil
from typing import TYPE_CHECKING

from workbench.platform.units import SQS_CHUNK_BYTES
from workbench.targets.model.sqs.retries import BACKOFF_S, LISTED_MAX, MOVED_MAX
from workbench.targets.model.sqs.settings import WHEEL_STEP_S

if TYPE_CHECKING:
    from tests.oracles.processor import Processor
    from tests.oracles.sqs import SqsStory

SECOND, THIRD = KINDS = (1, 2)


class Retries:
    """Counts of messages and of their poisoned items, by kind: due later, or ready now."""

    def __init__(self, story: "SqsStory") -> None:
        self.story, self.p = story, story.p
        self.draws = story.stream("retry")
        self.ready_messages, self.ready_items = Counter(), Counter()
        self.later: dict[int, list[tuple[int, int, int]]] = defaultdict(list)

    @property
    def ready(self) -> int:
        """Messages that a poller could take."""
        return self.ready_messages.total()

    @property
    def due(self) -> int:
        """Messages that are not visible yet."""
        return sum(messages for batch in self.later.values() for _, messages, _ in batch)

    def come_again(self, kind: int, time_s: float, messages: int, items: int) -> None:
        """Messages of a kind become visible at a time, to the next twentieth of a second."""
        step = int(time_s / WHEEL_STEP_S + 0.5)
        if step not in self.later:
            self.story.kernel.at((step + 0.5) * WHEEL_STEP_S, lambda: self.release(step))
        self.later[step].append((kind, messages, items))

    def release(self, step: int) -> None:
        """What is due is visible."""
        for kind, messages, items in self.later.pop(step):
            self.ready_messages[kind] += messages
            self.ready_items[kind] += items
        self.story.wake_up()
        self.story.fill()

    def work(self, processor: "Processor") -> tuple[int, int]:
        """As many as the batch has room for; how many messages those were, and their items."""
        taken = held = 0
        for kind in KINDS:
            messages = min(self.p.messages_per_take - taken, self.ready_messages[kind])
            if not messages:
                continue
            items = self.ready_items[kind] * messages // self.ready_messages[kind]
            self.ready_messages[kind] -= messages
            self.ready_items[kind] -= items
            taken += messages
            held += items
            processor.acks += messages
            self.fail_again(processor, kind, messages, items)
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

    def fail_again(self, processor: "Processor", kind: int, messages: int, items: int) -> None:
        """A second or third message of items that fail: sent again, or listed. Each is claimed,
        unless messages are counted.
        """
        p, story = self.p, self.story
        records = items if p.track_item else messages
        claims = 0 if p.counted else records
        for _ in range(claims):
            processor.clock += self.call("ddb_single")
        processor.writes += claims
        processor.clock += items * p.processor.item_s
        story.processed_s = max(story.processed_s, processor.clock)
        if kind == SECOND:
            for _ in range(claims):
                processor.clock += self.call("ddb_single")
            processor.writes += claims
            for _ in range(messages):
                processor.clock += self.send_failed(ceil(items / messages))
            self.come_again(THIRD, processor.clock + 2 * BACKOFF_S, messages, items)
            return
        story.tally["failed"] += items
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
