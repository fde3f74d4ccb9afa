"""The billable units of a batch of `durable`, from what its kernel has counted."""

from decimal import Decimal
from json import dumps

import numpy as np

from workbench.designs.durable import KEPT_DAYS, Durable
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

KEPT_S = KEPT_DAYS * 86_400
WORK_METRICS = 4  # of the processor
CLAIM_BYTES = 100  # the object that claims a batch
STEPS = ("claim", "detect", "notify")
MAP_RESULT = {"t": "br", "v": {"all": {"t": "l", "v": []}, "completionReason": {"t": "s"}}}
CHILD_RESULT_BYTES = 165  # of a child in the map's result, quoted once more
REASON_BYTES = 120  # a failed item's line in its list, its value and its tries


def durable_usage(design: Durable, p: DurableSettings, s: np.void) -> list[usage.Line]:
    """The usage lines of one run."""
    invocations = int(s["invocations"])
    functions = [
        usage.Function("processor", "work", design.memory_mb, invocations, int(s["cold_starts"]),
                       int(s["processor_ms"])),
        usage.Function("orchestrator", "dispatch", design.batcher_memory_mb,
                       int(s["batcher_invocations"]), int(s["batcher_cold"]), int(s["batcher_ms"])),
    ]  # fmt: skip
    work = usage.work_line_bytes("durable", p.batch_bytes, invocations, p.items, design.value_max)
    logged = {one.role: usage.platform_bytes(one) for one in functions}
    logged["processor"] += invocations * work
    return [
        *usage.lambda_lines(design.cpu, functions),
        *_executions(design, p, s),
        *_bucket(p, s),
        (TOPIC, SNS, "Requests-Tier1", "Requests", "knowing", Decimal(1)),
        *usage.telemetry_lines(logged, [(float(s["processed_s"]), WORK_METRICS)], 0),
    ]


def _executions(design: Durable, p: DurableSettings, s: np.void) -> list[usage.Line]:
    """Operations, what is written with them, and kept after the executions have ended."""
    written = _written_bytes(design, p, int(s["invocations"]))
    executions = 1 + (p.segments if p.segments > 1 else 0)
    kept_s = KEPT_S + float(s["lived_s"]) / executions
    lines = [
        (DURABLE_OPERATIONS, "Operations", Decimal(int(s["operations"]))),
        (DURABLE_WRITTEN, "GB", Decimal(written) / GB),
        (DURABLE_KEPT, "GB-Mo", usage.gb_months(written * kept_s)),
    ]
    return [
        ("orchestrator", LAMBDA, kind, unit, "dispatch", amount) for kind, unit, amount in lines
    ]


def _written_bytes(design: Durable, p: DurableSettings, invocations: int) -> int:
    """Inputs, updates and results of all executions, as JSON."""
    knobs = design.batch_knobs()
    whole = {"batch_id": "b" * p.batch_bytes, "items": p.items, "seed": 10**9, "knobs": knobs}
    middle = p.items // 2
    sent = {name: knobs[name] for name in ("item_concurrency", "value_max", "poison_per_million")}
    chunk = {"batch_id": whole["batch_id"], "seed": 10**9, "knobs": sent}
    chunk |= {"start": middle, "stop": middle, "tries": 1, "again": False}
    size = len(dumps(whole)) + _map_bytes(p.segments if p.segments > 1 else p.chunks)
    size += sum(_length("STEP", one, name=step) for step in STEPS for one in ("START", "SUCCEED"))
    size += invocations * (_invoke_bytes(design, "Processor", chunk) + 1)
    if p.segments > 1:
        asked = whole | {"at_once": p.chunks_at_once, "segment": [middle, middle]}
        each = len(dumps(asked)) + _invoke_bytes(design, "Orchestrator", asked) + 2
        size += p.segments * each + p.segments * _map_bytes(0) + p.chunks * CHILD_RESULT_BYTES
    return size


def _map_bytes(children: int) -> int:
    """The start of a map and its end with what its children have answered."""
    ends = _length("CONTEXT", "SUCCEED", name="all", payload=dumps(MAP_RESULT))
    return _length("CONTEXT", "START", name="all") + ends + children * CHILD_RESULT_BYTES


def _invoke_bytes(design: Durable, function: str, payload: dict) -> int:
    """The start of a chained invoke."""
    called = {"FunctionName": f"{design.stack}-{function}-" + "X" * 20}
    asked = _length("CHAINED_INVOKE", "START", payload=dumps(payload))
    return asked + len(dumps({"ParentId": "0" * 64, "ChainedInvokeOptions": called}))


def _length(kind: str, action: str, name: str = "", payload: str = "") -> int:
    """The size of an update."""
    update = {"Id": "0" * 64, "Type": kind, "Action": action, "SubType": kind.title()}
    update |= {"Name": name} if name else {}
    return len(dumps(update | ({"Payload": payload} if payload else {})))


def _bucket(p: DurableSettings, s: np.void) -> list[usage.Line]:
    """The claim, and the lists of what failed, written anew by each try and read by the next."""
    again = int(s["invocations"]) - p.chunks
    listed = int(s["failed"]) * REASON_BYTES * KEPT_S
    lines = [
        ("Requests-Tier1", "Requests", "dispatch", Decimal(1)),
        ("TimedStorage-ByteHrs", "GB-Mo", "dispatch", usage.gb_months(CLAIM_BYTES * KEPT_S)),
        ("Requests-Tier1", "Requests", "knowing", Decimal(int(s["lists"]))),
        ("Requests-Tier2", "Requests", "knowing", Decimal(again)),
        ("TimedStorage-ByteHrs", "GB-Mo", "knowing", usage.gb_months(listed)),
    ]
    return [("bucket", S3, *line) for line in lines]
