"""The usage of a batch on AWS, line by line, each from the best source there is.

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

from collections.abc import Iterator
from decimal import Decimal
from math import floor

import pandas as pd

from workbench.platform.services import CLOUDWATCH, LAMBDA, SNS, SQS
from workbench.platform.units import GB, MONTH_HOURS, gb_seconds, quantity
from workbench.runs.records import USAGE_COLUMNS
from workbench.targets.aws.counters_usage import counters_lines
from workbench.targets.aws.evidence import Evidence
from workbench.targets.aws.queue_usage import Line
from workbench.targets.aws.sfn_usage import sfn_lines
from workbench.targets.aws.sqs_usage import sqs_lines

LINES = {"sqs": sqs_lines, "sfn": sfn_lines, "counters": counters_lines}  # what is a design's own
# Custom metrics of each function, by embedded-metric lines (lambdas/telemetry.py).
EMBEDDED_METRICS = {"processor": 4, "batcher": 1, "finalizer": 1}


def usage_of_run(evidence: Evidence) -> pd.DataFrame:
    """The usage table of a batch; a line of nothing is left out."""
    lines = [*_lambda(evidence), *_telemetry(evidence), *_measuring(evidence), _sns(evidence)]
    lines += LINES[evidence.design.name](evidence, evidence.design)
    sums: dict[tuple[str, str, str, str], Decimal] = {}
    for *name, amount in lines:
        key = (name[0], name[1], name[2], name[3])
        sums[key] = sums.get(key, Decimal(0)) + amount
    rows = [(*key, amount) for key, amount in sorted(sums.items()) if amount]
    return pd.DataFrame(rows, columns=USAGE_COLUMNS).astype({"quantity": object})


def _lambda(evidence: Evidence) -> Iterator[Line]:
    """Requests and GB-seconds of each function."""
    arm = "-ARM" if evidence.design.cpu == "arm64" else ""
    for role, billed in evidence.billed.items():
        label = evidence.design.parts.purpose_of(role)
        memory_mb = memory_of(evidence, role)
        yield LAMBDA, f"Request{arm}", "Requests", label, Decimal(billed.requests)
        used = gb_seconds(billed.billed_ms, memory_mb)
        yield LAMBDA, f"Lambda-GB-Second{arm}", "GB-Seconds", label, used


def memory_of(evidence: Evidence, role: str) -> int:
    """A function's memory: two are knobs, the others are as deployed."""
    small_mb = 256  # infra/functions.py, SMALL_MEMORY_MB
    knobs = {
        "processor": evidence.design.memory_mb,
        "batcher": evidence.design.batcher_memory_mb,
    }
    return knobs.get(role, small_mb)


def _sns(evidence: Evidence) -> Line:
    """Notifications: as published, and at least those that were seen."""
    published = round(evidence.reading.sum("topic", "NumberOfMessagesPublished"))
    count = Decimal(max(published, evidence.notifications))
    return SNS, "Requests-Tier1", "Requests", "knowing", count


def _telemetry(evidence: Evidence) -> Iterator[Line]:
    """Log bytes, custom metrics by the hour, and PutMetricData where the knob asks for it."""
    written = sum(evidence.reading.sum(role, "IncomingBytes") for role in evidence.billed)
    yield CLOUDWATCH, "VendedLog-Bytes", "GB", "telemetry", quantity(round(written) / GB)
    metrics = sum(count for role, count in EMBEDDED_METRICS.items() if role in evidence.billed)
    if evidence.design.telemetry == "put_metric_data":
        metrics += 1
        puts = Decimal(evidence.counted.processed)
        yield CLOUDWATCH, "CW:Requests", "Requests", "telemetry", puts
    start, end = evidence.window.start, evidence.window.end
    hours = floor(end / 3600) - floor(start / 3600) + 1
    months = quantity(Decimal(metrics * hours) / MONTH_HOURS)
    yield CLOUDWATCH, "CW:MetricMonitorUsage", "Metrics", "telemetry", months


def _measuring(evidence: Evidence) -> Iterator[Line]:
    """What our own look cost."""
    looking = evidence.looking
    calls, asked = Decimal(looking.sqs_calls), Decimal(looking.metrics_asked)
    yield SQS, "Requests-Tier1", "Requests", "measuring", calls
    yield CLOUDWATCH, "CW:GMD-Metrics", "Metrics", "measuring", asked
    scanned = quantity(looking.scanned_bytes / GB)
    yield CLOUDWATCH, "DataScanned-Bytes", "GB", "measuring", scanned
