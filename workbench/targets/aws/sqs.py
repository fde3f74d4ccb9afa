"""Batches of the `sqs` design: its table has the state, its queues what is left."""

import json
from collections.abc import Iterator
from math import ceil

from workbench.designs import Design
from workbench.runs.batch import Batch
from workbench.stacks.aws_errors import plainly
from workbench.targets.aws.batches import OPEN_LOOK, BatchStatus, OpenBatch
from workbench.targets.aws.table_batches import (
    Record,
    TableBatches,
    item_sends,
    number,
    queue_lines,
    table_lines,
    why_cancelled,
)
from workbench.targets.aws.usage import BatchMeasurements, Line

RECORD_BYTES = 250  # an item's record with its keys, and the 100 bytes that storage adds
STATUS = {"OPEN": "open", "COMPLETE": "complete", "NOTIFIED": "complete", "CANCELLED": "cancelled"}


class SqsBatches(TableBatches):
    """The batches of a deployed `SqsBatchProcessing`."""

    def others(self, batch_id: str) -> list[OpenBatch]:
        with plainly():
            found = self._query("open", Limit=OPEN_LOOK)
        ids = [record["sk"]["S"] for record in found]
        return [OpenBatch(one, self._status(one)) for one in ids if one != batch_id]

    def look(self, batch: Batch, design: Design) -> BatchStatus:
        with plainly():
            record = self._meta(batch.batch_id)
            if record is None:
                return BatchStatus("absent")
            status = STATUS[record["status"]["S"]]
            waiting = sum(self._waiting("ItemQueueUrl"))
            left = 0 if status == "complete" else self._items_left(batch, record, design, waiting)
        return BatchStatus(
            status=status,
            items_done=batch.items - left,
            backlog=waiting,
            detected_at=number(record, "detected_at"),
            items_failed=int(number(record, "items_failed") or 0),
            reason=why_cancelled(record),
        )

    def resume(self, batch_id: str) -> str:
        """Open the batch again, ask for what is left of its plan, and start the looks at it."""
        self._reopen(batch_id)
        with plainly():
            self._send("PlanQueueUrl", {"batch": batch_id})
            self._send("PollQueueUrl", {"batch": batch_id})
        return ""

    def purge(self, batch_id: str) -> str:
        """Empty the queues, then take the batch's records away; its own record stays, cancelled."""
        self._empty_queues(self.others(batch_id), "a purge")
        with plainly():
            record = self._meta(batch_id, consistent=True)
            deleted = self._delete_records(batch_id, record) if record else 0
            self._delete([{"pk": {"S": "open"}, "sk": {"S": batch_id}}])
        return f"the queues are empty, {deleted} records of the batch are deleted"

    def least_writes(self, design: Design, items: int) -> int:
        """A put and a delete of each record."""
        return 2 * _records(design, items)

    def usage_lines(self, measured: BatchMeasurements) -> Iterator[Line]:
        """Requests of the queues; units and storage of one record an item or a message."""
        items, design = measured.items, measured.design
        size = design.send_batch_size

        def planned(queue: str) -> tuple[int, int]:
            segments = ceil(items / design.segment_items)
            if queue == "plan_queue":
                return 1 + segments, 1 + ceil(segments / size)
            if queue == "item_queue":
                return item_sends(items, design, design.segment_items, size)
            return 0, 0

        stored_bytes = _records(design, items) * RECORD_BYTES
        yield from queue_lines(measured, planned, size)
        yield from table_lines(measured, stored_bytes / 2)  # they leave one by one

    def _items_left(self, batch: Batch, record: Record, design: Design, waiting: int) -> int:
        """Items not done, as near as two approximate counts and the first open segment say."""
        created = 0
        if record["planned"]["BOOL"]:
            segments = self._query(f"segments#{batch.batch_id}", Limit=1)
            created = batch.items
            if segments:
                created = int(segments[0]["sk"]["S"]) * design.segment_items
        worked = max(0, created - waiting * design.items_per_message)
        return batch.items - min(worked, batch.items)

    def _delete_records(self, batch_id: str, record: Record) -> int:
        """Take away the records of segments and items, a page at a time."""
        shards = json.loads(record["knobs"]["S"])["state_shards"]
        partitions = [f"items#{batch_id}#{shard:03d}" for shard in range(shards)]
        deleted = 0
        for partition in (f"segments#{batch_id}", *partitions):
            for page in self._keys(partition):
                self._delete(page)
                deleted += len(page)
        return deleted


def _records(design: Design, items: int) -> int:
    """Records of the items, or of their messages."""
    return ceil(items / (design.items_per_message if design.track == "message" else 1))
