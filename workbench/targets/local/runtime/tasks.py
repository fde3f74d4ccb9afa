"""Handlers as greenlets: straight-line code that gives way to the kernel until its time has come.

Only the greenlet that runs the kernel (the hub) moves the clock. A task waits by asking the kernel
to resume it and switching to the hub. A killed task gets `Killed` where it waits, and again at
every further attempt to wait: a handler cannot swallow its own death.
"""

from collections.abc import Callable, Iterable
from typing import Any

from greenlet import GreenletExit, getcurrent, greenlet

from workbench.engine.kernel import Kernel


class Killed(GreenletExit):
    """Lambda has stopped the environment. It is no Exception: `except Exception` lets it pass."""


class Life:
    """What the tasks of one invocation have in common: the kernel, and that all die together."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.dead = False
        self._tasks: dict[Task, None] = {}  # in the order of their birth

    def kill(self) -> None:
        """End every task where it waits; from the hub only."""
        self.dead = True
        for task in list(self._tasks):
            task.throw(Killed)

    def die(self) -> None:
        """End every task, from within one of them: this one at once, the others at this instant."""
        self.dead = True
        self.kernel.after(0.0, self.kill)
        raise Killed


class Task(greenlet):
    """One strand of a handler."""

    def __init__(self, life: Life, hub: greenlet, body: Callable[[], None]) -> None:
        super().__init__(self._live, parent=hub)
        self.life = life
        self._hub = hub
        self._body = body
        self.owed_cpu_ms = 0.0  # of the item that is worked next
        self.working = False  # inside `process`, whose calls are work
        life._tasks[self] = None

    def wait_until(self, time_s: float) -> None:
        """Give way until the kernel's clock reads that."""
        if self.life.dead:
            raise Killed
        kernel = self.life.kernel
        kernel.at(time_s if time_s > kernel.now else kernel.now, self._resume)
        self._hub.switch()

    def park(self) -> None:
        """Give way until somebody calls `unpark`."""
        if self.life.dead:
            raise Killed
        self._hub.switch()

    def unpark(self) -> None:
        """Go on with a parked task, at this instant."""
        self.life.kernel.after(0.0, self._resume)

    def branch(self, body: Callable[[], None]) -> "Task":
        """One more strand of the same life, which begins at this instant."""
        strand = Task(self.life, self._hub, body)
        strand.working = self.working
        strand.unpark()
        return strand

    def _resume(self) -> None:
        """Switch to the task, unless it was killed meanwhile."""
        if not self.life.dead:
            self.switch()

    def _live(self) -> None:
        try:
            self._body()
        finally:
            self.life._tasks.pop(self, None)


def current() -> Task | None:
    """The strand of a handler that runs now; None in the hub and at import time."""
    task = getcurrent()
    return task if isinstance(task, Task) else None


def start(life: Life, body: Callable[[], None]) -> None:
    """A life's first task, run until its first wait; the hub is the greenlet that calls this."""
    Task(life, getcurrent(), body).switch()


def gather(function: Callable[[Any], Any], values: Iterable[Any], at_once: int) -> list[Any]:
    """`function` over values, so many at a time; as `lambdas.outside.gather` says.

    One at a time it stops at the first error. With several, all are worked before the first error
    in order is raised, as a thread pool does on AWS.
    """
    values = list(values)
    task = current()
    if at_once <= 1 or task is None or not values:
        return [function(value) for value in values]
    outcomes: list[tuple[Any, BaseException | None]] = [(None, None)] * len(values)
    numbers = iter(range(len(values)))
    left = min(at_once, len(values))

    def work() -> None:
        nonlocal left
        for number in numbers:
            try:
                outcomes[number] = (function(values[number]), None)
            except (Exception, SystemExit) as error:
                outcomes[number] = (None, error)
        left -= 1
        if not left:
            task.unpark()

    for _ in range(left):
        task.branch(work)
    task.park()
    for _, error in outcomes:
        if error is not None:
            raise error
    return [result for result, _ in outcomes]
