"""The clients that handlers get: boto3's own on moto, with time, chance, limits and the meter.

A call charges its CPU, waits half its latency, is done, is metered, and waits the other half. What
the AWS SDK would try again on throttles and server errors is tried again here, because a retry must
wait in virtual time (botocore's standard mode: up to 20 s, twice as long each time, jitter).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.paginate import Paginator

from workbench.targets.local.metering.rules import Broken, Refusal, Rules, Stop, Unknown
from workbench.targets.local.runtime.faults import Call, CallFault
from workbench.targets.local.runtime.latency import Latencies
from workbench.targets.local.runtime.service_client import NotKnown
from workbench.targets.local.runtime.tasks import Task, current
from workbench.targets.local.world.context import RunContext

BACKOFF_MAX_S = 20
RETRIED_STATUS = (500, 502, 503, 504)
RETRIED_CODES = frozenset(  # botocore.retries.standard
    "Throttling ThrottlingException ThrottledException RequestThrottledException SlowDown "
    "TooManyRequestsException ProvisionedThroughputExceededException RequestThrottled "
    "TransactionInProgressException RequestLimitExceeded BandwidthLimitExceeded "
    "LimitExceededException PriorRequestNotComplete RequestTimeout "
    "RequestTimeoutException EC2ThrottledException".split()
)


@dataclass(frozen=True)
class Api:
    """One operation of a service: boto3's own method, and the exceptions that it raises."""

    service: str
    operation: str
    method: Callable[..., Any]
    exceptions: Any
    tries: int  # in all


class Caller:
    """Makes the calls of handlers in one run."""

    def __init__(self, context: RunContext, rules: Mapping[str, Rules]) -> None:
        self._context = context
        self._rules = rules
        self._latencies = Latencies(context)
        self._jitter = context.dice("retries of calls")

    def call(self, api: Api, request: dict[str, Any]) -> Any:
        """One call of a handler, tried again while the SDK would."""
        task = current()
        if task is None:
            raise RuntimeError(f"{api.operation} is called outside an invocation")
        for attempt in range(1, api.tries + 1):
            try:
                return self._attempt(api, request, attempt, task)
            except ClientError as error:
                if attempt == api.tries or not _retried(error):
                    raise
            except Stop as error:
                self._context.kernel.after(0.0, partial(_stop, error))
                raise
            pause_s = min(self._jitter.random() * 2 ** (attempt - 1), BACKOFF_MAX_S)
            task.wait_until(self._context.kernel.now + pause_s)
        raise AssertionError("a call is tried at least once")

    def _attempt(self, api: Api, request: dict[str, Any], attempt: int, task: Task) -> Any:
        """One attempt: there, done, back."""
        rules, life, kernel = self._rules_of(api), task.life, self._context.kernel
        call = Call(life.function, life.request_id, api.service, api.operation, request, attempt)
        fault = self._context.faults.calling(call)
        sent_bytes = _sent_bytes(request)
        cpu_ms = self._latencies.cpu_ms(rules.entries(api.operation, request), sent_bytes)
        half_s = self._latencies.call_s(api.operation, sent_bytes) / 2
        task.wait_until(life.use_cpu(cpu_ms) + half_s + fault.delay_s)
        if fault.kill == "before":
            life.die()
        try:
            with self._context.meter.labelled("work" if task.working else None):
                response = _do(api, request, rules, fault)
        except ClientError:
            task.wait_until(kernel.now + half_s)
            raise
        received_bytes = _received_bytes(response)
        task.wait_until(kernel.now + half_s + self._latencies.body_s(received_bytes))
        if received_bytes:
            task.wait_until(life.use_cpu(self._latencies.body_cpu_ms(received_bytes)))
        if fault.kill == "after":
            life.die()
        return response

    def _rules_of(self, api: Api) -> Rules:
        if api.service not in self._rules:
            raise Unknown(api.service, api.operation)
        return self._rules[api.service]


class ProxyClient:
    """Stands in for a boto3 client inside a handler's modules."""

    def __init__(self, make: Callable[[], Any], caller: Callable[[], Caller], tries: int) -> None:
        self._make = make
        self._caller = caller
        self._tries = tries

    @cached_property
    def _client(self) -> Any:
        """Made when it is used first: modules make clients that most runs never need."""
        return self._make()

    @property
    def exceptions(self) -> Any:
        """The exceptions of the service."""
        return self._client.exceptions

    @property
    def meta(self) -> Any:
        """The service's own description."""
        return self._client.meta

    def __getattr__(self, name: str) -> Callable[..., Any]:
        operation = self.meta.method_to_api_mapping.get(name)
        if operation is None:
            raise AttributeError(
                f"{name} is no API call: handlers on the local target make API calls only, since "
                "a transfer helper starts threads of its own"
            )
        service = self.meta.service_model.service_name
        method = getattr(self._client, name)
        api = Api(service, operation, method, self.exceptions, self._tries)

        def call(**request: Any) -> Any:
            return self._caller().call(api, request)

        setattr(self, name, call)
        return call

    def get_paginator(self, name: str) -> Paginator:
        """boto3's own paginator over this client's calls."""
        paginator = self._client.get_paginator(name)
        return Paginator(getattr(self, name), paginator._pagination_cfg, paginator._model)


def _do(api: Api, request: dict[str, Any], rules: Rules, fault: CallFault) -> Any:
    """What happens at the service, at one instant."""
    if fault.error and not fault.lose_answer:
        raise _error(api, Refusal(fault.error, fault.status))
    try:
        prepared = rules.prepare(api.operation, request, fault.hold_back)
    except Refusal as refusal:
        raise _error(api, refusal) from None
    try:
        response = api.method(**prepared.request)
    except ClientError as error:
        rules.failed(api.operation, prepared, error)
        raise
    except BotoCoreError:
        raise
    except NotKnown as error:
        raise Unknown(api.service, f"{api.operation} ({error})") from None
    except Exception as error:
        raise Broken(f"{api.service} {api.operation}: moto raised {error!r}") from error
    rules.settle(api.operation, prepared, response)
    if fault.error:
        raise _error(api, Refusal(fault.error, fault.status))
    return response


def _stop(error: Exception) -> None:
    raise error


def _error(api: Api, refusal: Refusal) -> ClientError:
    """A service's refusal as the client raises it."""
    response = {
        "Error": {"Code": refusal.code, "Message": str(refusal)},
        "ResponseMetadata": {"HTTPStatusCode": refusal.status},
    }
    return api.exceptions.from_code(refusal.code)(response, api.operation)


def _retried(error: ClientError) -> bool:
    """Whether the SDK tries again after this."""
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    return status in RETRIED_STATUS or error.response["Error"]["Code"] in RETRIED_CODES


def _sent_bytes(request: Mapping[str, Any]) -> int:
    """The size of an object that is uploaded."""
    body = request.get("Body")
    return len(body) if isinstance(body, bytes | str) else 0


def _received_bytes(response: Mapping[str, Any]) -> int:
    """The size of an object that is downloaded."""
    return response["ContentLength"] if "Body" in response else 0
