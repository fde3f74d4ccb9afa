"""What a stack costs while it stands, in the hours or days that Cost Explorer has of a run.

It carries the run's own tag. Alarms, provisioned pollers and whatever is kept (objects, records,
logs) are billed by time: of these lines all that no meter of a run has is the stack's. Event
sources poll empty queues day and night, and each poll is a request: CloudWatch has counted them by
the minute for 15 days; where it has nothing they are computed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from workbench.bill import exact_sum
from workbench.bill.monthly_cost import standing_usage
from workbench.designs import Design
from workbench.platform.services import POLLER_HOURS, SQS
from workbench.pull.cloudwatch import read_metrics
from workbench.pull.metrics import PERIOD_S, Series
from workbench.pull.window import MeasuringCost, Window, metered

BY_TIME = ("CW:AlarmMonitorUsage", "TimedStorage-ByteHrs", POLLER_HOURS)  # of any service
POLLS = (SQS, "Requests-Tier1")
EMPTY = "NumberOfEmptyReceives"  # Available CloudWatch metrics for Amazon SQS


@dataclass(frozen=True)
class IdlePolls:
    """The polls of a design's event sources that found nothing while no run was metered.

    `runs` are the windows of runs, whose own meters have theirs; `counted` are CloudWatch's numbers
    by the minute, in seconds since 1970; with none the polls are computed.
    """

    design: Design
    runs: Sequence[Window] = ()
    counted: Mapping[float, float] = field(default_factory=dict)

    @property
    def source(self) -> str:
        """Where the number is from; empty for a design that polls nothing."""
        if not self.design.parts.sources:
            return ""
        return "counted by CloudWatch" if self.counted else "computed"

    def is_free(self, at: float) -> bool:
        """Whether no run's meter has the minute that begins at this time."""
        busy = ((one.start.timestamp(), one.end.timestamp()) for one in map(metered, self.runs))
        return not any(start <= at < end for start, end in busy)

    def within(self, bucket: Window, label: str = "") -> Decimal:
        """How many of them lie in an hour or day; if computed, as if the stack stood all of it.

        `label` asks for those alone that are for one purpose, which only the computed ones tell.
        """
        minutes = range(round(bucket.start.timestamp()), round(bucket.end.timestamp()), PERIOD_S)
        free = [one for one in minutes if self.is_free(one)]
        if self.counted:
            return Decimal(round(sum(self.counted.get(one, 0.0) for one in free)))
        rows = standing_usage(self.design, len(free) * PERIOD_S)
        return exact_sum(
            amount
            for *line, of, amount in rows
            if (line[0], line[1]) == POLLS and label in ("", of)
        )


def count_polls(
    client: Any, names: Mapping[str, str], design: Design, window: Window, cost: MeasuringCost
) -> dict[float, float]:
    """CloudWatch's number of empty polls of a design's queues, called `names` by role, by minute.

    Only minutes with any of them are there; none at all if the queues are not known.
    """
    series = [
        Series("AWS/SQS", EMPTY, "Sum", part.role, (("QueueName", names[part.role]),))
        for part in design.parts.queues
        if part.role in names
    ]
    if not series:
        return {}
    found: dict[float, float] = {}
    for points in read_metrics(client, series, window, cost).points.values():
        for at, count in points:
            found[at] = found.get(at, 0.0) + count
    return found


def standing_part(line: tuple[str, str], quantity: Decimal, polls: Decimal) -> Decimal:
    """How much of a line of Cost Explorer may be the stack's standing."""
    if line[1] in BY_TIME:
        return quantity
    return min(quantity, polls) if line == POLLS else Decimal(0)
