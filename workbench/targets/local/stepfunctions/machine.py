"""A deployed Standard state machine under the virtual clock.

    machine = Machine(kernel, definition, profile, dice, invoke, clients, meter, name, arn)
    execution = machine.start("b-7", {"items": 1000}, done)
    kernel.run()

The definition is checked whole when the machine is made: what this interpreter does not know is
refused there, never ignored.
"""

import re
from collections.abc import Callable
from functools import partial
from random import Random
from typing import Any

from workbench.engine.kernel import Kernel
from workbench.errors import BadInput
from workbench.platform.profile import Profile
from workbench.targets.local.lambda_.invoke import Invoke
from workbench.targets.local.metering.meter import Meter
from workbench.targets.local.stepfunctions import execution as status
from workbench.targets.local.stepfunctions import payload
from workbench.targets.local.stepfunctions.billing import Bill, LabelOf, label_of
from workbench.targets.local.stepfunctions.execution import Execution, ExecutionAlreadyExists
from workbench.targets.local.stepfunctions.failures import TIMEOUT, StateFailed
from workbench.targets.local.stepfunctions.faults import Faults
from workbench.targets.local.stepfunctions.map_run import MapRun
from workbench.targets.local.stepfunctions.maps import run_map
from workbench.targets.local.stepfunctions.steps import STEPS
from workbench.targets.local.stepfunctions.tasks import run_task
from workbench.targets.local.stepfunctions.validate import validate
from workbench.targets.local.stepfunctions.walk import Manner, Walk
from workbench.targets.local.stepfunctions.world import Deadline, World

# https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
_NAME = re.compile(r"[^\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]{1,80}")
WORKING = ("Task", "Wait")  # the states that take a full gap; the others are only passed through
METRICS = {
    status.SUCCEEDED: "ExecutionsSucceeded",
    status.FAILED: "ExecutionsFailed",
    status.TIMED_OUT: "ExecutionsTimedOut",
    status.ABORTED: "ExecutionsAborted",
}

ExecutionDone = Callable[[Execution], None]


class Machine:
    """Starts executions.

    `observations` are (t_s, metric, value) under the names of AWS/States; `map_runs` count their
    children and items by status at any time, in order of start.
    """

    def __init__(
        self,
        kernel: Kernel,
        definition: dict[str, Any],
        profile: Profile,
        dice: Random,
        invoke: Invoke,
        clients: Callable[[str], Any],
        meter: Meter,
        name: str,
        arn: str,
        *,
        epoch_s: float = 0.0,
        faults: Faults | None = None,
        label: LabelOf = label_of,
    ) -> None:
        validate(name, definition)
        self.name = name
        self.arn = arn
        self.definition = definition
        self.executions: dict[str, Execution] = {}
        self.map_runs: list[MapRun] = []
        self.observations: list[tuple[float, str, float]] = []
        self._listeners: dict[str, list[ExecutionDone]] = {}
        self._walks: dict[str, Walk] = {}
        self._world = World(
            arn=arn,
            kernel=kernel,
            profile=profile,
            invoke=invoke,
            clients=clients,
            bill=Bill(meter, int(profile.value("sfn_express_min_mb")), label),
            faults=faults or Faults(),
            epoch_s=epoch_s,
            latency_dice=Random(dice.getrandbits(64)),
            name_dice=Random(dice.getrandbits(64)),
            jitter_dice=Random(dice.getrandbits(64)),
        )
        self._runners = {
            **STEPS,
            "Task": run_task,
            "Map": partial(run_map, opened=self.map_runs.append),
        }

    def start(self, name: str, given: Any, done: ExecutionDone) -> Execution:
        """Start an execution; `done` is called when it has ended.

        A name that runs with the same input gives the running execution; any other name that was
        used raises ExecutionAlreadyExists.
        """
        known = self.executions.get(name)
        if known is not None:
            if known.status != status.RUNNING or known.input != given:
                raise ExecutionAlreadyExists(f"{known.arn} exists already")
            self._listeners[name].append(done)
            return known
        _refuse(name, given)
        world, now = self._world, self._world.kernel.now
        execution = Execution(name, world.arn_of("execution", f":{name}"), given, now)
        self.executions[name] = execution
        self._listeners[name] = [done]
        self._observe("ExecutionsStarted", 1)
        execution.history.append((now, "", "started"))
        walk = Walk(world, self.definition, self._context(execution), self._manner(execution),
                    partial(self._walked, execution))  # fmt: skip
        self._walks[name] = walk
        if "TimeoutSeconds" in self.definition:
            Deadline(world.kernel, self.definition["TimeoutSeconds"], partial(self._late, name))
        walk.begin(given, world.draw_s("sfn_start"))
        return execution

    def stop(self, name: str, error: str = "", cause: str = "") -> None:
        """Abort a running execution, as StopExecution does."""
        if name in self._walks:
            self._end(self.executions[name], status.ABORTED, StateFailed(error, cause))

    def _late(self, name: str) -> None:
        if name in self._walks:
            limit_s = self.definition["TimeoutSeconds"]
            late = StateFailed(TIMEOUT, f"the execution took longer than {limit_s} s")
            self._end(self.executions[name], status.TIMED_OUT, late)

    def _walked(self, execution: Execution, output: Any, failure: StateFailed | None) -> None:
        execution.output = output
        self._end(execution, status.SUCCEEDED if failure is None else status.FAILED, failure)

    def _end(self, execution: Execution, ending: str, failure: StateFailed | None) -> None:
        now = self._world.kernel.now
        self._walks.pop(execution.name).stop()
        execution.status, execution.ended_s = ending, now
        if failure is not None:
            execution.error, execution.cause = failure.error, failure.cause
        execution.history.append((now, "", ending.lower()))
        self._observe(METRICS[ending], 1)
        self._observe("ExecutionTime", (now - execution.started_s) * 1000)
        for done in self._listeners.pop(execution.name):
            done(execution)

    def _context(self, execution: Execution) -> dict[str, Any]:
        return {
            "Execution": {
                "Id": execution.arn,
                "Input": execution.input,
                "Name": execution.name,
                "StartTime": self._world.stamp(execution.started_s),
            },
            "StateMachine": {"Id": self.arn, "Name": self.name},
        }

    def _manner(self, execution: Execution) -> Manner:
        world, history = self._world, execution.history

        def trace(state: str, event: str) -> None:
            history.append((world.kernel.now, state, event))

        return Manner(
            runners=self._runners,
            gap_s=lambda kind: world.draw_s("sfn_state_gap" if kind in WORKING else "sfn_pass_gap"),
            entered=world.bill.state_entered,
            trace=trace,
        )

    def _observe(self, metric: str, value: float) -> None:
        self.observations.append((self._world.kernel.now, metric, value))


def _refuse(name: str, given: Any) -> None:
    """Refuse what StartExecution refuses."""
    if not _NAME.fullmatch(name):
        raise BadInput(f"execution name {name!r}: 1 to 80 characters, no blanks and brackets")
    size = payload.size_bytes(given)
    if size > payload.PAYLOAD_MAX_BYTES:
        raise BadInput(
            f"an execution's input of {size} bytes: {payload.PAYLOAD_MAX_BYTES} are allowed"
        )
