"""Map states: an inline map walks its items itself; a distributed one is a map run."""

from collections.abc import Callable
from typing import Any

from workbench.targets.local.stepfunctions import payload
from workbench.targets.local.stepfunctions.failures import RUNTIME, StateFailed
from workbench.targets.local.stepfunctions.map_run import MapRun
from workbench.targets.local.stepfunctions.paths import read
from workbench.targets.local.stepfunctions.settings import number, resolve
from workbench.targets.local.stepfunctions.templates import fill
from workbench.targets.local.stepfunctions.walk import Answer, Stop, Visit, Walk


def run_map(visit: Visit, data: Any, answer: Answer, *, opened: Callable[[MapRun], None]) -> Stop:
    """Run a block of states for each item; `opened` is told of each map run."""
    config = visit.state["ItemProcessor"].get("ProcessorConfig", {})
    if config.get("Mode", "INLINE") == "DISTRIBUTED":
        map_run = MapRun(visit, data, resolve(visit, data), answer)
        opened(map_run)
        map_run.begin()
        return map_run.stop
    inline = InlineMap(visit, data, answer)
    inline.begin()
    return inline.stop


class InlineMap:
    """Iterations within the execution itself, so many at a time; the first failure ends all."""

    def __init__(self, visit: Visit, data: Any, answer: Answer) -> None:
        self._visit = visit
        self._data = data
        self._answer = answer
        self._items = read(visit.state.get("ItemsPath", "$"), data, visit.context)
        if not isinstance(self._items, list):
            raise StateFailed(RUNTIME, f"the items of {visit.name} are no array")
        at_most = int(visit.world.profile.value("sfn_inline_map_max"))
        wanted = int(number(visit, data, "MaxConcurrency", 0))
        self._limit = min(wanted, at_most) if wanted else at_most
        self._results: list[Any] = [None] * len(self._items)
        self._started = 0
        self._walks: dict[int, Walk] = {}

    def begin(self) -> None:
        """Start the first iterations; no items, no iterations."""
        if not self._items:
            self._answer([], None)
        for _ in range(min(self._limit, len(self._items))):
            self._start(self._started)

    def stop(self) -> None:
        """Give up every iteration."""
        walks, self._walks = self._walks, {}
        for walk in walks.values():
            walk.stop()

    def _start(self, index: int) -> None:
        self._started += 1
        item = self._items[index]
        own = {**self._visit.context, "Map": {"Item": {"Index": index, "Value": item}}}
        if "ItemSelector" in self._visit.state:
            try:
                item = fill(self._visit.state["ItemSelector"], self._data, own)
                payload.hold(item, f"an item of {self._visit.name}")
            except StateFailed as failure:
                self.stop()
                self._answer(None, failure)
                return
        walk = Walk(
            self._visit.world,
            self._visit.state["ItemProcessor"],
            own,
            self._visit.walk.manner,
            lambda output, failure: self._ended(index, output, failure),
        )
        self._walks[index] = walk
        walk.begin(item)

    def _ended(self, index: int, output: Any, failure: StateFailed | None) -> None:
        self._walks.pop(index)
        if failure is not None:
            self.stop()
            self._answer(None, failure)
            return
        self._results[index] = output
        if self._started < len(self._items):
            self._start(self._started)
        elif not self._walks:
            self._answer(self._results, None)
