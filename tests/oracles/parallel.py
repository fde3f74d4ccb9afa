"""Items worked at the same time in one invocation, told plainly: a small clock of its own."""

from math import ceil
from typing import TYPE_CHECKING

from tests.oracles.retries import BACKOFF_S, SECOND
from workbench.engine.kernel import Kernel
from workbench.platform.units import SQS_CHUNK_BYTES
from workbench.targets.model.sqs.parallel import BY_ITEM, BY_MESSAGE, CALLS_MAX

if TYPE_CHECKING:
    from tests.oracles.processor import Processor


class OpenMessage:
    """One message whose items are under way."""

    def __init__(self, number: int, start: int, stop: int) -> None:
        self.number, self.next, self.stop, self.items = number, start, stop, stop - start
        self.busy = self.bad = 0


class Crew:
    """Workers of one invocation, who share its one CPU."""

    def __init__(self, processor: "Processor", messages: range) -> None:
        self.processor, self.p, self.story = processor, processor.p, processor.story
        self.kernel = Kernel()
        self.kernel.now = self.cpu_free_at = processor.clock
        self.messages = list(messages)

    def run(self) -> float:
        """Work every message: the time after the last."""
        for _ in range(min(self.p.message_workers, len(self.messages))):
            self.open_message()
        self.kernel.run()
        return self.kernel.now

    def use_cpu(self, spent_s: float) -> float:
        """When the CPU has given so many seconds to who asks for them now."""
        self.cpu_free_at = max(self.kernel.now, self.cpu_free_at) + spent_s
        return self.cpu_free_at

    def call(self, name: str, number: int, place: int) -> float:
        """When one call that is made now has answered."""
        latency_s = self.processor.calls.latency(name, number, place)
        return self.use_cpu(self.p.processor.call_s) + latency_s

    def open_message(self) -> None:
        """The next message, claimed as a whole where messages are tracked."""
        number = self.messages.pop(0)
        message = OpenMessage(number, *self.processor.bounds(number))
        if self.p.claim and not self.p.track_item:
            at = self.call("ddb_single", BY_MESSAGE + number * CALLS_MAX, 0)
            self.kernel.at(at, lambda: self.start_workers(message))
        else:
            self.start_workers(message)

    def start_workers(self, message: OpenMessage) -> None:
        """Every worker of a message takes an item."""
        for _ in range(min(self.p.item_workers, message.items)):
            self.next_item(message)

    def next_item(self, message: OpenMessage) -> None:
        """A worker takes an item, and claims it where items are claimed."""
        item = message.next
        message.next += 1
        message.busy += 1
        if self.p.claim and self.p.track_item:
            at = self.call("ddb_single", BY_ITEM + item, 0)
            self.kernel.at(at, lambda: self.work_item(message, item))
        else:
            self.work_item(message, item)

    def work_item(self, message: OpenMessage, item: int) -> None:
        """CPU, then the sleep; a poisoned item fails at once."""
        ms, fails = self.story.items.tried(item, item + 1, 1)[0]
        message.bad += fails
        at = self.use_cpu(self.p.processor.item_s) + ms / 1000.0
        self.kernel.at(at, lambda: self.worked(message, item, fails))

    def worked(self, message: OpenMessage, item: int, fails: bool) -> None:
        """The item is done, or has failed; one call for it where there is one an item."""
        self.story.processed_s = max(self.story.processed_s, self.kernel.now)
        if self.p.put_metrics and not fails:
            self.story.tally["metric_calls"] += 1
            at = self.call("cloudwatch_put", BY_ITEM + item, 1)
            self.kernel.at(at, lambda: self.reported(message))
        elif self.p.claim and self.p.track_item and fails:
            at = self.call("ddb_single", BY_ITEM + item, 1)  # the claim is given up
            self.kernel.at(at, lambda: self.reported(message))
        else:
            self.reported(message)

    def reported(self, message: OpenMessage) -> None:
        """The worker takes another item, or the last one removes the records."""
        message.busy -= 1
        if message.next < message.stop:
            self.next_item(message)
        elif message.busy == 0:
            self.remove(message)

    def remove(self, message: OpenMessage) -> None:
        """The good items' records go; what is bad is sent again, its message's lease given back."""
        p, calls_of = self.p, self.processor.calls
        good = message.items - message.bad
        batched = p.track_item and p.entries_per_write > 1
        calls = ceil(good / p.entries_per_write) if p.track_item else int(message.bad == 0)
        spent_s = calls * p.processor.call_s + (good * p.processor.entry_s if batched else 0.0)
        first = BY_MESSAGE + message.number * CALLS_MAX + 1
        waits_s = calls_of.latencies("ddb_batch_write" if batched else "ddb_single", first, calls)
        if message.bad:
            spent_s += p.processor.call_s
            waits_s += calls_of.latency("sqs_send", first + calls)
            units = ceil(self.story.sized(1, message.bad) / SQS_CHUNK_BYTES)
            self.story.tally["retry_send_units"] += units
            if p.claim and not p.track_item:
                spent_s += p.processor.call_s
                waits_s += calls_of.latency("ddb_single", first + calls + 1)
        self.kernel.at(self.use_cpu(spent_s) + waits_s, lambda: self.close(message))

    def close(self, message: OpenMessage) -> None:
        """The message is done; what failed of it comes again."""
        p, processor, bad = self.p, self.processor, message.bad
        good = message.items - bad
        if p.claim:
            processor.writes += message.items + bad if p.track_item else 1 + (bad > 0)
        processor.writes += good if p.track_item else int(bad == 0)
        processor.gone += good
        processor.acks += 1
        if bad:
            what = processor.retries.fate(*processor.bounds(message.number))
            processor.retries.come_again(SECOND, self.kernel.now + BACKOFF_S, what)
        if self.messages:
            self.open_message()


def work_at_once(processor: "Processor", messages: range) -> None:
    """The new messages of an invocation, several items at a time."""
    if messages:
        processor.clock = Crew(processor, messages).run()
