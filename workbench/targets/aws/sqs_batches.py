"""Batches of the `sqs` design: its batch-state table tells, its queues hold what is left.

The table's keys are those of docs/architecture.md, "Batch state".
"""

import json
from collections.abc import Iterator
from math import ceil
from typing import Any

from botocore.exceptions import ClientError

from workbench.designs import Design, Sqs
from workbench.runs.batch import Batch
from workbench.stacks.aws_clients import Aws, AwsFailed, code_of, plainly
from workbench.targets.aws.batches import Look, Open, trigger_input
from workbench.targets.aws.clock import Clock
from workbench.targets.aws.stack import Deployed

OPEN_LOOK = 10  # open batches that are looked at: one is enough to refuse a run
STATUS = {"OPEN": "open", "COMPLETE": "complete", "NOTIFIED": "complete", "CANCELLED": "cancelled"}
PURGE_S = 60  # a purge takes up to a minute (SQS API reference, PurgeQueue)
DELETE_MAX = 25  # records of one BatchWriteItem


class SqsBatches:
    """The batches of a deployed `SqsBatchProcessing`."""

    def __init__(self, aws: Aws, deployed: Deployed, clock: Clock) -> None:
        self._aws = aws
        self._out = deployed.outputs
        self._clock = clock
        self.read_units = 0.0  # that our own looks at the table cost

    def others(self, batch_id: str) -> list[Open]:
        with plainly():
            found = self._query("open", Limit=OPEN_LOOK)
        ids = [record["sk"]["S"] for record in found]
        return [Open(one, self._status(one)) for one in ids if one != batch_id]

    def trigger(self, batch: Batch, design: Design) -> float:
        asked_at = self._clock.now()
        with plainly():
            answer = self._aws.client("lambda").invoke(
                FunctionName=self._out["BatcherName"],
                InvocationType="Event",
                Payload=json.dumps(trigger_input(batch, design)).encode(),
            )
        return asked_at + self._clock.skew_s(answer, asked_at)

    def look(self, batch: Batch, design: Design) -> Look:
        assert isinstance(design, Sqs)
        with plainly():
            record = self._meta(batch.batch_id)
            if record is None:
                return Look("absent")
            status = STATUS[record["status"]["S"]]
            waiting = sum(self._waiting("ItemQueueUrl"))
            left = 0 if status == "complete" else self._items_left(batch, record, design, waiting)
        return Look(
            status=status,
            items_done=batch.items - left,
            backlog=waiting,
            detected_at=_number(record, "detected_at"),
            items_failed=int(_number(record, "items_failed") or 0),
        )

    def known(self, batch_id: str) -> bool:
        return self._status(batch_id) != "absent"

    def stop(self, batch_id: str) -> str:
        """Mark the batch cancelled, which every function of it honours."""
        self._change_status(batch_id, "OPEN", "CANCELLED")
        with plainly():
            items, plans = (self._waiting(url) for url in ("ItemQueueUrl", "PlanQueueUrl"))
        return (
            f"{sum(items)} messages of items and {sum(plans)} of segments stay in their queues for "
            f"14 days; {items[1]} of them are being worked and end by themselves"
        )

    def resume(self, batch_id: str) -> None:
        """Open the batch again, ask for what is left of its plan, and start its chain of looks."""
        self._change_status(batch_id, "CANCELLED", "OPEN")
        with plainly():
            record = self._meta(batch_id, consistent=True)
            assert record is not None
            link = {
                "batch": batch_id,
                "hop": int(record["hop"]["N"]),
                "by": record["hop_by"]["S"],
            }
            self._send("PlanQueueUrl", {"kind": "plan", "batch": batch_id})
            self._send("PollQueueUrl", link)

    def purge(self, batch_id: str) -> str:
        """Empty the queues, then take the batch's records away; its own record stays, cancelled."""
        others = self.others(batch_id)
        if others:
            raise AwsFailed(
                f"the queues hold messages of {others[0].batch_id} too, which is "
                f"{others[0].status}: a purge would take them along. Let it end first."
            )
        with plainly():
            record = self._meta(batch_id, consistent=True)
            for name in ("ItemQueueUrl", "PlanQueueUrl", "DeadLettersUrl"):
                self._aws.client("sqs").purge_queue(QueueUrl=self._out[name])
            self._clock.sleep(PURGE_S)
            gone = self._delete_records(batch_id, record) if record else 0
            self._delete([{"pk": {"S": "open"}, "sk": {"S": batch_id}}])
        return f"the queues are empty, {gone} records of the batch are deleted"

    def _items_left(self, batch: Batch, record: dict[str, Any], design: Sqs, waiting: int) -> int:
        """Items not done, as near as two approximate counts and the first open segment tell."""
        created = 0
        if record["planned"]["BOOL"]:
            segments = self._query(f"segments#{batch.batch_id}", Limit=1)
            created = batch.items
            if segments:
                created = int(segments[0]["sk"]["S"]) * design.segment_items
        worked = max(0, created - waiting * design.items_per_message)
        return batch.items - min(worked, batch.items)

    def _status(self, batch_id: str) -> str:
        with plainly():
            record = self._meta(batch_id)
        return record["status"]["S"] if record else "absent"

    def _change_status(self, batch_id: str, before: str, after: str) -> None:
        """Lead a batch from one status to another; AwsFailed if it has neither."""
        with plainly():
            try:
                self._aws.client("dynamodb").update_item(
                    TableName=self._out["StateTableName"],
                    Key=_meta_key(batch_id),
                    UpdateExpression="SET #s = :after",
                    ConditionExpression="#s = :before OR #s = :after",
                    ExpressionAttributeNames={"#s": "status"},
                    ExpressionAttributeValues={":before": {"S": before}, ":after": {"S": after}},
                )
                return
            except ClientError as error:
                if code_of(error) != "ConditionalCheckFailedException":
                    raise
        found = self._status(batch_id)
        raise AwsFailed(f"batch {batch_id} is {found}: only one that is {before} becomes {after}.")

    def _meta(self, batch_id: str, consistent: bool = False) -> dict[str, Any] | None:
        answer = self._aws.client("dynamodb").get_item(
            TableName=self._out["StateTableName"],
            Key=_meta_key(batch_id),
            ConsistentRead=consistent,
            ReturnConsumedCapacity="TOTAL",
        )
        self._count(answer)
        return answer.get("Item")

    def _query(self, partition: str, **more: Any) -> list[dict[str, Any]]:
        answer = self._aws.client("dynamodb").query(
            TableName=self._out["StateTableName"],
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": partition}},
            ReturnConsumedCapacity="TOTAL",
            **more,
        )
        self._count(answer)
        return answer["Items"]

    def _count(self, answer: dict[str, Any]) -> None:
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

    def _send(self, output: str, body: dict[str, Any]) -> None:
        self._aws.client("sqs").send_message(
            QueueUrl=self._out[output], MessageBody=json.dumps(body)
        )

    def _delete_records(self, batch_id: str, record: dict[str, Any]) -> int:
        """Take away the records of segments and items, a page at a time."""
        shards = json.loads(record["knobs"]["S"])["state_shards"]
        partitions = [f"items#{batch_id}#{shard:03d}" for shard in range(shards)]
        gone = 0
        for partition in (f"segments#{batch_id}", *partitions):
            for page in self._keys(partition):
                self._delete(page)
                gone += len(page)
        return gone

    def _keys(self, partition: str) -> Iterator[list[dict[str, Any]]]:
        """The keys of a partition by pages; what is yielded is deleted before the next page."""
        page = {"Limit": 1_000, "ProjectionExpression": "pk, sk", "ConsistentRead": True}
        while found := self._query(partition, **page):
            yield [{"pk": one["pk"], "sk": one["sk"]} for one in found]

    def _delete(self, keys: list[dict[str, Any]]) -> None:
        table = self._out["StateTableName"]
        for part in range(ceil(len(keys) / DELETE_MAX)):
            some = keys[part * DELETE_MAX : (part + 1) * DELETE_MAX]
            asked = {table: [{"DeleteRequest": {"Key": key}} for key in some]}
            while asked:
                answer = self._aws.client("dynamodb").batch_write_item(RequestItems=asked)
                asked = answer.get("UnprocessedItems", {})


def _meta_key(batch_id: str) -> dict[str, Any]:
    return {"pk": {"S": f"batch#{batch_id}"}, "sk": {"S": "META"}}


def _number(record: dict[str, Any], name: str) -> float | None:
    return float(record[name]["N"]) if name in record else None
