"""The batcher: opens a batch, plans its segments, and creates the items of one segment at a time.

At each level: write the children, set a durable flag on the parent, send the messages, delete the
parent. A second delivery after the flag only sends again; it never writes children again, else the
record of an item that is done by now would come back and stay.
"""

import os
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from lambdas import items, outside, queues, table, telemetry
from lambdas.queues import Message
from lambdas.sqs import batches
from lambdas.sqs.batches import Batch
from lambdas.trigger import read_trigger

LEASE_S = 930  # this function's timeout of 900 s, and a margin
SHAPES = "items_per_message segment_items value_max poll_s stuck_after_s max_concurrency"
NEEDED = (*batches.KNOBS, *SHAPES.split())

plan_queue = os.environ.get("PLAN_QUEUE_URL", "")
item_queue = os.environ.get("ITEM_QUEUE_URL", "")
poll_queue = os.environ.get("POLL_QUEUE_URL", "")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """A trigger opens a batch; a message of the plan queue does a part of it."""
    if not isinstance(event, dict) or "Records" not in event:
        return start(event)
    create = partial(_create, context=context)
    return queues.receive(event, ("sqs", "batcher"), plan_queue, create)


def start(event: Any) -> dict[str, Any]:
    """Write the batch record, start the finalizer's polls, ask for the plan.

    A trigger that comes again does it all again, until there is a plan.
    """
    trigger = read_trigger(event, NEEDED)
    batch = batches.open_batch(trigger)
    if batch["status"] == "OPEN" and not batch["planned"]:
        table.put_all([{"pk": "open", "sk": trigger.batch}], 1)
        queues.send(poll_queue, {"batch": trigger.batch}, batch["knobs"]["poll_s"])
        queues.send(plan_queue, {"batch": trigger.batch})
    return {"batch_id": trigger.batch, "status": batch["status"]}


def _create(message: Message, context: Any) -> None:
    """Write the plan of a batch, or one of its segments."""
    batch = batches.read_open(message["batch"])
    if batch and "segment" in message:
        _segment(batch, message["segment"], context)
    elif batch:
        _plan(batch, context.aws_request_id)


def _plan(batch: Batch, owner: str) -> None:
    """Write the segments' records, then the flag, then send their messages."""
    partition, knobs, created_at = f"segments#{batch['id']}", batch["knobs"], outside.now()
    records = (
        {"pk": partition, "sk": f"{n:06d}", "created_at": created_at}
        for n in range(-(-batch["items"] // knobs["segment_items"]))
    )

    parts = ({"batch": batch["id"], "segment": int(one["sk"])} for one in table.every(partition))
    key = table.batch_key(batch["id"])
    if _create_under(key, owner, "planned", batch, records, (plan_queue, parts)):
        table.release(key, owner)


def _segment(batch: Batch, segment: int, context: Any) -> None:
    """Write the records of a segment's items, then the flag, then send their messages."""
    key, part = table.segment_key(batch["id"], segment), batches.segment_range(batch, segment)
    records, sent = _records(batch, part), (item_queue, _item_messages(batch, part))
    if _create_under(key, context.aws_request_id, "written", batch, records, sent):
        table.delete_all([key], 1)
        created = {"items_created": len(part)}
        telemetry.emit("sqs", "batcher", batch["id"], context, created, created_at=outside.now())


def _create_under(
    parent: table.Key,
    owner: str,
    flag: str,
    batch: Batch,
    records: Iterable[table.Record],
    messages: tuple[str, Iterable[Message]],
) -> bool:
    """Write the records under a parent once, by its flag, then send their messages to a queue.

    False if the parent is gone.
    """
    record = table.lease(parent, owner, LEASE_S)
    if record is None:
        return False
    try:
        if not record.get(flag):
            table.put_all(records, batch["knobs"]["write_batch_size"])
            table.mark(parent, owner, flag)
        queues.send_all(*messages, batch["knobs"]["send_batch_size"])
    except Exception:
        table.release(parent, owner)
        raise
    return True


def _records(batch: Batch, part: range) -> Iterator[table.Record]:
    """One record an item, or one a message: it holds what its message can be made from again."""
    knobs, created_at = batch["knobs"], outside.now()
    by_message, at = knobs["track"] == "message", part.start
    created = list(items.create(batch["seed"], at, part.stop, knobs))
    for first in created[:: knobs["items_per_message"] if by_message else 1]:
        pk = table.shard_partition(batch["id"], items.shard_of(first.id, knobs["state_shards"]))
        stop = min(at + knobs["items_per_message"], part.stop)
        content = {"start": at, "stop": stop} if by_message else {"value": first.value}
        yield {"pk": pk, "sk": first.id, "created_at": created_at} | content
        at = stop


def _item_messages(batch: Batch, part: range) -> Iterator[Message]:
    """The messages of these items."""
    step = batch["knobs"]["items_per_message"]
    for first in range(part.start, part.stop, step):
        stop = min(first + step, part.stop)
        pairs = items.create(batch["seed"], first, stop, batch["knobs"])
        yield batches.items_message(batch, pairs)
