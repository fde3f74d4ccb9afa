"""Inline maps: iterations of a block within the execution itself."""

from typing import Any

from workbench.targets.local.stepfunctions.block_run import Answer, BlockRun, StateRun, Stop
from workbench.targets.local.stepfunctions.data import check_size, fill, read
from workbench.targets.local.stepfunctions.failures import RUNTIME, StateFailed


def run_inline_map(run: StateRun, data: Any, answer: Answer) -> Stop:
    """Run the block for each item of the list at ItemsPath."""
    inline = InlineMap(run, data, answer)
    inline.begin()
    return inline.stop


class InlineMap:
    """At most MaxConcurrency iterations at a time; the first failure ends all."""

    def __init__(self, run: StateRun, data: Any, answer: Answer) -> None:
        self._run = run
        self._data = data
        self._answer = answer
        self._items = read(run.state["ItemsPath"], data, run.context)
        if not isinstance(self._items, list):
            raise StateFailed(RUNTIME, f"the items of {run.name} are no array")
        at_most = int(run.services.profile.value("sfn_inline_map_max"))
        self._limit = min(run.state["MaxConcurrency"] or at_most, at_most)
        self._results: list[Any] = [None] * len(self._items)
        self._started = 0
        self._running: dict[int, BlockRun] = {}

    def begin(self) -> None:
        """Start the first iterations; no items, no iterations."""
        if not self._items:
            self._answer([], None)
        for _ in range(min(self._limit, len(self._items))):
            self._start(self._started)

    def stop(self) -> None:
        """Stop every iteration."""
        running, self._running = self._running, {}
        for block_run in running.values():
            block_run.stop()

    def _start(self, index: int) -> None:
        self._started += 1
        context = {**self._run.context, "Map": {"Item": {"Value": self._items[index]}}}
        try:
            item = fill(self._run.state["ItemSelector"], self._data, context)
            check_size(item, f"an item of {self._run.name}")
        except StateFailed as failure:
            self.stop()
            self._answer(None, failure)
            return
        self._running[index] = BlockRun(
            self._run.services,
            self._run.state["ItemProcessor"],
            context,
            self._run.block_run.mode,
            lambda output, failure: self._ended(index, output, failure),
        )
        self._running[index].begin(item)

    def _ended(self, index: int, output: Any, failure: StateFailed | None) -> None:
        self._running.pop(index)
        if failure is not None:
            self.stop()
            self._answer(None, failure)
            return
        self._results[index] = output
        if self._started < len(self._items):
            self._start(self._started)
        elif not self._running:
            self._answer(self._results, None)
