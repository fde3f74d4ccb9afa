"""What is known of a batch on AWS, once it is over or so far: what its usage stands on."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import ceil

from workbench.designs import Design, Parts
from workbench.platform.profile import load_profile
from workbench.platform.units import EXPRESS_STEP_MS
from workbench.targets.aws.logs import Billed, Counted, Window
from workbench.targets.aws.metrics import Reading


@dataclass(frozen=True)
class Looking:
    """What our own look at a batch cost."""

    sqs_calls: int = 0
    read_units: float = 0.0
    metrics_asked: int = 0
    scanned_bytes: int = 0


@dataclass(frozen=True)
class Evidence:
    """A batch's counts, what Lambda billed by role, AWS's metrics, and the map's children."""

    design: Design
    items: int
    window: Window
    counted: Counted = field(default_factory=Counted)
    billed: dict[str, Billed] = field(default_factory=dict)
    reading: Reading = field(default_factory=Reading)
    children: int = 0
    notifications: int = 0  # that were seen, whatever the metric says
    looking: Looking = field(default_factory=Looking)

    @property
    def over(self) -> int:
        """Items that are processed or failed, as the logs tell; a repeated one counts again."""
        return self.counted.processed + self.counted.failed

    def missing(self) -> list[str]:
        """What CloudWatch has not told yet, though the batch is complete."""
        needed = _needed(self.design.parts)
        lacking = [text for part, name, text in needed if self.reading.sum(part, name) <= 0]
        if self.over < self.items:
            lacking.insert(0, f"the log lines of {self.items - self.over:,} items")
        if not self.billed.get("processor", Billed()).requests:
            lacking.append("the processor's REPORT lines")
        return lacking


def _needed(parts: Parts) -> Iterator[tuple[str, str, str]]:
    """What must have arrived of a complete batch: part, metric, and its name for people."""
    if parts.table:
        yield "table", "ConsumedWriteCapacityUnits", "the table's write units"
    if parts.queues:
        yield "ItemQueue", "NumberOfMessagesSent", "the item queue's messages"
    yield "processor", "IncomingBytes", "the processor's log bytes"


def billed_by_metrics(reading: Reading, roles: tuple[str, ...]) -> dict[str, Billed]:
    """What Lambda bills, as its metrics tell while a batch runs: without the init phases."""
    overhead_ms = load_profile().spread("sfn_child_overhead").p50
    found = {}
    for role in roles:
        requests = round(reading.sum(role, "Invocations"))
        duration_ms = reading.sum(role, "Duration")
        steps = ceil((duration_ms + requests * overhead_ms) / EXPRESS_STEP_MS)
        found[role] = Billed(requests=requests, billed_ms=ceil(duration_ms), express_steps=steps)
    return found
