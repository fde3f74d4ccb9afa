"""The finalizer: looks whether anything of a batch is left, and tells when nothing is.

It is driven by a chain of delayed messages. Each link sends the next one first and then leads the
batch record to it; a link that the record does not name is dropped, so that the chain neither
multiplies nor ends. It looks downstream only: the plan, then the segments, then the item shards.
"""

import json
import os
from typing import Any, NamedTuple

from lambdas import items, leases, messages, outside, state, telemetry
from lambdas.sqs import batches, bodies
from lambdas.sqs.batches import Batch

ABSENT_MAX = 60  # looks at a batch whose record was never written, before the chain gives up

poll_queue = os.environ.get("POLL_QUEUE_URL", "")
plan_queue = os.environ.get("PLAN_QUEUE_URL", "")
item_queue = os.environ.get("ITEM_QUEUE_URL", "")
topic = os.environ.get("TOPIC_ARN", "")
sns = outside.client("sns")


class Left(NamedTuple):
    """What is left of a batch: where the first of it lies, and its record, if it has one."""

    shard: int
    record: state.Record | None = None


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Follow each link of a chain; one that fails is returned to the queue and followed again."""
    for record in event["Records"]:
        _follow(bodies.read_link(record["body"]), context)
    return {"batchItemFailures": []}


def _follow(link: dict[str, Any], context: Any) -> None:
    """Look once, and tell if the batch is complete."""
    batch = batches.read_batch(link["batch"])
    if batch is None:
        _wait_for(link)
        return
    if batch.status in ("NOTIFIED", "CANCELLED") or not _valid(link, batch):
        return
    me, hop = context.aws_request_id, link["hop"] + 1
    if batch.status == "COMPLETE":
        _send_next(link, batch.knobs["poll_s"], hop, me, 0)
        _tell(batch)
        return
    left = _look(batch, link.get("shard", 0))
    _send_next(link, batch.knobs["poll_s"], hop, me, left.shard if left else 0)
    if not batches.advance_hop(batch.id, hop, me):
        return
    age_s = outside.now() - batch.created_at
    telemetry.emit("sqs", "finalizer", batch.id, context, {"open_batch_age_s": age_s})
    if left is None:
        batches.mark_complete(batch.id, batches.count_failed(batch.id))
        complete = batches.read_batch(batch.id)
        if complete is not None and complete.status == "COMPLETE":
            _tell(complete)
    elif left.record is not None:
        _send_again(batch, left.record)


def _valid(link: dict[str, Any], batch: Batch) -> bool:
    """Whether a link is the chain's newest, or ahead of it (its sender died before the record)."""
    if link["hop"] == batch.hop:
        return link["by"] == batch.hop_by
    return link["hop"] > batch.hop


def _wait_for(link: dict[str, Any]) -> None:
    """The batcher sends the first link before it writes the record; it may have died between."""
    absent = link.get("absent", 0) + 1
    if absent <= ABSENT_MAX:
        messages.send(poll_queue, {**link, "absent": absent}, 60)


def _send_next(link: dict[str, Any], poll_s: float, hop: int, by: str, shard: int) -> None:
    """Send the next link, before anything is changed."""
    body = {"batch": link["batch"], "hop": hop, "by": by, "shard": shard}
    messages.send(poll_queue, body, poll_s)


def _look(batch: Batch, from_shard: int) -> Left | None:
    """What is left, or None.

    Once the plan is written and no segment is left, no record is ever written to an empty shard
    again, so the next look may begin at the first shard that was not empty.
    """
    if not batch.planned:
        return Left(0, {"kind": "plan", "created_at": batch.created_at})
    segment = state.first(f"segments#{batch.id}")
    if segment is not None:
        return Left(0, segment)
    for shard in range(from_shard, batch.knobs["state_shards"]):
        record = state.first(state.shard_partition(batch.id, shard))
        if record is not None:
            return Left(shard, record)
    return None


def _tell(batch: Batch) -> None:
    """Publish, then mark as notified: a death between them tells twice, never not at all."""
    notice = {
        "batch_id": batch.id,
        "design": "sqs",
        "status": "complete",
        "items": batch.items,
        "items_failed": batch.items_failed,
        "detected_at": batch.detected_at,
        "reason": "",
    }
    sns.publish(
        TopicArn=topic, Subject=f"Batch {batch.id} complete"[:100], Message=json.dumps(notice)
    )
    batches.mark_notified(batch.id)


def _send_again(batch: Batch, record: state.Record) -> None:
    """Send the message of a record that is older than anything a living message explains."""
    now = outside.now()
    if now - record["created_at"] < batch.stuck_after_s:
        return
    if record.get("kind") == "plan":
        messages.send(plan_queue, {"kind": "plan", "batch": batch.id})
        return
    key = state.pack({"pk": record["pk"], "sk": record["sk"]})
    if not _touch(key, record["created_at"], now):
        return
    if record["pk"].startswith("segments#"):
        segment = {"kind": "segment", "batch": batch.id, "segment": int(record["sk"])}
        messages.send(plan_queue, segment)
        return
    messages.send(item_queue, _body_of(batch, record))


def _body_of(batch: Batch, record: state.Record) -> dict[str, Any]:
    """The message that an item's or a message's record was written for."""
    if "stop" in record:
        pairs = items.create(batch.seed, record["start"], record["stop"], batch.knobs)
        return bodies.items_body(batch, map(list, pairs)) | {"again": True}
    pair = [record["sk"].rsplit("#", 1)[-1], record["value"]]
    return bodies.items_body(batch, [pair]) | {"alone": True, "sk": record["sk"]}


def _touch(key: state.Key, created_at: float, now: float) -> bool:
    """Make a record young again, so that it is not sent at every look; False if it changed."""
    return leases.conditional(
        "update_item",
        Key=key,
        UpdateExpression="SET created_at = :now",
        ConditionExpression="created_at = :old",
        ExpressionAttributeValues=state.pack({":now": now, ":old": created_at}),
    )
