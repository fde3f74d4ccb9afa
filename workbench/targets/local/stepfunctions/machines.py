"""The state machines of a stack within one run."""

import json
from collections.abc import Callable
from random import Random
from typing import Any
from uuid import UUID

from workbench.targets.local.eventbridge.bus import EventBridge
from workbench.targets.local.lambda_.service import LambdaService
from workbench.targets.local.stepfunctions.billing import Bill
from workbench.targets.local.stepfunctions.machine import Machine
from workbench.targets.local.stepfunctions.services import Execution, Services
from workbench.targets.local.world.context import EPOCH_S, RunContext
from workbench.targets.local.world.stack import Resource, Stack


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
        self.machine = _machine(found[0], context, service, client) if found else None

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


def _machine(
    resource: Resource, context: RunContext, service: LambdaService, client: Callable[[str], Any]
) -> Machine:
    """The interpreter of a template's state machine."""
    dice = context.dice("state machine")
    services = Services(
        arn=resource.physical_id,
        kernel=context.kernel,
        profile=context.profile,
        invoke=service.call,
        clients=client,
        bill=Bill(context.meter, int(context.profile.value("sfn_express_min_mb"))),
        faults=context.map_faults,
        epoch_s=EPOCH_S,
        latency_dice=Random(dice.getrandbits(64)),
        name_dice=Random(dice.getrandbits(64)),
        jitter_dice=Random(dice.getrandbits(64)),
    )
    return Machine(services, json.loads(resource.properties["DefinitionString"]))
