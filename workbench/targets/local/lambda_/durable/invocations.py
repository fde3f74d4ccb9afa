"""Invokes the handlers of durable executions: again and again, one invocation at a time.

A handler that can only wait ends its invocation as PENDING, and is invoked once more when anything
has changed that it has not heard of. Where AWS's guide is silent this is what its testing SDK does:
a failed invocation is tried again after 5 s, five in a row end the execution, and so do three that
wait for nothing. (One published account saw about nine tries with growing pauses: cloudstructs
#362.) A throttled one waits as asynchronous events do.
"""

from collections.abc import Callable
from functools import partial
from json import dumps, loads
from typing import Any

from workbench.targets.local.lambda_.durable.charges import Charges
from workbench.targets.local.lambda_.durable.execution import Error, Execution
from workbench.targets.local.lambda_.durable.operations import pending
from workbench.targets.local.lambda_.functions import THROTTLED, Handler, InvokeResult
from workbench.targets.local.lambda_.service import LambdaService
from workbench.targets.local.runtime.service import Refused
from workbench.targets.local.runtime.tasks import current
from workbench.targets.local.world.context import RunContext

TRIES = 5
TRIES_FOR_NOTHING = 3
RETRY_S = 5.0
THROTTLED_MAX_S = 300.0
INVALID = "InvalidParameterValueException"
# How an execution ends: its status, its result, its error.
End = Callable[[Execution, str, str | None, Error | None], None]


class Invocations:
    """The invocations of one run's executions."""

    def __init__(
        self, context: RunContext, service: LambdaService, charges: Charges, end: End
    ) -> None:
        self._kernel = context.kernel
        self._service = service
        self._charges = charges
        self._end = end
        self._invoke_s = context.latency("durable_invoke")

    def call_for(self, execution: Execution, wait_s: float | None = None) -> None:
        """Let the handler be invoked, unless it is at work or called for already."""
        if execution.running and not execution.invoking and not execution.called_for:
            execution.called_for = True
            wait_s = self._invoke_s() if wait_s is None else wait_s
            self._kernel.after(wait_s, partial(self._invoke, execution, 0))

    def _invoke(self, execution: Execution, throttles: int) -> None:
        execution.called_for = False
        if not execution.running:
            return
        execution.invoking = True
        event = execution.event()
        done = partial(self._ended, execution, event, throttles)
        self._service.invoke(execution.started.function, event, done, 0.0)

    def _ended(
        self, execution: Execution, event: dict[str, Any], throttles: int, result: InvokeResult
    ) -> None:
        """An invocation of the handler has ended."""
        execution.invoking = False
        if not execution.running:
            return
        if result.error == THROTTLED:
            execution.called_for = True
            execution.updated = event["UpdatedOperationIds"] + execution.updated
            again = partial(self._invoke, execution, throttles + 1)
            self._kernel.after(min(2.0**throttles, THROTTLED_MAX_S), again)
            return
        details = {"StartTimestamp": result.started_s, "RequestId": result.request_id}
        execution.note("InvocationCompleted", details, self._kernel.now)
        if result.error is not None:
            self._failed(execution, error_of(result), TRIES)
            return
        answer = result.payload if isinstance(result.payload, dict) else {}
        status = answer.get("Status")
        if status == "PENDING":
            self._suspended(execution)
        elif status in ("SUCCEEDED", "FAILED"):
            self._end(execution, status, answer.get("Result"), answer.get("Error"))
        else:
            words = f"Invalid invocation output: {dumps(result.payload)[:100]}"
            self._end(execution, "FAILED", None, {"ErrorMessage": words, "ErrorType": INVALID})

    def _suspended(self, execution: Execution) -> None:
        """The handler waits: for what is under way, or for what it has not heard of yet."""
        if not execution.has_unseen and not any(map(pending, execution.operations.values())):
            words = "Cannot return PENDING status with no pending operations."
            error = {"ErrorMessage": words, "ErrorType": INVALID}
            self._failed(execution, error, TRIES_FOR_NOTHING)
            return
        execution.failed_tries = 0
        if execution.has_unseen:
            self.call_for(execution)

    def _failed(self, execution: Execution, error: Error, most: int) -> None:
        """Try an invocation again, or give the execution up."""
        execution.failed_tries += 1
        if execution.failed_tries < most:
            try:
                spec = self._service.functions[execution.started.function].spec
                self._charges.retry(execution, spec)
            except Refused as refused:
                error = error_from(refused)
            else:
                self.call_for(execution, RETRY_S)
                return
        self._end(execution, "FAILED", None, error)


def replaying(handler: Handler, cpu_ms_per_operation: float) -> Handler:
    """A handler whose replay costs CPU: it reads and passes by every operation so far."""

    def handle(event: Any, context: Any) -> Any:
        task, state = current(), event.get("InitialExecutionState", {})
        cpu_ms = cpu_ms_per_operation * len(state.get("Operations", ()))
        task.wait_until(task.life.use_cpu(cpu_ms))
        return handler(event, context)

    return handle


def error_of(result: InvokeResult) -> Error:
    """What an invocation's failure is to who has invoked it."""
    failure = loads(result.cause)
    return {"ErrorMessage": failure["errorMessage"], "ErrorType": failure["errorType"]}


def error_from(refused: Refused) -> Error:
    """A refusal of the service as an execution's error."""
    return {"ErrorMessage": str(refused), "ErrorType": refused.code}
