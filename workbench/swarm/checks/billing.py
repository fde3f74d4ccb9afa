"""The metered usage equals the calls made, counted again where they reach the services."""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from workbench.platform.services import CLOUDWATCH, DYNAMODB, LAMBDA, S3, SNS, SQS, STEP_FUNCTIONS
from workbench.platform.units import lambda_gb_seconds, query_units, sns_requests, sqs_requests
from workbench.swarm.evidence import Called, Evidence
from workbench.targets.local.metering.sizes import item_bytes, message_bytes

Counts = Counter[tuple[str, str]]  # of a service and a usage type

TIER_2 = ("GetObject", "HeadObject")
FREE = ("AbortMultipartUpload", "DeleteObject")
PER_POLL = 10  # messages of one receive, and of one batch of deletes


def check_billing(evidence: Evidence) -> Iterator[str]:
    """Lines of the usage that differ from what was called."""
    billed: Counter[tuple[str, str]] = Counter()
    for row in evidence.usage.itertuples():
        billed[row.service, row.usage_type.removesuffix("-ARM")] += row.quantity
    counted = _counted(evidence)
    received = sum(one.messages for one in evidence.polled)
    for (service, kind), low in sorted(counted.items()):
        # What a batch that forms over time was received with, nobody outside can tell.
        high = low + received if evidence.windows and service == SQS else low
        found = billed[service, kind]
        if not low <= found <= high:
            yield f"{service} {kind}: {found} is billed, {low} to {high} were counted"


def _counted(evidence: Evidence) -> Counts:
    """Every line that calls make, from the calls."""
    counts: Counts = Counter()
    for call in evidence.calls:
        _COUNT[call.service](counts, call)
    for one in evidence.polled:
        counts[SQS, "Requests-Tier1"] += -(-one.messages // PER_POLL) - (-one.deleted // PER_POLL)
    counts[SQS, "Requests-Tier1"] += evidence.empty_polls
    counts[LAMBDA, "Request"] = evidence.plan.started.total()
    counts[LAMBDA, "Lambda-GB-Second"] = sum(
        (lambda_gb_seconds(row.billed_ms, row.memory_mb) for row in evidence.reports.itertuples()),
        Decimal(0),
    )
    for usage_type, number in evidence.protocol.counted_states(evidence).items():
        counts[STEP_FUNCTIONS, usage_type] = number
    return counts


def _count_dynamodb(counts: Counts, call: Called) -> None:
    request, operation = call.request, call.operation
    if not call.role:
        return  # whoever cancels a batch pays for that, not the batch
    if operation == "GetItem":
        counts[DYNAMODB, "ReadRequestUnits"] += _per_item(request)
    elif operation == "BatchGetItem":
        for asked in request["RequestItems"].values():
            counts[DYNAMODB, "ReadRequestUnits"] += len(asked["Keys"]) * _per_item(asked)
    elif operation == "Query":
        read = sum(map(item_bytes, call.response["Items"]))
        counts[DYNAMODB, "ReadRequestUnits"] += query_units(read, request["ConsistentRead"])
    elif operation == "BatchWriteItem":
        counts[DYNAMODB, "WriteRequestUnits"] += sum(map(len, request["RequestItems"].values()))
    elif operation == "TransactWriteItems":
        counts[DYNAMODB, "WriteRequestUnits"] += 2 * len(request["TransactItems"])
    else:
        counts[DYNAMODB, "WriteRequestUnits"] += 1  # every record here is under 1 KB


def _per_item(asked: dict[str, Any]) -> Decimal:
    """Read units of an item of up to 4 KB."""
    return Decimal(1) if asked.get("ConsistentRead") else Decimal("0.5")


def _count_sqs(counts: Counts, call: Called) -> None:
    size = 0
    if not call.error and call.operation == "SendMessage":
        size = message_bytes(call.request)
    elif not call.error and call.operation == "SendMessageBatch":
        size = sum(map(message_bytes, call.request["Entries"]))
    counts[SQS, "Requests-Tier1"] += sqs_requests(size)


def _count_s3(counts: Counts, call: Called) -> None:
    if call.operation in FREE:
        return
    counts[S3, "Requests-Tier2" if call.operation in TIER_2 else "Requests-Tier1"] += 1


def _count_sns(counts: Counts, call: Called) -> None:
    size = len(call.request["Message"].encode())
    counts[SNS, "Requests-Tier1"] += sns_requests(size)


def _count_cloudwatch(counts: Counts, call: Called) -> None:
    if call.operation == "PutMetricData":
        counts[CLOUDWATCH, "CW:Requests"] += 1


_COUNT = {
    "dynamodb": _count_dynamodb,
    "sqs": _count_sqs,
    "s3": _count_s3,
    "sns": _count_sns,
    "cloudwatch": _count_cloudwatch,
}
