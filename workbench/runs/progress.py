"""Progress on standard error: items done, rate, time left, dollars so far."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Column

from workbench.targets import base
from workbench.targets.base import Watcher

QUIET_EVERY_S = 5.0  # between two lines where there is no terminal


@contextmanager
def progress_bar(title: str) -> Iterator[Watcher]:
    """A watcher that draws a bar on a terminal and writes a line now and then elsewhere."""
    if sys.stderr.isatty():
        with _bar(title) as watch:
            yield watch
    else:
        yield _lines(title)


@contextmanager
def _bar(title: str) -> Iterator[Watcher]:
    # What a column says is made here from a whole `Progress`: rich draws a task before it is told
    # anything, and a column that formats a number has none then.
    told = TextColumn("{task.fields[told]}", table_column=Column(no_wrap=True, overflow="ellipsis"))
    columns = (TextColumn("{task.description}"), BarColumn(), told)
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None, told="")

        def watch(now: base.Progress) -> None:
            bar.update(task, completed=now.items_done, total=now.items, told=_told(now))

        yield watch


def _lines(title: str) -> Watcher:
    """A watcher for logs and notebooks: one line every few seconds of wall time."""
    last = [time.monotonic()]

    def watch(now: base.Progress) -> None:
        if time.monotonic() - last[0] < QUIET_EVERY_S:
            return
        last[0] = time.monotonic()
        print(f"{title}: {_told(now)}", file=sys.stderr)

    return watch


def _told(now: base.Progress) -> str:
    """How far a batch is, in one line."""
    parts = (f"{now.items_done:,}/{now.items:,} items", _rate(now), _left(now), _dollars(now))
    return "  ".join(part for part in parts if part)


def _rate(now: base.Progress) -> str:
    """Items a second of the target's own clock."""
    return f"{now.items_done / now.elapsed_s:,.0f} items/s" if now.elapsed_s > 0 else ""


def _left(now: base.Progress) -> str:
    """The time left on the target's own clock, if the rate stays."""
    if not now.items_done:
        return ""
    left_s = (now.items - now.items_done) * now.elapsed_s / now.items_done
    return f"{left_s:,.0f} s left"


def _dollars(now: base.Progress) -> str:
    return "" if now.cost_usd is None else f"${now.cost_usd:,.4f} so far"
