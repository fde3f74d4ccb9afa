"""Usage lines: what each is for, its quantity as an exact decimal."""

from decimal import Decimal

import pandas as pd

from workbench.records import USAGE_COLUMNS
from workbench.units import KB, MB, MONTH_HOURS, gb_seconds, quantity

LOG_EVENT_BYTES = 450  # our embedded-metric line
LOG_REPORT_BYTES = 300  # Lambda's START, END and REPORT lines
LONG_POLL_S = 20
GB = KB * MB
LAMBDA, SQS = "AWS Lambda", "Amazon Simple Queue Service"
DYNAMODB, S3 = "Amazon DynamoDB", "Amazon Simple Storage Service"
STEP_FUNCTIONS, SNS = "AWS Step Functions", "Amazon Simple Notification Service"
CLOUDWATCH = "AmazonCloudWatch"

Line = tuple[str, str, str, str, Decimal]


def lambda_lines(cpu: str, memory_mb: int, label: str, requests: int, billed_ms: int) -> list[Line]:
    """One function's requests and GB-seconds."""
    suffix = "-ARM" if cpu == "arm64" else ""
    return [
        (LAMBDA, f"Request{suffix}", "Requests", label, Decimal(requests)),
        (LAMBDA, f"Lambda-GB-Second{suffix}", "GB-Seconds", label,
         gb_seconds(billed_ms, memory_mb)),
    ]  # fmt: skip


def telemetry_lines(
    lines: int, invocations: int, elapsed_s: float, metrics: int, calls: int
) -> list[Line]:
    """Logs, metric-months begun hour by hour, and PutMetricData calls."""
    logged = lines * LOG_EVENT_BYTES + invocations * LOG_REPORT_BYTES
    hours = int(elapsed_s // 3600) + 1
    rows = [
        (CLOUDWATCH, "VendedLog-Bytes", "GB", "telemetry", quantity(Decimal(logged) / GB)),
        (CLOUDWATCH, "CW:MetricMonitorUsage", "Metrics", "telemetry",
         quantity(Decimal(metrics * hours) / MONTH_HOURS)),
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
