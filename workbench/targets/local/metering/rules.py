"""The rules of a service: what a call is held to before it is made, and what it is billed after."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from botocore.exceptions import ClientError

from workbench.errors import WorkbenchError

Request = Mapping[str, Any]
KNOWN = "dynamodb, sqs, s3, sns and cloudwatch"


@dataclass
class Prepared:
    """A call about to be made: what is left of the request, and what must be known afterwards."""

    request: dict[str, Any]
    held_back: list[Any] = field(default_factory=list)  # entries that the service will not do
    before: Any = None  # what the rules noted of the state before the call


class Rules(Protocol):
    """How one service treats and bills its calls."""

    def entries(self, operation: str, request: Request) -> int:
        """How many entries a batch call has, for its CPU; 0 if it is none."""
        ...

    def prepare(self, operation: str, request: Request, hold_back: int) -> Prepared:
        """Hold the request to the service's limits; `Refusal` if it may not be done at all.

        A fault plan may want some entries of a batch call held back.
        """
        ...

    def settle(self, operation: str, prepared: Prepared, response: dict[str, Any]) -> None:
        """Meter a call that was done, and put what was held back into its answer."""
        ...

    def failed(self, operation: str, prepared: Prepared, error: ClientError) -> None:
        """Meter a call that the service refused after looking at its state."""
        ...


class Refusal(Exception):
    """The service refuses a call: its error code and HTTP status."""

    def __init__(self, code: str, status: int = 400, message: str = "") -> None:
        super().__init__(message or code)
        self.code = code
        self.status = status


class Stop(WorkbenchError):
    """The local target itself falls short: the run must end, and no handler may hide it."""


class Unknown(Stop):
    """A call that nothing here meters: it must not pass as free."""

    def __init__(self, service: str, operation: str) -> None:
        super().__init__(
            f"{service} {operation} is called by a handler, and the local target has no rule for "
            f"it: it knows {KNOWN}, each for the calls in its rules (workbench/targets/local)."
        )


class Broken(Stop):
    """moto raised something that is no answer of AWS's."""
