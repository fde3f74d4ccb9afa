"""The failures consumer: what reached the dead letters is sent again, split, or listed as failed.

Nothing is listed that may still be done: a message of several items is split, a one-item message
fails only if its item began its attempts, a segment only after its records are deleted.
"""

import os
from itertools import count
from typing import Any

from lambdas import items, notification, outside, queues, table, telemetry
from lambdas.items import Item
from lambdas.queues import Later, Message
from lambdas.sqs import batches, messages
from lambdas.sqs.batches import Batch
from lambdas.sqs.splitting import ATTEMPTS_MAX, NEVER_ENDED, split
from lambdas.trigger import name_of

ROUNDS_MAX = 3  # a plan or a segment goes through all its receives as often
LEASE_S = 930  # as long as the batcher's: it may hold the same records

plan_queue = os.environ.get("PLAN_QUEUE_URL", "")
item_queue = os.environ.get("ITEM_QUEUE_URL", "")
topic = os.environ.get("TOPIC_ARN", "")
sns = outside.client("sns")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Deal with every dead letter; those that cannot be dealt with now stay for the next time."""
    numbers = count()

    def deal(message: Message) -> None:
        _deal(message, f"{context.aws_request_id}/{next(numbers)}", context)

    return queues.receive(event, ("sqs", "failures"), deal, read=messages.read_dead_letter)


def _deal(message: Message, owner: str, context: Any) -> None:
    """Deal with one dead letter."""
    if "requestPayload" in message:
        _not_started(message)
        return
    batch = batches.read_batch(message["batch"])
    if batch is None or batch.status in ("COMPLETE", "NOTIFIED"):
        return
    if batch.status == "CANCELLED":
        raise Later(LEASE_S)
    rounds = message.get("round", 0) + 1
    if message["kind"] == "items":
        if message.get("alone"):
            _single(batch, message, owner, context)
        else:
            split(item_queue, message, owner)
    elif rounds < ROUNDS_MAX:
        queues.send(plan_queue, {**message, "round": rounds})
    elif message["kind"] == "plan":
        _fail_plan(batch, owner)
    else:
        _fail_segment(batch, message["segment"], owner)


def _single(batch: Batch, message: Message, owner: str, context: Any) -> None:
    """List an item that used up its attempts; send one that did not begin them all once more."""
    item, shards = Item(*message["items"][0]), message["knobs"]["state_shards"]
    key = table.item_key(batch.id, messages.single_sk(message), shards)
    record = table.lease(key, owner, LEASE_S)
    if record is None:
        return
    tries = record.get("attempts", 0)
    if tries < ATTEMPTS_MAX:
        table.release(key, owner, table.crashed(record))
        queues.send(item_queue, message, queues.backoff_s(tries + 1))
        return
    if batches.fail_item(batch.id, key, item, NEVER_ENDED, tries, owner):
        failed = {"items_processed": 0, "items_failed": 1}
        telemetry.emit("sqs", "failures", batch.id, context, failed, last_done_at=outside.now())


def _fail_plan(batch: Batch, owner: str) -> None:
    """List the whole batch as failed, if it was never planned."""
    key = table.batch_key(batch.id)
    if table.lease(key, owner, LEASE_S)["planned"]:
        table.release(key, owner)
        queues.send(plan_queue, messages.part_message(batch.id))
        return
    written = range(-(-batch.items // batch.knobs["segment_items"]))
    table.delete_all(table.segment_key(batch.id, n) for n in written)
    values = table.pack({":true": True, ":false": False, ":me": owner})
    planned = {
        "Key": key,
        "UpdateExpression": "SET planned = :true",
        "ConditionExpression": "lease_by = :me AND planned = :false",
        "ExpressionAttributeValues": values,
    }
    reason = "the batch could not be planned"
    batches.fail_range(batch.id, "plan", range(batch.items), reason, ("Update", planned))


def _fail_segment(batch: Batch, segment: int, owner: str) -> None:
    """List a segment's range as failed, if its items were never all created."""
    key = table.segment_key(batch.id, segment)
    record = table.lease(key, owner, LEASE_S)
    if record is None:
        return
    if record.get("written"):  # only its messages are missing
        table.release(key, owner)
        queues.send(plan_queue, messages.part_message(batch.id, segment))
        return
    start, stop = record["start"], record["stop"]
    shards = batch.knobs["state_shards"]
    created = items.create(batch.seed, start, stop, batch.knobs)
    table.delete_all(table.item_key(batch.id, item.id, shards) for item in created)
    name, reason = f"segment#{segment:06d}", "the segment could not be created"
    then = ("Delete", table.held(key, owner))
    batches.fail_range(batch.id, name, range(start, stop), reason, then)


def _not_started(message: Message) -> None:
    """Notify that a trigger failed for good: Lambda's record of an asynchronous invocation."""
    trigger, response = message["requestPayload"], message.get("responsePayload") or {}
    reason = str(response.get("errorMessage") or message["requestContext"].get("condition"))
    asked = trigger.get("items")
    message = notification.not_started("sqs", name_of(trigger), asked, reason)
    notification.publish(sns, topic, message)
