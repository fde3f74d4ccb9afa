"""`sfn` told plainly: objects that call each other back on a virtual clock. Slow and readable.

The same story as `sfn_kernel`, so that a test can hold the two to the same numbers. Read this one
first.
"""

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from math import ceil

import numpy as np

from tests.oracles.draws import Items, Stream
from workbench.engine.kernel import Kernel
from workbench.platform.units import MB
from workbench.targets.model.engine import timeline
from workbench.targets.model.engine.timeline import POINTS
from workbench.targets.model.sfn.settings import SfnSettings

SUMMARY_CALLS = ("s3_list", "s3_list", "s3_get")


def tell_sfn(p: SfnSettings, seed: int, table: np.ndarray) -> "SfnStory":
    """One batch from its trigger to its notification."""
    story = SfnStory(p, seed, table)
    story.create_items()
    story.run_map()
    story.summarize()
    return story


@dataclass
class SfnStory:
    """The state machine, from its start to its summary."""

    p: SfnSettings
    seed: int
    latencies: np.ndarray
    kernel: Kernel = field(default_factory=Kernel)
    tally: Counter = field(default_factory=Counter)
    held_s: Counter = field(default_factory=Counter)  # seconds by limit
    samples: list[tuple[float, int, int, int, int]] = field(default_factory=list)
    sample_at: float = 0.0
    sample_step: float = 0.05
    waiting: deque[float] = field(default_factory=deque)  # children without a Lambda, since when
    children: int = 0
    running: int = 0
    begun: int = 0
    environments: int = 0
    items_done: int = 0
    map_at: float = float("inf")
    ended_at: float = float("inf")
    created_s: float = -1.0
    processed_s: float = -1.0
    detected_s: float = -1.0

    def __post_init__(self) -> None:
        p = self.p
        self.items = Items(self.seed, p.values)
        self.environments_free_at = -p.environments_burst_s
        self.of_child, self.of_item, self.of_segment = (
            Stream(key, self.latencies) for key in (p.key_child, p.key_item, p.key_segment)
        )

    @property
    def now(self) -> float:
        """The virtual clock."""
        return self.kernel.now

    def bill(self, name: str, spent_s: float) -> None:
        """Milliseconds, rounded up."""
        self.tally[name] += ceil(spent_s * 1000.0 - 1e-6)

    def create_items(self) -> None:
        """The start state, then the segments, at most `inline_max` at a time."""
        p, d = self.p, self.of_segment
        begun_s = d.latency("sfn_start", 0, 0) + d.latency("lambda_placing", 0, 5)
        clock = begun_s + d.latency("lambda_init", 0, 1) + p.batcher.invocation_s
        clock += p.batcher.call_s + d.latency("s3_put", 0, 2)
        self.bill("batcher_ms", clock - begun_s)
        first_s = clock + 2.0 * d.latency("sfn_pass_gap", 0, 3)
        first_s += d.latency("sfn_state_gap", 0, 4)  # shared by those that start together
        at_once = min(p.inline_max, p.segments)
        ends: list[float] = []  # of the segments under way
        free_at = [clock]  # of the environments: the start state leaves one
        for segment in range(p.segments):
            begun_s = first_s
            if segment >= at_once:
                begun_s = min(ends)
                ends.remove(begun_s)
                begun_s += d.latency("sfn_state_gap", 1 + segment, 0)
            is_warm = bool(free_at) and min(free_at) <= begun_s
            if is_warm:
                free_at.remove(min(free_at))
            clock = begun_s
            if not is_warm:
                begun_s += d.latency("lambda_placing", 1 + segment, 5)
                clock = begun_s + d.latency("lambda_init", 1 + segment, 1)
            self.tally["batcher_cold"] += not is_warm
            clock += self.write_segment(segment)
            free_at.append(clock)
            self.bill("batcher_ms", clock - begun_s)
            self.created_s = max(self.created_s, clock)
            ends.append(clock)
        self.tally["batcher_invocations"] = 1 + p.segments
        self.tally["batcher_cold"] += 1  # the start state

    def write_segment(self, segment: int) -> float:
        """Seconds to draw a segment's items and to put them."""
        p = self.p
        items = min(p.segment_items, p.items - segment * p.segment_items)
        megabytes = p.segment_bytes * (items / p.segment_items) / MB
        calls = ceil(items / p.items_per_part) + 2 if items >= p.items_per_part else 1
        spent_s = p.batcher.invocation_s + calls * p.batcher.call_s
        spent_s += megabytes * (p.batcher.mb_s + p.s3_mb_s)
        return spent_s + self.of_segment.latencies("s3_put", (1 << 40) + segment * 64, calls)

    def run_map(self) -> None:
        """Children start at the map's pace while it has places, and end when their Lambda does."""
        gap_s = self.of_segment.latency("sfn_pass_gap", 1 << 50, 0)
        self.map_at = self.created_s + gap_s + self.p.map_start_s + self.read_first()
        self.kernel.at(self.map_at, self.start_children)
        self.kernel.run()
        self.ended_at = self.now
        gap_s = self.of_segment.latency("sfn_state_gap", 1 << 50, 1)
        self.detected_s = self.now + self.p.map_end_s + gap_s
        self.sample_until(self.detected_s)

    def read_first(self) -> float:
        """Seconds until the first child has its items: a page of the list, and the first object."""
        number = (1 << 50) + 1
        megabytes = self.p.segment_bytes * min(1.0, self.p.items / self.p.segment_items) / MB
        spent_s = self.of_segment.latency("s3_list", number, 0)
        spent_s += self.of_segment.latency("s3_get", number, 1)
        return spent_s + megabytes * self.p.s3_mb_s

    def start_children(self) -> None:
        """The next child, if its time has come and the map has a place; else when it has."""
        p = self.p
        if self.begun == p.children or self.children >= p.children_max:
            return
        due_s = self.map_at + self.begun / p.starts_per_s
        if due_s > self.now:
            self.kernel.at(due_s, self.start_children_if_none_did(self.begun))
            return
        self.sample_until(self.now)
        self.begun += 1
        self.children += 1
        if self.running < p.account:
            self.invoke(self.now)
        else:
            self.waiting.append(self.now)
            self.tally["throttles"] += 1
        self.start_children()

    def start_children_if_none_did(self, begun: int) -> Callable[[], None]:
        """A call for later that does nothing if the child has been started by then."""
        return lambda: self.start_children() if self.begun == begun else None

    def invoke(self, since_s: float) -> None:
        """The Lambda of a child that has started at a time."""
        p, child = self.p, self.tally["invocations"]
        self.tally["invocations"] += 1
        self.running += 1
        self.tally["peak"] = max(self.tally["peak"], self.running)
        half_s = self.of_child.latency("sfn_child_overhead", child, 0) / 2.0
        gap_s = self.of_child.latency("sfn_state_gap", child, 0)
        gap_s += len(range(child * p.items_per_child, p.items)[: p.items_per_child]) * p.item_gap_s
        head_s, tail_s = (half_s, half_s) if p.express else (gap_s, 0.0)
        clock = begun_s = self.now + head_s
        if self.running > self.environments:
            self.environments += 1
            self.tally["cold_starts"] += 1
            free_at = max(self.environments_free_at, begun_s - p.environments_burst_s)
            self.environments_free_at = free_at + 1.0 / p.environments_per_s
            begun_s = max(begun_s, self.environments_free_at)
            begun_s += self.of_child.latency("lambda_placing", child, 5)
            clock = begun_s + self.of_child.latency("lambda_init", child, 1)
        clock, items = self.work(child, clock)
        self.bill("processor_ms", clock - begun_s)
        ended_s = clock + tail_s
        self.tally["express_steps"] += ceil((ended_s - since_s) * 10.0 - 1e-6)
        if ended_s - since_s > p.child_limit_s:
            self.tally["late"] += 1
        self.kernel.at(ended_s, lambda: self.end(items))

    def work(self, child: int, clock: float) -> tuple[float, int]:
        """The items of a child: when they are settled, and how many they are."""
        p = self.p
        start, stop = child * p.items_per_child, min((child + 1) * p.items_per_child, p.items)
        tried = self.items.tried(start, stop, 1)
        good = sum(not fails for _, fails in tried)
        clock += p.processor.invocation_s
        if p.item_workers > 1:
            clock = self.work_at_once(clock, start, tried)
        else:
            clock += sum(ms for ms, _ in tried) / 1000.0 + len(tried) * p.processor.item_s
            if p.put_metrics:
                clock += good * p.processor.call_s
                clock += self.of_item.latencies("cloudwatch_put", start, good)
        self.tally["metric_calls"] += good if p.put_metrics else 0
        self.processed_s = max(self.processed_s, clock)
        if good < len(tried):
            clock += p.processor.call_s + self.of_child.latency("s3_put", -1 - child)
            self.tally["failed_children"] += 1
            self.tally["failed"] += len(tried) - good
        return clock, len(tried)

    def work_at_once(self, clock: float, start: int, tried: list[tuple[float, bool]]) -> float:
        """Items in `item_workers` places that share one CPU: the time after the last."""
        p, crew = self.p, Kernel()
        crew.now = cpu_free_at = clock
        items = deque(enumerate(tried, start))

        def use_cpu(spent_s: float) -> float:
            nonlocal cpu_free_at
            cpu_free_at = max(crew.now, cpu_free_at) + spent_s
            return cpu_free_at

        def next_item() -> None:
            if items:
                item, (ms, fails) = items.popleft()
                after = report if p.put_metrics and not fails else lambda _: next_item()
                at = use_cpu(p.processor.item_s) + ms / 1000.0
                crew.at(at, lambda: after(item))

        def report(item: int) -> None:
            at = use_cpu(p.processor.call_s) + self.of_item.latency("cloudwatch_put", item)
            crew.at(at, next_item)

        for _ in range(p.item_workers):
            next_item()
        crew.run()
        return crew.now

    def end(self, items: int) -> None:
        """A child is over: its place goes to one that waits for a Lambda, or to a new one."""
        self.sample_until(self.now)
        self.items_done += items
        self.children -= 1
        self.running -= 1
        if self.waiting:
            self.invoke(self.waiting.popleft())
        self.start_children()

    def summarize(self) -> None:
        """The summary's own time; completion is known when its state is entered."""
        p, d = self.p, self.of_segment
        spent_s = p.summary.invocation_s + 3.0 * p.summary.call_s
        spent_s += d.latency("lambda_init", 1 << 50, 2) + d.latency("s3_list", 1 << 50, 3)
        spent_s += d.latency("s3_list", 1 << 50, 4)
        lists = self.tally["failed_children"]  # each such child has left one of what failed
        spent_s += lists * p.summary.call_s
        spent_s += d.latencies("s3_get", 1 << 51, lists)
        self.bill("summary_ms", spent_s + d.latency("s3_get", 1 << 50, 5))

    def sample_until(self, time_s: float) -> None:
        """Points of the timeline up to a time, thinned by half when full."""
        p = self.p
        while self.sample_at <= time_s:
            self.held_s[self.holding()] += self.sample_step
            unread = p.items - min(self.begun * p.items_per_child, p.items)
            backlog = unread if self.sample_at >= self.created_s else 0
            row = (self.sample_at, self.running, backlog, self.items_done, self.tally["throttles"])
            self.samples.append(row)
            if len(self.samples) == POINTS:
                self.samples = self.samples[::2]
                self.sample_step *= 2
            self.sample_at += self.sample_step

    def holding(self) -> int:
        """The limit that holds the batch back at the next sample."""
        p = self.p
        if self.sample_at < self.created_s:
            return timeline.BATCHER
        if self.sample_at < self.map_at or self.ended_at <= self.sample_at:
            return timeline.MAP_OVERHEAD
        if self.waiting:
            return timeline.ACCOUNT
        if self.begun == p.children:
            return timeline.LAST_ITEMS
        if self.children >= p.children_max:
            return timeline.MAX_CONCURRENCY
        if self.environments_free_at > self.now:
            return timeline.ENVIRONMENTS
        return timeline.CHILD_STARTS
