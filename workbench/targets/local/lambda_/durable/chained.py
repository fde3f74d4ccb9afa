"""Chained invokes: operations that are another function's invocation, or its durable execution.

Nothing is published on when a chained invoke begins or how it is throttled: it is taken to begin as
a resumption does, and to be tried again while it is throttled, as asynchronous events are.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from json import dumps, loads
from typing import Any

from workbench.platform.services import DURABLE_CHAINED_MAX_BYTES
from workbench.targets.local.lambda_.durable.execution import Error, Execution
from workbench.targets.local.lambda_.durable.invocations import THROTTLED_MAX_S, error_of
from workbench.targets.local.lambda_.durable.operations import Update, qualified, target_of
from workbench.targets.local.lambda_.functions import THROTTLED, InvokeResult
from workbench.targets.local.lambda_.service import LambdaService
from workbench.targets.local.metering import text_bytes
from workbench.targets.local.runtime.faults import ChainFault
from workbench.targets.local.world.context import RunContext

TIMED_OUT = "ChainedInvoke.Timeout"
UNQUALIFIED = "You cannot invoke a durable function using an unqualified ARN."
OnEnd = Callable[[Execution], None]
Start = Callable[[str, Any, str, OnEnd], Execution]  # function, payload, name
# How a chained invoke ends: its status, its result, its error.
Answer = Callable[[str, str | None, Error | None], None]


class ChainedInvokes:
    """The chained invokes of one run's executions."""

    def __init__(self, context: RunContext, service: LambdaService, start: Start) -> None:
        self._kernel = context.kernel
        self._faults = context.faults
        self._service = service
        self._start = start
        self._invoke_s = context.latency("durable_invoke")

    def begin(self, update: Update, answer: Answer) -> None:
        """Invoke what an update asks for; a function that is not there is an answer at once."""
        target, given = target_of(update), loads(update.get("Payload") or "{}")
        if target not in self._service.functions:
            words = f"Function not found: {target}."
            error = {"ErrorMessage": words, "ErrorType": "ResourceNotFoundException"}
            answer("FAILED", None, error)
        elif self._service.functions[target].spec.durable and not qualified(update):
            error = {"ErrorMessage": UNQUALIFIED, "ErrorType": "InvalidParameterValueException"}
            answer("FAILED", None, error)
        elif self._service.functions[target].spec.durable is None:
            self._invoke(target, given, answer)
        else:
            ended = partial(_ended, answer)
            self._kernel.after(self._invoke_s(), partial(self._start, target, given, "", ended))

    def _invoke(self, target: str, given: Any, answer: Answer) -> None:
        """Invoke a plain function, with what the fault plan has in store for it."""
        fault = self._faults.chaining(self._service.functions[target].spec.role, given)

        def later(*end: Any) -> None:
            self._kernel.after(fault.late_s, partial(answer, *end))

        first = _once(later if fault.late_s else answer)
        for _ in range(1 + fault.twice):
            send = partial(self._send, target, given, first, 0, fault)
            self._kernel.after(self._invoke_s(), send)

    def _send(
        self, target: str, given: Any, answer: Answer, throttles: int, fault: ChainFault
    ) -> None:
        def done(result: InvokeResult) -> None:
            if result.error == THROTTLED:
                again = partial(self._send, target, given, answer, throttles + 1, fault)
                self._kernel.after(min(2.0**throttles, THROTTLED_MAX_S), again)
            elif fault.lost:
                sound = replace(fault, lost=False)
                again = partial(self._send, target, given, answer, 0, sound)
                self._kernel.after(self._invoke_s(), again)
            elif result.error is not None:
                answer("FAILED", None, error_of(result))
            else:
                _answer_with(answer, dumps(result.payload))

        self._service.invoke(target, given, done, 0.0)


def _once(answer: Answer) -> Answer:
    """The same, for the first end alone: a second run changes nothing for who has asked."""
    ended: list[bool] = []

    def first(status: str, result: str | None, error: Error | None) -> None:
        if not ended:
            ended.append(True)
            answer(status, result, error)

    return first


def _answer_with(answer: Answer, result: str) -> None:
    limit = DURABLE_CHAINED_MAX_BYTES
    if text_bytes(result) <= limit:
        answer("SUCCEEDED", result, None)
        return
    words = f"CHAINED_INVOKE output payload size must be less than or equal to {limit} bytes."
    answer("FAILED", None, {"ErrorMessage": words})


def _ended(answer: Answer, child: Execution) -> None:
    """The execution that a chained invoke has started is over."""
    if child.status == "TIMED_OUT":
        words = f"CHAINED_INVOKE timed out after {child.started.timeout_s:g} seconds."
        answer(child.status, None, {"ErrorMessage": words, "ErrorType": TIMED_OUT})
    elif child.status == "SUCCEEDED":
        _answer_with(answer, child.result or "null")
    else:
        answer(child.status, None, child.error)
