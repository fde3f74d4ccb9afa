"""What can be asked about a run afterwards: when it was, where its evidence is, what asking costs.

A window goes from the trigger to the end, in UTC, on the clock of the target that ran the batch.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol

from workbench.errors import BadInput
from workbench.platform.services import CLOUDWATCH, COST_EXPLORER, DYNAMODB, HOME_REGION, SQS
from workbench.platform.units import GB, quantity
from workbench.runs.records import Run

MARGIN_S = 120  # the finalizer's last link and the last log lines come after the end is known
METERED_BEFORE_S = 5  # a run's own meter on aws begins before the trigger: clocks differ
METERED_AFTER_S = 60  # and has the lines of the function that notified; the rest is the stack's
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Window:
    """A stretch of time; the end is not part of it."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise BadInput(f"window {self.start} to {self.end}: both times need a time zone")
        if self.end <= self.start:
            raise BadInput(f"window {self.start} to {self.end}: it must end after it starts")

    @classmethod
    def between(cls, start_s: float, end_s: float) -> "Window":
        """From a time to another, in seconds since 1970, and a second long at least."""
        at = (datetime.fromtimestamp(one, UTC) for one in (start_s, max(end_s, start_s + 1)))
        return cls(*at)

    @property
    def seconds(self) -> float:
        """Its length in seconds."""
        return (self.end - self.start).total_seconds()

    def widened(self, step: timedelta) -> "Window":
        """The window in whole steps (minutes, hours, days): start rounded down, end up."""
        start, end = self.start.astimezone(UTC), self.end.astimezone(UTC)
        return Window(start - (start - EPOCH) % step, end + (EPOCH - end) % step)

    def since_start_s(self, t: datetime) -> float:
        """Seconds from the trigger to `t`."""
        return (t - self.start).total_seconds()

    def shared_s(self, other: "Window") -> float:
        """Seconds that both have."""
        shared = min(self.end, other.end) - max(self.start, other.start)
        return max(0.0, shared.total_seconds())


def window_of(run: Run, trigger: datetime | None = None) -> Window:
    """The window of a run that knows its own times.

    `trigger` is when it began on the target's own clock, where that is not the wall clock. Raises
    BadInput for a run without times.
    """
    ends = [t for t in (run.created_s, run.processed_s, run.detected_s) if t is not None]
    if not ends:
        raise BadInput(f"run {run.run_id} has no times: give the window to look at")
    start = trigger or started(run)
    return Window(start, start + timedelta(seconds=max(ends) + MARGIN_S))


def likely_window(run: Run) -> Window:
    """The window of a run, also of one that broke off and knows no times: then just its start."""
    try:
        return window_of(run)
    except BadInput:
        start = started(run)
        return Window(start, start + timedelta(seconds=MARGIN_S))


def metered(window: Window) -> Window:
    """The whole minutes of a run's window that its own meter covers."""
    start = window.start - timedelta(seconds=METERED_BEFORE_S)
    end = window.end - timedelta(seconds=MARGIN_S - METERED_AFTER_S)
    return Window(start, end).widened(timedelta(minutes=1))


def started(run: Run) -> datetime:
    """When the run was triggered, by the wall clock."""
    try:
        start = datetime.fromisoformat(run.started_at)
    except ValueError:
        raise BadInput(f"run {run.run_id}: started_at={run.started_at!r} is no time") from None
    return start if start.tzinfo else start.replace(tzinfo=UTC)


@dataclass(frozen=True)
class CloudAccess:
    """What can be asked about a target's runs afterwards: clients by service, a stack's outputs."""

    client: Callable[[str], Any]
    outputs: Mapping[str, str]
    triggered_at: datetime | None  # on the target's own clock; None: the run's `started_at`
    has_insights: bool  # False where percentiles and Logs Insights are not answered
    late_s: float  # how long its data may come late
    costs_late_s: float = 0.0  # before this, Cost Explorer has nothing, and takes money for it
    region: str = HOME_REGION  # whose prices count


class HasCloud(Protocol):
    """A target, as far as evidence is asked of it."""

    name: str

    def cloud(self, design: str) -> CloudAccess | None:
        """What can be asked about the runs of a design; None where there is no cloud to ask."""
        ...


@dataclass
class MeasuringCost:
    """What was asked of AWS so far; whoever asks adds to it before each request."""

    metrics: int = 0  # of GetMetricData: each statistic is one, and each page counts them again
    scanned_bytes: int = 0  # by Logs Insights
    cost_pages: int = 0  # requests to Cost Explorer, each page one
    sqs_calls: int = 0
    read_units: float = 0.0  # of DynamoDB

    def usage_lines(self) -> Iterator[tuple[str, str, str, str, Decimal]]:
        """The usage of looking: service, usage type, unit, label, quantity.

        Sources: aws.amazon.com/cloudwatch/pricing (metrics requested by GetMetricData, data scanned
        by Logs Insights), aws.amazon.com/aws-cost-management/aws-cost-explorer/pricing.
        """
        scanned_gb = quantity(self.scanned_bytes / GB)
        read_units = quantity(round(self.read_units, 1))
        for service, usage_type, unit, amount in (
            (CLOUDWATCH, "CW:GMD-Metrics", "Metrics", Decimal(self.metrics)),
            (CLOUDWATCH, "DataScanned-Bytes", "GB", scanned_gb),
            (COST_EXPLORER, "USE1-APIRequest", "Requests", Decimal(self.cost_pages)),
            (SQS, "Requests-Tier1", "Requests", Decimal(self.sqs_calls)),
            (DYNAMODB, "ReadRequestUnits", "ReadRequestUnits", read_units),
        ):
            yield service, usage_type, unit, "measuring", amount
