"""Stack `SqsBatchProcessing`: one record an item, and a chain of looks at them."""

from typing import Any

from aws_cdk import aws_dynamodb as dynamodb

from infra.functions import FunctionSpec, allow
from infra.queued import QUEUES, QueuedStack, environment, put_off, records, send
from infra.queues import Source
from workbench.designs import Sqs

FINALIZER_TIMEOUT_S = 60
FAILURES_TIMEOUT_S = 300
WRITES = "GetItem BatchGetItem PutItem UpdateItem DeleteItem BatchWriteItem"


class SqsStack(QueuedStack):
    """The `sqs` design."""

    about = "Batches through SQS and DynamoDB"
    poll_timeout_s = FINALIZER_TIMEOUT_S
    dead_timeout_s = FAILURES_TIMEOUT_S
    why_no_redrive = (
        "The finalizer's chain must not end while its batch is open: "
        "what fails returns to this queue."
    )
    why_no_recovery = "Records live until their item is done; a restored table would fit no queue."

    def specs(self) -> list[FunctionSpec]:
        batcher = self.batcher("GetItem PutItem UpdateItem DeleteItem Query BatchWriteItem")
        return [batcher, self._processor(), self._finalizer(), self._failures()]

    def table(self, design: Sqs) -> dict[str, Any]:
        """As much write capacity ready as the knob says."""
        warm = design.settings()["BatchState"]["WarmThroughput"]
        if warm is None:
            return {}
        return {
            "warm_throughput": dynamodb.WarmThroughput(
                read_units_per_second=warm["ReadUnitsPerSecond"],
                write_units_per_second=warm["WriteUnitsPerSecond"],
            )
        }

    def _processor(self) -> FunctionSpec:
        """Works the items."""
        parts = self.parts
        return FunctionSpec(
            name="processor",
            environment=environment(parts, "STATE_TABLE ITEM_QUEUE_URL"),
            calls=[records(parts, WRITES), send(parts.item_queue), put_off(parts.item_queue)],
            source=Source(parts.item_queue),
            recursive=True,
            item_metrics=True,
        )

    def _finalizer(self) -> FunctionSpec:
        """Looks whether a batch is done, and tells."""
        parts = self.parts
        return FunctionSpec(
            name="finalizer",
            timeout_s=FINALIZER_TIMEOUT_S,
            environment=environment(parts, f"STATE_TABLE {QUEUES} TOPIC_ARN"),
            calls=[
                records(parts, "GetItem UpdateItem DeleteItem Query"),
                send(parts.poll_queue, parts.plan_queue, parts.item_queue),
                allow([parts.topic.topic_arn], "sns:Publish"),
            ],
            source=Source(parts.poll_queue),
            recursive=True,
        )

    def _failures(self) -> FunctionSpec:
        """Deals with what reached the dead letters."""
        parts = self.parts
        return FunctionSpec(
            name="failures",
            timeout_s=FAILURES_TIMEOUT_S,
            environment=environment(parts, "STATE_TABLE PLAN_QUEUE_URL ITEM_QUEUE_URL TOPIC_ARN"),
            calls=[
                records(parts, WRITES),
                send(parts.plan_queue, parts.item_queue),
                allow([parts.topic.topic_arn], "sns:Publish"),
            ],
            source=Source(parts.dead_letters, 10),
            recursive=True,
        )
