"""The API of durable executions: what handlers and operators call, with its rates."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from workbench.targets.local.lambda_.durable.execution import PAGE, PAGE_MAX, Execution
from workbench.targets.local.lambda_.durable.history import events
from workbench.targets.local.lambda_.durable.operations import refuse, shown
from workbench.targets.local.lambda_.durable.service import DurableExecutions
from workbench.targets.local.runtime.service import (
    Admitted,
    NotKnown,
    Refused,
    Request,
    Service,
    TokenBucket,
)
from workbench.targets.local.world.context import EPOCH_S, RunContext

EPOCH = datetime.fromtimestamp(EPOCH_S, UTC)
RATES = {  # calls a second of an account (gettingstarted-limits, 2026)
    "CheckpointDurableExecution": 10_000,
    "GetDurableExecutionState": 10_000,
    "GetDurableExecution": 30,
    "GetDurableExecutionHistory": 15,
    "StopDurableExecution": 300,
}


class DurableApi:
    """Lambda's calls for durable executions in one cloud; each run gives its own executions."""

    def __init__(self) -> None:
        self.executions: DurableExecutions | None = None
        self._made: dict[str, Callable[[Execution, Request], dict[str, Any]]] = {
            "CheckpointDurableExecution": self._checkpoint,
            "GetDurableExecutionState": self._state,
            "GetDurableExecution": self._get,
            "GetDurableExecutionHistory": self._history,
            "StopDurableExecution": self._stop,
        }

    def call(self, operation: str, request: Request) -> dict[str, Any]:
        """Make one call."""
        if operation not in self._made:
            raise NotKnown(f"lambda {operation}")
        arn = request["DurableExecutionArn"]
        known = self.executions.executions if self.executions else {}
        if arn not in known:
            raise Refused("ResourceNotFoundException", f"no durable execution {arn}", status=404)
        return self._made[operation](known[arn], request)

    def _checkpoint(self, execution: Execution, request: Request) -> dict[str, Any]:
        token, updates = request["CheckpointToken"], list(request.get("Updates", ()))
        answer = dict(self.executions.checkpoint(execution, token, updates))
        operations = [shown(one, moment) for one in answer.pop("Operations")]
        return answer | {"NewExecutionState": {"Operations": operations}}

    def _state(self, execution: Execution, request: Request) -> dict[str, Any]:
        if request["CheckpointToken"] != execution.token or not execution.running:
            raise refuse("Invalid checkpoint token")
        operations, more = execution.page(request.get("Marker", ""), request.get("MaxItems", 0))
        shown_ones = [shown(one, moment) for one in operations]
        return {"Operations": shown_ones} | ({"NextMarker": more} if more else {})

    def _get(self, execution: Execution, request: Request) -> dict[str, Any]:  # noqa: ARG002
        started = execution.started
        found = {
            "DurableExecutionArn": started.arn,
            "DurableExecutionName": started.name,
            "FunctionArn": started.arn.partition("/")[0],
            "InputPayload": started.input,
            "Result": execution.result,
            "Error": execution.error,
            "StartTimestamp": moment(started.at_s),
            "Status": execution.status,
            "EndTimestamp": None if execution.ended_s is None else moment(execution.ended_s),
            "Version": "$LATEST",
        }
        return {name: value for name, value in found.items() if value is not None}

    def _history(self, execution: Execution, request: Request) -> dict[str, Any]:
        found = list(events(execution, moment, request.get("IncludeExecutionData", False)))
        if request.get("ReverseOrder"):
            found.reverse()
        first = int(request.get("Marker") or 0)
        stop = first + min(request.get("MaxItems") or PAGE, PAGE_MAX)
        more = {"NextMarker": str(stop)} if stop < len(found) else {}
        return {"Events": found[first:stop]} | more

    def _stop(self, execution: Execution, request: Request) -> dict[str, Any]:
        self.executions.stop(execution, request.get("Error", {}))
        return {"StopTimestamp": moment(execution.ended_s)}


class DurableService(Service):
    """What Lambda admits of these calls; what they write is billed where it is done."""

    name = "lambda"
    known = tuple(RATES)

    def __init__(self, context: RunContext) -> None:
        self._context = context
        self._rates = {name: TokenBucket(rate, rate) for name, rate in RATES.items()}

    def entries(self, operation: str, request: Request) -> int:  # noqa: ARG002
        return len(request.get("Updates", ()))

    def admit(self, operation: str, request: Request, hold_back: int) -> Admitted:
        admitted = super().admit(operation, request, hold_back)
        if not self._rates[operation].take(1, self._context.kernel.now):
            raise Refused("TooManyRequestsException", "Rate exceeded", status=429)
        return admitted


def moment(time_s: float) -> datetime:
    """Virtual seconds as boto3 answers with times."""
    return EPOCH + timedelta(seconds=time_s)
