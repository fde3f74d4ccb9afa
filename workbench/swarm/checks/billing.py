"""The metered usage equals the calls made, counted again where they reach the services."""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from workbench.platform.services import (
    CLOUDWATCH,
    DURABLE_WRITTEN,
    DYNAMODB,
    LAMBDA,
    S3,
    SNS,
    SQS,
    STEP_FUNCTIONS,
)
from workbench.platform.units import GB, lambda_gb_seconds, query_units, sns_requests, sqs_requests
from workbench.swarm.checks.executions import counted_executions
from workbench.swarm.fault_record import FaultRecord
from workbench.swarm.noted import Called
from workbench.targets.local.metering import item_bytes, message_bytes

Counts = Counter[tuple[str, str]]  # of a service and a usage type

READS = ("GetItem", "BatchGetItem", "Query")
TIER_2 = ("GetObject", "HeadObject")
FREE = ("AbortMultipartUpload", "DeleteObject")
PER_POLL = 10  # messages of one receive, and of one batch of deletes


def check_billing(seen: FaultRecord) -> Iterator[str]:
    """Lines of the usage that differ from what was called."""
    billed: Counts = Counter()
    for row in seen.usage.itertuples():
        billed[row.service, row.usage_type.removesuffix("-ARM")] += row.quantity
    counted = _counted(seen)
    settings = seen.design.settings().values()
    windows = any(one.get("MaximumBatchingWindowInSeconds") for one in settings)
    received = sum(one.messages for one in seen.polled)
    for (service, kind), low in sorted(counted.items()):
        # With how many receives a batch forms over time is not seen from outside.
        high = low + received if windows and service == SQS else low
        found = billed[service, kind]
        found = round(found * GB) if kind == DURABLE_WRITTEN else found  # counted by the byte
        if not low <= found <= high:
            yield f"{service} {kind}: {found} is billed, {low} to {high} were counted"


def _counted(seen: FaultRecord) -> Counts:
    """Every line that calls make, from the calls."""
    counts: Counts = Counter()
    for call in seen.calls:
        service, usage_type, quantity = _usage(call)
        counts[service, usage_type] += quantity
    for one in seen.polled:
        counts[SQS, "Requests-Tier1"] += -(-one.messages // PER_POLL) - (-one.deleted // PER_POLL)
    counts[SQS, "Requests-Tier1"] += seen.empty_polls
    counts[LAMBDA, "Request"] = seen.plan.started.total()
    counts[LAMBDA, "Lambda-GB-Second"] = sum(
        (lambda_gb_seconds(row.billed_ms, row.memory_mb) for row in seen.reports.itertuples()),
        Decimal(0),
    )
    for usage_type, number in counted_executions(seen).items():
        counts[LAMBDA, usage_type] = number
    for usage_type, number in seen.protocol.counted_states(seen).items():
        counts[STEP_FUNCTIONS, usage_type] = number
    return counts


def _usage(call: Called) -> tuple[str, str, Decimal | int]:
    """What a call makes: service, usage type and quantity."""
    request, operation = call.request, call.operation
    match call.service:
        case "dynamodb" if operation in READS:
            return DYNAMODB, "ReadRequestUnits", _read_units(call)
        case "dynamodb":
            return DYNAMODB, "WriteRequestUnits", _write_units(call)
        case "sqs":
            sent = [request] if operation == "SendMessage" else request.get("Entries", [])
            size = 0 if call.error else sum(map(message_bytes, sent))
            return SQS, "Requests-Tier1", sqs_requests(size)
        case "s3":
            tier = "Requests-Tier2" if operation in TIER_2 else "Requests-Tier1"
            return S3, tier, int(operation not in FREE)
        case "sns":
            return SNS, "Requests-Tier1", sns_requests(len(request["Message"].encode()))
        case "lambda":
            return LAMBDA, "Request", 0  # what it writes is counted by its execution
        case _:
            return CLOUDWATCH, "CW:Requests", int(operation == "PutMetricData")


def _read_units(call: Called) -> Decimal:
    """Units of items of up to 4 KB each, or of what a query read."""
    if call.operation == "Query":
        read = sum(map(item_bytes, call.response["Items"]))
        return query_units(read, call.request["ConsistentRead"])
    asked = list(call.request.get("RequestItems", {}).values()) or [call.request]
    return sum(
        (
            len(one.get("Keys", [0])) * Decimal("1" if one.get("ConsistentRead") else "0.5")
            for one in asked
        ),
        Decimal(0),
    )


def _write_units(call: Called) -> int:
    """Units of records that are all under 1 KB."""
    if not call.role:
        return 0  # the caller that cancels a batch pays for that, not the batch
    if call.operation == "BatchWriteItem":
        return sum(map(len, call.request["RequestItems"].values()))
    return 2 * len(call.request.get("TransactItems", [])) or 1
