"""What all parts of a state machine share: its executions, services, timers, and the bill.

A Standard workflow pays for each state it enters, retries too; a Distributed Map for each child
it starts, and an Express child for its request and its time in steps of 100 ms and 64 MB
(https://aws.amazon.com/step-functions/pricing/ and AWS's workshop "Large-scale Data Processing
with Step Functions").
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from math import ceil
from random import Random
from typing import Any
from uuid import UUID

from workbench.designs import Parts
from workbench.engine.kernel import Kernel
from workbench.platform.services import S3, SNS, STEP_FUNCTIONS
from workbench.platform.units import EXPRESS_STEP_MB, EXPRESS_STEP_MS, sns_requests
from workbench.runs.resources import TOPIC
from workbench.targets.local.lambda_.functions import Invoke
from workbench.targets.local.metering import Meter
from workbench.targets.local.world.context import EPOCH_S, RunContext


class Bill:
    """Meters one state machine."""

    def __init__(self, meter: Meter, parts: Parts) -> None:
        self._meter = meter
        self._parts = parts
        self._gb_s_per_step = Decimal(EXPRESS_STEP_MB) / 1024 * EXPRESS_STEP_MS / 1000

    def state_entered(self, state: str) -> None:
        """A state of the machine itself, or of an inline map in it."""
        self._transition(self._parts.purpose_of_state(state))

    def child_transition(self, state: str = "") -> None:  # noqa: ARG002
        """The start of a child, and a state of a Standard child."""
        self._transition("dispatch")

    def express_ran(self, duration_s: float) -> None:
        """An Express child that has ended."""
        steps = max(1, ceil(round(duration_s * 1000, 6) / EXPRESS_STEP_MS))
        gb_s = steps * self._gb_s_per_step
        self._machine("StepFunctions-Request", "Requests", "dispatch", 1)
        self._machine("StepFunctions-GB-Second", "GB-Seconds", "dispatch", gb_s)

    def s3_called(self, tier: str, label: str) -> None:
        """One call of a map run's own."""
        self._meter.add(S3, f"Requests-{tier}", "Requests", label, 1, "bucket")

    def published(self, message_bytes: int) -> None:
        """One notification."""
        requests = sns_requests(message_bytes)
        self._meter.add(SNS, "Requests-Tier1", "Requests", "knowing", requests, TOPIC)

    def _transition(self, label: str) -> None:
        self._machine("StateTransition", "StateTransitions", label, 1)

    def _machine(self, usage_type: str, unit: str, label: str, amount: Decimal | int) -> None:
        self._meter.add(STEP_FUNCTIONS, usage_type, unit, label, amount, "machine")


RUNNING = "RUNNING"
SUCCEEDED = "SUCCEEDED"
FAILED = "FAILED"
TIMED_OUT = "TIMED_OUT"
ABORTED = "ABORTED"


class ExecutionAlreadyExists(Exception):
    """AWS's answer to a name that is taken: it ran before, or runs with another input."""


@dataclass
class Execution:
    """One run of a state machine. Times are virtual seconds; `history` is (t_s, state, event)."""

    name: str
    arn: str
    input: Any
    started_s: float
    status: str = RUNNING
    output: Any = None
    error: str | None = None
    cause: str = ""
    ended_s: float | None = None
    history: list[tuple[float, str, str]] = field(default_factory=list)


class Services:
    """Clock, random streams, clients, bill and faults of one state machine, and its names."""

    def __init__(
        self,
        context: RunContext,
        arn: str,
        invoke: Invoke,
        clients: Callable[[str], Any],
        parts: Parts,
    ) -> None:
        self.arn = arn
        self.kernel, self.profile, self.faults = context.kernel, context.profile, context.map_faults
        self.invoke = invoke
        self.clients = clients
        self.bill = Bill(context.meter, parts)
        seeds = context.dice("state machine")
        self._latency_dice, self._name_dice, self.jitter_dice = (
            Random(seeds.getrandbits(64)) for _ in range(3)
        )

    def draw_s(self, latency: str) -> float:
        """One value of a latency that the profile gives in milliseconds, in seconds."""
        return self.profile.spread(latency).draw(self._latency_dice) / 1000

    def uuid(self) -> str:
        """A new UUID, drawn from its own random stream."""
        return str(UUID(int=self._name_dice.getrandbits(128), version=4))

    def timestamp(self, time_s: float) -> str:
        """A virtual time as Step Functions writes it, to the millisecond."""
        moment = datetime.fromtimestamp(EPOCH_S + time_s, UTC)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def arn_of(self, kind: str, name: str) -> str:
        """The ARN of an `execution`, `express` execution or `mapRun` of the state machine."""
        return f"{self.arn.replace(':stateMachine:', f':{kind}:')}{name}"


class Timer:
    """A callback that can be cancelled, and then refers to nothing until its time has come.

    A thousand children a second would otherwise keep all their data for five minutes.
    """

    __slots__ = ("_callback",)

    def __init__(self, kernel: Kernel, delay_s: float, callback: Callable[[], None]) -> None:
        self._callback: Callable[[], None] | None = callback
        kernel.after(delay_s, self)

    def __call__(self) -> None:
        callback, self._callback = self._callback, None
        if callback is not None:
            callback()

    def cancel(self) -> None:
        """Do not call it."""
        self._callback = None
