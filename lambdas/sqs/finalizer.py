"""The finalizer: polls whether anything of a batch is left, and notifies when nothing is.

It is driven by a loop of delayed poll messages. Each sends the next one first and then leads the
batch record to it; one that the record does not name is dropped, so that the loop neither
multiplies nor ends. It looks downstream only: the plan, then the segments, then the item shards.
"""

import os
from typing import Any, NamedTuple

from lambdas import items, notification, outside, queues, table, telemetry
from lambdas.queues import Message
from lambdas.sqs import batches, messages
from lambdas.sqs.batches import Batch

ABSENT_MAX = 60  # polls of a batch whose record was never written, before the loop gives up

poll_queue = os.environ.get("POLL_QUEUE_URL", "")
plan_queue = os.environ.get("PLAN_QUEUE_URL", "")
item_queue = os.environ.get("ITEM_QUEUE_URL", "")
topic = os.environ.get("TOPIC_ARN", "")
sns = outside.client("sns")


class Left(NamedTuple):
    """What is left of a batch: the shard of the first of it, and its record, if it has one."""

    shard: int
    record: table.Record | None = None


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Follow each poll message; one that fails is returned to the queue and followed again."""
    for record in event["Records"]:
        _follow(messages.read_poll(record["body"]), context)
    return queues.returned([])


def _follow(poll: Message, context: Any) -> None:
    """Poll once, and notify if the batch is complete."""
    batch = batches.read_batch(poll["batch"])
    if batch is None:
        _wait_for(poll)
        return
    if batch.status in ("NOTIFIED", "CANCELLED") or not _valid(poll, batch):
        return
    me, number = context.aws_request_id, poll["hop"] + 1
    if batch.status == "COMPLETE":
        _send_next(batch, number, me, 0)
        _notify(batch)
        return
    left = _look(batch, poll.get("shard", 0))
    _send_next(batch, number, me, left.shard if left else 0)
    if not batches.advance_poll(batch.id, number, me):
        return
    age_s = outside.now() - batch.created_at
    telemetry.emit("sqs", "finalizer", batch.id, context, {"open_batch_age_s": age_s})
    if left is None:
        batches.mark_complete(batch.id, batches.count_failed(batch.id))
        complete = batches.read_batch(batch.id)
        if complete is not None and complete.status == "COMPLETE":
            _notify(complete)
    elif left.record is not None:
        _send_again(batch, left.record)


def _valid(poll: Message, batch: Batch) -> bool:
    """Whether a poll message is the newest, or ahead (its sender died before the record)."""
    if poll["hop"] == batch.poll:
        return poll["by"] == batch.poll_by
    return poll["hop"] > batch.poll


def _wait_for(poll: Message) -> None:
    """The batcher sends the first message before it writes the record; it may have died between."""
    absent = poll.get("absent", 0) + 1
    if absent <= ABSENT_MAX:
        queues.send(poll_queue, {**poll, "absent": absent}, 60)


def _send_next(batch: Batch, number: int, by: str, shard: int) -> None:
    """Send the next poll message, before anything is changed."""
    poll = {"batch": batch.id, "hop": number, "by": by, "shard": shard}
    queues.send(poll_queue, poll, batch.knobs["poll_s"])


def _look(batch: Batch, from_shard: int) -> Left | None:
    """What is left, or None.

    Once the plan is written and no segment is left, no record is ever written to an empty shard
    again, so the next poll may begin at the first shard that was not empty.
    """
    if not batch.planned:
        return Left(0, {"kind": "plan", "created_at": batch.created_at})
    segment = table.first(f"segments#{batch.id}")
    if segment is not None:
        return Left(0, segment)
    for shard in range(from_shard, batch.knobs["state_shards"]):
        record = table.first(table.shard_partition(batch.id, shard))
        if record is not None:
            return Left(shard, record)
    return None


def _notify(batch: Batch) -> None:
    """Publish, then mark as notified: a death between them notifies twice, never not at all."""
    failed, at = batch.items_failed, batch.detected_at
    notification.publish(
        sns, topic, notification.complete("sqs", batch.id, batch.items, failed, at)
    )
    batches.mark_notified(batch.id)


def _send_again(batch: Batch, record: table.Record) -> None:
    """Send the message of a record that is older than anything a living message explains."""
    now = outside.now()
    if now - record["created_at"] < batch.stuck_after_s:
        return
    if record.get("kind") == "plan":
        queues.send(plan_queue, messages.part_message(batch.id))
        return
    key = table.pack({"pk": record["pk"], "sk": record["sk"]})
    if not _touch(key, record["created_at"], now):
        return
    if record["pk"].startswith("segments#"):
        queues.send(plan_queue, messages.part_message(batch.id, int(record["sk"])))
        return
    queues.send(item_queue, _message_of(batch, record))


def _message_of(batch: Batch, record: table.Record) -> Message:
    """The message that an item's or a message's record was written for."""
    if "stop" in record:
        pairs = items.create(batch.seed, record["start"], record["stop"], batch.knobs)
        return messages.items_message(batch, map(list, pairs)) | {"again": True}
    pair = [record["sk"].rsplit("#", 1)[-1], record["value"]]
    return messages.items_message(batch, [pair]) | {"alone": True, "sk": record["sk"]}


def _touch(key: table.Key, created_at: float, now: float) -> bool:
    """Make a record young again, so that it is not sent at every poll; False if it changed."""
    return table.conditional(
        "update_item",
        Key=key,
        UpdateExpression="SET created_at = :now",
        ConditionExpression="created_at = :old",
        ExpressionAttributeValues=table.pack({":now": now, ":old": created_at}),
    )
