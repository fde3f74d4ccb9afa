"""What Lambda reports of an invocation: its context, log lines, metrics, and one record each."""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from traceback import extract_tb

import pandas as pd

from workbench.platform.services import INIT_LINE_BYTES, LAMBDA
from workbench.platform.units import gb_seconds
from workbench.targets.local.cloudwatch.telemetry import Logs
from workbench.targets.local.lambda_.functions import Function, FunctionSpec, Invocation
from workbench.targets.local.world.context import RunContext

COLUMNS = "function start_s init_ms duration_ms billed_ms memory_mb cold error".split()
TASK_ROOT = "/var/task"  # where Lambda unpacks the code
INIT_LINE = "INIT_START Runtime Version: python:3.14.v1\tRuntime Version ARN: arn:aws:lambda:us-"


@dataclass(frozen=True)
class Context:
    """The second argument of a handler."""

    aws_request_id: str
    function_name: str
    invoked_function_arn: str
    memory_limit_in_mb: str
    get_remaining_time_in_millis: Callable[[], int]


def context_of(spec: FunctionSpec, invocation: Invocation) -> Context:
    """What a handler can read of its invocation."""
    ends_s = invocation.started_s + spec.timeout_s

    def remaining_ms() -> int:
        return max(0, int((ends_s - invocation.kernel.now) * 1000))

    memory = str(spec.memory_mb)
    return Context(invocation.request_id, spec.name, spec.invoked_arn, memory, remaining_ms)


class Reports:
    """Collects what a run's invocations leave behind."""

    def __init__(self, context: RunContext, logs: Logs, code_root: str) -> None:
        self._context = context
        self.logs = logs
        self.code_root = code_root
        self._records: list[tuple] = []

    def throttled(self, function: Function) -> None:
        """An invocation was refused."""
        function.throttles += 1
        self._metric(function, "Throttles", 1)

    def ended(
        self, function: Function, invocation: Invocation, init_ms: float | None, error: str | None
    ) -> None:
        """An invocation has ended, after an init if it was a cold start: bill and record it."""
        spec, cold = function.spec, init_ms is not None
        duration_ms = round((self._context.kernel.now - invocation.started_s) * 1000, 3)
        init_ms = round(init_ms or 0.0, 3)
        billed_ms = ceil(round(init_ms + duration_ms, 3))
        function.invocations += 1
        function.cold_starts += cold
        self._bill(spec, billed_ms)
        self._metric(function, "Invocations", 1)
        self._metric(function, "Errors", int(error is not None))
        self._metric(function, "Duration", duration_ms)
        started_s, memory_mb = invocation.started_s, spec.memory_mb
        record = (spec.role, started_s, init_ms, duration_ms, billed_ms, memory_mb, cold, error)
        self._records.append(record)
        self._log(invocation.request_id, record)

    def frame(self) -> pd.DataFrame:
        """One row an invocation, in the order in which they ended."""
        return pd.DataFrame(self._records, columns=COLUMNS)

    def _bill(self, spec: FunctionSpec, billed_ms: int) -> None:
        """One request, and the time by the memory."""
        suffix, meter = "-ARM" if spec.arm else "", self._context.meter
        gb_s = gb_seconds(billed_ms, spec.memory_mb)
        meter.add(LAMBDA, f"Request{suffix}", "Requests", spec.label, 1, spec.role)
        kind = f"Lambda-GB-Second{suffix}"
        meter.add(LAMBDA, kind, "GB-Seconds", spec.label, gb_s, spec.role)

    def _log(self, request_id: str, record: tuple) -> None:
        """The lines that Lambda writes around a handler's own."""
        role, _, init_ms, duration_ms, billed_ms, memory_mb, cold, _ = record
        report = (
            f"REPORT RequestId: {request_id}\tDuration: {duration_ms:.2f} ms\t"
            f"Billed Duration: {billed_ms} ms\tMemory Size: {memory_mb} MB\tMax Memory Used: 80 MB"
        )
        if cold:
            self.logs.platform(role, INIT_LINE.ljust(INIT_LINE_BYTES))
            report += f"\tInit Duration: {init_ms:.2f} ms"
        self.logs.platform(role, f"START RequestId: {request_id} Version: $LATEST")
        self.logs.platform(role, f"END RequestId: {request_id}")
        self.logs.platform(role, report)

    def _metric(self, function: Function, metric: str, value: float) -> None:
        name = {"FunctionName": function.spec.name}
        self._context.metrics.add("AWS/Lambda", metric, name, value)


def error_text(error: BaseException, code_root: str) -> str:
    """An error as Lambda logs it: only the frames of the deployed code, where Lambda has it."""
    lines = [f"[ERROR] {type(error).__name__}: {error}", "Traceback (most recent call last):"]
    for frame in extract_tb(error.__traceback__):
        if frame.filename.startswith(code_root):
            place = TASK_ROOT + "/" + frame.filename[len(code_root) :].lstrip("/")
            lines.append(f'  File "{place}", line {frame.lineno}, in {frame.name}')
    return "\n".join(lines)
