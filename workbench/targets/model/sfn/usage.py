"""The billable units of a batch of `sfn`, from what its kernel has counted."""

from decimal import Decimal
from json import dumps
from math import ceil

import numpy as np

from workbench.designs import BATCH_KEPT_DAYS, Sfn
from workbench.platform.services import KEYS_PER_LIST, S3, SNS, STEP_FUNCTIONS
from workbench.platform.units import EXPRESS_STEP_MB, EXPRESS_STEP_MS, gb_seconds
from workbench.runs.resources import TOPIC
from workbench.targets.model.engine import usage
from workbench.targets.model.sfn.settings import SUMMARY_MB, SfnSettings
from workbench.targets.model.sfn.work import segment_calls

STATES_BEFORE = 4  # Start, Owner?, CreateItems, Process
STATES_AFTER = 3  # Summarize, Notify, Done
RESULT_FILES = 2  # the manifest and the children that succeeded
WORK_METRICS = 4  # of the processor; the batcher has one
KEPT_S = BATCH_KEPT_DAYS * 86_400
# An item in the results, {\"id\":\"0123456789abcdef\",\"value\":}, around its digits; a child,
# its execution and its input around its items and the batch id; and the manifest.
ITEM_RESULT_BYTES, CHILD_RESULT_BYTES, MANIFEST_BYTES = 41, 949, 365
PAYLOAD_RESULT_BYTES = len(r",\"payload\":\"\"")
STANDARD_LESS_BYTES = 35  # of a Standard child: its ARN is shorter
PUT_METRIC_BYTES = 12  # "put_metric_data" beside "emf" among the knobs
START_BYTES = 100  # the start object: an execution's ARN


def sfn_usage(design: Sfn, p: SfnSettings, s: np.void) -> list[usage.Line]:
    """The usage lines of one run."""
    children = int(s["invocations"])
    functions = [
        usage.Function("processor", "work", design.memory_mb, children, int(s["cold_starts"]),
                       int(s["processor_ms"])),
        usage.Function("batcher", "dispatch", design.batcher_memory_mb,
                       int(s["batcher_invocations"]), int(s["batcher_cold"]), int(s["batcher_ms"])),
        usage.Function("summary", "knowing", SUMMARY_MB, 1, 1, int(s["summary_ms"])),
    ]  # fmt: skip
    written = _handler_bytes(design, p, children)
    logged = {one.role: usage.platform_bytes(one) + written[one.role] for one in functions}
    works = WORK_METRICS + (int(s["metric_calls"]) > 0)  # an item that fails puts none
    metrics = [(float(s["created_s"]), 1), (float(s["processed_s"]), works)]
    return [
        *usage.lambda_lines(design.cpu, functions),
        *_machine(p, s, children),
        *_bucket(p, s, _result_bytes(design, p)),
        (TOPIC, SNS, "Requests-Tier1", "Requests", "knowing", Decimal(1)),
        *usage.telemetry_lines(logged, metrics, int(s["metric_calls"])),
    ]


def _handler_bytes(design: Sfn, p: SfnSettings, children: int) -> dict[str, int]:
    """What the handlers write into the log, by function."""
    created = {"items_created": min(p.items, p.segment_items), "created_at": usage.EPOCH_S}
    work = usage.work_line_bytes("sfn", p.batch_bytes, children, p.items, design.item_ms)
    batcher = usage.metric_line_bytes("sfn", "batcher", p.batch_bytes, created)
    lines = {"processor": children * work, "batcher": p.segments * batcher, "summary": 0}
    if design.logs == "all":
        child = 1 + round(p.items / max(1, children)) * usage.line_bytes(design)  # with brackets
        lines["processor"] += usage.all_bytes(p.items, children, child)
    return lines


def _machine(p: SfnSettings, s: np.void, children: int) -> list[usage.Line]:
    """State transitions, and Express requests and time."""
    transitions = STATES_BEFORE + p.segments + children * (1 if p.express else 2)
    lines = [
        ("StateTransition", "StateTransitions", "dispatch", Decimal(transitions)),
        ("StateTransition", "StateTransitions", "knowing", Decimal(STATES_AFTER)),
    ]
    if p.express:
        spent = gb_seconds(int(s["express_steps"]) * EXPRESS_STEP_MS, EXPRESS_STEP_MB)
        lines += [
            ("StepFunctions-Request", "Requests", "dispatch", Decimal(children)),
            ("StepFunctions-GB-Second", "GB-Seconds", "dispatch", spent),
        ]
    return [("machine", STEP_FUNCTIONS, *line) for line in lines]


def _bucket(p: SfnSettings, s: np.void, result_bytes: float) -> list[usage.Line]:
    """Items written and read, results written and looked through, all kept until they expire."""
    last = p.items - (p.segments - 1) * p.segment_items
    rest, whole = last / p.segment_items, (p.segments - 1) * segment_calls(p, p.segment_items)
    puts = 1 + whole + segment_calls(p, last) + ceil(p.segments / KEYS_PER_LIST)
    failed = int(s["failed_children"])
    lists = 1 + max(1, ceil(failed / KEYS_PER_LIST))
    stored = (p.segment_bytes * (p.segments - 1 + rest) + START_BYTES) * KEPT_S
    lines = [
        ("Requests-Tier1", "Requests", "dispatch", Decimal(puts)),
        ("Requests-Tier2", "Requests", "dispatch", Decimal(p.segments)),
        ("TimedStorage-ByteHrs", "GB-Mo", "dispatch", usage.gb_months(stored)),
        ("Requests-Tier1", "Requests", "knowing", Decimal(RESULT_FILES + failed + lists)),
        ("Requests-Tier2", "Requests", "knowing", Decimal(1 + failed)),
        ("TimedStorage-ByteHrs", "GB-Mo", "knowing", usage.gb_months(result_bytes * KEPT_S)),
    ]
    return [("bucket", S3, *line) for line in lines]


def _result_bytes(design: Sfn, p: SfnSettings) -> float:
    """The size of the results: each child with its items, and the manifest."""
    child = CHILD_RESULT_BYTES + p.batch_bytes + (p.put_metrics and PUT_METRIC_BYTES)
    child -= 0 if p.express else STANDARD_LESS_BYTES
    knobs = design.batch_knobs()
    told = {name: knobs[name] for name in knobs.keys() - set(design.carried.split())}
    child += len(dumps(dumps(told, separators=(",", ":")))) - len('"{}",') + 2 if told else 0
    payload_bytes = PAYLOAD_RESULT_BYTES + design.item_bytes if design.item_bytes else 0
    item = ITEM_RESULT_BYTES + design.item_ms.mean_digits + payload_bytes
    return p.children * child + p.items * item + MANIFEST_BYTES
