"""The clients that handlers get: boto3's names, with time, chance, limits and the meter.

A call charges its CPU, waits half its latency, is done, is metered, and waits the other half. What
the AWS SDK would try again on throttles and server errors is tried again here, because a retry must
wait in virtual time (botocore's standard mode: up to 20 s, twice as long each time, jitter).

boto3 and an emulator spend milliseconds on a call: they check it, write it as HTTP, read it, parse
its expressions anew. A call to a service that the local target has itself goes straight to it. What
botocore checks on the way is checked by tests, on every call of whole runs.
"""

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.paginate import Paginator

from workbench.platform.units import MB
from workbench.targets.local.runtime.faults import Call, CallFault
from workbench.targets.local.runtime.service import (
    Broken,
    NotKnown,
    Refused,
    Request,
    Service,
    Stop,
)
from workbench.targets.local.runtime.tasks import Task, current
from workbench.targets.local.world.context import RunContext

# Makes a call at the service: operation, request, its response.
Answer = Callable[[str, Request], dict[str, Any]]
# Sees each call that was made: service, operation, request, response, error code.
OnCall = Callable[[str, str, Request, dict[str, Any], str], None]
BACKOFF_MAX_S = 20
RETRIED_STATUS = (500, 502, 503, 504)
RETRIED_CODES = frozenset(  # botocore.retries.standard
    "Throttling ThrottlingException ThrottledException RequestThrottledException SlowDown "
    "TooManyRequestsException ProvisionedThroughputExceededException RequestThrottled "
    "TransactionInProgressException RequestLimitExceeded BandwidthLimitExceeded "
    "LimitExceededException PriorRequestNotComplete RequestTimeout "
    "RequestTimeoutException EC2ThrottledException".split()
)
# The profile's entry for the latency of each operation; every other call is `other_call`.
LATENCIES = {
    operation: entry
    for entry, operations in {
        "ddb_batch_write": "BatchWriteItem",
        "ddb_batch_get": "BatchGetItem",
        "ddb_transact": "TransactWriteItems TransactGetItems",
        "ddb_single": "GetItem PutItem UpdateItem DeleteItem Query",
        "sqs_send": "SendMessage",
        "sqs_send_batch": "SendMessageBatch",
        "sqs_change_visibility": "ChangeMessageVisibility ChangeMessageVisibilityBatch",
        "s3_put": "PutObject UploadPart CreateMultipartUpload CompleteMultipartUpload",
        "s3_get": "GetObject HeadObject",
        "s3_list": "ListObjectsV2",
        "sns_publish": "Publish",
        "cloudwatch_put": "PutMetricData",
        "durable_checkpoint": "CheckpointDurableExecution GetDurableExecutionState",
    }.items()
    for operation in operations.split()
}


@dataclass(frozen=True)
class Api:
    """One operation of a service: the method that makes it, and the exceptions that it raises."""

    service: str
    operation: str
    method: Callable[..., Any]
    exceptions: Any
    tries: int  # in all


class Caller:
    """Makes the calls of handlers in one run."""

    def __init__(self, context: RunContext, services: Mapping[str, Service]) -> None:
        self._context = context
        self._services = services
        self._jitter = context.dice("retries of calls")
        self._latencies: dict[str, Callable[[], float]] = {}  # a random stream for each entry
        value = context.profile.value
        self._ms_per_mb = value("s3_ms_per_mb")
        self._cpu_ms_per_call = value("cpu_ms_per_call")
        self._cpu_ms_per_entry = value("cpu_ms_per_entry")
        self._cpu_ms_per_byte = value("cpu_ms_per_mb") / MB

    def call(self, api: Api, request: Request) -> Any:
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

    def _attempt(self, api: Api, request: Request, attempt: int, task: Task) -> Any:
        """One attempt: there, done, back."""
        if api.service not in self._services:
            raise NotKnown(f"{api.service} {api.operation}")
        service, life, kernel = self._services[api.service], task.life, self._context.kernel
        call = Call(life.function, life.request_id, api.service, api.operation, request, attempt)
        fault = self._context.faults.calling(call)
        body = request.get("Body")
        sent_bytes = len(body) if isinstance(body, bytes | str) else 0
        entries_ms = service.entries(api.operation, request) * self._cpu_ms_per_entry
        cpu_ms = self._cpu_ms_per_call + entries_ms + sent_bytes * self._cpu_ms_per_byte
        half_s = (self._draw_s(api.operation) + self._line_s(sent_bytes)) / 2
        task.wait_until(life.use_cpu(cpu_ms) + half_s + fault.delay_s)
        if fault.kill == "before":
            life.die()
        try:
            with self._context.meter.labelled("work" if task.working else None):
                response = _do(api, request, service, fault)
        except ClientError:
            task.wait_until(kernel.now + half_s)
            raise
        received_bytes = response["ContentLength"] if "Body" in response else 0
        task.wait_until(kernel.now + half_s + self._line_s(received_bytes))
        if received_bytes:
            task.wait_until(life.use_cpu(received_bytes * self._cpu_ms_per_byte))
        if fault.kill == "after":
            life.die()
        return response

    def _draw_s(self, operation: str) -> float:
        """How long a call takes, there and back, without the bytes of an object."""
        entry = LATENCIES.get(operation, "other_call")
        if entry not in self._latencies:
            self._latencies[entry] = self._context.latency(entry)
        return self._latencies[entry]()

    def _line_s(self, body_bytes: int) -> float:
        """How long an object's bytes take on the line."""
        return body_bytes / MB * self._ms_per_mb / 1000


class Client:
    """A client with boto3's names and exceptions; a subclass gives boto3's, and makes each call."""

    boto: Callable[[], Any]
    bind: Callable[[str, str], Callable[..., Any]]  # a method's name and its operation: the method

    @property
    def exceptions(self) -> Any:
        """The exceptions of the service."""
        return self.boto().exceptions

    @property
    def meta(self) -> Any:
        """The service's own description."""
        return self.boto().meta

    def __getattr__(self, name: str) -> Callable[..., Any]:
        operation = self.meta.method_to_api_mapping.get(name)
        if operation is None:
            raise AttributeError(
                f"{name} is no API call: handlers on the local target make API calls only, since "
                "a transfer helper starts threads of its own"
            )
        setattr(self, name, self.bind(name, operation))
        return getattr(self, name)

    def get_paginator(self, name: str) -> Paginator:
        """boto3's own paginator over this client's calls."""
        paginator = self.boto().get_paginator(name)
        return Paginator(getattr(self, name), paginator._pagination_cfg, paginator._model)


class ServiceClient(Client):
    """The client of a service that the local target has itself: calls take no time here."""

    def __init__(self, boto: Any, service: str, answer: Answer, on_call: OnCall) -> None:
        self._boto = boto
        self._service = service
        self._answer = answer
        self._on_call = on_call

    def boto(self) -> Any:
        return self._boto

    def bind(self, name: str, operation: str) -> Callable[..., Any]:  # noqa: ARG002
        service, answer, on_call = self._service, self._answer, self._on_call

        def call(**request: Any) -> Any:
            try:
                response = answer(operation, request)
            except Refused as refused:
                on_call(service, operation, request, {}, refused.code)
                raise _error(self.exceptions, operation, refused) from None
            on_call(service, operation, request, response, "")
            return response

        return call


class ProxyClient(Client):
    """Stands in for a boto3 client inside a handler's modules."""

    def __init__(self, make: Callable[[], Any], caller: Callable[[], Caller], tries: int) -> None:
        self._make = make
        self._made: Any = None
        self._caller = caller
        self._tries = tries

    def boto(self) -> Any:
        """Made when it is used first: modules make clients that most runs never need."""
        self._made = self._made or self._make()
        return self._made

    def bind(self, name: str, operation: str) -> Callable[..., Any]:
        service, method = self.meta.service_model.service_name, getattr(self.boto(), name)
        api, caller = Api(service, operation, method, self.exceptions, self._tries), self._caller

        def call(**request: Any) -> Any:
            return caller().call(api, request)

        return call


def _do(api: Api, request: Request, service: Service, fault: CallFault) -> Any:
    """What happens at the service, at one instant."""
    injected = Refused(fault.error, status=fault.status) if fault.error else None
    try:
        if injected and not fault.lose_answer:
            raise injected
        admitted = service.admit(api.operation, request, fault.hold_back)
        with service.as_of(fault.stale_s) if fault.stale_s else nullcontext():
            response = _made(api, admitted.request)
        service.meter(api.operation, admitted, response)
        if injected:
            raise injected
    except Refused as refused:
        raise _error(api.exceptions, api.operation, refused) from None
    except ClientError as error:
        service.refused(api.operation, admitted, error)
        raise
    return response


def _made(api: Api, request: Request) -> Any:
    """The response; what is neither that nor a refusal stops the run."""
    try:
        return api.method(**request)
    except (ClientError, BotoCoreError, Stop):
        raise
    except Exception as error:
        raise Broken(f"{api.service} {api.operation}: the service raised {error!r}") from error


def _stop(error: Exception) -> None:
    raise error


def _error(exceptions: Any, operation: str, refused: Refused) -> ClientError:
    """A service's refusal as the client raises it."""
    response = {
        "Error": {"Code": refused.code, "Message": str(refused)},
        "ResponseMetadata": {"HTTPStatusCode": refused.status},
        **refused.rest,
    }
    return exceptions.from_code(refused.code)(response, operation)


def _retried(error: ClientError) -> bool:
    """Whether the SDK tries again after this."""
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    return status in RETRIED_STATUS or error.response["Error"]["Code"] in RETRIED_CODES
