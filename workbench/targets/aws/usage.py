"""What is known of a batch on AWS, and its usage, line by line, each from the best source there is.

    Lambda                  REPORT lines of the logs (billed duration, init in it)
    DynamoDB units          AWS/DynamoDB, consumed capacity; our own reads taken out
    SQS requests            AWS/SQS counts messages; calls follow from how many go into one
    SNS, log bytes          AWS/SNS, AWS/Logs
    Step Functions, S3      counted from the machine's states, the map's children and the segments:
                            no free metric has them
    storage                 computed from the records' size and the run's length
    metric-months           computed: each custom metric, by the hour

docs/aws.md says what each leaves out. The labels are those of docs/architecture.md.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from math import ceil, floor

import pandas as pd

from workbench.designs import Design
from workbench.platform.profile import load_profile
from workbench.platform.services import CLOUDWATCH, LAMBDA, SNS
from workbench.platform.units import (
    EXPRESS_STEP_MS,
    GB,
    MONTH_HOURS,
    gb_seconds,
    quantity,
)
from workbench.pull.cloudwatch import Reading
from workbench.pull.logs import Billed, Counted
from workbench.pull.window import MeasuringCost, Window
from workbench.runs.records import USAGE_COLUMNS
from workbench.runs.resources import TOPIC

Line = tuple[str, str, str, str, str, Decimal]  # the role of what used it, then its usage
Least = dict[tuple[str, str], float]  # sums by part and metric
REPORT_BYTES = 100  # of a REPORT line, taken low
SMALL_MEMORY_MB = 256  # of a function whose memory no knob says (infra)
# Custom metrics of each function, by embedded-metric lines (lambdas/telemetry.py).
EMBEDDED_METRICS = {"processor": 4, "batcher": 1, "finalizer": 1}


@dataclass(frozen=True)
class BatchMeasurements:
    """A batch's counts, what Lambda billed by role, AWS's metrics, and the map's children."""

    design: Design
    items: int
    window: Window
    counted: Counted = field(default_factory=Counted)
    billed: dict[str, Billed] = field(default_factory=dict)
    reading: Reading = field(default_factory=Reading)
    children: int = 0
    notifications: int = 0  # that were seen, whatever the metric says
    cost: MeasuringCost = field(default_factory=MeasuringCost)  # of our own look at it
    failed: int = 0  # items, by the notification or the batch's own records
    least: Least = field(default_factory=dict)  # what the design's own metrics must reach
    whole: bool = True  # run in one go; what was stopped or left went on with the stack's settings

    @property
    def over(self) -> int:
        """Items that are processed or failed; a repeated one counts again.

        An item whose function died left no log line: that it failed, the batch's records say.
        """
        return self.counted.processed + max(self.counted.failed, self.failed)

    def missing(self) -> list[str]:
        """What CloudWatch has not delivered yet, though the batch is complete: what a whole batch
        cannot stay below, and what must agree."""
        lacking = []
        if self.over < self.items:
            lacking.append(f"the log lines of {self.items - self.over:,} items")
        reports = self.billed.get("processor", Billed()).requests
        needed = ceil((self.items - self.failed) / self.design.items_per_invocation)
        if self.whole and reports < needed:
            lacking.append(f"{needed - reports:,} of the processor's REPORT lines")
        own = {
            ("processor", "Invocations"): reports,
            ("processor", "IncomingBytes"): reports * REPORT_BYTES,
        }
        for (part, metric), least in (own | self.least).items():
            found = self.reading.sum(part, metric)
            if found < least:
                lacking.append(f"{metric} of the {part} ({found:,.0f} of {least:,.0f} at least)")
        return lacking


def billed_by_metrics(reading: Reading, roles: Iterable[str]) -> dict[str, Billed]:
    """What Lambda bills, by its metrics while a batch runs: without the init phases."""
    overhead_ms = load_profile().spread("sfn_child_overhead").p50
    found = {}
    for role in roles:
        requests = round(reading.sum(role, "Invocations"))
        duration_ms = reading.sum(role, "Duration")
        steps = ceil((duration_ms + requests * overhead_ms) / EXPRESS_STEP_MS)
        found[role] = Billed(requests=requests, billed_ms=ceil(duration_ms), express_steps=steps)
    return found


def lines_of_run(measured: BatchMeasurements, own: Iterable[Line]) -> list[Line]:
    """The usage of a batch by resource, with the lines that are its design's `own`."""
    looking = (("", *line) for line in measured.cost.usage_lines())
    return [*_lambda(measured), *_telemetry(measured), *looking, _sns(measured), *own]


def usage_of_run(lines: Iterable[Line]) -> pd.DataFrame:
    """The usage table of a batch; no line of nothing."""
    sums: dict[tuple[str, ...], Decimal] = {}
    for _, *name, amount in lines:
        sums[tuple(name)] = sums.get(tuple(name), Decimal(0)) + amount
    rows = [(*key, amount) for key, amount in sorted(sums.items()) if amount]
    return pd.DataFrame(rows, columns=USAGE_COLUMNS).astype({"quantity": object})


def _lambda(measured: BatchMeasurements) -> Iterator[Line]:
    """Requests and GB-seconds of each function."""
    design = measured.design
    arm, settings = "-ARM" if design.cpu == "arm64" else "", design.settings()
    constructs = {one.role: one.construct for one in design.parts.functions}
    for role, billed in measured.billed.items():
        label = design.parts.purpose_of(role)
        memory_mb = settings[constructs[role]].get("MemorySize", SMALL_MEMORY_MB)
        yield role, LAMBDA, f"Request{arm}", "Requests", label, Decimal(billed.requests)
        used = gb_seconds(billed.billed_ms, memory_mb)
        yield role, LAMBDA, f"Lambda-GB-Second{arm}", "GB-Seconds", label, used


def _sns(measured: BatchMeasurements) -> Line:
    """Notifications: as published, and at least those that were seen."""
    published = round(measured.reading.sum("topic", "NumberOfMessagesPublished"))
    count = Decimal(max(published, measured.notifications))
    return TOPIC, SNS, "Requests-Tier1", "Requests", "knowing", count


def _telemetry(measured: BatchMeasurements) -> Iterator[Line]:
    """Log bytes, custom metrics by the hour, and PutMetricData where the knob asks for it."""
    for role in measured.billed:
        gb = quantity(round(measured.reading.sum(role, "IncomingBytes")) / GB)
        yield role, CLOUDWATCH, "VendedLog-Bytes", "GB", "telemetry", gb
    metrics = sum(count for role, count in EMBEDDED_METRICS.items() if role in measured.billed)
    if measured.design.telemetry == "put_metric_data":
        metrics += 1
        puts = Decimal(measured.counted.processed)
        yield "", CLOUDWATCH, "CW:Requests", "Requests", "telemetry", puts
    start, end = (one.timestamp() for one in (measured.window.start, measured.window.end))
    hours = floor(end / 3600) - floor(start / 3600) + 1
    months = quantity(Decimal(metrics * hours) / MONTH_HOURS)
    yield "", CLOUDWATCH, "CW:MetricMonitorUsage", "Metrics", "telemetry", months
