"""An execution of a state machine, as its caller sees it."""

from dataclasses import dataclass, field
from typing import Any

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
