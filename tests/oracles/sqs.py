"""`sqs` told plainly: objects that call each other back on a virtual clock. Slow and readable.

The same story as `sqs_kernel`, event for event, so that a test can hold the two to the same
numbers. Read this one first.
"""

from collections import Counter
from dataclasses import dataclass, field
from math import ceil

import numpy as np

from tests.oracles.batcher import Batcher
from tests.oracles.draws import Counted, Items
from tests.oracles.finalizer import Finalizer
from tests.oracles.processor import Processor
from tests.oracles.ramp import Ramp
from tests.oracles.table import Table
from workbench.engine.kernel import Kernel
from workbench.targets.model.engine import timeline
from workbench.targets.model.engine.timeline import POINTS
from workbench.targets.model.sqs.settings import SqsSettings

PORTIONS = 10_000  # of a bare queue that is filled at a steady rate


def tell_sqs(p: SqsSettings, seed: int, table: np.ndarray) -> "SqsStory":
    """One batch from its trigger to its notification."""
    story = SqsStory(p, seed, table)
    story.begin()
    story.kernel.run(stop=lambda: story.detected_s >= 0)
    return story


@dataclass
class Invocation:
    """What one invocation of the processor leaves behind when it ends."""

    gone: int  # items done or failed
    writes: int  # that the table must take first


@dataclass
class SqsStory:
    """The item queue and its event source, and everything around them."""

    p: SqsSettings
    seed: int
    latencies: np.ndarray
    kernel: Kernel = field(default_factory=Kernel)
    tally: Counter = field(default_factory=Counter)
    held_s: Counter = field(default_factory=Counter)  # seconds by limit
    samples: list[tuple[float, int, int, int, int]] = field(default_factory=list)
    sample_step: float = 0.05
    next_message: int = 0  # of the queue's head; messages leave in order
    visible: int = 0
    arrived: int = 0
    running: int = 0
    target: int = 0  # pollers; 0: the mapping sleeps
    backs_off_s: float = 0.0  # not before then again
    environments: int = 0
    items_done: int = 0  # items done
    held: int = 0  # messages received for a batch whose window is open
    held_polls: int = 0
    flushing: bool = False
    flush_planned: bool = False
    polls_free_s: float = 0.0  # from then on a provisioned poller may poll
    poll_planned: bool = False
    created_s: float = -1.0
    processed_s: float = -1.0
    detected_s: float = -1.0
    ended_s: float = -1.0  # the message that was still under way is dropped

    def __post_init__(self) -> None:
        p = self.p
        self.items = Items(self.seed, p.values)
        self.ramp_of_items = Ramp(self.kernel, p.pollers, self.ramp)
        self.table = Table(self)
        self.processor = Processor(self)
        self.batcher = Batcher(self)
        self.finalizer = Finalizer(self)

    def stream(self, concern: str) -> Counted:
        """The latencies of one concern."""
        return Counted(getattr(self.p, f"key_{concern}"), self.latencies)

    @property
    def now(self) -> float:
        """The virtual clock."""
        return self.kernel.now

    @property
    def waiting(self) -> int:
        """Messages that a poller could take: new ones, and those that have come again."""
        return self.visible + self.processor.retries.ready

    def begin(self) -> None:
        """The first events."""
        self.kernel.at(0.0, self.sample)
        if self.p.arrivals:
            self.created_s = self.p.arrival_s
            self.batcher.segments_done = self.p.segments
            self.kernel.at(0.0, self.arrive_from_outside)
        else:
            self.kernel.at(self.p.growth_s, self.table.grow)
            self.batcher.begin()

    # the queue and its event source

    def arrive(self, messages: int) -> None:
        """Messages become visible."""
        if messages:
            self.visible += messages
            self.arrived += messages
            self.wake_up()
            self.fill()

    def arrive_from_outside(self) -> None:
        """A bare queue: all at once, or at a steady rate."""
        p = self.p
        if p.arrival_s == 0:
            self.arrive(p.arrivals)
            return
        self.arrive(min(max(1, p.arrivals // PORTIONS), p.arrivals - self.arrived))
        if self.arrived < p.arrivals:
            self.kernel.at(self.arrived * p.arrival_s / p.arrivals, self.arrive_from_outside)

    def wake_up(self) -> None:
        """A mapping starts with the pollers it has, and ramps after a while if it was idle."""
        if self.target == 0:
            self.target = self.p.pollers.start
            if self.target < self.p.pollers.most:
                self.ramp_of_items.begin(self.now + self.p.pollers.idle_s)

    def ramp(self) -> bool:
        """One more poller, if all are busy or out of polls, and messages are left."""
        busy = self.running >= self.target or self.polls_free_s > self.now
        if busy and self.waiting > 0:
            if self.running + self.batcher.running >= self.p.account:
                self.tally["throttles"] += 1
                self.back_off()
            else:
                self.target += self.p.pollers.places
                self.fill()
        return self.target < self.p.pollers.most

    def back_off(self) -> None:
        """A throttle takes a share of what the mapping may run, once a second."""
        if self.now >= self.backs_off_s:
            self.backs_off_s = self.now + 1.0
            left = int(self.target * (1.0 - self.p.pollers.back_off))
            self.target = max(self.p.pollers.start, left)

    def fill(self) -> None:
        """Every free poller that can takes a batch."""
        while self.can_start():
            self.start()

    def start(self, wait_s: float = 0.0) -> None:
        """A poller hands its batch to an invocation, at once or after a while."""
        self.running += 1
        end_s, invocation = self.processor.invoke(self.now + wait_s)
        self.kernel.at(end_s, lambda: self.end(invocation))

    def can_start(self) -> bool:
        """Whether a poller is free, has a batch, and Lambda has a place for it."""
        if self.running >= min(self.target, self.p.pollers.most):
            return False
        if self.waiting == 0:
            self.flushing = False
            return False
        if self.p.window_s and self.waiting < self.p.messages_per_take and not self.flushing:
            self.held_polls += ceil((self.waiting - self.held) / self.p.poller_messages)
            self.held = self.waiting  # each of these polls has received what had come
            if not self.flush_planned:
                self.flush_planned = True
                self.kernel.after(self.p.window_s, self.flush)
            return False
        if self.polls_free_s > self.now:  # provisioned pollers have polled as often as they may
            if not self.poll_planned:
                self.poll_planned = True
                self.kernel.at(self.polls_free_s, self.poll_again)
            return False
        return self.running + self.batcher.running < self.p.account

    def poll_again(self) -> None:
        """A provisioned poller may poll again."""
        self.poll_planned = False
        self.fill()

    def sized(self, messages: int, items: int) -> int:
        """The bytes of messages that hold so many items together."""
        missing = messages * self.p.items_per_message - items
        return messages * self.p.message_bytes - int(missing * self.p.pair_bytes)

    def polled(self, polls: int, size_bytes: int) -> None:
        """Keeps provisioned pollers to so many polls and bytes a second, each."""
        limits = self.p.pollers
        if limits.polls_per_s:
            busy_s = max(polls / limits.polls_per_s, size_bytes / limits.bytes_per_s)
            pollers = max(1, self.target // limits.places)
            self.polls_free_s = max(self.now, self.polls_free_s) + busy_s / pollers

    def flush(self) -> None:
        """The window is over: what is there goes."""
        self.flush_planned = False
        self.flushing = True
        self.fill()

    def end(self, invocation: Invocation) -> None:
        """An invocation is over once the table has taken its writes."""
        if invocation.writes and not self.p.arrivals:
            granted_s = self.table.reserve(invocation.writes)
            invocation.writes = 0
            if granted_s > self.now:
                self.tally["processor_ms"] += int((granted_s - self.now) * 1000.0)
                self.kernel.at(granted_s, lambda: self.end(invocation))
                return
        self.items_done += invocation.gone
        if self.p.arrivals and self.items_done == self.p.items:
            self.detected_s = self.processed_s
        self.ramp_of_items.batch_done()
        turn_s = self.p.pollers.turn_s  # the poller deletes, and receives what is there now
        if not self.take_next(turn_s):
            self.kernel.after(turn_s, self.end_turn)

    def take_next(self, wait_s: float) -> bool:
        """A poller whose invocation is over begins another, if there is a batch for it."""
        self.running -= 1
        if self.can_start():
            self.start(wait_s)
            return True
        self.running += 1
        return False

    def end_turn(self) -> None:
        """The poller takes what has come meanwhile, or is free."""
        if self.take_next(0.0):
            return
        self.running -= 1
        if self.batcher.visible:
            self.batcher.start_segments()

    # the timeline

    def sample(self) -> None:
        """A point of the timeline, and what holds the batch back; thinned by half when full."""
        self.held_s[self.holding()] += self.sample_step
        backlog = self.waiting + self.processor.retries.due
        row = (self.now, self.running, backlog, self.items_done, self.tally["throttles"])
        self.samples.append(row)
        at = self.now + self.sample_step
        if len(self.samples) == POINTS:
            self.samples = self.samples[::2]
            self.sample_step *= 2
            at = self.now + self.sample_step
        self.kernel.at(at, self.sample)

    def holding(self) -> int:
        """The limit that holds the batch back now."""
        table_s, keys_s = self.table.free_at - self.now, self.table.keys_free_at - self.now
        if self.items_done == self.p.items:
            return timeline.POLL
        if self.waiting > 0 and max(table_s, keys_s) < 1:
            if self.running + self.batcher.running >= self.p.account:
                return timeline.ACCOUNT
            full = self.running >= self.p.pollers.most
            return timeline.MAX_CONCURRENCY if full else timeline.RAMP
        if self.batcher.segments_done < self.p.segments or max(table_s, keys_s) >= 1:
            if max(table_s, keys_s) > 0:
                return timeline.TABLE_WRITES if table_s >= keys_s else timeline.KEY_WRITES
            return timeline.BATCHER if self.batcher.begun else timeline.NONE
        return timeline.LAST_ITEMS
