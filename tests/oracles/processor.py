"""The processor of `sqs`, told plainly: one invocation's messages, in turn or at once."""

from math import ceil
from typing import TYPE_CHECKING

from tests.oracles.parallel import work_at_once
from tests.oracles.retries import BACKOFF_S, SECOND, Retries
from workbench.platform.units import SQS_CHUNK_BYTES

if TYPE_CHECKING:
    from tests.oracles.sqs import Invocation, SqsStory


class Processor:
    """Works messages; `clock` is where the invocation under way has got to."""

    def __init__(self, story: "SqsStory") -> None:
        self.story, self.p = story, story.p
        self.draws = story.stream("invocation")
        self.calls = story.stream("remove")
        self.retries = Retries(story)
        self.clock = 0.0
        self.writes = self.gone = self.acks = 0

    def invoke(self, time_s: float) -> tuple[float, "Invocation"]:
        """A poller hands a batch over: when the invocation ends, and what it leaves behind."""
        from tests.oracles.sqs import Invocation

        p, story, tally = self.p, self.story, self.story.tally
        number = tally["invocations"]
        tally["invocations"] += 1
        tally["peak"] = max(tally["peak"], story.running)
        begun_s = self.clock = time_s + self.draws.latency("esm_dispatch", number, 0)
        if story.running > story.environments:
            story.environments += 1
            tally["cold_starts"] += 1
            begun_s += self.draws.latency("lambda_placing", number, 5)
            self.clock = begun_s + self.draws.latency("lambda_init", number, 1)
        self.clock += p.processor.invocation_s
        if not p.arrivals:
            self.clock += p.processor.call_s + self.draws.latency("ddb_single", number, 2)
            tally["read_half_units"] += 1
        self.writes = self.gone = self.acks = 0
        taken, again = self.retries.work(self) if self.retries.ready else (0, 0)
        messages = min(p.messages_per_take - taken, story.visible)
        bounds = map(self.bounds, range(story.next_message, story.next_message + messages))
        size_bytes = story.sized(taken, again)
        size_bytes += story.sized(messages, sum(stop - start for start, stop in bounds))
        self.work(messages)
        story.visible -= messages
        story.next_message += messages
        self.count_polls(messages + taken, size_bytes)
        self.bill("processor_ms", self.clock - begun_s)
        return self.clock, Invocation(self.gone, self.writes)

    def bill(self, name: str, spent_s: float) -> None:
        """Milliseconds, rounded up."""
        self.story.tally[name] += ceil(spent_s * 1000.0 - 1e-6)

    def count_polls(self, received: int, size_bytes: int) -> None:
        """What the mapping's receives and deletes of one batch bill, those of its window too."""
        p, story, tally = self.p, self.story, self.story.tally
        polls = story.held_polls + ceil((received - story.held) / p.poller_messages)
        story.held = story.held_polls = 0
        tally["receives"] += polls
        full, rest = divmod(received, p.poller_messages)
        parts = full * [p.poller_messages] + [rest]
        sizes = [size_bytes * n // max(1, received) for n in parts]  # by the mean of a message
        tally["receive_units"] += max(polls, sum(ceil(size / SQS_CHUNK_BYTES) for size in sizes))
        tally["deletes"] += ceil(self.acks / p.poller_messages)
        story.polled(polls, size_bytes)

    def bounds(self, message: int) -> tuple[int, int]:
        """The first item of a message, and the first after it."""
        p = self.p
        segment, within = divmod(message, p.messages_per_segment)
        start = segment * p.segment_items + within * p.items_per_message
        end_of_segment = min((segment + 1) * p.segment_items, p.items)
        return start, min(start + p.items_per_message, end_of_segment)

    def work(self, messages: int) -> None:
        """The new messages of an invocation."""
        first = self.story.next_message
        if self.p.item_workers > 1:
            work_at_once(self, range(first, first + messages))
            return
        for message in range(first, first + messages):
            self.work_in_turn(message)

    def work_in_turn(self, message: int) -> None:
        """The items of a message one after the other, then its records are removed."""
        p, story = self.p, self.story
        start, stop = self.bounds(message)
        tried = story.items.tried(start, stop, 1)
        items, good = len(tried), sum(not fails for _, fails in tried)
        self.clock += sum(ms for ms, _ in tried) / 1000.0 + items * p.processor.item_s
        if p.claim or p.put_metrics:
            self.clock += self.around_items(items, good)
        story.processed_s = max(story.processed_s, self.clock)
        if not p.arrivals:
            self.remove(good, items - good)
        if good < items:
            self.clock += self.retries.send_failed(items - good)
            self.retries.come_again(SECOND, self.clock + BACKOFF_S, self.retries.fate(start, stop))
        self.acks += 1
        self.gone += good

    def around_items(self, items: int, good: int) -> float:
        """Seconds for claims before and after, and metrics after, the items of one message."""
        p, spent_s = self.p, 0.0
        if p.claim:
            failed = items - good  # whose claims are given up, so that they can be taken again
            claims = items + failed if p.track_item else 1 + (failed > 0)
            self.writes += claims
            spent_s += claims * p.processor.call_s
            spent_s += self.calls.next("ddb_single", claims)
        if p.put_metrics:
            self.story.tally["metric_calls"] += good
            spent_s += good * p.processor.call_s
            spent_s += self.calls.next("cloudwatch_put", good)
        return spent_s

    def remove(self, good: int, bad: int) -> None:
        """The records of a message's good items go; its own stays for the bad ones."""
        p = self.p
        batched = p.track_item and p.entries_per_write > 1
        calls = ceil(good / p.entries_per_write) if p.track_item else int(bad == 0)
        spent_s = calls * p.processor.call_s + (good * p.processor.entry_s if batched else 0.0)
        spent_s += self.calls.next("ddb_batch_write" if batched else "ddb_single", calls)
        self.clock += spent_s
        self.writes += good if p.track_item else calls
