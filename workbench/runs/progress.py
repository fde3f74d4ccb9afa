"""Progress of a batch, and of a sweep, on standard error: done, time left, dollars so far."""

import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Column

from workbench.targets import base, dollars_by_target
from workbench.targets.base import OnProgress

DRAWN_EVERY_S = 0.2  # a widget is moved by messages to the browser
QUIET_EVERY_S = 5.0  # between two lines where there is no terminal

Show = Callable[[int, int, str], None]  # done, of how many, and the words beside the bar


@contextmanager
def display(title: str) -> Iterator[Show]:
    """A bar in a notebook or on a terminal, removed at the end; elsewhere a line now and then."""
    if _in_notebook():
        with _widget(title) as show:
            yield show
        return
    if not sys.stderr.isatty():
        yield _lines(title)
        return
    # What a column says is made before it gets here: rich draws a task before it is given
    # anything, and a column that formats a number has none then.
    text = TextColumn("{task.fields[text]}", table_column=Column(no_wrap=True, overflow="ellipsis"))
    name = TextColumn("{task.description}", table_column=Column(min_width=len(title)))
    columns = (name, BarColumn(10), text)
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None, text="")

        def show(done: int, total: int, text: str) -> None:
            bar.update(task, completed=done, total=total, text=text)

        yield show


def _in_notebook() -> bool:
    """Whether a Jupyter kernel runs this, which has loaded IPython then."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return getattr(shell, "kernel", None) is not None


@contextmanager
def _widget(title: str) -> Iterator[Show]:
    """A bar as Jupyter draws it; at the end nothing of it stays in the notebook."""
    from IPython.display import clear_output
    from IPython.display import display as put
    from ipywidgets import HBox, IntProgress, Label

    bar, words = IntProgress(0, description=title, style={"description_width": "initial"}), Label()
    box, drawn_s = HBox([bar, words]), 0.0
    put(box)

    def show(done: int, total: int, text: str) -> None:
        nonlocal drawn_s
        if time.monotonic() - drawn_s >= DRAWN_EVERY_S or done == total:
            drawn_s = time.monotonic()
            bar.max, bar.value, words.value = total, done, text

    try:
        yield show
    finally:
        clear_output()
        for one in (box, bar, words):
            one.close()


def _lines(title: str) -> Show:
    """One line every few seconds of wall time, for logs."""
    last_s = time.monotonic()

    def show(_done: int, _total: int, text: str) -> None:
        nonlocal last_s
        if time.monotonic() - last_s >= QUIET_EVERY_S:
            last_s = time.monotonic()
            print(f"{title}: {text}", file=sys.stderr, flush=True)

    return show


@contextmanager
def progress_bar(design: str, target: str) -> Iterator[OnProgress]:
    """An OnProgress that shows how far a batch is; one line is left at the end of a good run."""
    pace = Pace(target)
    with display(f"{design} on {target}") as show:

        def on_progress(now: base.Progress) -> None:
            pace.note(now)
            show(now.items_done, now.items, pace.line())

        yield on_progress
    if pace.last is not None:
        print(pace.final(), file=sys.stdout if _in_notebook() else sys.stderr)


class Pace:
    """How fast a batch goes here, by the wall clock: a simulated one has a clock of its own."""

    def __init__(self, target: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._target = target
        self._clock = clock
        self._began_s = clock()
        self._first: tuple[float, int] | None = None  # a continued batch has items done already
        self._now_s = 0.0
        self.last: base.Progress | None = None

    def note(self, now: base.Progress) -> None:
        """Takes how far the batch is."""
        self._now_s = self._clock()
        self.last = now
        self._first = self._first or (self._now_s, now.items_done)

    def line(self) -> str:
        """Where the batch is: items, rate, time left and dollars, as far as they are known."""
        if self.last is None or self._first is None:
            return ""
        since_s, before = self._first
        done, took_s = self.last.items_done - before, self._now_s - since_s
        parts = [f"{self.last.items_done:,}/{self.last.items:,} items"]
        if done > 0 and took_s > 0:  # what is sent again is not done: a count may fall
            left_s = (self.last.items - self.last.items_done) * took_s / done
            parts += [f"{done / took_s:,.0f} items/s", f"{clock_time(left_s)} left"]
        if self.last.cost_usd is not None:
            parts.append(f"{dollars_by_target({self._target: self.last.cost_usd}, False)} so far")
        return "  ".join(parts)

    def final(self) -> str:
        """The line that is left at the end."""
        assert self.last is not None
        took_s = self._now_s - self._began_s
        text = f"{self.last.items_done:,} items in {clock_time(took_s)}"
        if took_s > 0:
            text += f", {self.last.items_done / took_s:,.0f} items/s"
        if self.last.cost_usd is not None:
            text += f", {dollars_by_target({self._target: self.last.cost_usd})}"
        return text


class RunCounter:
    """Counts a sweep's runs and dollars; the time left goes by the share of the expected work."""

    def __init__(self, show: Show = lambda *_: None) -> None:
        self._show = show
        self.runs = self.done = self.failed = 0
        self.expected_s = self.worked_s = 0.0
        self.usd: dict[str, float] = defaultdict(float)  # by target
        self._started_s = time.monotonic()

    def begin(self, runs: int, found: int, expected_s: float) -> None:
        """So many runs, of which so many were found finished, which costs no time."""
        self.runs, self.done, self.expected_s = runs, found, expected_s
        self._show(self.done, self.runs, self.line())

    def count(self, target: str, cost_usd: float, expected_s: float, failed: bool) -> None:
        """A run has ended."""
        self.done += 1
        self.failed += failed
        self.usd[target] += cost_usd
        self.worked_s += expected_s
        self._show(self.done, self.runs, self.line())

    def line(self) -> str:
        """Where the sweep is."""
        parts = [f"{self.done:,}/{self.runs:,} runs"]
        if self.failed:
            parts.append(f"{self.failed:,} failed")
        if self.worked_s:  # there is something to go by
            spent_s = time.monotonic() - self._started_s
            left_s = spent_s * (self.expected_s - self.worked_s) / self.worked_s
            parts.append(f"{clock_time(max(0.0, left_s))} left")
        return "  ".join([*parts, f"{dollars_by_target(self.usd)} so far"])


def clock_time(seconds: float) -> str:
    """A time of the wall clock: 4.2 s, 42 s, 3 min 20 s, 2 h 05 min."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest:02} s"
    return f"{minutes // 60} h {minutes % 60:02} min"
