"""The billable units of a batch of `sqs`, and of `counters`, from what their kernel has counted."""

from dataclasses import dataclass
from decimal import Decimal
from math import ceil

import numpy as np

from workbench.designs import Design, Sqs
from workbench.platform.services import (
    DYNAMODB,
    LAMBDA,
    LONG_POLL_S,
    POLLER_HOURS,
    POLLER_LEAST_S,
    SNS,
    SQS,
)
from workbench.platform.units import poller_hours
from workbench.runs.resources import TOPIC
from workbench.targets.model.engine import usage
from workbench.targets.model.sqs.settings import FINALIZER_MB, SqsSettings

IDLE_POLLERS = 2  # of PollQueue and of DeadLetters, which have no cap
WORK_METRICS = 4  # of the processor; the batcher and the finalizer have one each
BATCH_RECORD_BYTES = 900  # META with its knobs and the open mark, as stored
ITEM_CALLS = "item_send_units receive_units deletes retry_send_units".split()


@dataclass(frozen=True)
class Own:
    """In what the designs with queues differ."""

    plan_calls: int  # to PlanQueue, besides empty polls
    poll_calls: int  # to PollQueue, besides empty polls
    finalizer_requests: int
    stored_byte_s: float  # bytes of the batch state times the seconds they are kept
    item_log_bytes: int = 0


def sqs_usage(design: Sqs, p: SqsSettings, s: np.void) -> list[usage.Line]:
    """The usage lines of one run."""
    polls, ended_s = int(s["looks"]), float(s["ended_s"])
    record_s = float(s["record_s"]) / (1 if p.track_item else p.items_per_message)
    stored = record_s * usage.item_record_bytes(p.batch_bytes, not p.track_item)
    missing = p.messages * p.items_per_message - p.items
    lot_bytes = p.message_bytes - missing * p.pair_bytes / p.messages
    everything = usage.all_bytes(p.items, p.messages, lot_bytes)
    own = Own(
        plan_calls=1 + ceil(p.segments / p.segments_per_send) + 2 * (1 + p.segments),
        poll_calls=1 + 2 * polls,  # a send; received at each poll, delayed or deleted
        finalizer_requests=polls,
        stored_byte_s=stored + BATCH_RECORD_BYTES * ended_s,
        item_log_bytes=everything if design.logs == "all" else 0,
    )
    return queued_usage(design, p, s, own)


def queued_usage(design: Design, p: SqsSettings, s: np.void, own: Own) -> list[usage.Line]:
    """The usage lines of a run of a design with queues and a batch-state table."""
    n = {name: int(s[name]) for name in s.dtype.names if s.dtype[name] == np.int64}
    functions = [
        usage.Function("processor", "work", design.memory_mb, n["invocations"],
                       n["cold_starts"], n["processor_ms"]),
        usage.Function("batcher", "dispatch", design.batcher_memory_mb,
                       n["batcher_invocations"], n["batcher_environments"], n["batcher_ms"]),
        usage.Function("finalizer", "knowing", FINALIZER_MB, own.finalizer_requests, 1,
                       n["finalizer_ms"]),
    ]  # fmt: skip
    logged = _metric_lines_bytes(design, p, n)
    logged["processor"] += own.item_log_bytes
    for one in functions:
        logged[one.role] += usage.platform_bytes(one)
    works = WORK_METRICS + (n["metric_calls"] > 0)  # an item that fails puts none
    ends = {"created_s": 1, "processed_s": works, "detected_s": 1}
    metrics = [(float(s[name]), number) for name, number in ends.items()]
    return [
        *usage.lambda_lines(design.cpu, functions),
        *_queues(s, n, own),
        *_pollers(p, s, n["target"]),
        *_table(n, own.stored_byte_s),
        (TOPIC, SNS, "Requests-Tier1", "Requests", "knowing", Decimal(1)),
        *usage.telemetry_lines(logged, metrics, n["metric_calls"]),
    ]


def _metric_lines_bytes(design: Design, p: SqsSettings, n: dict[str, int]) -> dict[str, int]:
    """What the handlers write, by function."""
    created = {"items_created": min(p.items, p.segment_items), "created_at": usage.EPOCH_S}
    age = {"open_batch_age_s": 10.123456789012345}
    name, size, invocations = design.name, p.batch_bytes, n["invocations"]
    work = usage.work_line_bytes(name, size, invocations, p.items, design.item_ms)
    batcher = usage.metric_line_bytes(name, "batcher", size, created)
    finalizer = usage.metric_line_bytes(name, "finalizer", size, age)
    return {
        "processor": invocations * work,
        "batcher": p.segments * batcher,
        "finalizer": n["looks"] * finalizer,
    }


def _queues(s: np.void, n: dict[str, int], own: Own) -> list[usage.Line]:
    """Every queue's sends, receives, deletes and empty polls."""
    idle_s = IDLE_POLLERS * float(s["ended_s"])
    items = sum(n[name] for name in ITEM_CALLS) + usage.empty_polls(float(s["idle_poller_s"]))
    plans = own.plan_calls + usage.empty_polls(float(s["plan_idle_poller_s"]))
    polls = own.poll_calls + usage.empty_polls(idle_s - n["finalizer_ms"] / 1000)
    return [
        (queue, SQS, "Requests-Tier1", "Requests", label, Decimal(requests))
        for queue, label, requests in (
            ("item_queue", "dispatch", items),
            ("plan_queue", "dispatch", plans),
            ("poll_queue", "knowing", polls),
            ("dead_letters", "knowing", usage.empty_polls(idle_s)),
        )
    ]


def _pollers(p: SqsSettings, s: np.void, target: int) -> list[usage.Line]:
    """Provisioned pollers: the least always, the others until they rest."""
    if not p.pollers.polls_per_s:
        return []
    ended_s, places = float(s["ended_s"]), p.pollers.places
    grown = (target - p.pollers.start) // places if target else 0
    rest_s = min(ended_s, float(s["processed_s"]) + LONG_POLL_S)
    grown_s = max(float(s["grown_poller_s"]) + grown * rest_s, grown * POLLER_LEAST_S)
    hours = poller_hours(p.pollers.start // places * ended_s + grown_s)
    return [("processor", LAMBDA, POLLER_HOURS, "EPU-Hours", "dispatch", hours)]


def _table(n: dict[str, int], stored_byte_s: float) -> list[usage.Line]:
    """The batch state."""
    units = {"Write": Decimal(n["written_units"]), "Read": Decimal(n["read_half_units"]) / 2}
    return [
        *(("table", DYNAMODB, f"{kind}RequestUnits", f"{kind}RequestUnits", "knowing", amount)
          for kind, amount in units.items()),
        ("table", DYNAMODB, "TimedStorage-ByteHrs", "GB-Mo", "knowing",
         usage.gb_months(stored_byte_s)),
    ]  # fmt: skip
