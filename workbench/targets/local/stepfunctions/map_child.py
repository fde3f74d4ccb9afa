"""A child of a distributed map: an execution of its own for a batch of items."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from workbench.targets.local.runtime.faults import ChildFault
from workbench.targets.local.stepfunctions.block_run import Answer, BlockRun, RunMode
from workbench.targets.local.stepfunctions.data import TIMEOUT, StateFailed, as_json
from workbench.targets.local.stepfunctions.map_storage import ChildInput
from workbench.targets.local.stepfunctions.services import (
    ABORTED,
    FAILED,
    RUNNING,
    SUCCEEDED,
    TIMED_OUT,
    Services,
    Timer,
)

# https://docs.aws.amazon.com/step-functions/latest/dg/choosing-workflow-type.html
EXPRESS_MAX_S = 300


@dataclass(frozen=True)
class ChildSpec:
    """What all children of a map run have in common."""

    services: Services
    block: dict[str, Any]
    mode: RunMode
    express: bool
    label: str

    @property
    def machine_arn(self) -> str:
        """The state machine of the children, as AWS names it."""
        return f"{self.services.arn}/{self.label}"


class Child:
    """One child. `ended` is called once, when its status is no longer RUNNING."""

    def __init__(
        self, spec: ChildSpec, index: int, given: ChildInput, ended: Callable[["Child"], None]
    ) -> None:
        self.index = index
        self.given = given
        self.status = RUNNING
        self.output: Any = None
        self.failure: StateFailed | None = None
        self._spec = spec
        self._services = spec.services
        self._ended = ended
        self._name = self._services.uuid()
        self._arn = self._own_arn()
        self._started_s = self._services.kernel.now
        self._ended_s: float | None = None
        self._tail_s = 0.0  # from the last state's end to the child's
        self._timer: Timer | None = None
        self._block_run = self._new_block_run(self._block_ended)

    def begin(self, fault: ChildFault) -> None:
        """Start; an Express child has half its overhead before its states and half after."""
        services, spec = self._services, self._spec
        services.bill.child_transition()
        if spec.express:
            head_s = self._tail_s = services.draw_s("sfn_child_overhead") / 2
            self._timer = Timer(services.kernel, EXPRESS_MAX_S, self._time_out)
        else:
            block = spec.block
            head_s = spec.mode.transition_s(
                block["States"][block["StartAt"]]["Type"], self.given.data
            )
        if fault.error is not None:
            failure = StateFailed(fault.error, fault.cause)
            services.kernel.after(head_s, lambda: self._block_ended(None, failure))
            return
        self._block_run.begin(self.given.data, head_s)
        repeats = fault.runs - 1 if spec.express else 0  # a Standard child runs once
        for _ in range(repeats):  # a second run has no effect on the child's end
            repeat = self._new_block_run(lambda output, failure: None)  # noqa: ARG005
            repeat.begin(self.given.data, head_s)

    def abort(self) -> None:
        """The map run has failed or was stopped."""
        self._block_run.stop()
        self._end(ABORTED, None, None)

    def entry(self) -> dict[str, Any]:
        """The execution as AWS's result files describe it."""
        if self.status == SUCCEEDED:
            redrive = "NOT_REDRIVABLE"
            own = {
                "Output": as_json(self.output),
                "RedriveStatusReason": "Execution is SUCCEEDED and cannot be redriven",
            }
        else:
            redrive = "REDRIVABLE_BY_MAP_RUN" if self._spec.express else "REDRIVABLE"
            own = {}
        if self.failure is not None:
            own |= {"Cause": self.failure.cause, "Error": self.failure.error}
        own |= {
            "ExecutionArn": self._arn,
            "Input": self.given.text,
            "InputDetails": {"Included": True},
            "Name": self._name,
            "OutputDetails": {"Included": True},
            "RedriveCount": 0,
            "RedriveStatus": redrive,
            "StartDate": self._services.timestamp(self._started_s),
            "StateMachineArn": self._spec.machine_arn,
            "Status": self.status,
            "StopDate": self._services.timestamp(self._ended_s or 0.0),
        }
        return dict(sorted(own.items()))

    def _own_arn(self) -> str:
        if self._spec.express:
            run = self._services.uuid()
            return self._services.arn_of("express", f"/{self._spec.label}:{self._name}:{run}")
        return self._services.arn_of("execution", f"/{self._spec.label}:{self._name}")

    def _new_block_run(self, done: Answer) -> BlockRun:
        context = {"Execution": {"Id": self._arn, "Name": self._name}}
        return BlockRun(self._services, self._spec.block, context, self._spec.mode, done)

    def _block_ended(self, output: Any, failure: StateFailed | None) -> None:
        status = SUCCEEDED if failure is None else FAILED
        end = partial(self._end, status, output, failure)
        self._services.kernel.after(self._tail_s, end)

    def _time_out(self) -> None:
        """Five minutes are over; a Lambda function that the child called goes on."""
        self._block_run.stop()
        late = StateFailed(TIMEOUT, f"an Express child ends after {EXPRESS_MAX_S} s")
        self._end(TIMED_OUT, None, late)

    def _end(self, status: str, output: Any, failure: StateFailed | None) -> None:
        if self.status != RUNNING:
            return
        if self._timer is not None:
            self._timer.cancel()
        self.status, self.output, self.failure = status, output, failure
        self._ended_s = self._services.kernel.now
        if self._spec.express:
            self._services.bill.express_ran(self._ended_s - self._started_s)
        self._ended(self)
