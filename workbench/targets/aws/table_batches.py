"""Batches whose state is a table and whose work waits in queues; their designs add the rest.

The table's keys are those of docs/architecture.md, "Batch state".
"""

import json
from abc import abstractmethod
from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import islice
from math import ceil
from typing import Any

from botocore.exceptions import ClientError

from workbench.designs import Design
from workbench.designs.parts import DISPATCH
from workbench.platform.services import DYNAMODB, LAMBDA, POLLER_HOURS, SQS
from workbench.platform.units import GB, gb_months, poller_hours, quantity, sqs_requests
from workbench.pull.metrics import PERIOD_S, POLLERS
from workbench.runs.batch import Batch
from workbench.stacks.aws_errors import AwsFailed, code_of, plainly
from workbench.targets.aws.batches import Batches, OpenBatch
from workbench.targets.aws.usage import BatchMeasurements, Least, Line

PURGE_S = 60  # a purge takes up to a minute (SQS API reference, PurgeQueue)
SEND_MAX = 10  # messages of one SendMessageBatch
DELETE_MAX = 25  # records of one BatchWriteItem
HIDDEN_S = 3_600  # a message that was met while its batch was cancelled (lambdas/sqs/batches.py)

RECEIVE_MAX = 10  # messages of one receive or one delete (SQS quotas)
DEAD = "dead_letters"

Record = dict[str, Any]
Planned = Callable[[str], tuple[int, int]]


class TableBatches(Batches):
    """What the designs share whose batcher is invoked and whose batches have a record each."""

    begun = False  # whether the queues have held anything yet

    def trigger(self, batch: Batch, design: Design, deadline_s: int) -> float:
        asked_at = self._clock.now()
        given = design.trigger(batch.batch_id, batch.items, batch.seed, deadline_s)
        with plainly():
            answer = self._aws.client("lambda").invoke(
                FunctionName=self._out["BatcherName"],
                InvocationType="Event",
                Payload=json.dumps(given).encode(),
            )
        return asked_at + self._clock.skew_s(answer, asked_at)

    def least(self, design: Design, items: int, failed: int) -> Least:
        """A message that died has a failed item, and is moved to the dead letters, not deleted."""
        messages = ceil(items / design.items_per_message)
        return {
            ("table", "ConsumedWriteCapacityUnits"): self.least_writes(design, items),
            ("item_queue", "NumberOfMessagesSent"): messages,
            ("item_queue", "NumberOfMessagesDeleted"): max(0, messages - failed),
        }

    @abstractmethod
    def least_writes(self, design: Design, items: int) -> int:
        """Write units that no batch does without."""

    def known(self, batch_id: str) -> bool:
        return self._status(batch_id) != "absent"

    def is_cancelled(self, batch_id: str) -> bool:
        return self._status(batch_id) == "CANCELLED"

    def stop(self, batch_id: str) -> str:
        """Mark the batch cancelled, which every function of it honours."""
        self._change_status(batch_id, "OPEN", "CANCELLED")
        with plainly():
            items, plans = (self._waiting(url) for url in ("ItemQueueUrl", "PlanQueueUrl"))
        return (
            f"{sum(items)} messages of items and {sum(plans)} of segments stay in their queues for "
            f"14 days; {items[1]} of them are being worked and end by themselves"
        )

    def _empty_queues(self, others: list[OpenBatch], what: str) -> None:
        """Purge the queues of items, plans and dead letters; refused if another batch uses them."""
        if others:
            raise AwsFailed(
                f"the queues hold messages of {others[0].batch_id} too, which is "
                f"{others[0].status}: {what} would take them along. Let it end first."
            )
        with plainly():
            for name in ("ItemQueueUrl", "PlanQueueUrl", "DeadLettersUrl"):
                self._aws.client("sqs").purge_queue(QueueUrl=self._out[name])
            self._clock.sleep(PURGE_S)

    def _status(self, batch_id: str) -> str:
        with plainly():
            record = self._meta(batch_id)
        return record["status"]["S"] if record else "absent"

    def _reopen(self, batch_id: str) -> None:
        """Open a cancelled batch again. It gets its whole time anew, as an execution does, and that
        begins once all that it has in its queues can be seen."""
        since = {":since": {"N": repr(self._clock.now() + HIDDEN_S)}}
        self._change_status(
            batch_id, "CANCELLED", "OPEN", ", created_at = :since REMOVE reason", since
        )

    def _change_status(
        self, batch_id: str, before: str, after: str, more: str = "", values: Record | None = None
    ) -> None:
        """Lead a batch from one status to another, and change more; AwsFailed if it has neither."""
        statuses = {":before": {"S": before}, ":after": {"S": after}}
        with plainly():
            try:
                self._aws.client("dynamodb").update_item(
                    TableName=self._out["StateTableName"],
                    Key=meta_key(batch_id),
                    UpdateExpression=f"SET #s = :after{more}",
                    ConditionExpression="#s = :before OR #s = :after",
                    ExpressionAttributeNames={"#s": "status"},
                    ExpressionAttributeValues=statuses | (values or {}),
                )
                return
            except ClientError as error:
                if code_of(error) != "ConditionalCheckFailedException":
                    raise
        found = self._status(batch_id)
        raise AwsFailed(f"batch {batch_id} is {found}: only one that is {before} becomes {after}.")

    def _meta(self, batch_id: str, consistent: bool = False) -> Record | None:
        answer = self._aws.client("dynamodb").get_item(
            TableName=self._out["StateTableName"],
            Key=meta_key(batch_id),
            ConsistentRead=consistent,
            ReturnConsumedCapacity="TOTAL",
        )
        self._count(answer)
        return answer.get("Item")

    def _query(self, partition: str, **more: Any) -> list[Record]:
        answer = self._aws.client("dynamodb").query(
            TableName=self._out["StateTableName"],
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": partition}},
            ReturnConsumedCapacity="TOTAL",
            **more,
        )
        self._count(answer)
        return answer["Items"]

    def _count(self, answer: Record) -> None:
        self.read_units += answer.get("ConsumedCapacity", {}).get("CapacityUnits", 0.0)

    def _waiting(self, output: str) -> tuple[int, int]:
        """Messages of a queue that wait, delayed or not, and those being worked; approximate."""
        names = ["", "Delayed", "NotVisible"]
        wanted = [f"ApproximateNumberOfMessages{name}" for name in names]
        answer = self._aws.client("sqs").get_queue_attributes(
            QueueUrl=self._out[output], AttributeNames=wanted
        )
        waiting, delayed, worked = (int(answer["Attributes"].get(name, 0)) for name in wanted)
        return waiting + delayed, worked

    def _send(self, output: str, body: Record) -> None:
        self._aws.client("sqs").send_message(
            QueueUrl=self._out[output], MessageBody=json.dumps(body)
        )

    def _send_all(self, output: str, bodies: Iterator[Record]) -> None:
        """Send many messages, ten at a time; AwsFailed if SQS keeps none of some."""
        while some := list(islice(bodies, SEND_MAX)):
            entries = [{"Id": str(n), "MessageBody": json.dumps(one)} for n, one in enumerate(some)]
            answer = self._aws.client("sqs").send_message_batch(
                QueueUrl=self._out[output], Entries=entries
            )
            if failed := answer.get("Failed"):
                raise AwsFailed(f"SQS refused a message: {failed[0].get('Code')}. Try it again.")

    def _keys(self, partition: str) -> Iterator[list[Record]]:
        """The keys of a partition by pages; what is yielded is deleted before the next page."""
        page = {"Limit": 1_000, "ProjectionExpression": "pk, sk", "ConsistentRead": True}
        while found := self._query(partition, **page):
            yield [{"pk": one["pk"], "sk": one["sk"]} for one in found]

    def _delete(self, keys: list[Record]) -> None:
        table = self._out["StateTableName"]
        for part in range(ceil(len(keys) / DELETE_MAX)):
            some = keys[part * DELETE_MAX : (part + 1) * DELETE_MAX]
            asked = {table: [{"DeleteRequest": {"Key": key}} for key in some]}
            while asked:
                answer = self._aws.client("dynamodb").batch_write_item(RequestItems=asked)
                asked = answer.get("UnprocessedItems", {})


def meta_key(batch_id: str) -> Record:
    """The key of a batch's record."""
    return {"pk": {"S": f"batch#{batch_id}"}, "sk": {"S": "META"}}


def why_cancelled(record: Record) -> str:
    """Why the finalizer cancelled a batch; empty if it did not."""
    return record["reason"]["S"] if "reason" in record else ""


def number(record: Record, name: str) -> float | None:
    """A number of a record, if it has it."""
    return float(record[name]["N"]) if name in record else None


def queue_lines(measured: BatchMeasurements, planned: Planned, send_size: int) -> Iterator[Line]:
    """Requests of each queue: sends, receives and deletes, and polls that found nothing.

    `planned` gives the messages that a batch without failures sends to a queue, and in how many
    calls; a call that brings work about has up to `send_size` of them.
    """
    most = measured.design.settings()["ProcessorSource"]["BatchSize"]
    per_call = {"item_queue": min(RECEIVE_MAX, most), DEAD: RECEIVE_MAX}
    for part in measured.design.parts.queues:
        queue, size = part.role, per_call.get(part.role, 1)
        received = measured.reading.sum(queue, "NumberOfMessagesReceived")
        deleted = measured.reading.sum(queue, "NumberOfMessagesDeleted")
        empty = round(measured.reading.sum(queue, "NumberOfEmptyReceives"))
        call_size = send_size if part.purpose == DISPATCH else 1
        requests = 0 if queue == DEAD else _sends(measured, queue, planned, call_size)
        receive_units = sqs_requests(round(_average_bytes(measured, queue) * min(size, received)))
        requests += ceil(received / size) * receive_units + ceil(deleted / size) + empty
        yield queue, SQS, "Requests-Tier1", "Requests", part.purpose, Decimal(requests)
    yield from _poller_lines(measured)


def _poller_lines(measured: BatchMeasurements) -> Iterator[Line]:
    """Provisioned pollers, by their most in each minute; never fewer than are always there."""
    if measured.design.pollers:
        least_s = measured.design.pollers[0] * measured.window.seconds
        counted_s = measured.reading.sum("items", POLLERS) * PERIOD_S
        hours = poller_hours(max(least_s, counted_s))
        yield "processor", LAMBDA, POLLER_HOURS, "EPU-Hours", DISPATCH, hours


def _sends(measured: BatchMeasurements, queue: str, planned: Planned, call_size: int) -> int:
    """Requests of the sends to a queue, each of 64 KB or a part of it; a redrive is SQS's own."""
    sent = round(measured.reading.sum(queue, "NumberOfMessagesSent"))
    if not sent:
        return 0
    messages, calls = planned(queue)
    calls = sent if sent < messages else calls + sent - messages
    return calls * sqs_requests(round(_average_bytes(measured, queue) * min(call_size, sent)))


def _average_bytes(measured: BatchMeasurements, queue: str) -> float:
    """A message that was sent to a queue, on average."""
    sent = measured.reading.sum(queue, "NumberOfMessagesSent")
    return measured.reading.sum(queue, "SentMessageSize") / sent if sent else 0.0


def item_sends(items: int, design: Design, part_items: int, send_size: int) -> tuple[int, int]:
    """Messages of the items, and the calls that send them, where each part has so many items."""
    parts = ceil(items / part_items)
    messages = calls = 0
    for size, count in ((part_items, parts - 1), (items - (parts - 1) * part_items, 1)):
        of_part = ceil(size / design.items_per_message)
        messages += count * of_part
        calls += count * ceil(of_part / send_size)
    return messages, calls


def table_lines(measured: BatchMeasurements, stored_bytes: float) -> Iterator[Line]:
    """Units of the batch-state table, without our own reads, and what it stored on average."""
    written = measured.reading.sum("table", "ConsumedWriteCapacityUnits")
    read = measured.reading.sum("table", "ConsumedReadCapacityUnits")
    unit = "WriteRequestUnits"
    yield "table", DYNAMODB, unit, unit, "knowing", quantity(round(written, 1))
    unit = "ReadRequestUnits"
    units = quantity(round(read - measured.cost.read_units, 1))
    yield "table", DYNAMODB, unit, unit, "knowing", units
    stored = gb_months(stored_bytes / GB, measured.window.seconds / 3600)
    yield "table", DYNAMODB, "TimedStorage-ByteHrs", "GB-Mo", "knowing", stored
