"""The billable units of a batch of `durable`, from what its kernel has counted."""

from decimal import Decimal
from json import dumps
from typing import Any

import numpy as np

from workbench.designs import BATCH_KEPT_DAYS, DURABLE_KEPT_DAYS, WORKLOAD_KNOBS, Durable
from workbench.platform.services import (
    DURABLE_KEPT,
    DURABLE_OPERATIONS,
    DURABLE_WRITTEN,
    LAMBDA,
    S3,
    SNS,
)
from workbench.platform.units import GB
from workbench.runs.resources import TOPIC
from workbench.targets.model.durable.settings import DurableSettings
from workbench.targets.model.engine import usage

# In a chunk, whose items are made where they are worked: no payload travels.
SENT = ("item_concurrency", *(name for name in WORKLOAD_KNOBS if name != "item_bytes"))

WORK_METRICS = 4  # of the processor
DAY_S = 86_400
# Updates as the SDK writes them: a map's start and end, what a child adds to that end, the starts
# and ends of the three steps, and a chained invoke around its payload and its function's name.
MAP_BYTES, CHILD_BYTES, STEPS_BYTES, INVOKE_BYTES = 463, 168, 951, 288
ARN_BYTES = len("arn:aws:lambda:us-east-1:123456789012:function:" + ":1")
NAME_BYTES = 22  # what a stack's name and a function's grow by when it is deployed
EXECUTION_BYTES = len("/durable-execution/" + "/") + 36  # in an execution's ARN, around its name
LINE_BYTES = len(
    '{"id": "0123456789abcdef", "value": -1, "reason": "ValueError: sleep length must be '
    'non-negative", "attempts": 3}\n'
)


def durable_usage(design: Durable, p: DurableSettings, s: np.void) -> list[usage.Line]:
    """The usage lines of one run."""
    invocations = int(s["invocations"])
    functions = [
        usage.Function("processor", "work", design.memory_mb, invocations, int(s["cold_starts"]),
                       int(s["processor_ms"])),
        usage.Function("orchestrator", "dispatch", design.batcher_memory_mb,
                       int(s["batcher_invocations"]), int(s["batcher_cold"]), int(s["batcher_ms"])),
    ]  # fmt: skip
    work = usage.work_line_bytes("durable", p.batch_bytes, invocations, p.items, design.item_ms)
    logged = {one.role: usage.platform_bytes(one) for one in functions}
    logged["processor"] += invocations * work
    return [
        *usage.lambda_lines(design.cpu, functions),
        *_executions(design, p, s),
        *_bucket(design, p, s),
        (TOPIC, SNS, "Requests-Tier1", "Requests", "knowing", Decimal(1)),
        *usage.telemetry_lines(logged, [(float(s["processed_s"]), WORK_METRICS)], 0),
    ]


def _executions(design: Durable, p: DurableSettings, s: np.void) -> list[usage.Line]:
    """Operations, what is written with them, and kept after the executions have ended."""
    written = _written_bytes(design, p, int(s["invocations"]))
    segments = p.segments if p.segments > 1 else 0
    executions = 1 + segments
    invokes = int(s["invocations"]) + segments
    more = Decimal(str(p.operations_per_invoke)) - 1
    kept_s = DURABLE_KEPT_DAYS * DAY_S + float(s["lived_s"]) / executions
    lines = [
        (DURABLE_OPERATIONS, "Operations", int(s["operations"]) + more * invokes),
        (DURABLE_WRITTEN, "GB", Decimal(written) / GB),
        (DURABLE_KEPT, "GB-Mo", usage.gb_months(written * kept_s)),
    ]
    return [
        ("orchestrator", LAMBDA, kind, unit, "dispatch", amount) for kind, unit, amount in lines
    ]


def _written_bytes(design: Durable, p: DurableSettings, invocations: int) -> int:
    """Inputs, updates, answers and results of all executions."""
    knobs, middle = design.batch_knobs(), p.items // 2
    sent = {name: knobs[name] for name in SENT if name in knobs}
    chunk = {"batch_id": "b" * p.batch_bytes, "seed": 7, "knobs": sent}
    chunk |= {"start": middle, "stop": middle, "tries": 1, "again": 0}
    whole = {"batch_id": "b" * p.batch_bytes, "items": p.items, "seed": 7, "knobs": knobs}
    size = len(dumps(whole)) + STEPS_BYTES + MAP_BYTES + p.chunks * CHILD_BYTES + 1
    size += invocations * (_invoke_bytes(_name_bytes(design, "Processor"), chunk) + 1)
    if p.segments > 1:
        asked = whole | {"at_once": p.chunks_at_once, "segment": [middle, middle]}
        own = _name_bytes(design, "Orchestrator") + ARN_BYTES
        each = len(dumps(asked)) + _invoke_bytes(own, asked) + CHILD_BYTES + MAP_BYTES + 2
        size += p.segments * each
    return size


def _invoke_bytes(name_bytes: int, payload: dict[str, Any]) -> int:
    """The start of a chained invoke, its payload as text in text."""
    return INVOKE_BYTES + name_bytes + len(dumps(dumps(payload))) - 2


def _name_bytes(design: Durable, function: str) -> int:
    """What a function is called."""
    return len(design.stack + function) + NAME_BYTES


def _bucket(design: Durable, p: DurableSettings, s: np.void) -> list[usage.Line]:
    """The claim, and the lists of what failed, one of each try, which the next one reads."""
    again = int(s["invocations"]) - p.chunks
    kept_s = BATCH_KEPT_DAYS * DAY_S
    own = _name_bytes(design, "Orchestrator") + ARN_BYTES + EXECUTION_BYTES + p.batch_bytes
    listed = int(s["listed"]) * LINE_BYTES
    lines = [
        ("Requests-Tier1", "Requests", "dispatch", Decimal(1)),
        ("TimedStorage-ByteHrs", "GB-Mo", "dispatch", usage.gb_months(own * kept_s)),
        ("Requests-Tier1", "Requests", "knowing", Decimal(int(s["lists"]))),
        ("Requests-Tier2", "Requests", "knowing", Decimal(again)),
        ("TimedStorage-ByteHrs", "GB-Mo", "knowing", usage.gb_months(listed * kept_s)),
    ]
    return [("bucket", S3, *line) for line in lines]
