"""What handlers print: log bytes, and embedded-metric lines turned into custom metrics."""

import io
import json
import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TextIO

from workbench.platform.services import CLOUDWATCH, LOG_EVENT_BYTES
from workbench.platform.units import GB, MONTH_HOURS
from workbench.targets.local.metering import Meter, text_bytes
from workbench.targets.local.runtime.outside import DURABLE_SDK
from workbench.targets.local.runtime.service import Admitted, Request, Service
from workbench.targets.local.runtime.tasks import Killed, current
from workbench.targets.local.world.context import RunContext

LINES_MAX = 1_000  # kept of what handlers print besides metrics
EMBEDDED = '{"_aws":'
LOGGERS = (DURABLE_SDK, "concurrent.futures")  # of what a durable handler runs in


class CustomMetrics:
    """Custom metrics, billed by each that was put within each hour."""

    def __init__(self, context: RunContext) -> None:
        self._context = context
        self._seen: set[tuple[str, str, tuple[tuple[str, str], ...], int]] = set()

    def put(self, namespace: str, metric: str, dimensions: dict[str, str]) -> None:
        """A value of this metric was put within this hour."""
        hour = int(self._context.epoch_s() // 3600)
        self._seen.add((namespace, metric, tuple(dimensions.items()), hour))

    def embedded(self, line: dict[str, Any]) -> None:
        """The metrics of an embedded-metric line, which CloudWatch reads out of the log."""
        for directive in line["_aws"]["CloudWatchMetrics"]:
            for names in directive["Dimensions"]:
                dimensions = {name: line[name] for name in names}
                for metric in directive["Metrics"]:
                    name, namespace = metric["Name"], directive["Namespace"]
                    self.put(namespace, name, dimensions)
                    self._context.metrics.add(namespace, name, dimensions, line[name])

    def bill(self, meter: Meter) -> None:
        """Metric-months, prorated by the hour (aws.amazon.com/cloudwatch/pricing)."""
        months = Decimal(len(self._seen)) / MONTH_HOURS
        meter.add(CLOUDWATCH, "CW:MetricMonitorUsage", "Metrics", "telemetry", months)


class Logs:
    """The log groups of all functions: bytes for the bill, and the lines that are no metrics."""

    def __init__(self, context: RunContext, metrics: CustomMetrics) -> None:
        self._context = context
        self._metrics = metrics
        self._bytes: Counter[str] = Counter()  # by function
        self.lines: list[tuple[float, str, str]] = []  # t_s, function, line
        self.created_s: float | None = None  # when items were last said to be created
        self.work_ms = 0  # that processors say they have spent inside `process`

    def write(self, function: str, line: str) -> None:
        """One line that a handler printed."""
        self._bytes[function] += text_bytes(line) + LOG_EVENT_BYTES
        if not line.startswith(EMBEDDED):
            if len(self.lines) < LINES_MAX:
                self.lines.append((self._context.kernel.now, function, line))
            return
        embedded = json.loads(line)
        self._metrics.embedded(embedded)
        self.work_ms += embedded.get("work_ms", 0)
        if embedded.get("items_created"):
            self.created_s = self._context.kernel.now

    def platform(self, function: str, line: str) -> None:
        """One line that Lambda itself writes into a function's log."""
        self._bytes[function] += text_bytes(line) + LOG_EVENT_BYTES

    def bill(self, meter: Meter) -> None:
        """Bytes taken in, as Lambda's logs have been billed since May 2025."""
        for function, size in self._bytes.items():
            quantity = Decimal(size) / GB
            meter.add(CLOUDWATCH, "VendedLog-Bytes", "GB", "telemetry", quantity, function)


class CloudWatchService(Service):
    """PutMetricData by the call, and what it puts by the metric; a refused call is not billed."""

    name = "cloudwatch"
    known = ("PutMetricData",)

    def __init__(self, context: RunContext, metrics: CustomMetrics) -> None:
        self._context = context
        self._metrics = metrics

    def entries(self, operation: str, request: Request) -> int:  # noqa: ARG002
        return len(request.get("MetricData", ()))

    def admit(self, operation: str, request: Request, hold_back: int) -> Admitted:
        super().admit(operation, request, hold_back)
        # Without a time of its own moto would give a datum the wall clock's.
        now = datetime.fromtimestamp(self._context.epoch_s(), UTC)
        data = [{"Timestamp": now, **datum} for datum in request["MetricData"]]
        return Admitted({**request, "MetricData": data})

    def meter(self, operation: str, admitted: Admitted, response: Any) -> None:  # noqa: ARG002
        self._context.meter.add(CLOUDWATCH, "CW:Requests", "Requests", "telemetry", 1)
        for datum in admitted.request["MetricData"]:
            dimensions = {one["Name"]: one["Value"] for one in datum.get("Dimensions", ())}
            self._metrics.put(admitted.request["Namespace"], datum["MetricName"], dimensions)


class Printed(io.TextIOBase):
    """Standard output while handlers run: each invocation's lines go to its own log."""

    def __init__(self, outside: TextIO) -> None:
        self._outside = outside

    def write(self, text: str) -> int:
        """Add to the line of the invocation that prints, or print where nobody is invoked."""
        task = current()
        if task is None:
            return self._outside.write(text)
        task.life.printed(text)
        return len(text)

    def flush(self) -> None:
        """Pass on what was printed outside."""
        self._outside.flush()


@contextmanager
def captured(outside: TextIO) -> Iterator[None]:
    """What handlers print goes to their logs inside the block, and what their SDK logs."""
    printed = Printed(outside)
    handler = logging.StreamHandler(printed)
    loggers = [logging.getLogger(name) for name in LOGGERS]
    for logger in loggers:
        logger.addHandler(handler)
        logger.addFilter(_lives)
    try:
        with redirect_stdout(printed):
            yield
    finally:
        for logger in loggers:
            logger.removeHandler(handler)
            logger.removeFilter(_lives)


def _lives(record: logging.LogRecord) -> bool:
    """Whether who logs still lives: a thread of an environment that died says nothing of it."""
    return not (record.exc_info and record.exc_info[0] is Killed)
