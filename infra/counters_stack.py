"""Stack `CounterBatchProcessing`: counter shards in place of item records.

What a batch leaves in the table expires by itself.
"""

from typing import Any, ClassVar

from infra.functions import FunctionSpec
from infra.queued import QueuedStack

WRITES = "GetItem PutItem UpdateItem BatchWriteItem"


class CountersStack(QueuedStack):
    """The `counters` design."""

    about = "Batches through SQS and counter shards"
    timeouts_s: ClassVar[dict[str, int]] = {"finalizer": 120, "failures": 120}
    why_no_redrive = (
        "Its one message stays until its batch is told: what fails returns to this queue."
    )
    why_no_recovery = "Records matter while their batch is open, and then expire."

    def specs(self) -> list[FunctionSpec]:
        reads = "GetItem BatchGetItem Query UpdateItem"
        return [
            self.batcher("GetItem PutItem"),
            self.spec("processor", WRITES, send="ItemQueue", delay="ItemQueue"),
            self.spec("finalizer", reads, delay="PollQueue", publish=True),
            self.spec(
                "failures",
                WRITES,
                send="PlanQueue ItemQueue PollQueue",
                delay="DeadLetters",
                publish=True,
            ),
        ]

    def table_options(self) -> dict[str, Any]:
        return {"time_to_live_attribute": "expires_at"}
