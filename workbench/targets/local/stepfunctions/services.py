"""An execution as its caller sees it, and what all parts of a running state machine share."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any
from uuid import UUID

from workbench.engine.kernel import Kernel
from workbench.platform.profile import Profile
from workbench.targets.local.lambda_.invoke import Invoke
from workbench.targets.local.stepfunctions.billing import Bill
from workbench.targets.local.stepfunctions.faults import Faults

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


@dataclass(frozen=True)
class Services:
    """Clock, random streams, clients, bill and faults of one state machine, and its names."""

    arn: str
    kernel: Kernel
    profile: Profile
    invoke: Invoke
    clients: Callable[[str], Any]
    bill: Bill
    faults: Faults
    epoch_s: float  # seconds since 1970 at virtual time zero
    latency_dice: Random
    name_dice: Random
    jitter_dice: Random

    def draw_s(self, latency: str) -> float:
        """One value of a latency that the profile gives in milliseconds, in seconds."""
        return self.profile.spread(latency).draw(self.latency_dice) / 1000

    def uuid(self) -> str:
        """A new UUID, drawn from its own random stream."""
        return str(UUID(int=self.name_dice.getrandbits(128), version=4))

    def timestamp(self, time_s: float) -> str:
        """A virtual time as Step Functions writes it, to the millisecond."""
        moment = datetime.fromtimestamp(self.epoch_s + time_s, UTC)
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
