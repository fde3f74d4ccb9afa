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
from math import ceil, floor

import pandas as pd

from workbench.bill.usage import CLOUDWATCH, DYNAMODB, LAMBDA, SNS, SQS
from workbench.designs import Sfn, Sqs
from workbench.platform.units import gb_months, gb_seconds, quantity, sqs_requests
from workbench.runs.records import USAGE_COLUMNS
from workbench.targets.aws.evidence import Evidence
from workbench.targets.aws.sfn_usage import sfn_lines

Line = tuple[str, str, str, str, Decimal]

LABELS = {"processor": "work", "batcher": "dispatch"}  # of functions; the others serve knowing
QUEUE_LABELS = {"PlanQueue": "dispatch", "ItemQueue": "dispatch"}
RECEIVE_MAX = 10  # messages of one receive or one delete (SQS quotas)
RECORD_BYTES = 250  # an item's record with its keys, and the 100 bytes that storage adds
GB = 2**30
MONTH_HOURS = 730
# Custom metrics of each function, by embedded-metric lines (lambdas/telemetry.py).
EMBEDDED_METRICS = {"processor": 4, "batcher": 1, "finalizer": 1}


def usage_of_run(evidence: Evidence) -> pd.DataFrame:
    """The usage table of a batch; a line of nothing is left out."""
    lines = [*_lambda(evidence), *_telemetry(evidence), *_measuring(evidence), _sns(evidence)]
    if isinstance(evidence.design, Sqs):
        lines += [*_queues(evidence, evidence.design), *_table(evidence, evidence.design)]
    elif isinstance(evidence.design, Sfn):
        lines += sfn_lines(evidence, evidence.design)
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
        label = LABELS.get(role, "knowing")
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
    count = Decimal(max(published, evidence.notices))
    return SNS, "Requests-Tier1", "Requests", "knowing", count


def _queues(evidence: Evidence, design: Sqs) -> Iterator[Line]:
    """Requests of each queue: sends, receives and deletes, and polls that found nothing."""
    per_call = {
        "PlanQueue": 1,
        "ItemQueue": min(RECEIVE_MAX, design.messages_per_invocation),
        "PollQueue": 1,
        "DeadLetters": RECEIVE_MAX,
    }
    for queue, size in per_call.items():
        received = evidence.reading.sum(queue, "NumberOfMessagesReceived")
        deleted = evidence.reading.sum(queue, "NumberOfMessagesDeleted")
        empty = round(evidence.reading.sum(queue, "NumberOfEmptyReceives"))
        requests = _sends(evidence, design, queue)
        requests += ceil(received / size) + ceil(deleted / size) + empty
        label = QUEUE_LABELS.get(queue, "knowing")
        yield SQS, "Requests-Tier1", "Requests", label, Decimal(requests)


def _sends(evidence: Evidence, design: Sqs, queue: str) -> int:
    """Requests of the sends to a queue, each of 64 KB or a part of it."""
    sent = round(evidence.reading.sum(queue, "NumberOfMessagesSent"))
    if not sent or queue == "DeadLetters":  # a redrive is SQS's own doing
        return 0
    call_size = design.send_batch_size if queue in QUEUE_LABELS else 1
    planned, calls = _planned_sends(evidence.items, design, queue)
    calls = sent if sent < planned else calls + sent - planned
    average_bytes = evidence.reading.sum(queue, "SentMessageSize") / sent
    return calls * sqs_requests(round(average_bytes * min(call_size, sent)))


def _planned_sends(items: int, design: Sqs, queue: str) -> tuple[int, int]:
    """Messages that a batch without failures sends to a queue, and the calls that it takes."""
    segments = ceil(items / design.segment_items)
    if queue == "PlanQueue":
        return 1 + segments, 1 + ceil(segments / design.send_batch_size)
    if queue != "ItemQueue":
        return 0, 0
    sizes = [design.segment_items] * (segments - 1)
    messages = calls = 0
    for size, count in (
        (design.segment_items, len(sizes)),
        (items - len(sizes) * design.segment_items, 1),
    ):
        of_segment = ceil(size / design.items_per_message)
        messages += count * of_segment
        calls += count * ceil(of_segment / design.send_batch_size)
    return messages, calls


def _table(evidence: Evidence, design: Sqs) -> Iterator[Line]:
    """Units of the batch-state table, without our own reads, and what it stored."""
    written = evidence.reading.sum("table", "ConsumedWriteCapacityUnits")
    read = evidence.reading.sum("table", "ConsumedReadCapacityUnits")
    ours = min(read, evidence.looking.read_units)
    unit = "WriteRequestUnits"
    yield DYNAMODB, unit, unit, "knowing", quantity(round(written, 1))
    unit = "ReadRequestUnits"
    yield DYNAMODB, unit, unit, "knowing", quantity(round(read - ours, 1))
    yield DYNAMODB, unit, unit, "measuring", quantity(round(ours, 1))
    records = evidence.items
    if design.track == "message":
        records = ceil(evidence.items / design.items_per_message)
    hours = (evidence.window.end - evidence.window.start) / 3600
    stored = gb_months(records * RECORD_BYTES / GB, hours / 2)  # they leave one after the other
    yield DYNAMODB, "TimedStorage-ByteHrs", "GB-Mo", "knowing", stored


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
