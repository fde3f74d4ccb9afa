"""The billable units of a batch of `sqs`, from what its kernel has counted."""

from decimal import Decimal
from math import ceil

import numpy as np
import pandas as pd

from workbench.designs import Sqs
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

IDLE_POLLERS = 2  # of PollQueue and of DeadLetters, which have no cap
WORK_METRICS = 4  # of the processor; the batcher and the finalizer have one each
BATCH_RECORD_BYTES = 900  # META with its knobs and the open mark, as stored


def sqs_usage(design: Sqs, p: SqsSettings, s: np.void) -> pd.DataFrame:
    """The usage table of one run."""
    t = {name: int(s[name]) for name in TALLIES_READ}
    links = t["looks"] + 1  # and the one that was still under way
    lines = [
        *lambda_lines(design.cpu, design.memory_mb, "work", t["invocations"], t["processor_ms"]),
        *lambda_lines(design.cpu, design.batcher_memory_mb, "dispatch",
                      t["batcher_invocations"], t["batcher_ms"]),
        *lambda_lines(design.cpu, FINALIZER_MB, "knowing", links, t["finalizer_ms"]),
        *_queues(p, s, t),
        *_table(p, s),
        (SNS, "Requests-Tier1", "Requests", "knowing", Decimal(1)),
        *telemetry_lines(_logged_bytes(design, p, s), _metrics(p, s), t["metric_calls"]),
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
    plan = 1 + ceil(p.segments / p.segments_per_send) + 2 * (1 + p.segments)
    plan += empty_polls(float(s["plan_idle_poller_s"]))
    idle_s = IDLE_POLLERS * float(s["ended_s"])
    polls = 1 + 3 * t["looks"] + 2  # the first message; a receive, a send, a delete each; the last
    polls += empty_polls(idle_s) + empty_polls(idle_s - t["finalizer_ms"] / 1000)
    return [
        (SQS, "Requests-Tier1", "Requests", "dispatch", Decimal(items + plan)),
        (SQS, "Requests-Tier1", "Requests", "knowing", Decimal(polls)),
    ]


def _table(p: SqsSettings, s: np.void) -> list[Line]:
    """The batch state."""
    record_s = float(s["record_s"]) / (1 if p.track_item else p.items_per_message)
    stored = record_s * texts.item_record_bytes(p.batch_bytes, not p.track_item)
    stored += BATCH_RECORD_BYTES * float(s["ended_s"])
    reads = Decimal(int(s["read_half_units"])) / 2
    return [
        (DYNAMODB, "WriteRequestUnits", "WriteRequestUnits", "knowing",
         Decimal(int(s["written_units"]))),
        (DYNAMODB, "ReadRequestUnits", "ReadRequestUnits", "knowing", reads),
        (DYNAMODB, "TimedStorage-ByteHrs", "GB-Mo", "knowing", gb_months(stored)),
    ]  # fmt: skip


def _logged_bytes(design: Sqs, p: SqsSettings, s: np.void) -> int:
    """Lambda's own lines and the handlers'."""
    n = {name: int(s[name]) for name in LOGGED}
    created = {"items_created": min(p.items, p.segment_items), "created_at": texts.EPOCH_S}
    age = {"open_batch_age_s": 10.123456789012345}
    work = texts.work_line_bytes("sqs", p.batch_bytes, n["invocations"], p.items, design.value_max)
    everything = texts.all_bytes(p.items, p.messages, p.message_bytes)
    return (
        (everything if design.logs == "all" else 0)
        + texts.platform_bytes(
            n["invocations"], n["cold_starts"], n["processor_ms"], design.memory_mb
        )
        + texts.platform_bytes(
            n["batcher_invocations"], n["batcher_envs"], n["batcher_ms"], design.batcher_memory_mb
        )
        + texts.platform_bytes(n["looks"] + 1, 1, n["finalizer_ms"], FINALIZER_MB)
        + n["invocations"] * work
        + p.segments * texts.metric_line_bytes("sqs", "batcher", p.batch_bytes, created)
        + n["looks"] * texts.metric_line_bytes("sqs", "finalizer", p.batch_bytes, age)
    )


LOGGED = (
    "invocations cold_starts processor_ms batcher_invocations batcher_envs batcher_ms looks "
    "finalizer_ms"
).split()


def _metrics(p: SqsSettings, s: np.void) -> list[tuple[float, int]]:
    """Custom metrics, and until when they are put."""
    works = WORK_METRICS + (1 if p.put_metrics else 0)
    ends = {"created_s": 1, "processed_s": works, "detected_s": 1}
    return [(float(s[name]), number) for name, number in ends.items()]
