"""Where a fault plan takes hold of a run. The default plan does nothing.

A plan is asked at every point where a real cloud may misbehave: before each attempt of an AWS call,
before each sleep, as an environment starts, as a message enters a queue, and where a state machine
calls AWS itself. It answers with plain data; the parts of the local target carry the answer out. A
plan draws from streams of its own, so that a run without faults is the same with and without it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


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
    service or `after` it was answered. A read answers with what was there `stale_s` ago.
    """

    kill: str = ""  # "", "before" or "after"
    error: str = ""  # an error code, such as ThrottlingException
    status: int = 500  # its HTTP status
    lose_answer: bool = False
    delay_s: float = 0.0
    hold_back: int = 0
    stale_s: float = 0.0


@dataclass(frozen=True)
class StartFault:
    """What befalls an invocation as it starts."""

    init_fails: bool = False  # only a cold start has an init
    hang_s: float = 0.0  # the handler begins so late, while its timeout runs


@dataclass(frozen=True)
class ChildFault:
    """What befalls a map's child: `error` before its first state, or `runs` runs.

    An Express child runs at least once, so a second run is something that AWS may do.
    """

    error: str | None = None
    cause: str = ""
    runs: int = 1


@dataclass(frozen=True)
class ChainFault:
    """What befalls a chained invoke of a plain function, which Lambda makes at least once.

    With `twice` it runs twice at a time, and the first answer counts; with `lost` its answer is
    lost, and it runs once more. What counts comes `late_s` later than it could.
    """

    twice: bool = False
    lost: bool = False
    late_s: float = 0.0


NO_CALL_FAULT = CallFault()
NO_START_FAULT = StartFault()
NO_CHILD_FAULT = ChildFault()
NO_CHAIN_FAULT = ChainFault()
ONE_COPY = (0.0,)


class Faults:
    """A fault plan; this one, of a cloud that behaves, is what others override."""

    stale_max_s = 0.0  # how old what a read sees may be

    def calling(self, call: Call) -> CallFault:  # noqa: ARG002
        """What befalls this attempt of a call."""
        return NO_CALL_FAULT

    def chaining(self, function: str, payload: Any) -> ChainFault:  # noqa: ARG002
        """What befalls a durable execution's invoke of another function."""
        return NO_CHAIN_FAULT

    def sleeping(self, function: str, request_id: str, seconds: float) -> bool:  # noqa: ARG002
        """Whether the environment dies in this sleep."""
        return False

    def starting(self, function: str, cold: bool) -> StartFault:  # noqa: ARG002
        """What befalls this invocation as it starts."""
        return NO_START_FAULT

    def sending(self, queue: str, body: str) -> Sequence[float]:  # noqa: ARG002
        """When each copy of a message comes, in seconds after its own delay: (0.0,) is no fault."""
        return ONE_COPY

    def hiding(self, queue: str, seconds: float) -> float:  # noqa: ARG002
        """For how long a received message is hidden, of the visibility timeout's seconds."""
        return seconds

    def deleting(self, queue: str) -> bool:  # noqa: ARG002
        """Whether a poller's delete of a message that was done with is lost."""
        return False

    def throttling(self, function: str) -> bool:  # noqa: ARG002
        """Whether Lambda has no place for this invocation now."""
        return False


class MapFaults:
    """The faults of a state machine; here there are none."""

    def child(self, map_state: str, index: int) -> ChildFault:  # noqa: ARG002
        """The fault of the child with that index; called once, as it starts."""
        return NO_CHILD_FAULT

    def s3(self, operation: str, key: str) -> str | None:  # noqa: ARG002
        """The error code that a map's own S3 call meets, or None."""
        return None

    def publish(self) -> str | None:
        """The error code that a state's publish meets, or None."""
        return None
