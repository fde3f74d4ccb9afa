"""The billable units of a batch of `sfn`, from what its kernel has counted."""

from decimal import Decimal
from math import ceil

import numpy as np
import pandas as pd

from workbench.designs import Sfn
from workbench.platform.services import KEYS_PER_LIST
from workbench.platform.units import EXPRESS_STEP_MB, EXPRESS_STEP_MS, gb_seconds
from workbench.targets.model.engine import message_sizes as texts
from workbench.targets.model.engine.usage_lines import (
    S3,
    SNS,
    STEP_FUNCTIONS,
    Line,
    gb_months,
    lambda_lines,
    telemetry_lines,
    usage_frame,
)
from workbench.targets.model.sfn.settings import SUMMARY_MB, SfnSettings

STATES_BEFORE = 4  # Start, Owner?, CreateItems, Process
STATES_AFTER = 3  # Summarize, Notify, Done
RESULT_FILES = 2  # the manifest and the children that succeeded
WORK_METRICS = 4  # of the processor; the batcher has one
START_BYTES = 100  # the start object: an execution's ARN


def sfn_usage(design: Sfn, p: SfnSettings, s: np.void) -> pd.DataFrame:
    """The usage table of one run."""
    children = int(s["invocations"])
    lines = [
        *lambda_lines(design.cpu, design.memory_mb, "work", children, int(s["processor_ms"])),
        *lambda_lines(design.cpu, design.batcher_memory_mb, "dispatch",
                      int(s["batcher_invocations"]), int(s["batcher_ms"])),
        *lambda_lines(design.cpu, SUMMARY_MB, "knowing", 1, int(s["summary_ms"])),
        *_machine(p, s, children),
        *_bucket(p, s),
        (SNS, "Requests-Tier1", "Requests", "knowing", Decimal(1)),
        *telemetry_lines(_logged_bytes(design, p, s), _metrics(p, s), int(s["metric_calls"])),
    ]  # fmt: skip
    return usage_frame(lines)


def _logged_bytes(design: Sfn, p: SfnSettings, s: np.void) -> int:
    """Lambda's own lines and the handlers'."""
    children, batchers = int(s["invocations"]), int(s["batcher_invocations"])
    cold = int(s["batcher_cold"])
    per_segment = {"items_created": min(p.items, p.segment_items), "created_at": texts.EPOCH_S}
    lot = texts.child_bytes(round(p.items / max(1, children)), design.value_max)
    return (
        (texts.all_bytes(p.items, children, lot) if design.logs == "all" else 0)
        + texts.platform_bytes(
            children, int(s["cold_starts"]), int(s["processor_ms"]), design.memory_mb
        )
        + texts.platform_bytes(batchers, cold, int(s["batcher_ms"]), design.batcher_memory_mb)
        + texts.platform_bytes(1, 1, int(s["summary_ms"]), SUMMARY_MB)
        + children
        * texts.work_line_bytes("sfn", p.batch_bytes, children, p.items, design.value_max)
        + p.segments * texts.metric_line_bytes("sfn", "batcher", p.batch_bytes, per_segment)
    )


def _metrics(p: SfnSettings, s: np.void) -> list[tuple[float, int]]:
    """Custom metrics, and until when they are put."""
    works = WORK_METRICS + (1 if p.put_metrics else 0)
    return [(float(s["created_s"]), 1), (float(s["processed_s"]), works)]


def _machine(p: SfnSettings, s: np.void, children: int) -> list[Line]:
    """State transitions, and Express requests and time."""
    transitions = STATES_BEFORE + p.segments + children * (1 if p.express else 2)
    lines = [
        (STEP_FUNCTIONS, "StateTransition", "StateTransitions", "dispatch", Decimal(transitions)),
        (STEP_FUNCTIONS, "StateTransition", "StateTransitions", "knowing", Decimal(STATES_AFTER)),
    ]
    if p.express:
        spent = gb_seconds(int(s["express_steps"]) * EXPRESS_STEP_MS, EXPRESS_STEP_MB)
        lines += [
            (STEP_FUNCTIONS, "StepFunctions-Request", "Requests", "dispatch", Decimal(children)),
            (STEP_FUNCTIONS, "StepFunctions-GB-Second", "GB-Seconds", "dispatch", spent),
        ]
    return lines


def _bucket(p: SfnSettings, s: np.void) -> list[Line]:
    """Items written and read, results written and looked through, and their storage."""
    rest = (p.items - (p.segments - 1) * p.segment_items) / p.segment_items
    last = max(1, ceil(p.segment_calls * rest - 1e-6))
    puts = 1 + (p.segments - 1) * p.segment_calls + last + ceil(p.segments / KEYS_PER_LIST)
    failed = int(s["failed_children"])
    lists = 1 + max(1, ceil(failed / KEYS_PER_LIST))
    over_s = float(s["detected_s"]) + int(s["summary_ms"]) / 1000
    stored = (p.segment_bytes * (p.segments - 1 + rest) + START_BYTES) * over_s
    return [
        (S3, "Requests-Tier1", "Requests", "dispatch", Decimal(puts)),
        (S3, "Requests-Tier2", "Requests", "dispatch", Decimal(p.segments)),
        (S3, "TimedStorage-ByteHrs", "GB-Mo", "dispatch", gb_months(stored)),
        (S3, "Requests-Tier1", "Requests", "knowing", Decimal(RESULT_FILES + failed + lists)),
        (S3, "Requests-Tier2", "Requests", "knowing", Decimal(1 + failed)),
        (S3, "TimedStorage-ByteHrs", "GB-Mo", "knowing", gb_months(p.result_bytes * over_s)),
    ]
