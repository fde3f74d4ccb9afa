"""Messages that come again, told plainly: the receives of a poisoned message, then items alone."""

from collections import Counter, defaultdict
from math import ceil
from typing import TYPE_CHECKING

from workbench.targets.model.sqs.retries import BACKOFF_S, LISTED_MAX
from workbench.targets.model.sqs.settings import WHEEL_STEP_S

if TYPE_CHECKING:
    from tests.oracles.processor import Processor
    from tests.oracles.sqs import SqsStory

SECOND, THIRD, ALONE_1, ALONE_2, ALONE_3 = KINDS = (1, 2, 3, 4, 5)


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

    def work(self, processor: "Processor") -> int:
        """As many as the batch has room for; how many messages those were."""
        taken = 0
        for kind in KINDS:
            messages = min(self.p.messages_per_take - taken, self.ready_messages[kind])
            if not messages:
                continue
            items = self.ready_items[kind] * messages // self.ready_messages[kind]
            self.ready_messages[kind] -= messages
            self.ready_items[kind] -= items
            taken += messages
            if self.p.counted:
                processor.acks += messages
                self.fail_counted(processor, kind, messages, items)
                continue
            if kind == SECOND:
                self.fail_again(processor, messages, items)
                continue
            processor.acks += messages
            if kind == THIRD:
                self.split(processor, messages, items)
            else:
                self.attempt_alone(processor, kind, messages)
        return taken

    def call(self, name: str, entries: float = 0.0) -> float:
        """One call, seconds."""
        self.story.tally["retries"] += 1
        cpu_s = self.p.processor.call_s + entries * self.p.processor.entry_s
        return cpu_s + self.draws.latency(name, self.story.tally["retries"])

    def send_failed(self) -> float:
        """Seconds to send what failed of a counted message as another one."""
        self.story.tally["retry_sends"] += 1
        return self.call("sqs_send")

    def fail_counted(self, processor: "Processor", kind: int, messages: int, items: int) -> None:
        """A second or third message of items that fail: sent again, or listed and counted."""
        processor.clock += items * self.p.processor.item_s
        self.story.processed_s = max(self.story.processed_s, processor.clock)
        if kind == SECOND:
            for _ in range(messages):
                processor.clock += self.send_failed()
            self.come_again(THIRD, processor.clock + 2 * BACKOFF_S, messages, items)
            return
        share = ceil(items / messages)
        for _ in range(messages):
            for _ in range(ceil(share / LISTED_MAX)):
                processor.clock += self.call("ddb_batch_write", min(share, LISTED_MAX))
            processor.clock += self.call("ddb_single")
        self.story.tally["failed"] += items
        processor.writes += items + messages
        processor.gone += items

    def read_left(self, messages: int) -> float:
        """Seconds to read what is left of messages."""
        p, spent_s = self.p, 0.0
        for _ in range(messages):
            if p.track_item:
                spent_s += self.call("ddb_batch_get", p.items_per_message)
            else:
                spent_s += self.call("ddb_single")
            self.story.tally["read_half_units"] += 2 * (p.items_per_message if p.track_item else 1)
        return spent_s

    def fail_again(self, processor: "Processor", messages: int, items: int) -> None:
        """A second receive: what is left is tried, and fails."""
        p = self.p
        processor.clock += items * p.processor.item_s
        if p.track_item or not p.claim:  # else the claim answers with the record
            processor.clock += self.read_left(messages)
        if p.claim:
            calls = 2 * items if p.track_item else messages  # a failed item's claim is given up
            for _ in range(calls):
                processor.clock += self.call("ddb_single")
            processor.writes += calls
        for _ in range(messages):
            if not p.track_item:
                processor.clock += self.call("ddb_single")
                processor.writes += 1
            processor.clock += self.call("sqs_change_visibility")
        self.story.tally["visibility_changes"] += messages
        self.come_again(THIRD, processor.clock + 2 * BACKOFF_S, messages, items)

    def split(self, processor: "Processor", messages: int, items: int) -> None:
        """A third receive: one message an item."""
        p, share = self.p, ceil(items / messages)
        if p.track_item:
            processor.clock += self.read_left(messages)
        for _ in range(messages):
            if not p.track_item:  # lease, children, `written`, delete
                processor.clock += self.call("ddb_single") + self.call("ddb_batch_write", share)
                processor.clock += self.call("ddb_single") + self.call("ddb_single")
                processor.writes += share + 3
            for _ in range(ceil(share / p.messages_per_send)):
                processor.clock += self.call("sqs_send_batch", min(share, p.messages_per_send))
                self.story.tally["retry_sends"] += 1
        self.come_again(ALONE_1, processor.clock, items, items)

    def attempt_alone(self, processor: "Processor", kind: int, items: int) -> None:
        """One item a message: counted, tried, and sent again or listed as failed."""
        story, p = self.story, self.p
        for _ in range(items):
            processor.clock += self.call("ddb_single") + p.processor.item_s
            processor.writes += 1
            story.processed_s = max(story.processed_s, processor.clock)
            if kind == ALONE_3:
                processor.clock += self.call("ddb_transact")
                processor.writes += 4
                processor.gone += 1
                story.tally["failed"] += 1
                continue
            processor.clock += self.call("ddb_single") + self.call("sqs_send")  # lease given up
            processor.writes += 1
            story.tally["retry_sends"] += 1
            delay_s = BACKOFF_S if kind == ALONE_1 else 2 * BACKOFF_S
            self.come_again(kind + 1, processor.clock + delay_s, 1, 1)
