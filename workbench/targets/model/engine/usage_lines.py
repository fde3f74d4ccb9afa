"""Usage lines: what each is for, its quantity as an exact decimal."""

from decimal import Decimal
from typing import NamedTuple

import pandas as pd

from workbench.platform.services import CLOUDWATCH, LAMBDA, LONG_POLL_S
from workbench.platform.units import GB, MONTH_HOURS, gb_seconds, quantity
from workbench.runs.records import USAGE_COLUMNS

HOUR_S = 3600
STARTED_S = 1800  # into an hour: half, so that the hours begun are right in the mean
Line = tuple[str, str, str, str, Decimal]


class Function(NamedTuple):
    """What the invocations of one Lambda function come to; the label is what they are for."""

    label: str
    memory_mb: int
    requests: int
    cold_starts: int
    billed_ms: int


def lambda_lines(cpu: str, functions: list[Function]) -> list[Line]:
    """Requests and GB-seconds."""
    suffix = "-ARM" if cpu == "arm64" else ""
    lines = []
    for one in functions:
        spent = gb_seconds(one.billed_ms, one.memory_mb)
        requests = Decimal(one.requests)
        lines.append((LAMBDA, f"Request{suffix}", "Requests", one.label, requests))
        lines.append((LAMBDA, f"Lambda-GB-Second{suffix}", "GB-Seconds", one.label, spent))
    return lines


def telemetry_lines(logged_bytes: int, metrics: list[tuple[float, int]], calls: int) -> list[Line]:
    """Logs, metric-months begun hour by hour, and PutMetricData calls.

    `metrics` are how many are put until when, seconds from the trigger.
    """
    hours = sum(n * (int((until_s + STARTED_S) // HOUR_S) + 1) for until_s, n in metrics)
    rows = [
        (CLOUDWATCH, "VendedLog-Bytes", "GB", "telemetry", quantity(Decimal(logged_bytes) / GB)),
        (CLOUDWATCH, "CW:MetricMonitorUsage", "Metrics", "telemetry",
         quantity(Decimal(hours) / MONTH_HOURS)),
    ]  # fmt: skip
    if calls:
        rows.append((CLOUDWATCH, "CW:Requests", "Requests", "telemetry", Decimal(calls)))
    return rows


def gb_months(byte_seconds: float) -> Decimal:
    """Storage of bytes for seconds."""
    whole = Decimal(max(0, round(byte_seconds)))
    return quantity(whole / (GB * 3600 * MONTH_HOURS))


def empty_polls(idle_poller_s: float) -> int:
    """Long polls that came back empty."""
    return int(idle_poller_s // LONG_POLL_S)


def usage_frame(lines: list[Line]) -> pd.DataFrame:
    """The usage table: equal lines added up, nothing of zero quantity."""
    totals: dict[tuple[str, str, str, str], Decimal] = {}
    for *key, amount in lines:
        totals[tuple(key)] = totals.get(tuple(key), Decimal(0)) + amount
    rows = [(*key, total) for key, total in sorted(totals.items()) if total]
    return pd.DataFrame(rows, columns=USAGE_COLUMNS)
