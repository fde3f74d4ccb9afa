"""`durable` told plainly: executions and chunks that call each other back on a virtual clock.

The same story as the kernel's, so that a test can hold the two to the same numbers.
"""

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf

import numpy as np

from tests.oracles.draws import Items, Stream
from tests.oracles.durable_parts import Chunk, Execution, Function, Watched
from tests.oracles.sfn import SfnStory
from workbench.engine.kernel import Kernel
from workbench.targets.model.durable.settings import DurableSettings
from workbench.targets.model.engine import timeline

TRIES = 3
UPDATES = 250  # of a checkpoint
GATHER_S, LOOK_S = 0.001, 0.1
ORDER_S = 1e-9


def tell_durable(p: DurableSettings, seed: int, table: np.ndarray) -> "DurableStory":
    """One batch from its trigger to its notification."""
    story = DurableStory(p=p, seed=seed, latencies=table)
    story.start()
    story.kernel.run()
    story.sample_until(story.detected_s)
    return story


@dataclass(kw_only=True)
class DurableStory(Watched):
    """The batch's execution, those of its segments, and their chunks."""

    seed: int
    latencies: np.ndarray
    kernel: Kernel = field(default_factory=Kernel)
    tally: Counter = field(default_factory=Counter)
    items_done: int = 0
    throttled: int = 0  # chunks that wait to come again
    short: int = timeline.NONE  # what the last throttle was for the lack of
    first_s: float = inf
    ended_at: float = inf
    lived_s: float = 0.0
    created_s: float = -1.0
    processed_s: float = -1.0
    detected_s: float = -1.0

    def __post_init__(self) -> None:
        p = self.p
        self.items = Items(self.seed, p.values)
        self.processor, self.orchestrator = Function(p), Function(p)
        keys = p.key_batch, p.key_call, p.key_checkpoint, p.key_chunk
        streams = [Stream(key, self.latencies) for key in keys]
        self.of_batch, self.of_call, self.of_checkpoint, self.of_chunk = streams

    @property
    def now(self) -> float:
        """The virtual clock."""
        return self.kernel.now

    def at(self, time_s: float, happens: Callable[[], None]) -> None:
        """Something happens at a time, after the timeline has come to it."""

        def then() -> None:
            self.sample_until(self.now)
            happens()

        self.kernel.at(time_s, then)

    def start(self) -> None:
        """The trigger starts the execution of the batch."""
        p, segmented = self.p, self.p.segments > 1
        began_s = self.of_batch.latency("lambda_async", 0, 0)
        children = range(p.segments if segmented else p.chunks)
        limit = p.segments_at_once if segmented else p.chunks_at_once
        self.root = Execution(began_s, deque(children), limit, True, segmented)
        self.call_for(self.root, began_s)

    def call_for(self, execution: Execution, time_s: float) -> None:
        """The durable service will invoke the handler."""
        execution.phase, execution.call = "called", self.tally["calls"]
        self.tally["calls"] += 1
        wait_s = self.of_call.latency("durable_invoke", execution.call, 0)
        self.at(time_s + wait_s, lambda: self.resume(execution))

    def take(self, function: Function) -> bool | None:
        """Whether an invocation begins cold; None if the account throttles it."""
        full = self.processor.running + self.orchestrator.running >= self.p.account
        cold = None if full else function.take(self.now)
        if cold is None:
            self.short = timeline.ACCOUNT if full else timeline.ENVIRONMENTS
        return cold

    def resume(self, execution: Execution) -> None:
        """The handler is invoked: it replays, then goes on."""
        p, cold = self.p, self.take(self.orchestrator)
        if cold is None:
            self.tally["throttles"] += 1
            wait_s = min(2.0**execution.throttles, 300)
            execution.throttles += 1
            self.at(self.now + wait_s, lambda: self.resume(execution))
            return
        execution.throttles, execution.phase, execution.heard_s = 0, "at work", self.now
        self.tally["batcher_invocations"] += 1
        begun_s = clock = self.now
        if cold:
            self.tally["batcher_cold"] += 1
            begun_s += self.of_call.latency("lambda_placing", execution.call, 1)
            clock = begun_s + self.of_call.latency("lambda_init", execution.call, 2)
        clock += p.batcher.invocation_s + execution.operations * p.replay_s
        execution.in_flight -= execution.arrived
        execution.arrived = 0
        over = not execution.children and not execution.in_flight
        clock = self.finish(execution, clock) if over else self.go_on(execution, clock)
        clock += LOOK_S
        self.bill("batcher_ms", clock - begun_s)
        self.at(clock, lambda: self.suspend(execution))

    bill = SfnStory.bill

    def checkpoint(self, clock: float, updates: int) -> tuple[float, float]:
        """When the service carries the updates out, and when the handler hears of that."""
        number = self.tally["checkpoints"]
        self.tally["checkpoints"] += 1
        half_s = self.of_checkpoint.latency("durable_checkpoint", number) / 2
        at_s = clock + self.p.batcher.call_s + updates * self.p.batcher.entry_s + half_s
        return at_s, at_s + half_s

    def step(self, execution: Execution, clock: float, spent_s: float) -> float:
        """A step; the thread that writes checkpoints waits 0.1 s for its end to go along."""
        execution.operations += 1
        ended_s = clock + spent_s
        if spent_s <= LOOK_S:
            execution.heard_s, clock = self.checkpoint(ended_s + GATHER_S, 2)
            return clock
        _, free_s = self.checkpoint(clock + LOOK_S, 1)
        execution.heard_s, clock = self.checkpoint(max(ended_s, free_s) + GATHER_S, 1)
        return clock

    def go_on(self, execution: Execution, clock: float) -> float:
        """Start what there is room for."""
        updates: list[Callable[[float], None]] = []
        if execution.operations == 1:
            if execution.root:
                put_s = self.of_batch.latency("s3_put", 0, 1)
                clock = self.step(execution, clock, self.p.batcher.call_s + put_s)
            execution.operations += 1
            updates.append(lambda _: None)  # the map itself
        while execution.again:
            chunk = execution.again.pop()
            updates.append(lambda at_s, chunk=chunk: self.send(chunk, at_s))
        while execution.children and execution.in_flight < execution.limit:
            child = execution.children.popleft()
            execution.in_flight += 1
            updates.append(lambda at_s, child=child: self.start_child(execution, child, at_s))
        while updates:
            part, updates = updates[:UPDATES], updates[UPDATES:]
            clock += GATHER_S if len(part) < UPDATES else 0
            execution.heard_s, clock = self.checkpoint(clock, len(part))
            for number, carry_out in enumerate(part):
                carry_out(execution.heard_s + number * ORDER_S)
        return clock

    def start_child(self, execution: Execution, child: int, at_s: float) -> None:
        """A chunk, or the execution of a segment."""
        if not execution.segment:
            self.send(Chunk(child, execution), at_s)
            return
        p = self.p
        execution.operations += 1
        began_s = at_s + self.of_batch.latency("durable_invoke", 1 + child)
        chunks = range(p.chunks)[child * p.chunks_per_segment :][: p.chunks_per_segment]
        self.call_for(Execution(began_s, deque(chunks), p.chunks_at_once), began_s)

    def send(self, chunk: Chunk, at_s: float) -> None:
        """A chained invoke of the processor."""
        chunk.execution.operations += 1
        chunk.tries += 1
        at_s += self.of_chunk.latency("durable_invoke", chunk.number * TRIES + chunk.tries, 0)
        self.at(at_s, lambda: self.invoke(chunk))

    def invoke(self, chunk: Chunk) -> None:
        """The processor runs, or is throttled and comes again."""
        cold = self.take(self.processor)
        if cold is None:
            self.tally["throttles"] += 1
            self.throttled += chunk.throttles == 0
            wait_s = min(2.0**chunk.throttles, 300)
            chunk.throttles += 1
            self.at(self.now + wait_s, lambda: self.invoke(chunk))
            return
        self.throttled -= chunk.throttles > 0
        chunk.throttles = 0
        self.first_s = min(self.first_s, self.now)
        self.tally.update(begun=chunk.tries == 1, invocations=1, cold_starts=cold)
        self.tally["peak"] = max(self.tally["peak"], self.processor.running)
        self.at(self.work(chunk, cold), lambda: self.answer(chunk))

    def work(self, chunk: Chunk, cold: bool) -> float:
        """When the processor has worked a chunk, or what had failed in it."""
        p, d, number = self.p, self.of_chunk, chunk.number * TRIES + chunk.tries
        begun_s = clock = self.now
        if cold:
            begun_s += d.latency("lambda_placing", number, 1)
            clock = begun_s + d.latency("lambda_init", number, 2)
        clock += p.processor.invocation_s
        if chunk.tries == 1:
            clock = self.work_items(chunk, clock)
        else:
            clock += p.processor.call_s + d.latency("s3_get", number, 3)
            clock = self.work_again(chunk, clock)
        self.tally["failed"] += chunk.failed if chunk.tries == TRIES else 0
        self.processed_s = max(self.processed_s, clock)
        if chunk.failed or chunk.tries == TRIES:
            clock += p.processor.call_s + d.latency("s3_put", number, 4)
            self.tally.update(lists=1, listed=chunk.failed)
        self.bill("processor_ms", clock - begun_s)
        return clock

    def work_items(self, chunk: Chunk, clock: float) -> float:
        """All items of a chunk, in as many places as there are."""
        p, first = self.p, chunk.number * self.p.items_per_chunk
        tried = self.items.tried(first, min(first + p.items_per_chunk, p.items), 1)
        chunk.failed = sum(fails for _, fails in tried)
        if p.item_workers > 1:
            return SfnStory.work_at_once(self, clock, first, tried)
        return clock + sum(ms for ms, _ in tried) / 1000.0 + len(tried) * p.processor.item_s

    def work_again(self, chunk: Chunk, clock: float) -> float:
        """What the last try has listed, in as many places as there are."""
        p, first = self.p, chunk.number * self.p.items_per_chunk
        which = first, min(first + p.items_per_chunk, p.items), chunk.tries
        tried = self.items.tried(*which)
        chunk.failed = sum(fails for _, fails in tried)
        slept_ms = self.items.again_ms(*which, p.item_workers)
        return clock + slept_ms / 1000.0 + len(tried) * p.processor.item_s

    def answer(self, chunk: Chunk) -> None:
        """The processor answers, and whoever waits for that is called for."""
        p = self.p
        self.processor.running -= 1
        if chunk.tries == 1:
            first = chunk.number * p.items_per_chunk
            self.items_done += min(p.items_per_chunk, p.items - first)
        if chunk.failed and chunk.tries < TRIES:
            chunk.execution.again.append(chunk)
        else:
            chunk.execution.arrived += 1
            self.tally["chunks_done"] += 1
            if self.tally["chunks_done"] == p.chunks:
                self.ended_at = self.now
        self.wake(chunk.execution)

    def wake(self, execution: Execution) -> None:
        """Something that it waits for is over."""
        execution.answered_s = self.now
        if execution.phase == "suspended":
            self.call_for(execution, self.now)

    def finish(self, execution: Execution, clock: float) -> float:
        """The map is over; of the batch, the moment is kept and told."""
        _, clock = self.checkpoint(clock + GATHER_S, 1)
        if execution.root:
            self.detected_s = clock
            clock = self.step(execution, clock, 0.0)
            told_s = self.of_batch.latency("sns_publish", 0, 2)
            clock = self.step(execution, clock, self.p.batcher.call_s + told_s)
        execution.phase = "over"
        return clock

    def suspend(self, execution: Execution) -> None:
        """The invocation is over."""
        self.orchestrator.running -= 1
        if execution.phase == "over":
            lived_s = self.now - execution.began_s
            self.lived_s += lived_s
            self.tally["operations"] += execution.operations
            self.tally["late"] += lived_s > self.p.execution_limit_s
            if not execution.root:
                self.root.arrived += 1
                self.wake(self.root)
            return
        execution.phase = "suspended"
        if execution.answered_s > execution.heard_s:
            self.call_for(execution, self.now)

    def sample(self) -> tuple[int, int, int, int]:
        """What a point of the timeline tells."""
        left = self.p.items - self.items_done
        return self.processor.running, left, self.items_done, self.tally["throttles"]

    def holding(self) -> int:
        """The limit that holds the batch back at the next sample."""
        p, running = self.p, self.processor.running
        if not self.first_s <= self.sample_at < self.ended_at:
            return timeline.ORCHESTRATOR
        if self.throttled:
            return self.short
        if self.tally["begun"] == p.chunks:
            return timeline.LAST_ITEMS
        if running >= 0.9 * p.segments_at_once * p.chunks_at_once:
            return timeline.MAX_CONCURRENCY
        return timeline.ORCHESTRATOR
