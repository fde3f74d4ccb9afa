"""Stack `SqsBatchProcessing`: one record an item, and polls at them."""

from typing import Any, ClassVar

from aws_cdk import aws_dynamodb as dynamodb

from infra.functions import FunctionSpec
from infra.queued import QueuedStack

WRITES = "GetItem PutItem UpdateItem DeleteItem BatchWriteItem"


class SqsStack(QueuedStack):
    """The `sqs` design."""

    about = "Batches through SQS and DynamoDB"
    timeouts_s: ClassVar[dict[str, int]] = {"finalizer": 60, "failures": 300}
    why_no_redrive = (
        "Its one message stays until its batch is over: what fails returns to this queue."
    )
    why_no_recovery = "Records live until their item is done; a restored table would fit no queue."

    def specs(self) -> list[FunctionSpec]:
        return [
            self.batcher(f"{WRITES} Query"),
            self.spec("processor", WRITES, send="ItemQueue", delay="ItemQueue"),
            self.spec(
                "finalizer",
                "GetItem UpdateItem DeleteItem Query",
                send="PlanQueue ItemQueue",
                delay="PollQueue",
                publish=True,
            ),
            self.spec(
                "failures",
                WRITES,
                send="PlanQueue ItemQueue PollQueue",
                delay="DeadLetters",
                publish=True,
            ),
        ]

    def table_options(self) -> dict[str, Any]:
        """As much write capacity ready as the knob says."""
        warm = self.design.settings()["BatchState"]["WarmThroughput"]
        if warm is None:
            return {}
        return {
            "warm_throughput": dynamodb.WarmThroughput(
                read_units_per_second=warm["ReadUnitsPerSecond"],
                write_units_per_second=warm["WriteUnitsPerSecond"],
            )
        }
