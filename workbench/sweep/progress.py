"""Progress of a sweep on standard error: runs done, time left, dollars so far."""

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from workbench.runs.progress import Show, clock_time, display
from workbench.sweep.work import Done
from workbench.targets import dollars_by_target


class SweepWatcher(Protocol):
    """Is told how much there is to do, and of every run that ends."""

    def begin(self, runs: int, found: int, expected_s: float) -> None:
        """So many runs, of which so many were found finished."""
        ...

    def tell(self, done: Done) -> None:
        """A run has ended."""
        ...


class Unwatched:
    """Tells nobody."""

    def begin(self, runs: int, found: int, expected_s: float) -> None:
        """Nothing."""

    def tell(self, done: Done) -> None:
        """Nothing."""


unwatched = Unwatched()


class RunCounter:
    """Counts runs and dollars; the time left goes by the share of the expected work done."""

    def __init__(self, show: Show) -> None:
        self._show = show
        self.runs = self.done = self.failed = 0
        self.expected_s = self.worked_s = 0.0
        self.usd: dict[str, float] = defaultdict(float)  # by target
        self.started_s = time.monotonic()

    def begin(self, runs: int, found: int, expected_s: float) -> None:
        """Start the count; what was found finished costs no time."""
        self.runs, self.done, self.expected_s = runs, found, expected_s
        self._show(self.done, self.runs, self.line())

    def tell(self, done: Done) -> None:
        """Count a run."""
        self.done += 1
        self.failed += bool(done.error)
        self.usd[done.target] += done.cost_usd
        self.worked_s += done.expected_s
        self._show(self.done, self.runs, self.line())

    def line(self) -> str:
        """Where the sweep is."""
        parts = [f"{self.done:,}/{self.runs:,} runs"]
        if self.failed:
            parts.append(f"{self.failed:,} failed")
        if self.worked_s:  # there is something to go by
            spent_s = time.monotonic() - self.started_s
            left_s = spent_s * (self.expected_s - self.worked_s) / self.worked_s
            parts.append(f"{clock_time(max(0.0, left_s))} left")
        return "  ".join([*parts, f"{dollars_by_target(self.usd)} so far"])


@contextmanager
def sweep_progress() -> Iterator[SweepWatcher]:
    """A bar on a terminal, lines elsewhere."""
    with display("sweep") as show:
        yield RunCounter(show)
