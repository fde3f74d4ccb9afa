"""The billable units of a batch of `counters`, from what its kernel has counted."""

from decimal import Decimal

import numpy as np
import pandas as pd

from workbench.designs import Counters
from workbench.targets.model.counters.kernel import PER_SHARD
from workbench.targets.model.engine import message_sizes as texts
from workbench.targets.model.engine.usage_lines import (
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
from workbench.targets.model.sqs.settings import FINALIZER_MB, SqsSettings
from workbench.targets.model.sqs.usage import IDLE_POLLERS, LOGGED, WORK_METRICS

BATCH_RECORD_BYTES = 500  # META with its knobs, as stored
NUMBER_BYTES = 4  # a message's number in a set


def counters_usage(design: Counters, p: SqsSettings, s: np.void) -> pd.DataFrame:
    """The usage table of one run."""
    n = {name: int(s[name]) for name in LOGGED}
    ends = {"created_s": 1, "processed_s": WORK_METRICS, "detected_s": 1}
    metrics = [(float(s[name]), number) for name, number in ends.items()]
    memories = (design.memory_mb, design.batcher_memory_mb, FINALIZER_MB)
    counts = (
        (n["invocations"], n["cold_starts"], n["processor_ms"]),
        (n["batcher_invocations"], n["batcher_envs"], n["batcher_ms"]),
        (n["looks"], 1, n["finalizer_ms"]),
    )
    logged = sum(
        texts.platform_bytes(*count, mb) for count, mb in zip(counts, memories, strict=True)
    )
    lines = [
        (SNS, "Requests-Tier1", "Requests", "knowing", Decimal(1)),
        *_queues(p, s),
        *_table(p, s),
        *telemetry_lines(logged + _lines_bytes(design, p, n), metrics, 0),
    ]
    for label, (requests, _, ms), mb in zip(
        ("work", "dispatch", "knowing"), counts, memories, strict=True
    ):
        lines += lambda_lines(design.cpu, mb, label, requests, ms)
    return usage_frame(lines)


def _queues(p: SqsSettings, s: np.void) -> list[Line]:
    """Every queue's sends, receives, deletes and empty polls."""
    items = sum(int(s[name]) for name in ("item_send_units", "receive_units", "deletes"))
    items += int(s["retry_sends"])  # what failed, each sent by itself
    plan = -(-p.segments // p.segments_per_send) + 2 * p.segments
    empty = empty_polls(float(s["idle_poller_s"])) + empty_polls(float(s["plan_idle_poller_s"]))
    idle_s = IDLE_POLLERS * float(s["ended_s"])
    polls = 1 + 2 * int(s["looks"])  # a send; received at each look, put off or deleted
    polls += empty_polls(idle_s) + empty_polls(idle_s - int(s["finalizer_ms"]) / 1000)
    return [
        (SQS, "Requests-Tier1", "Requests", "dispatch", Decimal(items + plan + empty)),
        (SQS, "Requests-Tier1", "Requests", "knowing", Decimal(polls)),
    ]


def _table(p: SqsSettings, s: np.void) -> list[Line]:
    """The batch state until the batch is told; later it expires."""
    shards = -(-p.messages // PER_SHARD)
    key = len("pk" + "done##0000000" + "sk" + "SET" + "done" + "expires_at") + p.batch_bytes + 6
    each = NUMBER_BYTES + (key + texts.STORAGE_OVERHEAD_BYTES) * shards / p.messages
    counted_s = p.messages * float(s["ended_s"]) - float(s["record_s"]) / p.items_per_message
    stored = each * counted_s + BATCH_RECORD_BYTES * float(s["ended_s"])
    reads = Decimal(int(s["read_half_units"])) / 2
    return [
        (DYNAMODB, "WriteRequestUnits", "WriteRequestUnits", "knowing",
         Decimal(int(s["written_units"]))),
        (DYNAMODB, "ReadRequestUnits", "ReadRequestUnits", "knowing", reads),
        (DYNAMODB, "TimedStorage-ByteHrs", "GB-Mo", "knowing", gb_months(stored)),
    ]  # fmt: skip


def _lines_bytes(design: Counters, p: SqsSettings, n: dict[str, int]) -> int:
    """What the handlers write."""
    created = {"items_created": min(p.items, p.segment_items), "created_at": texts.EPOCH_S}
    age = {"open_batch_age_s": 10.123456789012345}
    work = texts.work_line_bytes(
        design.name, p.batch_bytes, n["invocations"], p.items, design.value_max
    )
    batcher = texts.metric_line_bytes(design.name, "batcher", p.batch_bytes, created)
    finalizer = texts.metric_line_bytes(design.name, "finalizer", p.batch_bytes, age)
    return n["invocations"] * work + p.segments * batcher + n["looks"] * finalizer
