"""A service of AWS here: what it refuses, admits and meters; what stops a run; limits of rates."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from workbench.errors import WorkbenchError

Request = dict[str, Any]


class Refused(Exception):
    """The service refuses a call: the error's code and status, what the answer carries besides."""

    def __init__(self, code: str, message: str = "", status: int = 400, **rest: Any) -> None:
        super().__init__(message or code)
        self.code = code
        self.status = status
        self.rest = rest


class Stop(WorkbenchError):
    """The local target itself falls short: the run must end, and no handler may hide it."""


class NotKnown(Stop):
    """A call, or a part of one, that nothing here does or meters: it must not pass as free."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what} is called by a handler, and the local target has no rule for it: it knows "
            "dynamodb, sqs, s3, sns, cloudwatch and durable executions, each for the calls in its "
            "rules (workbench/targets/local)."
        )


class Broken(Stop):
    """A service here raised something that is no answer of AWS's."""


@dataclass
class Admitted:
    """A call about to be made: what is left of the request, and what must be known afterwards."""

    request: Request
    held_back: list[Any] = field(default_factory=list)  # entries that the service will not do
    writes: list[Any] = field(default_factory=list)  # DynamoDB's, with what was stored before


class Service:
    """How one service treats and bills the calls of handlers."""

    name = ""
    known: tuple[str, ...] = ()  # operations

    def entries(self, operation: str, request: Request) -> int:  # noqa: ARG002
        """How many entries a batch call has, for its CPU; 0 if it is none."""
        return 0

    def admit(self, operation: str, request: Request, hold_back: int) -> Admitted:  # noqa: ARG002
        """Hold the request to the service's limits; `Refused` if it may not be done at all.

        A fault plan may want some entries of a batch call held back.
        """
        if operation not in self.known:
            raise NotKnown(f"{self.name} {operation}")
        return Admitted(request)

    def as_of(self, age_s: float) -> AbstractContextManager[None]:  # noqa: ARG002
        """Reads inside the block see what was there that long ago, where a service has such."""
        return nullcontext()

    def meter(self, operation: str, admitted: Admitted, response: Mapping[str, Any]) -> None:
        """Bill a call that was done, and put what was held back into its answer."""

    def refused(self, operation: str, admitted: Admitted, error: ClientError) -> None:
        """Bill a call that the service refused after looking at its state; by default, nothing."""


class TokenBucket:
    """How AWS limits a rate: up to `size` tokens, full at the start, `rate` more a second."""

    def __init__(self, rate: float, size: float) -> None:
        self._rate = rate
        self._size = size
        self._level = size
        self._at_s = 0.0

    def take(self, tokens: float, now_s: float) -> bool:
        """Take tokens if they are there. More than the bucket holds pass when it is full."""
        if now_s > self._at_s:
            self._level = min(self._size, self._level + (now_s - self._at_s) * self._rate)
            self._at_s = now_s
        if self._level < tokens and self._level < self._size:
            return False
        self._level -= tokens
        return True

    def give_back(self, tokens: float) -> None:
        """Return tokens that were not used after all."""
        self._level = min(self._size, self._level + tokens)
