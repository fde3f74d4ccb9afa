"""A map run: the children of a distributed map, started as fast as AWS would, until all are done.

Inputs are drawn one ahead of the starts, so that a run of any size holds little more than the
children that are running. What is known of it at any time is in `items` and `children`.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain
from typing import Any

from workbench.targets.local.stepfunctions.batches import ChildInput, child_inputs
from workbench.targets.local.stepfunctions.child import Child, Family, pending_entry
from workbench.targets.local.stepfunctions.execution import FAILED, RUNNING, TIMED_OUT
from workbench.targets.local.stepfunctions.failures import TOLERANCE_EXCEEDED, StateFailed
from workbench.targets.local.stepfunctions.reader import s3_items
from workbench.targets.local.stepfunctions.results import Results, ResultWriter, StateResults
from workbench.targets.local.stepfunctions.settings import MapSettings
from workbench.targets.local.stepfunctions.templates import fill
from workbench.targets.local.stepfunctions.walk import Answer, Manner, Visit


class MapRun:
    """One map run. `items` and `children` count by status: RUNNING, SUCCEEDED, FAILED and so on."""

    def __init__(self, visit: Visit, data: Any, settings: MapSettings, answer: Answer) -> None:
        world, uuid = visit.world, visit.world.uuid()
        self.arn = world.arn_of("mapRun", f"/{settings.label}:{uuid}")
        self.items: Counter[str] = Counter()
        self.children: Counter[str] = Counter()
        self.started_s = world.kernel.now
        self.ended_s: float | None = None
        self._world = world
        self._visit = visit
        self._data = data
        self._settings = settings
        self._answer = answer
        self._family = Family(
            world,
            visit.state["ItemProcessor"],
            _child_manner(visit, settings.express),
            settings.express,
            settings.label,
        )
        self._results: Results = (
            ResultWriter(world, settings.target, uuid) if settings.target else StateResults()
        )
        self._inputs: Iterator[ChildInput] = iter(())
        self._next: ChildInput | None = None  # drawn, and waiting for its start
        self._running: dict[int, Child] = {}
        self._started = 0
        self._next_start_s = 0.0
        self._all_drawn = False
        self._failure: StateFailed | None = None
        self._closing = False
        self._stopped = False

    def begin(self) -> None:
        """Open the map run after the time that AWS takes for it."""
        self._trace("map run started")
        self._world.kernel.after(self._world.profile.value("sfn_map_start_s"), self._open)

    def stop(self) -> None:
        """The execution is over before the map run is: nobody wants its results."""
        self._closing = self._stopped = True
        self._abort_children()
        self._results.discard()

    def _open(self) -> None:
        if self._closing:
            return
        source, now = self._settings.source, self._world.kernel.now
        items = (
            s3_items(self._world, source)
            if source is not None
            else ((now, item) for item in self._settings.items)
        )
        self._inputs = child_inputs(items, self._settings.batch, self._select)
        self._draw_next()

    def _select(self, index: int, item: Any) -> Any:
        if "ItemSelector" not in self._visit.state:
            return item
        context = {**self._visit.context, "Map": {"Item": {"Index": index, "Value": item}}}
        return fill(self._visit.state["ItemSelector"], self._data, context)

    def _draw_next(self) -> None:
        """Draw the next input if a child may start, and plan its start."""
        full = len(self._running) >= self._settings.concurrency
        if self._closing or self._all_drawn or self._next is not None or full:
            return
        try:
            self._next = next(self._inputs, None)
        except StateFailed as failure:
            self._give_up(failure)
            return
        if self._next is None:
            self._all_drawn = True
            self._judge()
            return
        kernel = self._world.kernel
        start_s = max(kernel.now, self._next.ready_s, self._next_start_s)
        kernel.at(start_s, self._start)

    def _start(self) -> None:
        given, self._next = self._next, None
        if self._closing or given is None:
            return
        self._next_start_s = self._world.kernel.now + 1 / self._settings.starts_per_s
        child = Child(self._family, self._started, given, self._child_ended)
        self._running[child.index] = child
        self._started += 1
        self._count(RUNNING, given, 1)
        child.begin(self._world.faults.child(self._visit.name, child.index))
        self._draw_next()

    def _child_ended(self, child: Child) -> None:
        del self._running[child.index]
        self._count(RUNNING, child.given, -1)
        self._count(child.status, child.given, 1)
        self._results.add(child.index, child.entry(), child.output)
        if not self._closing:
            self._judge()
            self._draw_next()

    def _judge(self) -> None:
        """Fail if too many items failed; end if nothing is left."""
        failed, total = self.items[FAILED] + self.items[TIMED_OUT], self.items.total()
        tolerated = self._settings.tolerated_percent
        # A share of the items is known once all are drawn; of none at all, it is known at once.
        measurable = self._all_drawn or tolerated == 0
        too_many = failed > self._settings.tolerated_items
        if too_many or (measurable and failed * 100 > tolerated * total):
            self._give_up(
                StateFailed(TOLERANCE_EXCEEDED, f"{failed} of {total} items failed in {self.arn}")
            )
        elif self._all_drawn and not self._running:
            self._close()

    def _give_up(self, failure: StateFailed) -> None:
        """Start no more children and end those that run."""
        self._failure = failure
        if not self._closing:
            self._close()
            self._abort_children()

    def _close(self) -> None:
        self._closing = True
        self._world.kernel.after(self._world.profile.value("sfn_map_end_s"), self._finish)

    def _finish(self) -> None:
        """Write the results, and answer."""
        if self._stopped:
            return
        output, failure = None, self._failure
        try:
            if failure is not None and self._settings.target is not None:
                self._add_pending()
            output = self._results.close(self.arn)
        except StateFailed as late:
            failure = failure or late
        self._trace("map run succeeded" if failure is None else f"map run failed: {failure.error}")
        self.ended_s = self._world.kernel.now
        self._answer(output if failure is None else None, failure)

    def _add_pending(self) -> None:
        """What was not started, with what was not even read yet, as far as it can be read."""
        waiting = [] if self._next is None else [self._next]
        with suppress(StateFailed):
            for given in chain(waiting, self._inputs):
                self._results.add(-1, pending_entry(self._family, given), None)

    def _abort_children(self) -> None:
        for child in list(self._running.values()):
            child.abort()

    def _count(self, status: str, given: ChildInput, change: int) -> None:
        self.children[status] += change
        self.items[status] += change * given.items

    def _trace(self, event: str) -> None:
        self._visit.walk.manner.trace(self._visit.name, event)


def _child_manner(visit: Visit, express: bool) -> Manner:
    """Express children pay by time and step without delay; Standard ones pay by state."""
    manner, bill = visit.walk.manner, visit.world.bill

    def no_gap_s(kind: str) -> float:  # noqa: ARG001
        return 0.0

    def ignore(*_: str) -> None:
        """Children keep no history here, and Express ones pay for no state."""

    return Manner(
        runners=manner.runners,
        gap_s=no_gap_s if express else manner.gap_s,
        entered=ignore if express else bill.child_state_entered,
        trace=ignore,
    )
