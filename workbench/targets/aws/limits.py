"""How many functions an account runs at a time, against what a design's knobs ask for.

New accounts start with few (Lambda developer guide, quotas), and other functions share them. An
Express child can wait for a place for the rest of its five minutes, then its items have failed; a
Standard one waits on, for a state transition a try; a throttled message comes back and counts a
receive, and is sent again from the dead letters.
"""

from datetime import UTC, datetime, timedelta
from math import ceil

from workbench.designs import Design
from workbench.errors import BadInput
from workbench.stacks.aws_clients import Aws
from workbench.stacks.aws_errors import plainly

LEAST = 2  # the least that an event source may be limited to (Lambda API, ScalingConfig)
QUOTA = "ask for more: Service Quotas, AWS Lambda, Concurrent executions"


IN_USE = {  # of a region's functions without places of their own (Lambda guide, Types of metrics)
    "Metric": {"Namespace": "AWS/Lambda", "MetricName": "UnreservedConcurrentExecutions"},
    "Period": 60,
    "Stat": "Maximum",
}
LATELY_MIN, LATE_MIN = 10, 3  # minutes that are looked at, and that CloudWatch may be behind


def places(aws: Aws) -> int:
    """Invocations at a time that are neither reserved for anything nor in use by others."""
    with plainly():
        limits = aws.client("lambda").get_account_settings()["AccountLimit"]
        return limits["UnreservedConcurrentExecutions"] - _in_use(aws)


def _in_use(aws: Aws) -> int:
    """What the account runs at the least of late: a batch that has just ended does not count."""
    end = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=LATE_MIN)
    answer = aws.client("cloudwatch").get_metric_data(
        MetricDataQueries=[{"Id": "used", "MetricStat": IN_USE}],
        StartTime=end - timedelta(minutes=LATELY_MIN),
        EndTime=end,
    )
    values = [value for one in answer["MetricDataResults"] for value in one["Values"]]
    return ceil(min(values)) if len(values) >= LATELY_MIN else 0


def advice(design: Design, free: int) -> str:
    """What to set, or to ask for, where the knobs want more places than there are."""
    most = free - (design.concurrency_max - design.processor_concurrency)
    if most >= LEAST:
        return f"set max_concurrency to {most:,} or less, or {QUOTA}"
    lower = [name for name in ("max_concurrency", "batcher_concurrency") if hasattr(design, name)]
    return f"set {' and '.join(lower)} to {LEAST}, or {QUOTA}"


def is_short(design: Design, free: int) -> bool:
    """Whether items would be lost or sent round for want of places.

    An event source without a limit of its own slows down by itself when it is throttled.
    """
    limitless = bool(design.parts.sources) and getattr(design, "max_concurrency", 0) is None
    return design.concurrency_max > free and not limitless


def refuse_short(design: Design, free: int) -> None:
    """Refuse knobs that the account has no places for."""
    if is_short(design, free):
        raise BadInput(
            f"{design.name} may run {design.concurrency_max:,} functions at a time, and the "
            f"account has {free:,} left that nothing else uses: {advice(design, free)}."
        )
