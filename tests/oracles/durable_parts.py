"""What takes part in a batch of `durable`: functions, executions, chunks, and who watches them."""

from collections import Counter, deque
from dataclasses import dataclass, field

from workbench.targets.model.durable.settings import DurableSettings
from workbench.targets.model.engine.timeline import POINTS


@dataclass(eq=False)
class Function:
    """A function's environments, and how many more Lambda may start now."""

    p: DurableSettings
    environments: int = 0
    running: int = 0
    tokens_at_s: float = 0.0

    def __post_init__(self) -> None:
        self.tokens = self.p.environments_burst

    def take(self, now_s: float) -> bool | None:
        """Whether one more invocation begins cold; None if it cannot begin."""
        if self.environments > self.running:
            self.running += 1
            return False
        more = (now_s - self.tokens_at_s) * self.p.environments_per_s
        self.tokens = min(self.p.environments_burst, self.tokens + more)
        self.tokens_at_s = now_s
        if self.tokens < 1:
            return None
        self.tokens -= 1
        self.environments += 1
        self.running += 1
        return True


@dataclass(eq=False)
class Execution:
    """One durable execution: what it has started, and what it has been told."""

    began_s: float
    children: deque[int]  # that have not been started
    limit: int
    root: bool = False
    segment: bool = False  # whether its children are segments
    in_flight: int = 0
    arrived: int = 0
    again: list["Chunk"] = field(default_factory=list)
    operations: int = 1
    phase: str = ""
    call: int = 0
    throttles: int = 0
    heard_s: float = 0.0
    answered_s: float = 0.0


@dataclass(eq=False)
class Chunk:
    """A chunk in flight."""

    number: int
    execution: Execution
    tries: int = 0
    failed: int = 0
    throttles: int = 0


@dataclass(kw_only=True)
class Watched:
    """A batch with its timeline."""

    p: DurableSettings
    held_s: Counter = field(default_factory=Counter)  # seconds by limit
    samples: list[tuple[float, ...]] = field(default_factory=list)
    sample_at: float = 0.0
    sample_step: float = 0.05

    def sample_until(self, time_s: float) -> None:
        """Points of the timeline up to a time, thinned by half when full."""
        while self.sample_at <= time_s:
            self.held_s[self.holding()] += self.sample_step
            self.samples.append((self.sample_at, *self.sample()))
            if len(self.samples) == POINTS:
                self.samples = self.samples[::2]
                self.sample_step *= 2
            self.sample_at += self.sample_step
