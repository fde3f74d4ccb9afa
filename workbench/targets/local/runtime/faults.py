"""Where a fault plan takes hold of a run. The default plan does nothing.

A plan is asked at every point where a real cloud may misbehave: before each attempt of an AWS call,
before each sleep, as an environment starts, and as a message enters a queue. It answers with plain
data; the parts of the local target carry the answer out. A plan draws from streams of its own, so
that a run without faults is the same with and without it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class Call:
    """One attempt of an AWS call that a handler makes."""

    function: str  # the function's logical id
    request_id: str  # of the invocation
    service: str
    operation: str
    request: Mapping[str, Any]
    attempt: int  # 1 is the first


@dataclass(frozen=True)
class CallFault:
    """What befalls an attempt. The fields may be combined; an empty one is no fault.

    `error` is refused by the service, which does nothing; with `lose_answer` the service does it
    and the caller gets the error all the same. `hold_back` entries of a batch call are returned as
    unprocessed or failed, from its end. `kill` ends the environment, `before` the call reaches the
    service or `after` it was answered.
    """

    kill: str = ""  # "", "before" or "after"
    error: str = ""  # an error code, such as ThrottlingException
    status: int = 500  # its HTTP status
    lose_answer: bool = False
    delay_s: float = 0.0
    hold_back: int = 0


@dataclass(frozen=True)
class StartFault:
    """What befalls an invocation as it starts."""

    init_fails: bool = False  # only a cold start has an init
    hang_s: float = 0.0  # the handler begins so late, while its timeout runs


class Faults(Protocol):
    """A fault plan."""

    def calling(self, call: Call) -> CallFault:
        """What befalls this attempt of a call."""
        ...

    def sleeping(self, function: str, request_id: str, seconds: float) -> bool:
        """Whether the environment dies in this sleep."""
        ...

    def starting(self, function: str, cold: bool) -> StartFault:
        """What befalls this invocation as it starts."""
        ...

    def sending(self, queue: str, body: str) -> Sequence[float]:
        """When each copy of a message comes, in seconds after its own delay: (0.0,) is no fault."""
        ...

    def hiding(self, queue: str, seconds: float) -> float:
        """For how long a received message is hidden, of the visibility timeout's seconds."""
        ...

    def deleting(self, queue: str) -> bool:
        """Whether a poller's delete of a message that was done with is lost."""
        ...

    def throttling(self, function: str) -> bool:
        """Whether Lambda has no place for this invocation now."""
        ...


NO_CALL_FAULT = CallFault()
NO_START_FAULT = StartFault()
ONE_COPY = (0.0,)


class NoFaults:
    """The plan of a cloud that behaves."""

    def calling(self, call: Call) -> CallFault:  # noqa: ARG002
        return NO_CALL_FAULT

    def sleeping(self, function: str, request_id: str, seconds: float) -> bool:  # noqa: ARG002
        return False

    def starting(self, function: str, cold: bool) -> StartFault:  # noqa: ARG002
        return NO_START_FAULT

    def sending(self, queue: str, body: str) -> Sequence[float]:  # noqa: ARG002
        return ONE_COPY

    def hiding(self, queue: str, seconds: float) -> float:  # noqa: ARG002
        return seconds

    def deleting(self, queue: str) -> bool:  # noqa: ARG002
        return False

    def throttling(self, function: str) -> bool:  # noqa: ARG002
        return False
