"""A deployed Standard state machine under the virtual clock, and the one of a stack within a run.

The definition is checked whole when the machine is made: what this interpreter does not know is
refused there, never ignored.
"""

import json
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from workbench.platform.units import MB
from workbench.targets.local.eventbridge import EventBridge
from workbench.targets.local.lambda_.functions import parts_of_stack
from workbench.targets.local.lambda_.service import LambdaService
from workbench.targets.local.stepfunctions.block_run import (
    Answer,
    BlockRun,
    RunMode,
    StateRun,
    Stop,
)
from workbench.targets.local.stepfunctions.data import TIMEOUT, StateFailed, size_bytes
from workbench.targets.local.stepfunctions.map_run import MapRun, run_distributed_map
from workbench.targets.local.stepfunctions.services import (
    FAILED,
    RUNNING,
    SUCCEEDED,
    TIMED_OUT,
    Execution,
    ExecutionAlreadyExists,
    Services,
    Timer,
)
from workbench.targets.local.stepfunctions.states import RUNNERS, run_inline_map
from workbench.targets.local.stepfunctions.validate import validate
from workbench.targets.local.world.context import EPOCH_S, RunContext
from workbench.targets.local.world.stack import Stack

METRICS = {
    SUCCEEDED: "ExecutionsSucceeded",
    FAILED: "ExecutionsFailed",
    TIMED_OUT: "ExecutionsTimedOut",
}

ExecutionDone = Callable[[Execution], None]


class Machine:
    """Starts executions.

    `observations` are (t_s, metric, value) under the names of AWS/States; `map_runs` count their
    children and items by status at any time, in order of start.
    """

    def __init__(self, services: Services, definition: dict[str, Any]) -> None:
        validate(services.arn.rsplit(":", 1)[-1], definition)
        self.arn = services.arn
        self.executions: dict[str, Execution] = {}
        self.map_runs: list[MapRun] = []
        self.observations: list[tuple[float, str, float]] = []
        self._services = services
        self._definition = definition
        self._listeners: dict[str, list[ExecutionDone]] = {}
        self._running: dict[str, BlockRun] = {}

    def start(self, name: str, given: Any, done: ExecutionDone) -> Execution:
        """Start an execution; `done` is called when it has ended.

        A name that runs with the same input gives the running execution; any other name that was
        used raises ExecutionAlreadyExists.
        """
        known = self.executions.get(name)
        if known is not None:
            if known.status != RUNNING or known.input != given:
                raise ExecutionAlreadyExists(f"{known.arn} exists already")
            self._listeners[name].append(done)
            return known
        services, now = self._services, self._services.kernel.now
        execution = Execution(name, services.arn_of("execution", f":{name}"), given, now)
        self.executions[name] = execution
        self._listeners[name] = [done]
        self._observe("ExecutionsStarted", 1)
        execution.history.append((now, "", "started"))
        context = {"Execution": {"Id": execution.arn, "Name": name}}
        ended = partial(self._block_ended, execution)
        block_run = BlockRun(services, self._definition, context, self._mode(execution), ended)
        self._running[name] = block_run
        if "TimeoutSeconds" in self._definition:
            late = partial(self._time_out, execution)
            Timer(services.kernel, self._definition["TimeoutSeconds"], late)
        block_run.begin(given, services.draw_s("sfn_start"))
        return execution

    def _time_out(self, execution: Execution) -> None:
        if execution.name in self._running:
            limit_s = self._definition["TimeoutSeconds"]
            late = StateFailed(TIMEOUT, f"the execution took longer than {limit_s} s")
            self._end(execution, TIMED_OUT, late)

    def _block_ended(self, execution: Execution, output: Any, failure: StateFailed | None) -> None:
        execution.output = output
        self._end(execution, SUCCEEDED if failure is None else FAILED, failure)

    def _end(self, execution: Execution, status: str, failure: StateFailed | None) -> None:
        now = self._services.kernel.now
        self._running.pop(execution.name).stop()
        execution.status, execution.ended_s = status, now
        if failure is not None:
            execution.error, execution.cause = failure.error, failure.cause
        execution.history.append((now, "", status.lower()))
        self._observe(METRICS[status], 1)
        self._observe("ExecutionTime", (now - execution.started_s) * 1000)
        for done in self._listeners.pop(execution.name):
            done(execution)

    def _mode(self, execution: Execution) -> RunMode:
        services, history = self._services, execution.history
        byte_s = services.profile.value("sfn_payload_gap") / 1_000 / MB

        def trace(state: str, event: str) -> None:
            history.append((services.kernel.now, state, event))

        def transition_s(kind: str, data: Any) -> float:
            """Before a Task a full one, by its input; the others are only passed through."""
            if kind != "Task":
                return services.draw_s("sfn_pass_gap")
            return services.draw_s("sfn_state_gap") + size_bytes(data) * byte_s

        return RunMode(
            runners={**RUNNERS, "Map": self._run_map},
            transition_s=transition_s,
            entered=services.bill.state_entered,
            trace=trace,
        )

    def _run_map(self, run: StateRun, data: Any, answer: Answer) -> Stop:
        if run.state["ItemProcessor"]["ProcessorConfig"]["Mode"] == "INLINE":
            return run_inline_map(run, data, answer)
        return run_distributed_map(run, data, answer, opened=self.map_runs.append)

    def _observe(self, metric: str, value: float) -> None:
        self.observations.append((self._services.kernel.now, metric, value))


class Machines:
    """The one state machine that a stack may have; false if it has none."""

    def __init__(
        self,
        context: RunContext,
        stack: Stack,
        service: LambdaService,
        client: Callable[[str], Any],
        bridge: EventBridge,
    ) -> None:
        self._context = context
        self._bridge = bridge
        self._names = context.dice("execution names")
        self.running = 0
        found = stack.of_type("AWS::StepFunctions::StateMachine")
        assert len(found) <= 1, "a stack has one state machine at most"
        self.machine: Machine | None = None
        if found:
            arn, properties = found[0].physical_id, found[0].properties
            services = Services(context, arn, service.call, client, parts_of_stack(stack))
            self.machine = Machine(services, json.loads(properties["DefinitionString"]))

    def __bool__(self) -> bool:
        return self.machine is not None

    def start(self, name: str, given: Any) -> None:
        """Start an execution under a name; one that runs under it already continues alone."""
        self.running += 1
        self.machine.start(name, given, self._ended)

    def start_unnamed(self, given: Any) -> None:
        """Start an execution as EventBridge does, under a name of its own."""
        self.start(str(UUID(int=self._names.getrandbits(128), version=4)), given)

    def note_metrics(self) -> None:
        """What the machine observed, under AWS's names."""
        if self.machine is not None:
            dimensions = (("StateMachineArn", self.machine.arn),)
            for t_s, metric, value in self.machine.observations:
                self._context.metrics.add_at(t_s, ("AWS/States", metric, dimensions), value)

    def _ended(self, execution: Execution) -> None:
        """An ended execution is an event on EventBridge."""
        self.running -= 1
        detail = {
            "executionArn": execution.arn,
            "stateMachineArn": self.machine.arn,
            "name": execution.name,
            "status": execution.status,
            "startDate": round((EPOCH_S + execution.started_s) * 1000),
            "stopDate": round((EPOCH_S + execution.ended_s) * 1000),
        }
        self._bridge.emit("aws.states", "Step Functions Execution Status Change", detail)
