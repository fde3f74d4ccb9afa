"""The failures consumer: what reached the dead letters is sent again, or listed as failed.

A message may be here because it was throttled, and never ran. So one of several items goes on as
messages of one item each, and an item is listed only if its record says that it killed its tries.
"""

import os
from functools import partial
from typing import Any

from lambdas import items, notification, outside, queues, table, telemetry
from lambdas.items import Item
from lambdas.queues import Message
from lambdas.sqs import batcher, batches
from lambdas.sqs.batches import Batch
from lambdas.trigger import name_of

NAMES = ("sqs", "failures")
UNCREATED = "the segment could not be created"
ROUNDS_MAX = 3  # a segment goes through all its receives as often

dead_letters = os.environ.get("DEAD_LETTERS_URL", "")
topic = os.environ.get("TOPIC_ARN", "")
sns = outside.client("sns")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Deal with every dead letter; those that cannot be dealt with now stay for the next time."""
    deal = partial(_deal, context=context)
    return queues.receive(event, NAMES, dead_letters, deal)


def _deal(message: Message, context: Any) -> None:
    """Deal with one dead letter: a trigger, a plan, a segment, or items."""
    if "requestPayload" in message:  # Lambda's record of an asynchronous invocation
        _start(message["requestPayload"])
        return
    batch = batches.read_open(message["batch"])
    if not batch:
        return
    rounds = message.get("round", 0) + 1
    if "items" in message:
        _items(batch, message, context)
    elif "segment" in message and rounds >= ROUNDS_MAX:
        _fail_segment(batch, message["segment"], context)
    else:
        queues.send(batcher.plan_queue, message | {"round": rounds})


def _start(trigger: Any) -> None:
    """Open a batch whose trigger died; notify of one that asks for what cannot be."""
    try:
        batcher.start(trigger)
    except ValueError as error:
        message = notification.incomplete("not_started", "sqs", name_of(trigger), None, str(error))
        notification.publish(sns, topic, message)


def _items(batch: Batch, message: Message, context: Any) -> None:
    """Send items again, each in a message of its own; list one that cannot be tried."""
    knobs, pairs, again = message["knobs"], message["items"], message | {"again": True}
    sk, owner = message.get("sk", pairs[0][0]), context.aws_request_id
    key = table.item_key(batch["id"], sk, knobs["state_shards"])
    if len(pairs) == 1:
        if batches.fail_dead(batch["id"], key, Item(*pairs[0][:2])):
            failed = {"items_failed": 1, "done_at": outside.now()}
            telemetry.emit_work(NAMES, batch["id"], context, [failed])
        else:
            queues.send(batcher.item_queue, again, queues.backoff_s(1))
        return
    prefix = f"{sk}#" if knobs["track"] == "message" else ""
    if prefix:
        _give_each_a_record(key, prefix, pairs, owner)
    singles = (again | {"items": [pair], "sk": prefix + pair[0]} for pair in pairs)
    queues.send_all(batcher.item_queue, singles, knobs["send_batch_size"])
    if prefix:
        table.conditional("delete_item", **table.held(key, owner))


def _give_each_a_record(key: table.Key, prefix: str, pairs: list[list], owner: str) -> None:
    """Hand the items that are left of a message's record over to records of their own.

    They lie in its shard and sort behind it, and it stays until they are sent: a query in ascending
    order cannot miss both. An item is in one of the two, as one transaction says.
    """
    record = table.lease(key, owner, batcher.LEASE_S) or {"undone": []}
    begun = min(1, record.get("begun", 0))  # what is repeated is counted
    own = {"pk": key["pk"]["S"], "created_at": outside.now(), "begun": begun}
    children = [
        (item, own | {"sk": prefix + item, "value": value})
        for item, value, *_ in batches.undone(record, pairs)
    ]
    batches.replace(key, owner, children, keep=True)


def _fail_segment(batch: Batch, segment: int, context: Any) -> None:
    """List a segment's range as failed, if its items were never all created."""
    key, owner = table.segment_key(batch["id"], segment), context.aws_request_id
    record = table.lease(key, owner, batcher.LEASE_S)
    if record is None:
        return
    if record.get("written"):  # only its messages are missing
        table.release(key, owner)
        queues.send(batcher.plan_queue, {"batch": batch["id"], "segment": segment})
        return
    part, knobs = batches.segment_range(batch, segment), batch["knobs"]
    created = items.create(batch["seed"], part.start, part.stop, knobs)
    table.delete_all(table.item_key(batch["id"], one.id, knobs["state_shards"]) for one in created)
    failed = {"pk": f"failed#{batch['id']}", "sk": f"segment#{segment:06d}", "reason": UNCREATED}
    failed |= {"start": part.start, "stop": part.stop}
    batches.replace(key, owner, [(failed["sk"], failed)])
    counts = {"items_failed": len(part), "done_at": outside.now()}
    telemetry.emit_work(NAMES, batch["id"], context, [counts])
