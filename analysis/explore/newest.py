"""Work that is asked for more often than it can be done, and what can be taken back."""

import asyncio
from collections.abc import Callable

from analysis.explore.scenario import Scenario

PAUSE_S = 0.05  # in which more changes come in before the work is done once for all of them


class Newest:
    """Does its work soon after it is asked, once for all that is asked by then.

    A slider that is dragged asks at each step; between two drawings only its last place counts.
    Without an event loop the work is done at once.
    """

    def __init__(self, work: Callable[[], None]) -> None:
        self._work = work
        self._waiting: asyncio.TimerHandle | None = None

    def ask(self) -> None:
        """Have the work done."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._work()
            return
        if self._waiting is None:
            self._waiting = loop.call_later(PAUSE_S, self.do)

    def do(self) -> None:
        """Do the work now; what was asked for is done with it."""
        if self._waiting is not None:
            self._waiting.cancel()
        self._waiting = None
        self._work()


class History:
    """The scenarios that were shown; a slider's way from one place to another is one step."""

    def __init__(self, first: Scenario) -> None:
        self.first = self.now = first
        self._past: list[Scenario] = []
        self._step: object = None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to go back to."""
        return not self._past

    def came(self, scenario: Scenario, step: object = None) -> None:
        """A scenario is shown now; one of the same step as the last takes its place."""
        if scenario == self.now:
            return
        if step is None or step != self._step:
            self._past.append(self.now)
        self.now, self._step = scenario, step

    def end_step(self) -> None:
        """What comes next is a step of its own."""
        self._step = None

    def back(self) -> Scenario:
        """The scenario before, which is now the one shown."""
        self.now, self._step = (self._past.pop() if self._past else self.now), None
        return self.now
