"""Progress of a sweep on standard error: runs done, time left, dollars so far."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from workbench.sweep.work import Done

QUIET_EVERY_S = 5.0  # between two lines where there is no terminal


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


class Counter:
    """Counts runs and dollars; the time left goes by the share of the expected work done."""

    def __init__(self) -> None:
        self.runs = self.done = self.failed = 0
        self.cost_usd = self.expected_s = self.worked_s = 0.0
        self.started_s = time.monotonic()

    def begin(self, runs: int, found: int, expected_s: float) -> None:
        """Start the count; what was found finished costs no time."""
        self.runs, self.done, self.expected_s = runs, found, expected_s
        self.show()

    def tell(self, done: Done) -> None:
        """Count a run."""
        self.done += 1
        self.failed += bool(done.error)
        self.cost_usd += done.cost_usd
        self.worked_s += done.expected_s
        self.show()

    def left(self) -> str:
        """The time left, once there is something to go by."""
        if not self.worked_s:
            return ""
        spent_s = time.monotonic() - self.started_s
        left_s = spent_s * (self.expected_s - self.worked_s) / self.worked_s
        return f"{max(0.0, left_s):,.0f} s left"

    def line(self) -> str:
        """Where the sweep is."""
        failed = f", {self.failed:,} failed" if self.failed else ""
        return (
            f"{self.done:,}/{self.runs:,} runs{failed}  {self.left()}  "
            f"${self.cost_usd:,.4f} of simulated and real bills"
        )

    def show(self) -> None:
        """Overridden: draw or print."""


class Bar(Counter):
    """A bar on a terminal."""

    def __init__(self, bar: Progress) -> None:
        super().__init__()
        self._bar, self._task = bar, bar.add_task("sweep", total=None, told="")

    def show(self) -> None:
        """Move the bar."""
        self._bar.update(self._task, completed=self.done, total=self.runs, told=self.line())


class Lines(Counter):
    """A line now and then, for logs."""

    def __init__(self) -> None:
        super().__init__()
        self._last_s = 0.0

    def show(self) -> None:
        """Print a line if it is time for one, or all is done."""
        now_s = time.monotonic()
        if now_s - self._last_s >= QUIET_EVERY_S or self.done == self.runs:
            self._last_s = now_s
            print(self.line(), file=sys.stderr)


@contextmanager
def sweep_progress() -> Iterator[SweepWatcher]:
    """A bar on a terminal, lines elsewhere."""
    if not sys.stderr.isatty():
        yield Lines()
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[told]}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        yield Bar(bar)
