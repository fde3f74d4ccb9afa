"""A map run: the children of a distributed map, started as fast as AWS would, until all are done.

Inputs are drawn one ahead of the starts, so that a run of any size holds little more than the
children that are running. Its progress is in `items` and `children` at any time.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from workbench.platform.services import MAP_CHILDREN_MAX
from workbench.targets.local.stepfunctions.block_run import Answer, RunMode, StateRun, Stop
from workbench.targets.local.stepfunctions.data import (
    RUNTIME,
    TOLERANCE_EXCEEDED,
    StateFailed,
    fill,
    read,
)
from workbench.targets.local.stepfunctions.map_child import Child, ChildSpec
from workbench.targets.local.stepfunctions.map_storage import (
    ChildInput,
    ResultWriter,
    S3Location,
    StateResults,
    child_inputs,
    s3_items,
)
from workbench.targets.local.stepfunctions.services import FAILED, RUNNING, TIMED_OUT


@dataclass(frozen=True)
class MapSettings:
    """The fields of a distributed map, their paths resolved. Without `target` results stay in the
    state."""

    express: bool
    concurrency: int
    starts_per_s: float
    tolerated_percent: float
    items_per_child: float
    batch_input: Any
    source: S3Location
    target: S3Location | None


def resolve(run: StateRun, data: Any) -> MapSettings:
    """The settings of a distributed map for this input."""
    state, profile = run.state, run.services.profile
    batcher = state["ItemBatcher"]
    express = state["ItemProcessor"]["ProcessorConfig"]["ExecutionType"] == "EXPRESS"
    kind = "express" if express else "standard"
    writer = state.get("ResultWriter")
    wanted = int(_positive(run, state["MaxConcurrencyPath"], data))
    return MapSettings(
        express=express,
        concurrency=min(wanted, MAP_CHILDREN_MAX),
        starts_per_s=profile.value(f"sfn_map_starts_{kind}_per_s"),
        tolerated_percent=state.get("ToleratedFailurePercentage", 0),
        items_per_child=_positive(run, batcher["MaxItemsPerBatchPath"], data),
        batch_input=fill(batcher["BatchInput"], data, run.context),
        source=_location(run, state["ItemReader"], data),
        target=None if writer is None else _location(run, writer, data),
    )


def _positive(run: StateRun, path: str, data: Any) -> float:
    value = read(path, data, run.context)
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 1:
        raise StateFailed(RUNTIME, f"{path} of {run.name} leads to {value!r}, no number from 1 up")
    return value


def _location(run: StateRun, field: dict[str, Any], data: Any) -> S3Location:
    parameters = fill(field["Parameters"], data, run.context)
    return S3Location(parameters["Bucket"], parameters["Prefix"])


def run_distributed_map(
    run: StateRun, data: Any, answer: Answer, *, opened: Callable[["MapRun"], None]
) -> Stop:
    """Run the block in children; `opened` is called with the map run."""
    map_run = MapRun(run, resolve(run, data), answer)
    opened(map_run)
    map_run.begin()
    return map_run.stop


class MapRun:
    """One map run. `items` and `children` count by status: RUNNING, SUCCEEDED, FAILED and so on."""

    def __init__(self, run: StateRun, settings: MapSettings, answer: Answer) -> None:
        services, uuid, label = run.services, run.services.uuid(), run.state["Label"]
        self.arn = services.arn_of("mapRun", f"/{label}:{uuid}")
        self.items: Counter[str] = Counter()
        self.children: Counter[str] = Counter()
        self.started_s = services.kernel.now
        self.ended_s: float | None = None
        self._services = services
        self._run = run
        self._settings = settings
        self._answer = answer
        self._spec = ChildSpec(
            services,
            run.state["ItemProcessor"],
            _child_mode(run, settings.express),
            settings.express,
            label,
        )
        self._results = (
            ResultWriter(services, settings.target, uuid) if settings.target else StateResults()
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
        kernel, profile = self._services.kernel, self._services.profile
        kernel.after(profile.value("sfn_map_start_s"), self._open)

    def stop(self) -> None:
        """The execution has ended before the map run: no results are written."""
        self._closing = self._stopped = True
        self._abort_children()
        self._results.discard()

    def _open(self) -> None:
        if self._closing:
            return
        items = s3_items(self._services, self._settings.source)
        settings = self._settings
        self._inputs = child_inputs(items, settings.items_per_child, settings.batch_input)
        self._draw_next()

    def _draw_next(self) -> None:
        """Draw the next input if a child may start, and schedule its start."""
        full = len(self._running) >= self._settings.concurrency
        if self._closing or self._all_drawn or self._next is not None or full:
            return
        try:
            self._next = next(self._inputs, None)
        except StateFailed as failure:
            self._fail(failure)
            return
        if self._next is None:
            self._all_drawn = True
            self._check_end()
            return
        kernel = self._services.kernel
        start_s = max(kernel.now, self._next.ready_s, self._next_start_s)
        kernel.at(start_s, self._start)

    def _start(self) -> None:
        given, self._next = self._next, None
        if self._closing or given is None:
            return
        self._next_start_s = self._services.kernel.now + 1 / self._settings.starts_per_s
        child = Child(self._spec, self._started, given, self._child_ended)
        self._running[child.index] = child
        self._started += 1
        self._count(RUNNING, given, 1)
        child.begin(self._services.faults.child(self._run.name, child.index))
        self._draw_next()

    def _child_ended(self, child: Child) -> None:
        del self._running[child.index]
        self._count(RUNNING, child.given, -1)
        self._count(child.status, child.given, 1)
        self._results.add(child.index, child.entry(), child.output)
        if not self._closing:
            self._check_end()
            self._draw_next()

    def _check_end(self) -> None:
        """Fail if too many items failed; end if nothing is left."""
        failed, total = self.items[FAILED] + self.items[TIMED_OUT], self.items.total()
        tolerated = self._settings.tolerated_percent
        # A share of the items is known once all are drawn; of none at all, it is known at once.
        measurable = self._all_drawn or tolerated == 0
        if measurable and failed * 100 > tolerated * total:
            self._fail(
                StateFailed(TOLERANCE_EXCEEDED, f"{failed} of {total} items failed in {self.arn}")
            )
        elif self._all_drawn and not self._running:
            self._close()

    def _fail(self, failure: StateFailed) -> None:
        """Start no more children and end those that run."""
        self._failure = failure
        if not self._closing:
            self._close()
            self._abort_children()

    def _close(self) -> None:
        self._closing = True
        kernel, profile = self._services.kernel, self._services.profile
        kernel.after(profile.value("sfn_map_end_s"), self._finish)

    def _finish(self) -> None:
        """Write the results, and answer."""
        if self._stopped:
            return
        output, failure = None, self._failure
        try:
            output = self._results.close(self.arn)
        except StateFailed as late:
            failure = failure or late
        self._trace("map run succeeded" if failure is None else f"map run failed: {failure.error}")
        self.ended_s = self._services.kernel.now
        self._answer(output if failure is None else None, failure)

    def _abort_children(self) -> None:
        for child in list(self._running.values()):
            child.abort()

    def _count(self, status: str, given: ChildInput, change: int) -> None:
        self.children[status] += change
        self.items[status] += change * given.items

    def _trace(self, event: str) -> None:
        self._run.block_run.mode.trace(self._run.name, event)


def _child_mode(run: StateRun, express: bool) -> RunMode:
    """Express children pay by time and have no transitions; Standard ones pay by state."""
    mode, bill = run.block_run.mode, run.services.bill

    def ignore(*_: str) -> None:
        """Children keep no history here, and Express ones pay for no state."""

    return RunMode(
        runners=mode.runners,
        transition_s=(lambda kind, data: 0.0) if express else mode.transition_s,  # noqa: ARG005
        entered=ignore if express else bill.child_transition,
        trace=ignore,
    )
