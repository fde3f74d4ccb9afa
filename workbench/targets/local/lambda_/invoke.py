"""What a synchronous invocation answers, and how it is asked for: the seam to Step Functions."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

THROTTLED = "Lambda.TooManyRequestsException"
TIMED_OUT = "Sandbox.Timedout"
KILLED = "Lambda.Unknown"  # the environment died: Lambda itself does not know why


@dataclass(frozen=True)
class InvokeResult:
    """How an invocation ended. `error` is None, or its name as Step Functions matches it."""

    error: str | None
    cause: str
    payload: Any  # what the handler returned, as JSON read back; None after an error
    started_s: float  # virtual seconds at which the handler started


Done = Callable[[InvokeResult], None]
Invoke = Callable[[str, Any, Done], None]  # function name or ARN, payload, call back when it ends
