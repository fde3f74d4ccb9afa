"""Stack `CounterBatchProcessing`: counter shards in place of item records.

What a batch leaves in the table expires by itself.
"""

from typing import Any

from infra.functions import FunctionSpec, allow
from infra.queued import QUEUES, QueuedStack, environment, put_off, records, send
from infra.queues import Source
from workbench.designs import Counters

SMALL_TIMEOUT_S = 120  # of the finalizer, and of the failures consumer
WRITES = "GetItem PutItem UpdateItem BatchWriteItem"


class CountersStack(QueuedStack):
    """The `counters` design."""

    about = "Batches through SQS and counter shards"
    poll_timeout_s = dead_timeout_s = SMALL_TIMEOUT_S
    why_no_redrive = (
        "Its one message stays until its batch is told: what fails returns to this queue."
    )
    why_no_recovery = "Records matter while their batch is open, and then expire."

    def specs(self) -> list[FunctionSpec]:
        batcher = self.batcher("GetItem PutItem")
        return [batcher, self._processor(), self._finalizer(), self._failures()]

    def table(self, design: Counters) -> dict[str, Any]:  # noqa: ARG002
        return {"time_to_live_attribute": "expires_at"}

    def _processor(self) -> FunctionSpec:
        """Works the items and counts their messages."""
        parts = self.parts
        return FunctionSpec(
            name="processor",
            environment=environment(parts, "STATE_TABLE ITEM_QUEUE_URL"),
            calls=[records(parts, WRITES), send(parts.item_queue), put_off(parts.item_queue)],
            source=Source(parts.item_queue),
            recursive=True,
        )

    def _finalizer(self) -> FunctionSpec:
        """Looks whether all is counted, and tells."""
        parts = self.parts
        return FunctionSpec(
            name="finalizer",
            timeout_s=SMALL_TIMEOUT_S,
            environment=environment(parts, "STATE_TABLE POLL_QUEUE_URL TOPIC_ARN"),
            calls=[
                records(parts, "GetItem BatchGetItem Query UpdateItem"),
                put_off(parts.poll_queue),
                allow([parts.topic.topic_arn], "sns:Publish"),
            ],
            source=Source(parts.poll_queue),
        )

    def _failures(self) -> FunctionSpec:
        """Deals with dead letters."""
        parts = self.parts
        return FunctionSpec(
            name="failures",
            timeout_s=SMALL_TIMEOUT_S,
            environment=environment(parts, f"STATE_TABLE {QUEUES} DEAD_LETTERS_URL TOPIC_ARN"),
            calls=[
                records(parts, WRITES),
                send(parts.plan_queue, parts.item_queue, parts.poll_queue),
                put_off(parts.dead_letters),
                allow([parts.topic.topic_arn], "sns:Publish"),
            ],
            source=Source(parts.dead_letters, 10),
            recursive=True,
        )
