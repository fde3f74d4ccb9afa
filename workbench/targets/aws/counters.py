"""Batches of the `counters` design: a record has the status, sets of numbers what is counted."""

import json
from collections.abc import Iterator
from math import ceil

from workbench.designs import Design
from workbench.runs.batch import Batch
from workbench.stacks.aws_errors import plainly
from workbench.targets.aws.batches import OPEN_LOOK, BatchStatus, OpenBatch
from workbench.targets.aws.table_batches import (
    SEND_MAX,
    Record,
    TableBatches,
    item_sends,
    number,
    queue_lines,
    table_lines,
    why_cancelled,
)
from workbench.targets.aws.usage import BatchMeasurements, Line

STATUS = {
    "OPEN": "open",
    "COMPLETE": "complete",
    "DONE": "complete",
    "CANCELLED": "cancelled",
    "PURGED": "cancelled",
}
PER_SHARD = 100  # messages of a counter shard (lambdas/counters/batches.py)
SHARD_BYTES = 180  # a counter shard's keys and expiry, and the 100 bytes that storage adds
NUMBER_BYTES = 4  # a message's number in a set
READ_MAX = 100  # records of one BatchGetItem


class CountersBatches(TableBatches):
    """The batches of a deployed `CounterBatchProcessing`."""

    def others(self, batch_id: str) -> list[OpenBatch]:
        """Each batch has a partition of its own, so the whole table is looked through."""
        found: list[OpenBatch] = []
        with plainly():
            pages = self._aws.client("dynamodb").get_paginator("scan")
            for page in pages.paginate(
                TableName=self._out["StateTableName"],
                FilterExpression="sk = :meta AND #s IN (:open, :complete, :cancelled)",
                ExpressionAttributeNames={"#s": "status"},
                ExpressionAttributeValues={
                    ":meta": {"S": "META"},
                    ":open": {"S": "OPEN"},
                    ":complete": {"S": "COMPLETE"},
                    ":cancelled": {"S": "CANCELLED"},
                },
                ReturnConsumedCapacity="TOTAL",
            ):
                self._count(page)
                for record in page["Items"]:
                    name = record["pk"]["S"].removeprefix("batch#")
                    found += [OpenBatch(name, record["status"]["S"])] if name != batch_id else []
                if len(found) >= OPEN_LOOK:
                    break
        return found[:OPEN_LOOK]

    def look(self, batch: Batch, design: Design) -> BatchStatus:
        with plainly():
            record = self._meta(batch.batch_id)
            if record is None:
                return BatchStatus("absent")
            waiting, plans = (sum(self._waiting(f"{one}QueueUrl")) for one in ("Item", "Plan"))
        status = STATUS[record["status"]["S"]]
        left = waiting * design.items_per_message + plans * design.segment_items
        self.begun = self.begun or left > 0  # the record is there a little before the plan
        done = max(0, batch.items - left) if self.begun else 0
        return BatchStatus(
            status=status,
            items_done=batch.items if status == "complete" else done,
            backlog=waiting,
            detected_at=number(record, "detected_at"),
            items_failed=int(number(record, "items_failed") or 0),
            reason=why_cancelled(record),
        )

    def resume(self, batch_id: str) -> str:
        """Open the batch again, and send a plan of what is not counted.

        What a function met while the batch was cancelled was deleted from the queues. So they are
        emptied, and every message that is not counted is planned.
        """
        self._empty_queues(self.others(batch_id), "planning it again")
        self._reopen(batch_id)
        with plainly():
            record = self._meta(batch_id, consistent=True)
            assert record is not None
            knobs = json.loads(record["knobs"]["S"])
            self._send_all("PlanQueueUrl", self._missing(batch_id, record, knobs))
            self._send("PollQueueUrl", {"batch": batch_id, "poll_s": knobs["poll_s"]})
        return ""

    def purge(self, batch_id: str) -> str:
        """Empty the queues and close the batch; its records expire by themselves."""
        self._empty_queues(self.others(batch_id), "a purge")
        self._change_status(batch_id, "CANCELLED", "PURGED")
        return "the queues are empty, the records of the batch expire within 30 days"

    def least_writes(self, design: Design, items: int) -> int:
        """Each message is counted."""
        return ceil(items / design.items_per_message)

    def usage_lines(self, measured: BatchMeasurements) -> Iterator[Line]:
        """Requests of the queues; units and storage of the counter shards."""
        items, design = measured.items, measured.design
        part_items = design.segment_messages * design.items_per_message

        def planned(queue: str) -> tuple[int, int]:
            parts = ceil(items / part_items)
            if queue == "plan_queue":
                return parts, ceil(parts / SEND_MAX)
            if queue == "item_queue":
                return item_sends(items, design, part_items, SEND_MAX)
            return 0, 0

        messages = ceil(items / design.items_per_message)
        stored_bytes = messages * NUMBER_BYTES + ceil(messages / PER_SHARD) * SHARD_BYTES
        yield from queue_lines(measured, planned, SEND_MAX)
        yield from table_lines(measured, stored_bytes / 2)  # they fill one after the other

    def _missing(self, batch_id: str, record: Record, knobs: Record) -> Iterator[Record]:
        """Parts of a plan with every message that is not counted, none larger than a segment."""
        size = ceil(knobs["segment_items"] / knobs["items_per_message"])
        first = stop = -1
        for one in self._uncounted(batch_id, int(record["messages"]["N"])):
            if one != stop or stop - first >= size:
                if stop > first:
                    yield {"batch": batch_id, "first": first, "stop": stop}
                first = one
            stop = one + 1
        if stop > first:
            yield {"batch": batch_id, "first": first, "stop": stop}

    def _uncounted(self, batch_id: str, messages: int) -> Iterator[int]:
        """The numbers of the messages that no counter shard has, in their order."""
        page = READ_MAX * PER_SHARD
        for start in range(0, messages, page):
            stop = min(start + page, messages)
            counted = self._counted(batch_id, range(start // PER_SHARD, ceil(stop / PER_SHARD)))
            yield from (n for n in range(start, stop) if n not in counted)

    def _counted(self, batch_id: str, shards: range) -> set[int]:
        """The message numbers of some counter shards."""
        table = self._out["StateTableName"]
        keys = [{"pk": {"S": f"done#{batch_id}#{one:07d}"}, "sk": {"S": "SET"}} for one in shards]
        asked, counted = {table: {"Keys": keys, "ConsistentRead": True}}, set()
        while asked:
            answer = self._aws.client("dynamodb").batch_get_item(
                RequestItems=asked, ReturnConsumedCapacity="TOTAL"
            )
            self.read_units += sum(
                one.get("CapacityUnits", 0.0) for one in answer.get("ConsumedCapacity", [])
            )
            for record in answer["Responses"].get(table, []):
                counted |= {int(one) for one in record["done"]["NS"]}
            asked = answer.get("UnprocessedKeys", {})
        return counted
