"""A child of a distributed map: an execution of its own for a batch of items."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from workbench.targets.local.stepfunctions.batches import ChildInput
from workbench.targets.local.stepfunctions.execution import (
    ABORTED,
    FAILED,
    RUNNING,
    SUCCEEDED,
    TIMED_OUT,
)
from workbench.targets.local.stepfunctions.failures import TIMEOUT, StateFailed
from workbench.targets.local.stepfunctions.faults import ChildFault
from workbench.targets.local.stepfunctions.payload import as_json
from workbench.targets.local.stepfunctions.walk import Manner, Walk
from workbench.targets.local.stepfunctions.world import Deadline, World

# https://docs.aws.amazon.com/step-functions/latest/dg/choosing-workflow-type.html
EXPRESS_MAX_S = 300


@dataclass(frozen=True)
class Family:
    """What all children of a map run have in common."""

    world: World
    block: dict[str, Any]
    manner: Manner
    express: bool
    label: str


class Child:
    """One child. `ended` is called once, when its status is no longer RUNNING."""

    def __init__(
        self, family: Family, index: int, given: ChildInput, ended: Callable[["Child"], None]
    ) -> None:
        world = family.world
        self.index = index
        self.given = given
        self.status = RUNNING
        self.output: Any = None
        self.failure: StateFailed | None = None
        self._family = family
        self._world = world
        self._ended = ended
        self._name = world.uuid()
        self._arn = self._own_arn()
        self._started_s = world.kernel.now
        self._ended_s: float | None = None
        self._tail_s = 0.0  # from the last state's end to the child's
        self._deadline: Deadline | None = None
        self._walk = self._new_walk(self._walked)

    def begin(self, fault: ChildFault) -> None:
        """Start; an Express child has half its overhead before its states and half after."""
        world, family = self._world, self._family
        world.bill.child_started()
        if family.express:
            head_s = self._tail_s = world.draw_s("sfn_child_overhead") / 2
            self._deadline = Deadline(world.kernel, EXPRESS_MAX_S, self._expire)
        else:
            block = family.block
            head_s = family.manner.gap_s(block["States"][block["StartAt"]]["Type"])
        if fault.error is not None:
            failure = StateFailed(fault.error, fault.cause)
            world.kernel.after(head_s, lambda: self._walked(None, failure))
            return
        self._walk.begin(self.given.data, head_s)
        again = fault.runs - 1 if family.express else 0  # a Standard child runs once
        for _ in range(again):  # nobody hears of a second run, and nobody ends it
            self._new_walk(lambda output, failure: None).begin(self.given.data, head_s)  # noqa: ARG005

    def abort(self) -> None:
        """The map run has failed, or is not wanted any more."""
        self._walk.stop()
        self._settle(ABORTED, None, None)

    def entry(self) -> dict[str, Any]:
        """The execution as AWS's result files describe it."""
        if self.status == SUCCEEDED:
            redrive = "NOT_REDRIVABLE"
            own = {
                "Output": as_json(self.output),
                "RedriveStatusReason": "Execution is SUCCEEDED and cannot be redriven",
            }
        else:
            redrive = "REDRIVABLE_BY_MAP_RUN" if self._family.express else "REDRIVABLE"
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
            "StartDate": self._world.stamp(self._started_s),
            "StateMachineArn": f"{self._world.arn}/{self._family.label}",
            "Status": self.status,
            "StopDate": self._world.stamp(self._ended_s or 0.0),
        }
        return dict(sorted(own.items()))

    def _own_arn(self) -> str:
        if self._family.express:
            run = self._world.uuid()
            return self._world.arn_of("express", f"/{self._family.label}:{self._name}:{run}")
        return self._world.arn_of("execution", f"/{self._family.label}:{self._name}")

    def _new_walk(self, done: Callable[[Any, StateFailed | None], None]) -> Walk:
        world = self._world
        execution = {
            "Id": self._arn,
            "Input": self.given.data,
            "Name": self._name,
            "StartTime": world.stamp(self._started_s),
        }
        machine = {"Id": f"{world.arn}/{self._family.label}", "Name": world.name}
        context = {"Execution": execution, "StateMachine": machine}
        return Walk(world, self._family.block, context, self._family.manner, done)

    def _walked(self, output: Any, failure: StateFailed | None) -> None:
        status = SUCCEEDED if failure is None else FAILED
        self._world.kernel.after(self._tail_s, lambda: self._settle(status, output, failure))

    def _expire(self) -> None:
        """Five minutes are over; a Lambda function that the child called goes on."""
        self._walk.stop()
        late = StateFailed(TIMEOUT, f"an Express child ends after {EXPRESS_MAX_S} s")
        self._settle(TIMED_OUT, None, late)

    def _settle(self, status: str, output: Any, failure: StateFailed | None) -> None:
        if self.status != RUNNING:
            return
        if self._deadline is not None:
            self._deadline.call_off()
        self.status, self.output, self.failure = status, output, failure
        self._ended_s = self._world.kernel.now
        if self._family.express:
            self._world.bill.express_ran(self._ended_s - self._started_s)
        self._ended(self)


def pending_entry(family: Family, given: ChildInput) -> dict[str, Any]:
    """A child that was never started; AWS does not say what such an entry holds."""
    return {
        "Input": given.text,
        "InputDetails": {"Included": True},
        "StateMachineArn": f"{family.world.arn}/{family.label}",
        "Status": "PENDING",
    }
