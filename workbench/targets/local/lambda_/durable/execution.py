"""One durable execution: its operations, what its handler has seen of them, and its token.

Each state has a number that grows with every change. A checkpoint answers with what has changed
since the handler last heard, and gives the token for the next; a token of an earlier checkpoint, or
of an earlier invocation, is refused.
"""

from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from json import dumps
from typing import Any

from workbench.platform.services import (
    DURABLE_OPERATIONS_MAX,
    DURABLE_WRITTEN_MAX_BYTES,
    PAYLOAD_MAX_BYTES,
)
from workbench.targets.local.lambda_.durable.operations import (
    Operation,
    Update,
    ended,
    refuse,
    shown,
)
from workbench.targets.local.metering import text_bytes
from workbench.targets.local.world.context import EPOCH_S

Error = dict[str, Any]  # ErrorMessage, ErrorType, ErrorData, StackTrace
RUNNING = "RUNNING"
PAGE = 100  # operations of a page of GetDurableExecutionState, unless asked for more (testing SDK)
PAGE_MAX = 1_000
EVENT_OPERATIONS_BYTES = PAYLOAD_MAX_BYTES - 1024 * 1024  # in an event; the rest comes in pages


@dataclass(frozen=True)
class Started:
    """What an execution was started with."""

    arn: str
    name: str
    function: str
    input: str
    timeout_s: float
    retention_days: int
    at_s: float


@dataclass
class Execution:
    """The state of one execution. Times are virtual seconds."""

    started: Started
    on_end: Callable[["Execution"], None] | None = None
    operations: dict[str, Operation] = field(default_factory=dict)  # in the order of their creation
    status: str = RUNNING
    result: str | None = None
    error: Error | None = None
    ended_s: float | None = None
    invocation: int = 0  # the number of the one that may checkpoint
    invoking: bool = False
    called_for: bool = False  # an invocation is on its way
    failed_tries: int = 0  # invocations in a row
    counted: int = 1  # operations, as the limit and the bill count them: the execution is the first
    written_bytes: int = 0
    history: list[tuple[float, str, dict[str, Any]]] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)  # that the next event will name
    last: tuple[str, list[Update], dict[str, Any]] | None = None  # a checkpoint and its answer
    _tokens: int = 0
    _changes: int = 0
    _seen: int = 0
    _changed_at: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        root = {
            "Id": self.started.arn.rsplit("/", 1)[-1],
            "Type": "EXECUTION",
            "Name": self.started.name,
            "Status": "STARTED",
            "StartTimestamp": self.started.at_s,
            "ExecutionDetails": {"InputPayload": self.started.input},
        }
        self.operations[root["Id"]] = root
        self.written_bytes = text_bytes(self.started.input)

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self.status == RUNNING

    @property
    def token(self) -> str:
        """The one token that the next checkpoint may have."""
        text = f"{self.started.arn}#{self.invocation}#{self._tokens}"
        return b64encode(text.encode()).decode()

    def next_token(self) -> None:
        """Use up the token."""
        self._tokens += 1

    def put(self, operation: Operation) -> None:
        """Keep an operation's new state, which the handler has not seen."""
        self._changes += 1
        self.operations[operation["Id"]] = operation
        self._changed_at[operation["Id"]] = self._changes

    def move_on(self, operation: Operation, status: str, now_s: float) -> Operation:
        """An operation has another state without the handler: a time has come, or an answer."""
        moved = ended(operation, status, now_s)
        self.put(moved)
        self.updated.append(moved["Id"])
        return moved

    def end(self, status: str, result: str | None, error: Error | None, now_s: float) -> None:
        """It has ended, once."""
        assert self.running, f"{self.started.arn} has ended already"
        self.status, self.result, self.error, self.ended_s = status, result, error, now_s

    def note(self, event: str, details: Mapping[str, Any], now_s: float) -> None:
        """Write an event into the history."""
        self.history.append((now_s, event, dict(details)))

    def unseen(self) -> list[Operation]:
        """What has changed since the handler last heard; it hears it now."""
        found = [self.operations[one] for one, at in self._changed_at.items() if at > self._seen]
        self._seen = self._changes
        return found

    @property
    def has_unseen(self) -> bool:
        """Whether anything has changed since then."""
        return self._changes > self._seen

    def count(self, operations: int, written_bytes: int) -> None:
        """So many operations and bytes more; refused over the limits, with nothing counted."""
        if self.counted + operations > DURABLE_OPERATIONS_MAX:
            raise refuse(
                "The durable execution exceeds the maximum of "
                f"{DURABLE_OPERATIONS_MAX:,} operations: let each do more, or start more executions"
            )
        if self.written_bytes + written_bytes > DURABLE_WRITTEN_MAX_BYTES:
            raise refuse(
                "The durable execution exceeds the maximum of "
                f"{DURABLE_WRITTEN_MAX_BYTES:,} bytes written: keep data elsewhere, pass its key"
            )
        self.counted += operations
        self.written_bytes += written_bytes

    def event(self) -> dict[str, Any]:
        """What the next invocation of the handler is given; it has seen all changes then."""
        self.invocation += 1
        operations = [shown(one, epoch_ms) for one in self.operations.values()]
        kept, size_bytes = len(operations), 0
        for number, one in enumerate(operations):
            size_bytes += len(dumps(one))
            if size_bytes > EVENT_OPERATIONS_BYTES and number:
                kept = number
                break
        self.unseen()
        updated, self.updated = self.updated, []
        return {
            "DurableExecutionArn": self.started.arn,
            "CheckpointToken": self.token,
            "InitialExecutionState": {
                "Operations": operations[:kept],
                "NextMarker": str(kept) if kept < len(operations) else "",
            },
            "UpdatedOperationIds": updated,
        }

    def page(self, marker: str, most: int) -> tuple[list[Operation], str]:
        """A page of operations from a marker on, and the marker of the next."""
        if not marker.isdecimal() and marker:
            raise refuse("Invalid marker")
        first, size = int(marker or 0), min(most or PAGE, PAGE_MAX)
        operations = list(self.operations.values())[first : first + size]
        more = first + size < len(self.operations)
        return operations, str(first + size) if more else ""


def epoch_ms(time_s: float) -> int:
    """Virtual seconds as an invocation's event has them: whole milliseconds since 1970."""
    return int((EPOCH_S + time_s) * 1000 + 1e-3)
