"""The billable units of a batch of `sqs`, from what its kernel has counted."""

from decimal import Decimal
from math import ceil

import numpy as np
import pandas as pd

from workbench.designs import Sqs
from workbench.targets.model.sqs_settings import FINALIZER_MB, SqsSettings
from workbench.targets.model.tally import (
    DYNAMODB,
    SNS,
    SQS,
    Line,
    empty_polls,
    gb_months,
    lambda_lines,
    telemetry_lines,
    usage_frame,
)

RECORD_BYTES = 210  # an item record with the 100 bytes that DynamoDB adds
IDLE_POLLERS = 2  # of PollQueue and DeadLetters, which have no cap
METRICS = 6  # four of the processor, one of the batcher, one of the finalizer


def sqs_usage(design: Sqs, p: SqsSettings, s: np.void) -> pd.DataFrame:
    """The usage table of one run."""
    t = {name: int(s[name]) for name in TALLIES_READ}
    invocations = t["invocations"] + t["batcher_invocations"] + t["looks"]
    lines = [
        *lambda_lines(design.cpu, design.memory_mb, "work", t["invocations"], t["processor_ms"]),
        *lambda_lines(design.cpu, design.batcher_memory_mb, "dispatch",
                      t["batcher_invocations"], t["batcher_ms"]),
        *lambda_lines(design.cpu, FINALIZER_MB, "knowing", t["looks"], t["finalizer_ms"]),
        *_queues(p, s, t),
        *_table(p, s),
        (SNS, "Requests-Tier1", "Requests", "knowing", Decimal(1)),
        *telemetry_lines(t["invocations"] + p.segments + t["looks"], invocations,
                         float(s["detected_s"]), METRICS, t["metric_calls"]),
    ]  # fmt: skip
    return usage_frame(lines)


TALLIES_READ = (
    "invocations processor_ms batcher_invocations batcher_ms looks finalizer_ms metric_calls "
    "item_send_units receive_units deletes visibility_changes retry_sends"
).split()


def _queues(p: SqsSettings, s: np.void, t: dict[str, int]) -> list[Line]:
    """Every queue's sends, receives, deletes and empty polls."""
    items = sum(t[n] for n in TALLIES_READ[7:])
    items += empty_polls(float(s["idle_poller_s"]))
    plan = 1 + ceil(p.segments / p.messages_per_send) + 2 * (1 + p.segments)
    plan += empty_polls(float(s["plan_idle_poller_s"]))
    idle = empty_polls(IDLE_POLLERS * float(s["detected_s"]))
    polls = 1 + 3 * t["looks"] + idle  # the first message; then a receive, a send, a delete each
    return [
        (SQS, "Requests-Tier1", "Requests", "dispatch", Decimal(items + plan)),
        (SQS, "Requests-Tier1", "Requests", "knowing", Decimal(polls + idle)),
    ]


def _table(p: SqsSettings, s: np.void) -> list[Line]:
    """The batch state."""
    record_s = float(s["record_s"]) / (1 if p.track_item else p.items_per_message)
    reads = Decimal(int(s["read_half_units"])) / 2
    return [
        (DYNAMODB, "WriteRequestUnits", "WriteRequestUnits", "knowing",
         Decimal(int(s["written_units"]))),
        (DYNAMODB, "ReadRequestUnits", "ReadRequestUnits", "knowing", reads),
        (DYNAMODB, "TimedStorage-ByteHrs", "GB-Mo", "knowing", gb_months(record_s * RECORD_BYTES)),
    ]  # fmt: skip
