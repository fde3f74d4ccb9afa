"""Asynchronous invocation: nobody waits, so Lambda tries again and keeps what fails.

Lambda developer guide, "Asynchronous invocation": a function error is tried twice more, after one
and two minutes; a throttle until the event is six hours old, with back-off from 1 s to 5 minutes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from json import dumps, loads
from typing import Any
from uuid import UUID

from workbench.targets.local.lambda_.durable.service import DurableExecutions
from workbench.targets.local.lambda_.functions import THROTTLED, InvokeResult
from workbench.targets.local.world.context import RunContext
from workbench.targets.local.world.stack import Stack, function_name

BACKOFF_MAX_S = 300
RETRIES = 2
AGE_MAX_S = 21_600

Deliver = Callable[[str, str], None]  # queue ARN, body


@dataclass(frozen=True)
class AsyncSpec:
    """How a function's asynchronous events are treated."""

    retries: int = RETRIES
    age_max_s: float = AGE_MAX_S
    on_failure: str = ""  # the ARN of a queue


@dataclass
class Event:
    """One event on its way."""

    function: str
    payload: Any
    came_s: float
    id: str
    name: str = ""  # of the durable execution that it starts
    tries: int = 0  # that ended in an error
    throttles: int = 0


class AsyncInvoker:
    """Takes events for functions, by name."""

    def __init__(
        self,
        context: RunContext,
        service: DurableExecutions,
        specs: Mapping[str, AsyncSpec],
        deliver: Deliver,
    ) -> None:
        self._context = context
        self._service = service
        self._specs = specs
        self._deliver = deliver
        self._dispatch = context.latency("lambda_async")
        self._ids = context.dice("asynchronous events")
        value = context.profile.value
        self._retry_s = (value("lambda_async_retry_1_s"), value("lambda_async_retry_2_s"))
        self.waiting = 0  # events not yet done with

    def invoke(self, function: str, payload: Any, name: str = "") -> None:
        """Take an event for a function, by name or ARN; the caller may forget about it then.

        A durable function's execution is given the name.
        """
        event_id = str(UUID(int=self._ids.getrandbits(128), version=4))
        self.waiting += 1
        function, now_s = function_name(function), self._context.kernel.now
        self._send(Event(function, payload, now_s, event_id, name))

    def _send(self, event: Event) -> None:
        done = partial(self._answered, event)
        self._service.invoke(event.function, event.payload, done, self._dispatch(), event.name)

    def _answered(self, event: Event, result: InvokeResult) -> None:
        """Try again, or keep what failed."""
        spec = self._specs.get(event.function, AsyncSpec())
        if result.error == THROTTLED:
            event.throttles += 1
            wait_s = min(2.0 ** (event.throttles - 1), BACKOFF_MAX_S)
        elif result.error is not None and event.tries < spec.retries:
            wait_s = self._retry_s[min(event.tries, 1)]
            event.tries += 1
        else:
            self.waiting -= 1
            if result.error is not None:
                self._keep(event, spec, result, "RetriesExhausted")
            return
        if self._context.kernel.now + wait_s - event.came_s > spec.age_max_s:
            self.waiting -= 1
            self._keep(event, spec, result, "EventAgeExceeded")
            return
        self._context.kernel.after(wait_s, partial(self._send, event))

    def _keep(self, event: Event, spec: AsyncSpec, result: InvokeResult, condition: str) -> None:
        """Lambda's record of the invocation, to the function's failure destination."""
        if not spec.on_failure:
            return
        moment = datetime.fromtimestamp(self._context.epoch_s(), UTC).isoformat("T", "milliseconds")
        function = self._service.functions[event.function].spec
        record = {
            "version": "1.0",
            "timestamp": moment.replace("+00:00", "Z"),
            "requestContext": {
                "requestId": event.id,
                "functionArn": f"{function.arn}:$LATEST",
                "condition": condition,
                "approximateInvokeCount": event.tries + 1,
            },
            "requestPayload": event.payload,
            "responseContext": {
                "statusCode": 200,
                "executedVersion": "$LATEST",
                "functionError": "Unhandled",
            },
            "responsePayload": None if result.error == THROTTLED else loads(result.cause),
        }
        self._deliver(spec.on_failure, dumps(record))


def read_specs(stack: Stack) -> dict[str, AsyncSpec]:
    """The settings of a stack's functions, which moto drops."""
    specs = {}
    for config in stack.of_type("AWS::Lambda::EventInvokeConfig"):
        wanted = config.properties
        on_failure = wanted.get("DestinationConfig", {}).get("OnFailure", {})
        specs[wanted["FunctionName"]] = AsyncSpec(
            retries=int(wanted.get("MaximumRetryAttempts", RETRIES)),
            age_max_s=float(wanted.get("MaximumEventAgeInSeconds", AGE_MAX_S)),
            on_failure=on_failure.get("Destination", ""),
        )
    return specs
