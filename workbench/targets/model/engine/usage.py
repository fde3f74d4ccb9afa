"""What a batch is billed for: usage lines in exact decimals, and how long texts and records are.

A line says first which resource used it: the role of a part of the design, or nothing.

Shapes of texts are those of docs/architecture.md (messages, telemetry line, batch state), Lambda's
own log lines and the map's result files. Means where a value varies: a value's digits, a duration.
"""

import json
from decimal import Decimal
from typing import Any, NamedTuple

from workbench.designs import Design
from workbench.platform.services import (
    CLOUDWATCH,
    INIT_LINE_BYTES,
    LAMBDA,
    LOG_EVENT_BYTES,
    LONG_POLL_S,
    STORAGE_OVERHEAD_BYTES,
)
from workbench.platform.units import GB, MONTH_HOURS, gb_seconds, quantity
from workbench.workload.durations import Durations, Uniform

HOUR_S = 3600
STARTED_S = 1800  # into an hour: half, so that the hours begun are right in the mean
Line = tuple[str, str, str, str, str, Decimal]
Row = tuple[str, str, str, str, Decimal]  # of `USAGE_COLUMNS`


class Function(NamedTuple):
    """What the invocations of one Lambda function come to; the label is what they are for."""

    role: str
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
        for kind, unit, amount in (
            ("Request", "Requests", requests),
            ("Lambda-GB-Second", "GB-Seconds", spent),
        ):
            lines.append((one.role, LAMBDA, kind + suffix, unit, one.label, amount))
    return lines


def telemetry_lines(
    logged_bytes: dict[str, int], metrics: list[tuple[float, int]], calls: int
) -> list[Line]:
    """Logs by function, metric-months begun hour by hour, and PutMetricData calls.

    `metrics` are how many are put until when, seconds from the trigger.
    """
    hours = sum(n * (int((until_s + STARTED_S) // HOUR_S) + 1) for until_s, n in metrics)
    months = quantity(Decimal(hours) / MONTH_HOURS)
    rows = [("", CLOUDWATCH, "CW:MetricMonitorUsage", "Metrics", "telemetry", months)]
    for role, size in logged_bytes.items():  # rounded once, when they are added up
        gb = Decimal(size) / GB
        rows.append((role, CLOUDWATCH, "VendedLog-Bytes", "GB", "telemetry", gb))
    if calls:
        rows.append(("", CLOUDWATCH, "CW:Requests", "Requests", "telemetry", Decimal(calls)))
    return rows


def gb_months(byte_seconds: float) -> Decimal:
    """Storage of bytes for seconds."""
    whole = Decimal(max(0, round(byte_seconds)))
    return quantity(whole / (GB * 3600 * MONTH_HOURS))


def empty_polls(*idle_poller_s: float) -> int:
    """Long polls that came back empty, of event sources idle for so many seconds of pollers."""
    return sum(int(idle_s // LONG_POLL_S) for idle_s in idle_poller_s)


def usage_rows(lines: list[Line]) -> list[Row]:
    """The rows of the usage table: equal lines added up, nothing of zero quantity."""
    totals: dict[tuple[str, str, str, str], Decimal] = {}
    for _, *key, amount in lines:
        totals[tuple(key)] = totals.get(tuple(key), Decimal(0)) + amount
    return [(*key, quantity(total)) for key, total in sorted(totals.items()) if total]


REQUEST_ID = "00000000-0000-4000-8000-000000000000"
EPOCH_S = 1_800_000_000.123456
TIME_BYTES = 10  # an epoch time with its fraction, as DynamoDB counts numbers
WORK_METRICS = ("items_processed", "items_failed", "items_duplicated", "work_ms")


def metric_line_bytes(design: str, function: str, batch_bytes: int, values: dict[str, Any]) -> int:
    """One embedded-metric line in the log; `values` are its metrics and what it carries besides."""
    metrics = [
        {"Name": name, "Unit": _unit(name)} for name in values if not name.endswith("_at")
    ]  # times are properties
    line = {
        "_aws": {
            "Timestamp": int(EPOCH_S * 1000),
            "CloudWatchMetrics": [
                {
                    "Namespace": "BatchWorkbench",
                    "Dimensions": [["design", "function"]],
                    "Metrics": metrics,
                }
            ],
        },
        "design": design,
        "function": function,
        "batch_id": "b" * batch_bytes,
        "request_id": REQUEST_ID,
        **values,
    }
    return _length(line) + LOG_EVENT_BYTES


def work_line_bytes(
    design: str, batch_bytes: int, invocations: int, items: int, item_ms: Uniform | Durations
) -> int:
    """The processor's line where so many invocations share the items."""
    mean = round(items / max(1, invocations))
    counts = dict(zip(WORK_METRICS, (mean, 0, 0, int(mean * item_ms.mean_ms)), strict=True))
    values = counts | {"last_done_at": EPOCH_S}
    return metric_line_bytes(design, "processor", batch_bytes, values)


def all_bytes(items: int, lots: int, lot_bytes: float) -> int:
    """What `logs=all` adds: each message or child, and each item, as often as nothing fails."""
    item = len("Processing item: ") + 16 + LOG_EVENT_BYTES
    return round(items * item + lots * (lot_bytes + LOG_EVENT_BYTES))


def line_bytes(design: Design) -> float:
    """An item as a line of the map's items, or with the comma after it in a child's."""
    payload = len(',"payload":""') + design.item_bytes if design.item_bytes else 0
    return len('{"id":"0123456789abcdef","value":}\n') + design.item_ms.mean_digits + payload


def pair_bytes(design: Design) -> float:
    """An item of a message, with the comma after it."""
    payload = len(',""') + design.item_bytes if design.item_bytes else 0
    return len('["0123456789abcdef",],') + design.item_ms.mean_digits + payload


def platform_bytes(one: Function) -> int:
    """What Lambda itself writes: START, END and REPORT, and INIT_START of a cold start."""
    if not one.requests:
        return 0
    mean = one.billed_ms // one.requests
    lines = (
        f"START RequestId: {REQUEST_ID} Version: $LATEST",
        f"END RequestId: {REQUEST_ID}",
        f"REPORT RequestId: {REQUEST_ID}\tDuration: {mean:.2f} ms\tBilled Duration: {mean} ms\t"
        f"Memory Size: {one.memory_mb} MB\tMax Memory Used: 80 MB",
    )
    init = INIT_LINE_BYTES + LOG_EVENT_BYTES + len("\tInit Duration: 300.00 ms")
    return (
        one.requests * sum(len(line) + LOG_EVENT_BYTES for line in lines) + one.cold_starts * init
    )


def message_bytes(head: dict[str, Any], items: int, each_bytes: float) -> int:
    """The body of a message of items, beside which it says `head`."""
    return round(_length(head | {"items": []}) + items * each_bytes - 1)


def item_record_bytes(batch_bytes: int, by_message: bool) -> int:
    """An item's or a message's record, stored: its keys, value or range, and age."""
    key = len("pk" + "items##000" + "sk") + batch_bytes + 16
    content = len("start" + "stop") + 2 * 3 if by_message else len("value") + 2
    return key + content + len("created_at") + TIME_BYTES + STORAGE_OVERHEAD_BYTES


def segment_record_bytes(batch_bytes: int) -> int:
    """A segment's record, as it is read."""
    key = len("pk" + "segments#" + "sk") + batch_bytes + 6
    return key + len("created_at") + TIME_BYTES


def failed_record_bytes(batch_bytes: int) -> int:
    """A failed item's record, as it is read: the reason is Python's for sleeping less than 0."""
    reason = "ValueError: sleep length must be non-negative"
    key = len("pk" + "failed#" + "sk") + batch_bytes + 16
    return key + len("value" + "reason" + "attempts") + 3 + len(reason) + 2


def _unit(name: str) -> str:
    return {"work_ms": "Milliseconds", "open_batch_age_s": "Seconds"}.get(name, "Count")


def _length(body: Any) -> int:
    return len(json.dumps(body, separators=(",", ":")))
