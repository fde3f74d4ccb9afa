"""An SQS event source mapping: its settings, its event, and its function's answer."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import md5
from typing import Any

from workbench.targets.local.sqs.queue import Message
from workbench.targets.local.world.stack import REGION, Stack

SENDER_ID = "AIDAIT2UOQQY3AUEKVGXU"  # of a role, as AWS's guide shows one
DEFAULT_BATCH_SIZE = 10  # Lambda API, CreateEventSourceMapping


@dataclass(frozen=True)
class MappingSpec:
    """What the template says of a mapping, and what its queue is for."""

    queue: str  # its name
    function: str
    batch_size: int
    window_s: float
    max_concurrency: int | None
    partial_failures: bool
    label: str
    pollers: tuple[int, int] | None = None  # provisioned: at least, at most


def read_mappings(stack: Stack, labels: Mapping[str, str]) -> Iterator[MappingSpec]:
    """The SQS mappings of a stack; `labels` says by URL what each queue is for."""
    by_name = {url.rsplit("/", 1)[-1]: label for url, label in labels.items()}
    for mapping in stack.of_type("AWS::Lambda::EventSourceMapping"):
        wanted = mapping.properties
        if wanted.get("Enabled", True) in (False, "false"):
            continue
        queue = wanted["EventSourceArn"].rsplit(":", 1)[-1]
        most = wanted.get("ScalingConfig", {}).get("MaximumConcurrency")
        pollers = wanted.get("ProvisionedPollerConfig")
        yield MappingSpec(
            queue=queue,
            function=wanted["FunctionName"].rsplit(":", 1)[-1],
            batch_size=int(wanted.get("BatchSize", DEFAULT_BATCH_SIZE)),
            window_s=float(wanted.get("MaximumBatchingWindowInSeconds", 0)),
            max_concurrency=None if most is None else int(most),
            partial_failures="ReportBatchItemFailures" in wanted.get("FunctionResponseTypes", ()),
            label=by_name.get(queue, "knowing"),
            pollers=pollers and (int(pollers["MinimumPollers"]), int(pollers["MaximumPollers"])),
        )


def failures(answer: Any, records: list[dict[str, Any]]) -> set[str]:
    """The message ids that a partial batch response names; all of them if it makes no sense.

    Lambda developer guide, "Handling errors for an SQS event source": no answer and an empty list
    are success; an unknown or empty identifier fails the whole batch.
    """
    everything = {record["messageId"] for record in records}
    if not answer:
        return set()
    if not isinstance(answer, dict):
        return everything
    named = answer.get("batchItemFailures") or []
    try:
        failed = {one["itemIdentifier"] for one in named}
    except (TypeError, KeyError):
        return everything
    return failed if failed <= everything else everything


def record_of(message: Message, queue_arn: str) -> dict[str, Any]:
    """A message as Lambda hands it to a function."""
    return {
        "messageId": message.id,
        "receiptHandle": message.receipt_handle,
        "body": message.body,
        "attributes": {
            "ApproximateReceiveCount": str(message.receive_count),
            "SentTimestamp": str(message.sent_ms),
            "SenderId": SENDER_ID,
            "ApproximateFirstReceiveTimestamp": str(message.first_received_ms),
        },
        "messageAttributes": {},
        "md5OfBody": md5(message.body.encode(), usedforsecurity=False).hexdigest(),
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": REGION,
    }
