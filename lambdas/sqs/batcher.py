"""The batcher: opens a batch, plans its segments, and creates the items of one segment at a time.

At each level: write the children, set a durable flag on the parent, send the messages, delete the
parent. A second delivery after the flag only sends again; it never writes children again, else the
record of an item that is done by now would come back and stay.
"""

import os
from collections.abc import Iterator
from functools import partial
from typing import Any

from lambdas import items, outside, queues, table, telemetry
from lambdas.queues import Later, Message
from lambdas.sqs import batches, messages
from lambdas.sqs.batches import Batch
from lambdas.trigger import read_trigger

LEASE_S = 930  # this function's timeout of 900 s, and a margin
CANCELLED_S = 3_600  # between two looks at a batch that was cancelled
SHAPES = "items_per_message segment_items value_max poll_s stuck_after_s max_concurrency"
NEEDED = (*messages.KNOBS, *SHAPES.split())

plan_queue = os.environ.get("PLAN_QUEUE_URL", "")
item_queue = os.environ.get("ITEM_QUEUE_URL", "")
poll_queue = os.environ.get("POLL_QUEUE_URL", "")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """A trigger opens a batch; a message of the plan queue does a part of it."""
    if not isinstance(event, dict) or "Records" not in event:
        return _open(event)
    return queues.receive(
        event,
        ("sqs", "batcher"),
        lambda message: _work(message, context),
        delay=partial(queues.delay_message, plan_queue),
        read=messages.read_part,
        undo=lambda message: table.release(_key(message), context.aws_request_id),
    )


def _open(event: dict[str, Any]) -> dict[str, Any]:
    """Send the finalizer's first poll message, write the batch record, ask for the plan.

    In this order, a death anywhere leaves a batch that a retry or the finalizer carries on.
    """
    trigger = read_trigger(event, NEEDED)
    poll = {"batch": trigger.batch, "hop": 0, "by": ""}
    queues.send(poll_queue, poll, trigger.knobs["poll_s"])
    new = batches.open_batch(trigger)
    batch = None if new else batches.read_batch(trigger.batch)
    if batch is None or (batch.status == "OPEN" and not batch.planned):
        queues.send(plan_queue, messages.part_message(trigger.batch))
    return {"batch_id": trigger.batch, "new": new}


def _work(message: Message, context: Any) -> None:
    """Do what a message of the plan queue asks for."""
    batch = batches.read_batch(message["batch"])
    if batch is None or batch.status in ("COMPLETE", "NOTIFIED"):
        return
    if batch.status == "CANCELLED":
        raise Later(CANCELLED_S)
    if message["kind"] == "plan":
        _plan(batch, context.aws_request_id)
    else:
        _segment(batch, message["segment"], context.aws_request_id, context)


def _key(message: Message) -> table.Key:
    """The key of the record that a message is about."""
    if message["kind"] == "plan":
        return table.batch_key(message["batch"])
    return table.segment_key(message["batch"], message["segment"])


def _plan(batch: Batch, owner: str) -> None:
    """Write the segments' records, then the flag, then send their messages."""
    key, size = table.batch_key(batch.id), batch.knobs["segment_items"]
    if not _leased(key, owner)["planned"]:
        created_at = outside.now()
        segments = (
            {
                "pk": f"segments#{batch.id}",
                "sk": f"{n:06d}",
                "start": start,
                "stop": min(start + size, batch.items),
                "created_at": created_at,
            }
            for n, start in enumerate(range(0, batch.items, size))
        )
        table.put_all(segments, batch.knobs["write_batch_size"])
        if not table.update(key, owner, "planned", True):
            raise Later(LEASE_S)
    left = (int(record["sk"]) for record in table.every(f"segments#{batch.id}"))
    parts = (messages.part_message(batch.id, n) for n in left)
    queues.send_all(plan_queue, parts, batch.knobs["send_batch_size"])
    table.release(key, owner)


def _segment(batch: Batch, segment: int, owner: str, context: Any) -> None:
    """Write the records of a segment's items, then the flag, then send their messages."""
    key, knobs = table.segment_key(batch.id, segment), batch.knobs
    record = _leased(key, owner)
    if record is None:
        return
    start, stop = record["start"], record["stop"]
    if not record.get("written"):
        table.put_all(_records(batch, start, stop), knobs["write_batch_size"])
        if not table.update(key, owner, "written", True):
            raise Later(LEASE_S)
    sent = messages.item_messages(batch, start, stop)
    queues.send_all(item_queue, sent, knobs["send_batch_size"])
    table.delete_all([key], 1)
    created = {"items_created": stop - start}
    telemetry.emit("sqs", "batcher", batch.id, context, created, created_at=outside.now())


def _leased(key: table.Key, owner: str) -> table.Record | None:
    """The record of a part of the batch, leased; `Later` says for how long another has it."""
    return table.lease(key, owner, LEASE_S)


def _records(batch: Batch, start: int, stop: int) -> Iterator[table.Record]:
    """One record an item, or one a message: it holds what its message can be made from again."""
    knobs, created_at = batch.knobs, outside.now()
    shards, step = knobs["state_shards"], knobs["items_per_message"]
    if knobs["track"] == "message":
        for first in range(start, stop, step):
            sk = next(items.create(batch.seed, first, first + 1, knobs)).id
            pk = table.shard_partition(batch.id, items.shard_of(sk, shards))
            last = min(first + step, stop)
            yield {"pk": pk, "sk": sk, "start": first, "stop": last, "created_at": created_at}
        return
    for item in items.create(batch.seed, start, stop, knobs):
        pk = table.shard_partition(batch.id, items.shard_of(item.id, shards))
        yield {"pk": pk, "sk": item.id, "value": item.value, "created_at": created_at}
